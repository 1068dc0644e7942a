//! Alerts on their way: one thread for each place, so that none waits for another, and what waits for whom.
//!
//! Each place gets all alerts that are severe enough for it, in their order, again and again until it takes them. What
//! waits is bounded by size and age; what is given up for that is counted and told. It reads no clock but to rest,
//! writes no file and renders nothing.

mod queue;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use self::queue::{PlaceId, Queue, Turn};
use super::{Failure, Notice, Sink, Undelivered};
use crate::model::Stamp;
use crate::policy::Severity;
use crate::sys::clock;

/// The pause after a failure, which doubles with each that follows, …
const FIRST: Duration = Duration::from_millis(500);
/// … up to this.
const LONGEST: Duration = Duration::from_mins(1);
/// A place may ask for a longer pause, but for none beyond this.
const ASKED: Duration = Duration::from_mins(15);
/// A place and what it gets.
pub struct Outlet {
    pub sink: Box<dyn Sink>,
    /// Nothing below this.
    pub least: Severity,
    /// The last notice that it took before; `None`: it gets what comes from now on.
    pub taken: Option<u64>,
}

/// What is to be told of a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceNews {
    /// It does not take what it gets, and why. It is tried again.
    Fails(String),
    /// It takes it again.
    Works,
    /// It will never take an alert, which is passed over, and why.
    Refused(String),
    /// So many alerts were given up, because too much waited for too long.
    GivenUp(u64),
}

/// How a place does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceHealth {
    pub name: String,
    /// Alerts that it did not take yet.
    pub waiting: usize,
    /// Alerts that it took since it began.
    pub delivered: u64,
    /// Attempts that failed.
    pub failures: u64,
    /// Alerts that it never got: refused, or given up.
    pub dropped: u64,
    /// The last attempt did not fail.
    pub works: bool,
}

/// A place as it shall be from now on.
pub struct Renewed {
    pub name: String,
    /// Nothing below this.
    pub least: Severity,
    /// What it was called, if it was there: it goes on where it is. Else it gets what comes from now on.
    pub was: Option<String>,
    /// What delivers to it from now on; `None`: what did before.
    pub sink: Option<Box<dyn Sink>>,
}

/// The threads that deliver.
pub struct Delivery {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// Something was added, or is asked of a place.
    added: Condvar,
    /// Something was taken, or a place closed.
    taken: Condvar,
}

impl Delivery {
    /// Starts delivering what waits, and what comes. `last`: the number of the last notice that there was.
    pub fn start(outlets: Vec<Outlet>, waiting: Vec<Arc<Notice>>, last: u64, now: Stamp) -> io::Result<Self> {
        let mut queue = Queue::new(last);
        queue.add(waiting, now);
        let shared =
            Arc::new(Shared { queue: Mutex::new(queue), added: Condvar::new(), taken: Condvar::new() });
        let delivery = Self { shared };
        let mut queue = delivery.shared.queue();
        for Outlet { sink, least, taken } in outlets {
            let id = queue.enter(sink.name().to_owned(), least, taken);
            delivery.begin(id, sink)?;
        }
        drop(queue);
        Ok(delivery)
    }

    /// The thread of a place. It waits for who holds the queue.
    fn begin(&self, id: PlaceId, sink: Box<dyn Sink>) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let name = format!("to {}", sink.name());
        Builder::new().name(name).spawn(move || deliver(&shared, id, sink)).map(drop)
    }

    /// Delivers to these places from now on. Those that are not among them get what waits, and end. Where a thread
    /// cannot be started all stays as it was.
    pub fn renew(&self, places: Vec<Renewed>) -> io::Result<()> {
        let mut queue = self.shared.queue();
        let newest = queue.newest();
        let mut stay = Vec::new();
        let mut changes = Vec::new();
        for Renewed { name, least, was, sink } in places {
            match (was.and_then(|was| queue.named(&was)), sink) {
                (Some(id), sink) => changes.push((id, name, least, sink)),
                (None, None) => {}
                (None, Some(sink)) => {
                    let id = queue.enter(name, least, None);
                    if let Err(error) = self.begin(id, sink) {
                        queue.expel_after(newest);
                        return Err(error);
                    }
                    stay.push(id);
                }
            }
        }
        stay.extend(changes.iter().map(|(id, ..)| *id));
        for (id, name, least, sink) in changes {
            queue.change(id, name, least, sink);
        }
        queue.dismiss_all_but(&stay);
        self.shared.added.notify_all();
        Ok(())
    }

    /// Gives them to all places. It never waits for one.
    pub fn push(&self, notices: Vec<Arc<Notice>>, now: Stamp) {
        let mut queue = self.shared.queue();
        let has_news = !notices.is_empty();
        queue.add(notices, now);
        queue.give_up(now);
        if has_news {
            self.shared.added.notify_all();
        }
    }

    /// What some place did not take yet.
    #[must_use]
    pub fn pending(&self) -> Vec<Arc<Notice>> {
        self.shared.queue().pending()
    }

    /// The number of the last notice that is behind each place. One that leaves is not asked any more.
    #[must_use]
    pub fn cursors(&self) -> BTreeMap<String, u64> {
        self.shared.queue().cursors()
    }

    /// What is to be told of the places since this was asked last.
    #[must_use]
    pub fn news(&self) -> Vec<(String, PlaceNews)> {
        self.shared.queue().news()
    }

    /// How the places do.
    #[must_use]
    pub fn health(&self) -> Vec<PlaceHealth> {
        self.shared.queue().health()
    }

    /// True when a place with this name will take nothing any more.
    #[must_use]
    pub fn is_closed(&self, name: &str) -> bool {
        self.shared.queue().is_closed(name)
    }

    /// Waits until everything is taken, but no longer than this.
    pub fn wait(&self, within: Duration) {
        let queue = self.shared.queue();
        drop(self.shared.taken.wait_timeout_while(queue, within, |queue| !queue.is_done()));
    }
}

impl Drop for Delivery {
    /// No place is given anything any more. A thread that is stuck in one is left to the end of the process.
    fn drop(&mut self) {
        self.shared.queue().ending = true;
        self.shared.added.notify_all();
    }
}

/// What the thread of one place does.
fn deliver(shared: &Shared, id: PlaceId, mut sink: Box<dyn Sink>) {
    let mut pause = FIRST;
    loop {
        let batch = match shared.next(id, sink.as_ref()) {
            Next::Deliver(batch) => batch,
            Next::Become(successor) => {
                (sink, pause) = (successor, FIRST);
                continue;
            }
            Next::Renew => {
                match sink.renew() {
                    Ok(()) => shared.queue().works(id),
                    Err(why) => shared.queue().fails(id, why),
                }
                continue;
            }
            Next::End => break,
        };
        let Err(Undelivered { taken, failure }) = sink.deliver(&batch) else {
            pause = FIRST;
            shared.took(id, &batch);
            continue;
        };
        let taken = taken.min(batch.len());
        shared.took(id, &batch[..taken]);
        if taken > 0 {
            pause = FIRST;
        }
        match failure {
            Failure::Again { why, after } => {
                shared.queue().fails(id, why);
                shared.rest(id, after.unwrap_or_default().min(ASKED).max(pause));
                pause = (pause * 2).min(LONGEST);
            }
            Failure::Refused { why } => {
                shared.queue().refuses(id, batch.get(taken).map(|notice| notice.seq), why);
                shared.taken.notify_all();
            }
            Failure::Closed => {
                shared.queue().closes(id);
                break;
            }
        }
    }
    shared.taken.notify_all();
}

/// What a thread does next.
enum Next {
    Deliver(Vec<Arc<Notice>>),
    Become(Box<dyn Sink>),
    /// What it shows is older than it may be.
    Renew,
    End,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // A place that panicked has left its lines whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the thread of a place does next, once there is something.
    fn next(&self, id: PlaceId, sink: &dyn Sink) -> Next {
        let due = sink.renews_after().map(|span| clock::now().mono + span);
        let mut queue = self.queue();
        loop {
            match queue.turn(id, sink.at_once()) {
                Turn::Deliver(batch) => return Next::Deliver(batch),
                Turn::Become(successor) => return Next::Become(successor),
                Turn::End => return Next::End,
                Turn::Wait => {}
            }
            self.taken.notify_all();
            queue = match due.map(|due| due.saturating_sub(clock::now().mono)) {
                None => self.added.wait(queue).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return Next::Renew,
                Some(left) => self.added.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    fn took(&self, id: PlaceId, taken: &[Arc<Notice>]) {
        self.queue().took(id, taken.last().map(|notice| notice.seq), taken.len());
        self.taken.notify_all();
    }

    /// Waits that long, or until something else is asked of the place.
    fn rest(&self, id: PlaceId, span: Duration) {
        let queue = self.queue();
        drop(self.added.wait_timeout_while(queue, span, |queue| !queue.is_called(id)));
    }
}

#[cfg(test)]
mod tests;
