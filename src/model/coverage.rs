//! What a reading could see, and what it could not: the promise "never a silent gap" as data.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::{
    Family, HearingCoverage, NamespaceCoverage, NetnsId, NoOwner, Pid, Process, Protocol, SystemBytes,
};

/// One table of the kernel: the unit that a source reads whole or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slice {
    pub netns: NetnsId,
    pub family: Family,
    pub protocol: Protocol,
}

/// The table as people name it: `tcp`, `tcp on IPv6`.
impl fmt::Display for Slice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.protocol.word())?;
        if self.family == Family::Inet6 { out.write_str(" on IPv6") } else { Ok(()) }
    }
}

/// How the reading of one slice ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SliceStatus {
    /// Every row that the kernel offered was read, in the best way there is.
    Ok,
    /// Every row was read, but with less detail: the better way was refused for this reason.
    Fallback(String),
    /// The kernel has no such protocol, so it has no such sockets either.
    Unsupported(String),
    /// The kernel has the protocol, and no list of its sockets can be had: those that a descriptor
    /// refers to are among the sockets that are in no table.
    Unlisted(String),
    /// Some rows are missing or in doubt: absence from this reading proves nothing.
    Partial(String),
    /// Nothing was read, because this process may not.
    Denied(String),
    /// Nothing was read.
    Failed(String),
}

impl SliceStatus {
    /// Every word.
    pub const WORDS: [&'static str; 7] =
        ["ok", "fallback", "unsupported", "unlisted", "partial", "denied", "failed"];

    /// The word used in JSON, one of [`Self::WORDS`].
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fallback(_) => "fallback",
            Self::Unsupported(_) => "unsupported",
            Self::Unlisted(_) => "unlisted",
            Self::Partial(_) => "partial",
            Self::Denied(_) => "denied",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it is not as it should be.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Ok => None,
            Self::Fallback(why)
            | Self::Unsupported(why)
            | Self::Unlisted(why)
            | Self::Partial(why)
            | Self::Denied(why)
            | Self::Failed(why) => Some(why),
        }
    }

    /// True when nothing was read although there may be something.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        matches!(self, Self::Denied(_) | Self::Failed(_))
    }

    /// True when a socket that is not in the reading did not exist during it.
    #[must_use]
    pub fn proves_absence(&self) -> bool {
        matches!(self, Self::Ok | Self::Fallback(_) | Self::Unsupported(_))
    }
}

/// The reading of one slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceCoverage {
    pub slice: Slice,
    /// Which source read it: `netlink`, `procfs`, `portable`, `scenario`.
    pub source: &'static str,
    pub status: SliceStatus,
    /// Rows kept.
    pub rows: usize,
    /// How many sockets of the protocol the kernel counts itself (`/proc/net/protocols`), at about
    /// the same time. It counts no TIME-WAIT and no handshake, and sockets that are in no table.
    pub counted: Option<usize>,
    /// Rows that the kernel repeated and that were dropped.
    pub repeated: usize,
    /// Rows that the kernel left out at first, and that a second look found.
    pub skipped: usize,
    /// How often the read was started again because the kernel said that it was interrupted.
    pub retries: usize,
    /// Rows that could not be understood and were dropped.
    pub malformed: usize,
}

impl SliceCoverage {
    /// A slice of which nothing has been read yet.
    #[must_use]
    pub fn new(slice: Slice, source: &'static str) -> Self {
        Self {
            slice,
            source,
            status: SliceStatus::Ok,
            rows: 0,
            counted: None,
            repeated: 0,
            skipped: 0,
            retries: 0,
            malformed: 0,
        }
    }
}

/// Tables whose readings ended alike and for the same reason.
#[derive(Clone, Debug)]
pub struct Fate<'a> {
    /// At least one, in the order of reading.
    of: Vec<&'a SliceCoverage>,
}

impl<'a> Fate<'a> {
    /// The first of them.
    #[must_use]
    pub fn first(&self) -> &'a SliceCoverage {
        self.of[0]
    }

    /// Their names, each once.
    #[must_use]
    pub fn names(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for name in self.of.iter().map(|read| read.slice.to_string()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join(", ")
    }

    /// In how many namespaces they are.
    #[must_use]
    pub fn namespaces(&self) -> usize {
        self.of.iter().map(|read| read.slice.netns).collect::<BTreeSet<_>>().len()
    }
}

/// A container runtime that was asked and did not tell: some of its containers may have no name here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SilentRuntime {
    /// The path of its socket.
    pub socket: SystemBytes,
    pub reason: String,
}

/// How the search for owners went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnerCoverage {
    /// `bpf`, `procfs`, `scenario`, or `none` when nobody asked.
    pub method: &'static str,
    /// Why this way was taken, or no better one.
    pub method_reason: Option<String>,
    /// Processes that were looked into; by `bpf` those that hold a socket.
    pub processes: usize,
    /// Processes whose descriptors may not be read.
    pub denied: usize,
    /// Why processes are missing, when that is known.
    pub reason: Option<String>,
    /// Processes whose directory in `/proc` is covered by a mount, ascending. All is read behind it,
    /// or they are among the denied.
    pub covered: Vec<Pid>,
    /// Processes with a Unix socket in which a descriptor waits to be received, by pid: what is
    /// [`NoOwner::InFlight`] may be on its way to them. At most [`OwnerSet::SHOWN`](super::OwnerSet::SHOWN).
    pub candidates: Vec<Arc<Process>>,
    /// Empty when none was asked.
    pub silent_runtimes: Vec<SilentRuntime>,
    /// Sockets with at least one owner.
    pub resolved: usize,
    /// Sockets without, by reason, in the order of [`NoOwner::ALL`], without zeroes.
    pub unresolved: Vec<(NoOwner, usize)>,
}

/// What one reading could see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub slices: Vec<SliceCoverage>,
    pub owners: OwnerCoverage,
    pub namespaces: NamespaceCoverage,
    /// How the reading of rules that publish ports ended; `None` when nobody asked for them.
    pub published: Option<SliceStatus>,
    /// What was told between readings; `None` where nobody listened, as for a single look.
    pub hearing: Option<HearingCoverage>,
}

impl Coverage {
    /// The tables, those of one fate together: readers are told of each reason once.
    #[must_use]
    pub fn fates(&self) -> Vec<Fate<'_>> {
        let mut fates: Vec<Fate<'_>> = Vec::new();
        for read in &self.slices {
            match fates.iter_mut().find(|fate| fate.of.first().is_some_and(|one| one.status == read.status)) {
                Some(fate) => fate.of.push(read),
                None => fates.push(Fate { of: vec![read] }),
            }
        }
        fates
    }

    /// True when every slice of every namespace was read whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.gaps().next().is_none() && self.namespaces.is_whole()
    }

    /// True when everything was read whole, and the search for owners too.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_whole() && self.owners.denied == 0 && self.owners.reason.is_none()
    }

    /// The slices that were not read whole, each a reason to distrust an empty answer.
    pub fn gaps(&self) -> impl Iterator<Item = &SliceCoverage> {
        self.slices.iter().filter(|read| !read.status.proves_absence())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_word_that_is_listed() {
        let why = String::new;
        let all = [
            SliceStatus::Ok,
            SliceStatus::Fallback(why()),
            SliceStatus::Unsupported(why()),
            SliceStatus::Unlisted(why()),
            SliceStatus::Partial(why()),
            SliceStatus::Denied(why()),
            SliceStatus::Failed(why()),
        ];
        assert_eq!(all.map(|status| status.word()), SliceStatus::WORDS);
    }
}
