//! The system's log: one datagram for a line (RFC 3164), as syslog(3) sends it. Best effort: whoever acts does not
//! wait for who keeps books, and most containers have nobody who does.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Where the log listens.
pub const PLACE: &str = "/dev/log";
/// `LOG_AUTHPRIV` and `LOG_NOTICE` (syslog.h): for administrators alone, as what sudo tells.
const PRIORITY: u8 = (10 << 3) | 5;
/// RFC 3164, section 4.1: no packet is longer.
const LONGEST: usize = 1024;

/// Sends a line, which must be escaped. The time is left to who takes it (RFC 3164, section 4.3.2).
pub fn send(place: &Path, line: &str) -> io::Result<()> {
    let mut message = format!("<{PRIORITY}>sockeye[{}]: {line}", std::process::id());
    let end = (0..=LONGEST.min(message.len())).rfind(|at| message.is_char_boundary(*at));
    message.truncate(end.unwrap_or(0));
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to(message.as_bytes(), place).map(drop)
}

/// The user who logged in, whatever they became since; `None` for what no login started, and where none is told.
#[must_use]
pub fn login_uid() -> Option<u32> {
    let text = std::fs::read_to_string("/proc/self/loginuid").ok()?;
    text.trim().parse().ok().filter(|uid| *uid != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_short_datagram() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("log");
        assert!(send(&place, "lost").is_err(), "nobody listens");
        let log = UnixDatagram::bind(&place).unwrap();
        send(&place, "uid=0 act=close").unwrap();
        send(&place, &"ä".repeat(2000)).unwrap();
        let mut buffer = [0; 4096];
        let read = log.recv(&mut buffer).unwrap();
        let says = format!("<85>sockeye[{}]: uid=0 act=close", std::process::id());
        assert_eq!(std::str::from_utf8(&buffer[..read]).unwrap(), says);
        let read = log.recv(&mut buffer).unwrap();
        assert!(read <= LONGEST && std::str::from_utf8(&buffer[..read]).is_ok(), "{read}");
    }
}
