//! Network namespaces: how each was found, and how much of it could be read.

use super::words::words;
use super::{NetnsId, SliceStatus, SystemBytes};

words! {
    /// How a network namespace was found. Of several ways the first in this order is told.
    NetnsFound {
        /// sockeye itself is in it.
        Own = "own",
        /// A process is in it.
        Process = "process",
        /// A thread is in it whose process is elsewhere.
        Thread = "thread",
        /// Its nsfs file is mounted somewhere, as `ip netns add` does it.
        Mount = "mount",
        /// A process holds its nsfs file open.
        Descriptor = "descriptor",
        /// A process elsewhere holds a socket that belongs to it.
        Socket = "socket",
    }
}

/// One network namespace, and how its reading ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetnsCoverage {
    pub id: NetnsId,
    /// A name that a person knows; `None` when none was found.
    pub name: Option<SystemBytes>,
    pub found: NetnsFound,
    /// Of the namespace as a whole; each of its tables has a status besides.
    pub status: SliceStatus,
}

/// The network namespaces of one reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceCoverage {
    pub list: Vec<NetnsCoverage>,
    /// True when what is not in the list does not exist any more, as far as this user could ever
    /// tell.
    pub exhaustive: bool,
    /// True when all were looked for, and not one that was named.
    pub all: bool,
    /// Namespaces that were found beyond the most that are read.
    pub left_out: usize,
    /// Why there may be more of them than were found.
    pub gap: Option<String>,
}

impl NamespaceCoverage {
    /// Tells that there may be more, because descriptors are on their way between processes (`SCM_RIGHTS`): nothing
    /// tells of a namespace that only such a descriptor keeps, but receiving it.
    pub fn tell_in_flight(&mut self) {
        if self.all && self.gap.is_none() {
            let why = "descriptors are on their way between processes, and one may be all that is left of a namespace";
            self.gap = Some(why.to_owned());
        }
    }

    /// True when a namespace that was read before is there no more.
    #[must_use]
    pub fn is_gone(&self, id: NetnsId) -> bool {
        self.exhaustive && !self.list.iter().any(|known| known.id == id)
    }

    /// True when all that exist were found, and each was read whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let read = self.list.iter().all(|known| known.status.proves_absence());
        read && self.left_out == 0 && self.gap.is_none()
    }

    /// How many may not be read.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.list.iter().filter(|known| matches!(known.status, SliceStatus::Denied(_))).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_in_flight_are_a_gap_where_all_were_looked_for_and_no_greater_one_is_known() {
        for (all, before, whole) in [(true, None, false), (false, None, true), (true, Some("worse"), false)] {
            let mut told =
                NamespaceCoverage { all, gap: before.map(str::to_owned), ..NamespaceCoverage::default() };
            told.tell_in_flight();
            assert_eq!(told.is_whole(), whole, "{told:?}");
            assert!(before.is_none() || told.gap.as_deref() == before);
        }
    }
}
