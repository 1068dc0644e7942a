//! The system's log: one datagram for a line (RFC 3164), as syslog(3) sends it. Nobody waits for who keeps
//! books, and most containers have nobody who does.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::Path;

/// Where the log listens.
pub const PLACE: &str = "/dev/log";
/// RFC 3164, section 4.1: no packet is longer.
const LONGEST: usize = 1024;

/// Of which part of the system a line tells (RFC 3164, section 4.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facility {
    User,
    Daemon,
    Auth,
    /// For administrators alone, as what sudo tells.
    Authpriv,
    Local0,
    Local1,
    Local2,
    Local3,
    Local4,
    Local5,
    Local6,
    Local7,
}

impl Facility {
    /// Those that a program such as this may tell of.
    pub const ALL: [Self; 12] = [
        Self::User,
        Self::Daemon,
        Self::Auth,
        Self::Authpriv,
        Self::Local0,
        Self::Local1,
        Self::Local2,
        Self::Local3,
        Self::Local4,
        Self::Local5,
        Self::Local6,
        Self::Local7,
    ];

    /// The word that syslog daemons know it by.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.named().0
    }

    fn named(self) -> (&'static str, u8) {
        match self {
            Self::User => ("user", 1),
            Self::Daemon => ("daemon", 3),
            Self::Auth => ("auth", 4),
            Self::Authpriv => ("authpriv", 10),
            Self::Local0 => ("local0", 16),
            Self::Local1 => ("local1", 17),
            Self::Local2 => ("local2", 18),
            Self::Local3 => ("local3", 19),
            Self::Local4 => ("local4", 20),
            Self::Local5 => ("local5", 21),
            Self::Local6 => ("local6", 22),
            Self::Local7 => ("local7", 23),
        }
    }
}

/// `LOG_NOTICE` (syslog.h): normal, and worth a line.
pub const NOTICE: u8 = 5;

/// Sends a line, which must be escaped, with its level from 0 to 7. The time is left to who takes it
/// (RFC 3164, section 4.3.2).
pub fn send(place: &Path, (facility, level): (Facility, u8), line: &str) -> io::Result<()> {
    let priority = (facility.named().1 << 3) | level;
    let mut message = format!("<{priority}>sockeye[{}]: {line}", std::process::id());
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

    const NOTE: (Facility, u8) = (Facility::Authpriv, NOTICE);

    #[test]
    fn a_line_is_one_short_datagram() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("log");
        assert!(send(&place, NOTE, "lost").is_err(), "nobody listens");
        let log = UnixDatagram::bind(&place).unwrap();
        send(&place, NOTE, "uid=0 act=close").unwrap();
        send(&place, NOTE, &"ä".repeat(2000)).unwrap();
        let mut buffer = [0; 4096];
        let read = log.recv(&mut buffer).unwrap();
        let says = format!("<85>sockeye[{}]: uid=0 act=close", std::process::id());
        assert_eq!(std::str::from_utf8(&buffer[..read]).unwrap(), says);
        let read = log.recv(&mut buffer).unwrap();
        assert!(read <= LONGEST && std::str::from_utf8(&buffer[..read]).is_ok(), "{read}");
    }
}
