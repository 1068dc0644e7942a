//! Owners for a reading, and rows for the sockets that only their owners know of. Reads no table
//! but for a second look.

use super::residual;
use crate::model::{NetnsId, OwnerCoverage, SliceStatus};
use crate::owner::{self, ProcScanner};
use crate::source::{RESIDUAL, Reading, SocketSource, Wanted};

/// How owners are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerMethod {
    /// Scan `/proc`.
    Proc,
    /// Do not look.
    None,
}

/// Finds the holders of sockets.
pub(super) struct Holders {
    method: OwnerMethod,
    scanner: ProcScanner,
}

impl Holders {
    pub(super) fn new(method: OwnerMethod) -> Self {
        Self { method, scanner: ProcScanner::default() }
    }

    /// Gives every socket its owners, and sockets that are in no table a row.
    pub(super) fn find(
        &mut self,
        reading: &mut Reading,
        wanted: &[Wanted],
        source: &mut dyn SocketSource,
    ) -> OwnerCoverage {
        let residual = wanted.contains(&RESIDUAL);
        // Each namespace that was read, in the order of reading.
        let mut places: Vec<NetnsId> = reading.slices.iter().map(|read| read.slice.netns).collect();
        places.dedup();
        // What is in no table may be in one that was not read.
        let all_read = reading.namespaces.list.iter().all(|known| known.status.proves_absence());
        let blind = reading.slices.iter().any(|read| may_hold_more(&read.status));
        let gap = match self.method {
            OwnerMethod::None => Some("owners were not looked up"),
            OwnerMethod::Proc if blind => Some("not every table could be read"),
            OwnerMethod::Proc if !all_read => {
                Some("not every network namespace was read, so nothing is known to be in no table")
            }
            OwnerMethod::Proc => None,
        };
        let strays = if residual && gap.is_none() { &places[..] } else { &[] };
        let map = match self.method {
            OwnerMethod::Proc => Some(self.scanner.scan(&reading.sockets, strays)),
            OwnerMethod::None => None,
        };
        if let Some(map) = &map {
            residual::append(reading, map, strays, || source.read(wanted).ok());
        }
        if residual {
            reading
                .slices
                .extend(places.iter().map(|netns| residual::coverage(*netns, &reading.sockets, gap)));
        }
        match map {
            Some(map) => map.assign(&mut reading.sockets),
            None => owner::tally("none", &reading.sockets),
        }
    }
}

/// True for a table that has rows which were not read. One that the kernel does not keep has none.
fn may_hold_more(status: &SliceStatus) -> bool {
    !status.proves_absence() && !matches!(status, SliceStatus::Unlisted(_))
}
