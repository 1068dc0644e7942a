//! The poller thread: takes samples on time and hands snapshots over.
//!
//! Polls never overlap. When one takes longer than the interval the next starts when it is done.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Sampler, Snapshot};
use crate::model::Ask;
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
    asks: Option<Sender<Ask>>,
    thread: Option<JoinHandle<()>>,
}

impl PollerHandle {
    /// Asks for other details from now on; the next poll is taken at once.
    pub fn ask(&self, ask: Ask) {
        // A poller that has ended has told so itself.
        let told = self.asks.as_ref().map(|asks| asks.send(ask));
        debug_assert!(told.is_some(), "it is taken on drop alone");
    }
}

impl Drop for PollerHandle {
    fn drop(&mut self) {
        drop(self.asks.take());
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
    let (asks, asked) = channel();
    let thread = std::thread::Builder::new().name("poller".into()).spawn(move || {
        Poller { sampler, interval, table: Arc::new(Table::new(keep_closed)), generation: 0 }
            .run(&asked, deliver);
    })?;
    Ok(PollerHandle { asks: Some(asks), thread: Some(thread) })
}

struct Poller {
    sampler: Sampler,
    interval: Duration,
    table: Arc<Table>,
    generation: u64,
}

impl Poller {
    fn run(mut self, asked: &Receiver<Ask>, mut deliver: impl FnMut(Feed) -> bool) {
        loop {
            let started = clock::now();
            let feed = self.poll().map_or_else(Feed::Failed, Feed::Snapshot);
            if !deliver(feed) {
                return;
            }
            let rest = self.interval.saturating_sub(clock::now().since(&started));
            match asked.recv_timeout(rest) {
                Ok(ask) => self.sampler.ask(ask),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
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
            asked: self.sampler.asked(),
            generation: self.generation,
            took: clock::now().since(&started),
            interval: self.interval,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::OwnerAsk;
    use crate::source::{Reading, SocketSource, Wanted};

    /// Tells what it is asked for instead of reading.
    struct Asked(Sender<Ask>, Ask);

    impl SocketSource for Asked {
        fn ask(&mut self, ask: Ask) {
            self.1 = ask;
        }

        fn read(&mut self, _: &[Wanted]) -> Result<Reading, SourceError> {
            self.0.send(self.1).unwrap();
            Ok(Reading::default())
        }
    }

    #[test]
    fn a_new_question_is_answered_at_once_and_the_end_is_waited_for() {
        let (send, asked) = channel();
        let sampler = Sampler::new(Box::new(Asked(send, Ask::NOTHING)), Vec::new(), OwnerAsk::NOTHING);
        let hour = Duration::from_hours(1);
        let poller = spawn(sampler, hour, Duration::ZERO, |_| true).unwrap();
        assert_eq!(asked.recv(), Ok(Ask::NOTHING));
        poller.ask(Ask::EVERYTHING);
        assert_eq!(asked.recv(), Ok(Ask::EVERYTHING), "and not after an hour");
        drop(poller);
        assert!(asked.recv().is_err(), "the thread has ended, and its source with it");
    }
}
