//! What was done, by whom, to whom, and what came of it: a line for each in the system's log, whichever face asked.

use std::path::Path;

use super::Command;
use crate::model::{Closing, Ends, Signal, Signalling, Socket, Stopping};
use crate::store::Holder;
use crate::sys::host;
use crate::sys::syslog::{self, Facility};
use crate::text::{escape, push};

/// A signal for a process.
pub(super) fn signalled(holder: &Holder<'_>, signal: Signal, became: &Signalling) {
    let process = holder.process;
    let whom = format!("pid={} comm={}", process.id.pid.0, quoted(process.comm.as_bytes()));
    let what = format!("act=signal signal={} {whom} result={}", signal.word(), became.word());
    tell(&what, became.reason());
}

/// A socket.
pub(super) fn closed(socket: &Socket, became: &Closing) {
    let mut what = format!("act=close protocol={}", socket.protocol.word());
    if let Ends::Inet { local, remote } = &socket.ends {
        push(&mut what, format_args!(" local={local}"));
        if let Some(remote) = remote {
            push(&mut what, format_args!(" remote={remote}"));
        }
    }
    push(&mut what, format_args!(" netns={} result={}", socket.key.netns.0, became.word()));
    tell(&what, became.reason());
}

/// A unit or a container.
pub(super) fn stopped(command: &Command, became: &Stopping) {
    let command = quoted(command.text().as_bytes());
    tell(&format!("act=stop command={command} result={}", became.word()), became.reason());
}

fn tell(what: &str, reason: Option<&str>) {
    let login = syslog::login_uid().map_or_else(|| "none".to_owned(), |uid| uid.to_string());
    let reason = reason.map_or_else(String::new, |why| format!(" reason={}", quoted(why.as_bytes())));
    let line = format!("uid={} login={login} {what}{reason}", host::own_uid().0);
    // Nobody may keep a log here.
    drop(syslog::send(Path::new(syslog::PLACE), (Facility::Authpriv, syslog::NOTICE), &line));
}

/// A name that somebody else chose, as one word: what it holds cannot pass for another key.
fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", escape(bytes).replace('"', r"\x22"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_passes_for_another_key_or_line() {
        for (name, shown) in [
            ("nginx", r#""nginx""#),
            ("x\" result=\"ended", r#""x\x22 result=\x22ended""#),
            ("x\n<85>sshd: y", r#""x\n<85>sshd: y""#),
        ] {
            assert_eq!(quoted(name.as_bytes()), shown);
        }
    }
}
