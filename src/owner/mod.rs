//! Whose is it: joins sockets to the processes that hold them.
//!
//! Layer 3. Every holder counts, not the first or the last one found. A socket without holder
//! keeps its place and gets a reason. Nothing here reads socket tables.

mod containers;
#[cfg(linux)]
mod map;
#[cfg(linux)]
mod process;
#[cfg(linux)]
mod scan;
mod workload;

pub use workload::Workloads;

#[cfg(linux)]
pub use map::{OwnerMap, Stray};
#[cfg(linux)]
pub use scan::ProcScanner;

use crate::model::{NoOwner, OwnerCoverage, Owners, Socket};

/// The coverage of sockets whose owners are settled.
#[must_use]
pub fn tally(method: &'static str, sockets: &[Socket]) -> OwnerCoverage {
    let mut unresolved: Vec<_> = NoOwner::ALL.into_iter().map(|why| (why, 0)).collect();
    let mut resolved = 0;
    for socket in sockets {
        let place = match &socket.owners {
            Owners::Known(_) => None,
            Owners::Unknown(why) => unresolved.iter_mut().find(|(one, _)| one == why),
        };
        *place.map_or(&mut resolved, |(_, count)| count) += 1;
    }
    unresolved.retain(|(_, count)| *count > 0);
    OwnerCoverage { method, resolved, unresolved, ..OwnerCoverage::default() }
}
