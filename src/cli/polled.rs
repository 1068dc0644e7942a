//! Readings that follow each other, for the commands that print what happened: `events` and `watch`.
//!
//! What could not be read is told here, once for each time that it changes. What is printed of a reading
//! is theirs.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::Context as _;

use super::{complain, notice};
use crate::engine::{Feed, Listening, PollerHandle, Sampler, Snapshot, spawn};
use crate::model::{Ask, Coverage, Family, HearingCoverage, Protocol, SliceStatus, Stamp};
use crate::source::SourceError;
use crate::sys::clock;
use crate::text;

/// What closed stays in the table for the reading that notices it, and no longer.
const KEEP_CLOSED: Duration = Duration::from_nanos(1);

/// A poller and what it delivers.
pub(super) struct Polled {
    // Dropped in this order: the poller may wait for room in the feed.
    feed: Receiver<Feed>,
    poller: PollerHandle,
    /// The trouble that was told last; `None` before the first reading.
    told: Option<Vec<Trouble>>,
    /// What was heard then, and how much of it lost.
    heard: Option<HearingCoverage>,
    /// Readings that failed as a whole.
    failed: u64,
    /// How many of them since the last one that did not.
    failing: u64,
}

/// A table that was not read as it should be, in whichever namespace: those come, go and take turns.
type Trouble = (Family, Protocol, SliceStatus);

impl Polled {
    /// Starts reading, at once.
    pub(super) fn start(sampler: Sampler, interval: Duration, listening: Listening) -> anyhow::Result<Self> {
        // A reader that stands still stops the polling before it fills the memory.
        let (send, feed) = mpsc::sync_channel(2);
        let deliver = move |feed| send.send(feed).is_ok();
        let poller = spawn(sampler, interval, KEEP_CLOSED, Some(listening), deliver);
        Ok(Self {
            feed,
            poller: poller.context("cannot start the poller thread")?,
            told: None,
            heard: None,
            failed: 0,
            failing: 0,
        })
    }

    /// The next reading that did not fail; `None` when there was none until the end of this span.
    pub(super) fn next(&mut self, deadline: Option<(Stamp, Duration)>) -> anyhow::Result<Option<Snapshot>> {
        loop {
            let next = match deadline {
                None => self.feed.recv().map_err(RecvTimeoutError::from),
                Some((start, span)) => {
                    self.feed.recv_timeout(span.saturating_sub(clock::now().since(&start)))
                }
            };
            match next {
                Ok(Feed::Snapshot(snapshot)) => {
                    self.works();
                    return Ok(Some(snapshot));
                }
                Ok(Feed::Failed(error)) => self.fails(&error),
                Err(RecvTimeoutError::Timeout) => return Ok(None),
                Err(RecvTimeoutError::Disconnected) => anyhow::bail!("the poller ended"),
            }
        }
    }

    /// How many readings failed as a whole.
    pub(super) fn failed(&self) -> u64 {
        self.failed
    }

    /// Counts a reading that failed. Of several that follow each other the first one is told.
    fn fails(&mut self, error: &SourceError) {
        self.failed += 1;
        self.failing += 1;
        if self.failing == 1 {
            complain(&format!("sockeye: this reading failed, the next is tried on time: {error}"));
        }
    }

    fn works(&mut self) {
        let failing = std::mem::take(&mut self.failing);
        if failing > 1 {
            let failed = text::counted(usize::try_from(failing).unwrap_or(usize::MAX), "reading", "readings");
            complain(&format!("sockeye: readings do not fail any more; {failed} did"));
        }
    }

    /// Asks for other details from now on.
    pub(super) fn ask(&self, ask: Ask) {
        self.poller.ask(ask);
    }

    /// True until the coverage of a reading was told.
    pub(super) fn is_first(&self) -> bool {
        self.told.is_none()
    }

    /// Tells what could not be read, unless that was told before. True when the coverage has news: the first one, and
    /// where something else can be read or heard than before, or something was lost.
    pub(super) fn tell(&mut self, coverage: &Coverage) -> bool {
        let now = trouble(coverage);
        let is_heard_otherwise = self.heard != coverage.hearing;
        self.heard.clone_from(&coverage.hearing);
        if self.told.as_ref() == Some(&now) {
            return is_heard_otherwise;
        }
        if self.told.is_some() && coverage.is_whole() {
            complain("sockeye: every table can be read again");
        }
        notice::tell(coverage, true);
        self.told = Some(now);
        true
    }
}

/// Each trouble once, in the order of the tables.
fn trouble(coverage: &Coverage) -> Vec<Trouble> {
    let mut all: Vec<Trouble> = Vec::new();
    for read in coverage.slices.iter().filter(|read| read.status != SliceStatus::Ok) {
        let one = (read.slice.family, read.slice.protocol, read.status.clone());
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all.sort_by_key(|(family, protocol, status)| {
        (*family, *protocol, status.word(), status.reason().map(str::to_owned))
    });
    all
}
