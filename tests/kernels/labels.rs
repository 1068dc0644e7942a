//! Labels of `SELinux`, by a policy that names some and forbids nothing (`labels.cil`).

use std::process::Command;

use rustix::io;
use rustix::net::listen;

use super::cases::{Case, INET, Opened, STREAM, case, loopback};
use super::expect::Expected;
use super::raw;

const OF_PROCESS: &str = "everybody:any:holder_t";
const OF_SOCKET: &str = "everybody:any:door_t";
const PORT: u16 = 7016;

/// What is opened after it has the label of this process too.
pub(crate) const LABELLED: Case = case("tcp, with labels", Some("tcp_diag"), true, labelled);

/// A listener that was made with a label of its own (`proc_pid_attr(5)`).
fn labelled() -> io::Result<Opened> {
    take_on("current", OF_PROCESS)?;
    take_on("sockcreate", OF_SOCKET)?;
    let socket = raw::bound(INET, STREAM, 6, &loopback(INET, PORT));
    take_on("sockcreate", "\n")?;
    let socket = socket?;
    listen(&socket, 8)?;
    let expected = Expected::of(&socket).is("inet", "tcp", "listen").local("127.0.0.1", PORT.into());
    let expected = expected.has("/owners/0/security_context", OF_PROCESS);
    Ok(Opened { expected: vec![expected], kept: vec![Box::new(socket)] })
}

fn take_on(what: &str, label: &str) -> io::Result<()> {
    std::fs::write(format!("/proc/thread-self/attr/{what}"), label)
        .map_err(|error| io::Errno::from_io_error(&error).unwrap_or(io::Errno::IO))
}

/// The table has both labels, or one, as it is asked.
pub(crate) fn in_the_table(sockeye: &str, options: &str, of_socket: bool) -> Result<(), String> {
    let output = Command::new(sockeye)
        .args([options, "sport", "=", &PORT.to_string()])
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    let has = |key: &str, label: &str| said.contains(&format!("{key}={label}"));
    let right = has("proc_ctx", OF_PROCESS) && has("sock_ctx", OF_SOCKET) == of_socket;
    if right { Ok(()) } else { Err(format!("{said}{}", String::from_utf8_lossy(&output.stderr))) }
}
