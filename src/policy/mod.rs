//! What may listen, and what else is worth an alert: expectations and rules, and judging by them.
//!
//! Layer 2, pure. A policy is a list of `[[expect]]` and `[[rule]]` entries (`file`), can be learnt from
//! a table (`learn`), changed for one listener (`edit`), compared with what is there (`compare`), and is held against
//! changes (`watch`, `rule_watch`). Beside both stand facts that no entry asks for (`facts`, `neighbours`, `holders`,
//! `programs`), sockets without ports (`taps`), and what does not work as it should (`troubles`).
//! Expectations judge internet listeners alone: TCP sockets that listen, UDP sockets that serve a port. Rules judge any socket, by
//! the filter language. It formats nothing for people; it uses `text` to read and write names in
//! the file as the escaper writes them, and `phrase` where a reason names a process.

mod alert;
mod bounds;
mod compare;
mod edit;
mod exe;
mod expect;
mod facts;
mod file;
mod fold;
mod holders;
mod learn;
mod neighbours;
mod presence;
mod programs;
mod rule;
mod rule_watch;
mod standing;
mod taps;
mod troubles;
mod vigil;
mod watch;

pub use alert::{Alert, AlertKind, Seen, Severity};
pub use compare::{Comparison, compare};
pub use edit::{Draft, Edit, EditError, Part, Wish, turned};
pub use exe::{Exes, Locate};
pub use expect::{Expectation, Matcher, Ports, Verdict, Why};
pub use file::PolicyError;
pub use learn::{HEADER, Learnt, learn, learn_from};
pub use rule::{Occasion, Rule, unseen};
pub use taps::PROTOCOLS as TAPS;
pub use vigil::{Memory, Quiet, Remembered, Vigil};
pub use watch::Watcher;

use crate::model::{Coverage, Family, Names, Protocol, Slice, SliceCoverage, SliceStatus, Socket};

/// The protocols whose listeners a policy judges: those that others reach by a port.
pub const PROTOCOLS: &[Protocol] =
    &[Protocol::Tcp, Protocol::Udp, Protocol::UdpLite, Protocol::Sctp, Protocol::Dccp];

/// What may listen, and what is worth an alert.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub expectations: Vec<Expectation>,
    pub rules: Vec<Rule>,
    /// Kinds of alerts, of [`AlertKind::IGNORABLE`], that are not wanted.
    pub ignored: Vec<AlertKind>,
    locate: Option<Locate>,
}

/// True for a socket that expectations are about.
#[must_use]
pub fn is_judged(socket: &Socket) -> bool {
    socket.is_listener() && PROTOCOLS.contains(&socket.protocol)
}

impl Policy {
    /// The same, for the machine of which files are found so: the file that a process runs must be the one at its path
    /// here.
    #[must_use]
    pub fn here(mut self, locate: Locate) -> Self {
        self.locate = Some(locate);
        for matcher in self.expectations.iter_mut().flat_map(|entry| &mut entry.matchers) {
            if let Matcher::Exe(exes) = matcher {
                exes.locate_by(locate);
            }
        }
        self
    }

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

    /// True when all that this policy is about was read. Sockets of which the kernel has no list are found
    /// by their descriptors; that is enough where no rule tells their table from the one they are put in.
    #[must_use]
    pub fn could_see(&self, coverage: &Coverage) -> bool {
        let is_by_descriptors = |read: &SliceCoverage| {
            let netns = read.slice.netns;
            let slice = Slice { netns, family: BY_DESCRIPTORS.0, protocol: BY_DESCRIPTORS.1 };
            coverage.slices.iter().any(|other| other.slice == slice && other.status.proves_absence())
        };
        let is_told_apart = |read: &SliceCoverage| {
            let table = (read.slice.family, read.slice.protocol);
            self.rules.iter().any(|rule| rule.when.tells_apart(table, BY_DESCRIPTORS))
        };
        coverage.namespaces.is_whole()
            && coverage.gaps().all(|read| {
                matches!(read.status, SliceStatus::Unlisted(_))
                    && !PROTOCOLS.contains(&read.slice.protocol)
                    && is_by_descriptors(read)
                    && !is_told_apart(read)
            })
    }
}

/// The table of sockets that are known by their descriptors alone.
const BY_DESCRIPTORS: (Family, Protocol) = (Family::Other, Protocol::Other);

#[cfg(test)]
mod tests;
