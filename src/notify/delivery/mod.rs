//! Alerts on their way: one thread for each place, so that none waits for another, and what waits for whom.
//!
//! Each place gets all alerts that are severe enough for it, in their order, again and again until it takes them. What
//! waits is bounded by size and age; what is given up for that is counted and told. It reads no clock but to rest,
//! writes no file and renders nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;
use std::{io, mem};

use jiff::Timestamp;

use super::{Failure, Notice, Sink, Undelivered};
use crate::policy::Severity;

/// The pause after a failure, which doubles with each that follows, …
const FIRST: Duration = Duration::from_millis(500);
/// … up to this.
const LONGEST: Duration = Duration::from_mins(1);
/// A place may ask for a longer pause, but for none beyond this.
const ASKED: Duration = Duration::from_mins(15);
/// What waits takes no more room than this.
const MOST_BYTES: usize = 16 << 20;
/// Nothing waits longer than this.
const OLDEST: Duration = Duration::from_hours(7 * 24);

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

/// The threads that deliver.
pub struct Delivery {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// Something was added, or it ends.
    added: Condvar,
    /// Something was taken, or a place closed.
    taken: Condvar,
}

struct Queue {
    /// By their numbers: what some place did not take yet.
    notices: VecDeque<Arc<Notice>>,
    bytes: usize,
    places: Vec<Place>,
    ending: bool,
}

struct Place {
    name: String,
    least: Severity,
    /// The number of the last notice that is behind it.
    taken: u64,
    fails: bool,
    closed: bool,
    given_up: u64,
    news: Vec<PlaceNews>,
}

impl Delivery {
    /// Starts delivering what waits, and what comes. `last`: the number of the last notice that there was.
    pub fn start(outlets: Vec<Outlet>, waiting: Vec<Arc<Notice>>, last: u64) -> io::Result<Self> {
        let place = |outlet: &Outlet| Place {
            name: outlet.sink.name().to_owned(),
            least: outlet.least,
            taken: outlet.taken.unwrap_or(last),
            fails: false,
            closed: false,
            given_up: 0,
            news: Vec::new(),
        };
        let mut queue = Queue {
            notices: VecDeque::new(),
            bytes: 0,
            places: outlets.iter().map(place).collect(),
            ending: false,
        };
        queue.add(waiting);
        queue.forget_the_taken();
        let shared =
            Arc::new(Shared { queue: Mutex::new(queue), added: Condvar::new(), taken: Condvar::new() });
        let start = |(at, outlet): (usize, Outlet)| {
            let shared = Arc::clone(&shared);
            let name = format!("to {}", outlet.sink.name());
            Builder::new().name(name).spawn(move || deliver(&shared, at, outlet.sink))
        };
        for outlet in outlets.into_iter().enumerate() {
            start(outlet)?;
        }
        Ok(Self { shared })
    }

    /// Gives them to all places. It never waits for one.
    pub fn push(&self, notices: Vec<Arc<Notice>>, now: Timestamp) {
        let mut queue = self.shared.queue();
        queue.add(notices);
        queue.give_up(now);
        self.shared.added.notify_all();
    }

    /// What some place did not take yet.
    #[must_use]
    pub fn pending(&self) -> Vec<Arc<Notice>> {
        self.shared.queue().notices.iter().cloned().collect()
    }

    /// The number of the last notice that is behind each place.
    #[must_use]
    pub fn cursors(&self) -> BTreeMap<String, u64> {
        self.shared.queue().places.iter().map(|place| (place.name.clone(), place.taken)).collect()
    }

    /// What is to be told of the places since this was asked last.
    #[must_use]
    pub fn news(&self) -> Vec<(String, PlaceNews)> {
        let mut queue = self.shared.queue();
        let of = |place: &mut Place| {
            let given_up = Some(mem::take(&mut place.given_up)).filter(|count| *count > 0);
            let news = mem::take(&mut place.news).into_iter().chain(given_up.map(PlaceNews::GivenUp));
            news.map(|news| (place.name.clone(), news)).collect::<Vec<_>>()
        };
        queue.places.iter_mut().flat_map(of).collect()
    }

    /// True when a place with this name will take nothing any more.
    #[must_use]
    pub fn is_closed(&self, name: &str) -> bool {
        self.shared.queue().places.iter().any(|place| place.name == name && place.closed)
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
fn deliver(shared: &Shared, at: usize, mut sink: Box<dyn Sink>) {
    let mut pause = FIRST;
    while let Some(batch) = shared.next(at, sink.at_once()) {
        let Err(Undelivered { taken, failure }) = sink.deliver(&batch) else {
            pause = FIRST;
            shared.took(at, batch.last().map(|notice| notice.seq));
            continue;
        };
        let taken = taken.min(batch.len());
        shared.took(at, batch[..taken].last().map(|notice| notice.seq));
        if taken > 0 {
            pause = FIRST;
        }
        match failure {
            Failure::Again { why, after } => {
                shared.fails(at, why);
                shared.rest(after.unwrap_or_default().min(ASKED).max(pause));
                pause = (pause * 2).min(LONGEST);
            }
            Failure::Refused { why } => shared.refuses(at, batch.get(taken).map(|notice| notice.seq), why),
            Failure::Closed => return shared.closes(at),
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // A place that panicked has left its lines whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next ones for a place; `None` at the end.
    fn next(&self, at: usize, most: usize) -> Option<Vec<Arc<Notice>>> {
        let mut queue = self.queue();
        loop {
            if queue.ending {
                return None;
            }
            let next = queue.next(at, most);
            if !next.is_empty() {
                return Some(next);
            }
            self.taken.notify_all();
            queue = self.added.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn took(&self, at: usize, last: Option<u64>) {
        let Some(last) = last else { return };
        let mut queue = self.queue();
        let place = &mut queue.places[at];
        place.taken = place.taken.max(last);
        if mem::take(&mut place.fails) {
            place.news.push(PlaceNews::Works);
        }
        queue.forget_the_taken();
        self.taken.notify_all();
    }

    fn fails(&self, at: usize, why: String) {
        let place = &mut self.queue().places[at];
        if !mem::replace(&mut place.fails, true) {
            place.news.push(PlaceNews::Fails(why));
        }
    }

    fn refuses(&self, at: usize, seq: Option<u64>, why: String) {
        self.queue().places[at].news.push(PlaceNews::Refused(why));
        self.took(at, seq);
    }

    fn closes(&self, at: usize) {
        self.queue().places[at].closed = true;
        self.taken.notify_all();
    }

    /// Waits that long, or until it ends.
    fn rest(&self, span: Duration) {
        let queue = self.queue();
        drop(self.added.wait_timeout_while(queue, span, |queue| !queue.ending));
    }
}

impl Queue {
    fn add(&mut self, notices: Vec<Arc<Notice>>) {
        self.bytes += notices.iter().map(|notice| size(notice)).sum::<usize>();
        self.notices.extend(notices);
    }

    /// The next ones for a place. What is not severe enough for it counts as taken.
    fn next(&mut self, at: usize, most: usize) -> Vec<Arc<Notice>> {
        let Place { least, taken, .. } = self.places[at];
        let first = self.notices.partition_point(|notice| notice.seq <= taken);
        let after = self.notices.range(first..);
        let next: Vec<_> =
            after.filter(|notice| notice.severity >= least).take(most.max(1)).cloned().collect();
        if next.is_empty() {
            let last = self.notices.back().map_or(taken, |notice| notice.seq);
            self.places[at].taken = taken.max(last);
            self.forget_the_taken();
        }
        next
    }

    fn forget_the_taken(&mut self) {
        let open = self.places.iter().filter(|place| !place.closed);
        let behind_all = open.map(|place| place.taken).min().unwrap_or(u64::MAX);
        while self.notices.front().is_some_and(|notice| notice.seq <= behind_all) {
            self.forget_first();
        }
    }

    /// Gives up the oldest where too much waits, and what waited for too long.
    fn give_up(&mut self, now: Timestamp) {
        while let Some(first) = self.notices.front() {
            let age = Duration::try_from(now.duration_since(first.at)).unwrap_or_default();
            if self.bytes <= MOST_BYTES && age <= OLDEST {
                break;
            }
            let (seq, severity) = (first.seq, first.severity);
            for place in self.places.iter_mut().filter(|place| place.taken < seq && !place.closed) {
                place.taken = seq;
                place.given_up += u64::from(severity >= place.least);
            }
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some(notice) = self.notices.pop_front() {
            self.bytes -= size(&notice);
        }
    }

    fn is_done(&self) -> bool {
        let last = self.notices.back().map_or(0, |notice| notice.seq);
        self.places.iter().all(|place| place.closed || place.taken >= last)
    }
}

/// What a notice takes.
fn size(notice: &Notice) -> usize {
    size_of::<Notice>() + notice.line.len() + notice.json.len()
}

#[cfg(test)]
mod tests;
