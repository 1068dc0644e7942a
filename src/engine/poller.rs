//! The poller thread: takes samples on time and hands snapshots over.
//!
//! Polls never overlap. When one takes longer than the interval the next starts when it is done.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Sampler, Snapshot};
use crate::source::SourceError;
use crate::store::Table;
use crate::sys::clock;

/// What the poller tells.
#[derive(Debug)]
pub enum Feed {
    Snapshot(Snapshot),
    /// The poll failed as a whole; the next one is tried on time.
    Failed(SourceError),
}

/// The running poller. Dropping it asks the thread to end and waits for it.
#[derive(Debug)]
pub struct PollerHandle {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for PollerHandle {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A poller that panicked has nothing left to tell; the hook has told the panic.
            drop(thread.join());
        }
    }
}

/// Starts polling: at once, then every `interval`. `deliver` is called in the poller's thread and
/// returns false when nobody listens any more.
pub fn spawn(
    sampler: Sampler,
    interval: Duration,
    keep_closed: Duration,
    deliver: impl FnMut(Feed) -> bool + Send + 'static,
) -> std::io::Result<PollerHandle> {
    let (stop, stopped) = channel();
    let thread = std::thread::Builder::new().name("poller".into()).spawn(move || {
        Poller { sampler, interval, table: Arc::new(Table::new(keep_closed)), generation: 0 }
            .run(&stopped, deliver);
    })?;
    Ok(PollerHandle { stop: Some(stop), thread: Some(thread) })
}

struct Poller {
    sampler: Sampler,
    interval: Duration,
    table: Arc<Table>,
    generation: u64,
}

impl Poller {
    fn run(mut self, stopped: &Receiver<()>, mut deliver: impl FnMut(Feed) -> bool) {
        loop {
            let started = clock::now();
            let feed = self.poll().map_or_else(Feed::Failed, Feed::Snapshot);
            if !deliver(feed) {
                return;
            }
            let rest = self.interval.saturating_sub(clock::now().since(&started));
            if stopped.recv_timeout(rest) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    fn poll(&mut self) -> Result<Snapshot, SourceError> {
        let started = clock::now();
        let sample = self.sampler.take()?;
        // Not copied unless a reader still holds the last snapshot.
        let empty = Arc::new(Table::new(Duration::ZERO));
        let table = Arc::unwrap_or_clone(std::mem::replace(&mut self.table, empty));
        let (table, changes) = table.apply(sample);
        self.table = Arc::new(table);
        self.generation += 1;
        Ok(Snapshot {
            table: Arc::clone(&self.table),
            changes: changes.into(),
            generation: self.generation,
            took: clock::now().since(&started),
            interval: self.interval,
        })
    }
}
