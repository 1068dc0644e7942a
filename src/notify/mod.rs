//! Where alerts go: each place is a [`Sink`], which is given alerts that are rendered already.
//!
//! Layer 3. A sink judges nothing and remembers no alert: who calls it keeps what was not taken, decides
//! when to try again and leaves out what is below its least severity. No sink waits for another.

pub mod delivery;
pub mod ledger;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::policy::Severity;

/// An alert as sinks get it: rendered once, for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The order of delivery.
    pub seq: u64,
    pub severity: Severity,
    pub at: Timestamp,
    /// One line for people: escaped, without colours and without its end.
    pub line: String,
    /// One line of JSON, without its end.
    pub json: String,
}

/// Why something was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It is worth trying again, not before this span where the other side asked for it.
    #[error("{why}")]
    Again { why: String, after: Option<Duration> },
    /// This notice will never be taken; the next one may be.
    #[error("{why}")]
    Refused { why: String },
    /// Nobody is there any more who could take anything, as behind a closed pipe.
    #[error("nobody is there")]
    Closed,
}

/// Not all were delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{failure}")]
pub struct Undelivered {
    /// How many were, from the first on. The failure is about the one that follows them.
    pub taken: usize,
    pub failure: Failure,
}

/// A place where alerts go. One thread of its own calls it, in order.
pub trait Sink: Send {
    /// Its name in messages; no other sink has it.
    fn name(&self) -> &str;

    /// How many are given to it at once. What takes them one by one gets one, so that it is known soon what was
    /// taken, and each call lasts no longer than its timeout.
    fn at_once(&self) -> usize {
        256
    }

    /// Delivers them, in this order. It may block for as long as its timeout, or its disk, lets it.
    fn deliver(&mut self, notices: &[Arc<Notice>]) -> Result<(), Undelivered>;
}
