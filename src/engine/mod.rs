//! The engine: polls a source, finds owners and names, keeps the table, publishes snapshots.
//!
//! Layer 4. It owns the poller thread and nothing that is shown: it knows neither outputs nor
//! screens, and no filter.

pub mod acting;
#[cfg(linux)]
mod hearing;
#[cfg_attr(not(linux), path = "holders_elsewhere.rs")]
mod holders;
mod host_names;
#[cfg(linux)]
mod plan;
mod poller;
mod published;
mod relations;
#[cfg(linux)]
mod residual;
mod sampler;

#[cfg(linux)]
pub use hearing::hear;
pub use host_names::HostNames;
pub use poller::{Feed, Hear, Hint, Hurry, Listening, PollerHandle, spawn};
pub use sampler::Sampler;

use std::sync::Arc;
use std::time::Duration;

use crate::model::{Ask, Change, Sample};
use crate::owner::Facts;
use crate::store::Table;

/// How owners shall be found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnerChoice {
    /// The best way that there is.
    #[default]
    Auto,
    /// Through BPF.
    Bpf,
    /// By a scan of `/proc`.
    Proc,
    /// Not at all.
    None,
}

/// What is asked about owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerAsk {
    pub choice: OwnerChoice,
    pub facts: Facts,
    /// Again and again, so that what is prepared once pays.
    pub live: bool,
    /// Together with what only BPF tells, such as whether others may bind to an address.
    pub by_bpf: bool,
}

impl OwnerAsk {
    /// Nobody is looked for.
    pub const NOTHING: Self =
        Self { choice: OwnerChoice::None, facts: Facts::Names, live: false, by_bpf: false };
}

/// The table after a poll, or after a glance between two. A clone is a pointer.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub table: Arc<Table>,
    /// What this poll changed, ordered by socket key.
    pub changes: Arc<[Change]>,
    /// The details that this poll was asked for.
    pub asked: Ask,
    /// Counts up with every poll.
    pub generation: u64,
    /// How long the poll took, reading and merging together.
    pub took: Duration,
    /// The time between the starts of two polls, as asked for.
    pub interval: Duration,
    /// The time to the start of the next one, if nobody asks sooner: longer than asked for where polls take long.
    pub due: Duration,
    /// How often hints were lost, so that sockets came and went of which nothing is told.
    pub hints_lost: u64,
}

/// The table that a single sample makes: the one-shot outputs are views of it.
#[must_use]
pub fn single(sample: Sample) -> Table {
    Table::of(sample)
}
