//! Whose is it: joins sockets to the processes that hold them.
//!
//! Layer 3. Every holder counts, not the first or the last one found. A socket without holder
//! keeps its place and gets a reason. Nothing here reads socket tables.

mod activation;
mod containers;
mod workload;

#[cfg(linux)]
pub mod asked;
#[cfg(linux)]
mod bpf;
#[cfg(linux)]
mod hidden;
#[cfg(linux)]
pub mod holding;
#[cfg(linux)]
mod kernel_uses;
#[cfg(linux)]
mod lineage;
#[cfg(linux)]
mod map;
#[cfg(linux)]
mod openers;
mod packages;
#[cfg(linux)]
mod process;
mod published;
#[cfg(linux)]
mod question;
#[cfg(linux)]
mod scan;
#[cfg(linux)]
mod sets;
#[cfg(linux)]
mod usage;

pub use activation::Activations;
pub use containers::RuntimePlaces;
pub use packages::Packages;
pub use published::PublishedPorts;
pub use workload::Workloads;

#[cfg(linux)]
pub use self::{
    bpf::BpfScanner,
    hidden::Hidden,
    kernel_uses::KernelUses,
    map::{OwnerMap, Stray},
    openers::Openers,
    question::{NoWay, Question, Scanner, Wanted},
    scan::ProcScanner,
    sets::OwnerSets,
    usage::usages,
};

use crate::model::{NoOwner, OwnerCoverage, Socket};

/// How much of a process is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facts {
    /// Its identity, name and user.
    Names,
    /// All there is: what it runs, with which arguments.
    All,
}

/// The coverage of sockets whose owners are settled.
#[must_use]
pub fn tally(method: &'static str, sockets: &[Socket]) -> OwnerCoverage {
    let mut unresolved: Vec<_> = NoOwner::ALL.into_iter().map(|why| (why, 0)).collect();
    let mut resolved = 0;
    for socket in sockets {
        let place = match socket.owners.found() {
            Ok(_) => None,
            Err(why) => unresolved.iter_mut().find(|(one, _)| *one == why),
        };
        *place.map_or(&mut resolved, |(_, count)| count) += 1;
    }
    unresolved.retain(|(_, count)| *count > 0);
    OwnerCoverage { method, resolved, unresolved, ..OwnerCoverage::default() }
}
