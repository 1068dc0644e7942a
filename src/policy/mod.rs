//! What may listen, and what else is worth an alert: expectations and rules, and judging by them.
//!
//! Layer 2, pure. A policy is a list of `[[expect]]` and `[[rule]]` entries (`file`), can be learnt from
//! a table (`learn`), and is held against changes (`watch`, `rule_watch`). Expectations judge internet
//! listeners alone: TCP sockets that listen, UDP sockets that serve a port. Rules judge any socket, by
//! the filter language. It formats nothing for people; it uses `text` only to read and write names in
//! the file as the escaper writes them.

mod alert;
mod bounds;
mod expect;
mod file;
mod learn;
mod rule;
mod rule_watch;
mod watch;

pub use alert::{Alert, AlertKind, Severity};
pub use expect::{Expectation, Matcher, Ports, Verdict, Why};
pub use file::PolicyError;
pub use learn::{HEADER, Learnt, learn};
pub use rule::{Occasion, Rule};
pub use watch::Watcher;

use crate::model::{Names, Protocol, Socket};

/// The protocols whose listeners a policy judges: those that others reach by a port.
pub const PROTOCOLS: &[Protocol] =
    &[Protocol::Tcp, Protocol::Udp, Protocol::UdpLite, Protocol::Sctp, Protocol::Dccp];

/// What may listen, and what is worth an alert.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub expectations: Vec<Expectation>,
    pub rules: Vec<Rule>,
}

/// True for a socket that expectations are about.
#[must_use]
pub fn is_judged(socket: &Socket) -> bool {
    socket.is_listener() && PROTOCOLS.contains(&socket.protocol)
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
