//! Whose is it: joins sockets to the processes that hold them.
//!
//! Layer 3. Every holder counts, not the first or the last one found. A socket without holder
//! keeps its place and gets a reason. Nothing here reads socket tables.

#[cfg(linux)]
mod map;
#[cfg(linux)]
mod process;
#[cfg(linux)]
mod scan;

#[cfg(linux)]
pub use map::{OwnerMap, Stray};
#[cfg(linux)]
pub use scan::ProcScanner;

use crate::model::{NoOwner, OwnerCoverage, Owners, Socket};

/// The coverage of sockets whose owners are settled.
#[must_use]
pub fn tally(method: &'static str, sockets: &[Socket]) -> OwnerCoverage {
    let count = |why| sockets.iter().filter(|socket| socket.owners == Owners::Unknown(why)).count();
    let unresolved: Vec<_> =
        NoOwner::ALL.into_iter().map(|why| (why, count(why))).filter(|(_, count)| *count > 0).collect();
    let missing: usize = unresolved.iter().map(|(_, count)| count).sum();
    OwnerCoverage { method, resolved: sockets.len() - missing, unresolved, ..OwnerCoverage::default() }
}
