//! What processes use of the machine, as one look at each tells it. Nothing here looks: how much that is in a
//! second comes of two readings, in `store`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ProcessId;

/// What a process has used, until the moment at which it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// That moment, on the monotonic clock.
    pub at: Duration,
    /// CPU time of all its threads, in user and kernel mode, since it started: as exact as a clock tick.
    pub cpu: Duration,
    /// Bytes of its memory that are resident.
    pub resident: u64,
}

/// Why it is not known what a process uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoUsage {
    /// It ended after it was seen to hold a socket; its pid may be another's by now.
    Ended,
    /// Its directory in `/proc` may not be looked into.
    Denied,
    /// What `/proc` says of it makes no sense, or cannot be read.
    Unreadable,
}

impl NoUsage {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Ended, Self::Denied, Self::Unreadable];

    /// A word for scripts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Denied => "denied",
            Self::Unreadable => "unreadable",
        }
    }

    /// A sentence fragment that a person understands.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Ended => "it has ended",
            Self::Denied => "this user may not look at it",
            Self::Unreadable => "its /proc/PID/stat cannot be read",
        }
    }
}

/// What each process that was looked at uses, or why that is not known.
pub type Usages = BTreeMap<ProcessId, Result<Usage, NoUsage>>;
