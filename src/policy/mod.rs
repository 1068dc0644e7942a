//! What may listen: expectations, and judging listeners by them.
//!
//! Layer 2, pure. A policy is a list of `[[expect]]` entries (`file`), can be learnt from a table
//! (`learn`), and is held against changes (`watch`). Only internet listeners are judged: TCP
//! sockets that listen, UDP sockets that serve a port. It formats nothing for people; it uses
//! `text` only to read and write names in the file as the escaper writes them.

mod alert;
mod expect;
mod file;
mod learn;
mod watch;

pub use alert::{Alert, AlertKind, Severity};
pub use expect::{Expectation, Matcher, Ports, Verdict, Why};
pub use file::PolicyError;
pub use learn::{HEADER, Learnt, learn};
pub use watch::Watcher;

use crate::model::{Family, Names, Protocol, Socket};

/// What may listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub expectations: Vec<Expectation>,
}

/// True for a socket that a policy has an opinion on.
#[must_use]
pub fn is_judged(socket: &Socket) -> bool {
    socket.is_listener() && socket.family != Family::Unix && socket.protocol != Protocol::Unix
}

impl Policy {
    /// Judges a listener. The first entry that covers it decides; when none does, the entry that
    /// came nearest tells why.
    #[must_use]
    pub fn judge(&self, socket: &Socket, names: &Names) -> Verdict<'_> {
        let mut nearest = Verdict::Unexpected(Why::NotExpected);
        for expectation in &self.expectations {
            let verdict = expectation.judge(socket, names);
            match verdict {
                Verdict::Expected(_) => return verdict,
                _ if verdict.nearness() > nearest.nearness() => nearest = verdict,
                _ => {}
            }
        }
        nearest
    }
}

#[cfg(test)]
mod tests;
