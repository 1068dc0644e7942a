//! Owners for a reading, and rows for the sockets that only their owners know of. Reads no table
//! but for a second look.

use super::residual;
use crate::model::{OwnerCoverage, Slice, SliceCoverage, SliceStatus};
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
        let netns = reading.slices.first().map(|read| read.slice.netns);
        let residual = netns.filter(|_| wanted.contains(&RESIDUAL));
        // What is in no table may be in one that was not read.
        let all_read = reading.namespaces.list.iter().all(|known| known.status.proves_absence());
        let map = match self.method {
            OwnerMethod::Proc => Some(self.scanner.scan(&reading.sockets, residual.filter(|_| all_read))),
            OwnerMethod::None => None,
        };
        if let Some(netns) = residual {
            let (family, protocol) = RESIDUAL;
            let mut coverage = SliceCoverage::new(Slice { netns, family, protocol }, "procfs");
            let blind = reading.slices.iter().any(|read| may_hold_more(&read.status));
            match &map {
                // Whatever stands in the table that could not be read would seem to be in none.
                _ if blind => {
                    coverage.status = SliceStatus::Partial("not every table could be read".to_owned());
                }
                Some(map) => {
                    residual::append(reading, map, &mut coverage, || source.read(wanted).ok());
                }
                None => coverage.status = SliceStatus::Partial("owners were not looked up".to_owned()),
            }
            if !all_read {
                let why = "not every network namespace was read, so nothing is known to be in no table";
                coverage.status = SliceStatus::Partial(why.to_owned());
            }
            reading.slices.push(coverage);
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
