//! Where alerts go: each place is a [`Sink`], which is given alerts that are rendered already.
//!
//! Layer 3. A sink judges nothing and remembers no alert: who calls it keeps what was not taken, decides
//! when to try again and leaves out what is below its least severity. No sink waits for another.

pub mod delivery;
pub mod health;
pub mod ledger;

mod exec;
mod fields;
mod file;
#[cfg(linux)]
mod journald;
mod listen;
mod settings;
mod syslog;
mod tally;
#[cfg(test)]
mod tests;
mod textfile;
mod webhook;

pub use settings::{Fate, SettingsError, SinkError, SinkSpec, fates, parse};

use std::ops::RangeInclusive;
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

impl Failure {
    fn again(why: String) -> Self {
        Self::Again { why, after: None }
    }
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

    /// How old what it shows may become where nothing is delivered; `None` for what shows nothing but alerts.
    fn renews_after(&self) -> Option<Duration> {
        None
    }

    /// Shows anew what is shown beside the alerts, or says why not. It is asked again later.
    fn renew(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// How long a sink waits for another side, unless the file says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);
/// What it may say.
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_mins(5);

/// Delivers them one by one, until one is not taken.
fn each(
    notices: &[Arc<Notice>],
    mut deliver: impl FnMut(&Notice) -> Result<(), Failure>,
) -> Result<(), Undelivered> {
    for (taken, notice) in notices.iter().enumerate() {
        deliver(notice).map_err(|failure| Undelivered { taken, failure })?;
    }
    Ok(())
}
