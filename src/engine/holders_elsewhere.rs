//! Owners on other systems than Linux: nobody is looked for. netstat2 tells pids, and a process without
//! name and start time is not made up.

use std::sync::Mutex;

use super::OwnerAsk;
use crate::model::{OwnerCoverage, Slice, SliceCoverage, SliceStatus, Socket, Usages};
use crate::owner::{self, Workloads};
use crate::source::{RESIDUAL, Reading, SocketSource, Wanted};

/// Nobody is known to hold a socket, so nobody is looked at.
pub(super) fn usages(_: &[Socket]) -> Usages {
    Usages::new()
}

/// Finds no holders.
pub(super) struct Holders;

impl Holders {
    pub(super) fn new(_: OwnerAsk) -> Self {
        Self
    }

    /// Says that owners, and sockets that only they know of, were not looked for.
    #[expect(clippy::unused_self, reason = "the search for owners on Linux keeps its buffers")]
    pub(super) fn find(
        &mut self,
        reading: &mut Reading,
        wanted: &[Wanted],
        _: &mut dyn SocketSource,
        _: &Mutex<Workloads>,
    ) -> OwnerCoverage {
        let netns = reading.slices.first().map(|read| read.slice.netns);
        if let Some(netns) = netns.filter(|_| wanted.contains(&RESIDUAL)) {
            let (family, protocol) = RESIDUAL;
            let mut coverage = SliceCoverage::new(Slice { netns, family, protocol }, "none");
            coverage.status = SliceStatus::Partial("owners were not looked up".to_owned());
            reading.slices.push(coverage);
        }
        owner::tally("none", &reading.sockets)
    }

    /// The same of sockets alone.
    #[expect(clippy::unused_self, reason = "as above")]
    pub(super) fn recall(&self, sockets: &mut [Socket]) -> OwnerCoverage {
        owner::tally("none", sockets)
    }
}
