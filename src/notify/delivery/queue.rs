//! What waits for whom, and how each place does. Pure: it is told the time, and holds no thread.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::{PlaceHealth, PlaceNews};
use crate::model::Stamp;
use crate::notify::{Notice, Sink};
use crate::policy::Severity;

/// What waits takes no more room than this.
pub(super) const MOST_BYTES: usize = 16 << 20;
/// Nothing waits longer than this while the machine is awake, whatever its clock is set to meanwhile.
pub(super) const OLDEST: Duration = Duration::from_hours(7 * 24);

/// Names a place for as long as it has a thread; no other one gets it.
pub(super) type PlaceId = u64;

#[derive(Default)]
pub(super) struct Queue {
    /// By their numbers: what some place did not take yet.
    waiting: VecDeque<Waiting>,
    bytes: usize,
    places: Vec<Place>,
    /// The number of the last notice that there was.
    last: u64,
    /// How many places there ever were.
    ids: PlaceId,
    pub(super) ending: bool,
}

struct Waiting {
    notice: Arc<Notice>,
    /// By the clock that nobody sets.
    since: Duration,
}

struct Place {
    id: PlaceId,
    name: String,
    least: Severity,
    /// The number of the last notice that is behind it.
    taken: u64,
    /// It leaves: it gets what came up to this number, and nothing that follows.
    until: Option<u64>,
    /// What delivers to it once the sink before is done with what it is at.
    successor: Option<Box<dyn Sink>>,
    fails: bool,
    closed: bool,
    given_up: u64,
    news: Vec<PlaceNews>,
    delivered: u64,
    failures: u64,
    dropped: u64,
}

/// What a place has to do next.
pub(super) enum Turn {
    Deliver(Vec<Arc<Notice>>),
    /// Deliver by this sink from now on.
    Become(Box<dyn Sink>),
    /// Nothing waits.
    Wait,
    End,
}

impl Queue {
    /// `last`: the number of the last notice that there was.
    pub(super) fn new(last: u64) -> Self {
        Self { last, ..Self::default() }
    }

    /// `taken`: the last notice that is behind it; `None`: all that there were.
    pub(super) fn enter(&mut self, name: String, least: Severity, taken: Option<u64>) -> PlaceId {
        self.ids += 1;
        self.places.push(Place {
            id: self.ids,
            name,
            least,
            taken: taken.unwrap_or(self.last),
            until: None,
            successor: None,
            fails: false,
            closed: false,
            given_up: 0,
            news: Vec::new(),
            delivered: 0,
            failures: 0,
            dropped: 0,
        });
        self.ids
    }

    /// Takes back what entered after this one.
    pub(super) fn expel_after(&mut self, id: PlaceId) {
        self.places.retain(|place| place.id <= id);
    }

    /// The last one that entered.
    pub(super) fn newest(&self) -> PlaceId {
        self.ids
    }

    /// The place of this name, unless it leaves.
    pub(super) fn named(&self, name: &str) -> Option<PlaceId> {
        self.staying().find(|place| place.name == name).map(|place| place.id)
    }

    /// What a place is called and gets from now on, and by what sink if by another.
    pub(super) fn change(
        &mut self,
        id: PlaceId,
        name: String,
        least: Severity,
        successor: Option<Box<dyn Sink>>,
    ) {
        if let Some(place) = self.place(id) {
            (place.name, place.least) = (name, least);
            // One that did not even begin is succeeded, too.
            place.successor = successor.or(place.successor.take());
        }
    }

    /// All but these leave.
    pub(super) fn dismiss_all_but(&mut self, stay: &[PlaceId]) {
        let last = self.last;
        for place in self.places.iter_mut().filter(|place| !stay.contains(&place.id)) {
            place.until = place.until.or(Some(last));
        }
    }

    fn place(&mut self, id: PlaceId) -> Option<&mut Place> {
        self.places.iter_mut().find(|place| place.id == id)
    }

    fn staying(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| place.until.is_none())
    }

    pub(super) fn add(&mut self, notices: Vec<Arc<Notice>>, now: Stamp) {
        self.bytes += notices.iter().map(|notice| size(notice)).sum::<usize>();
        self.last = notices.last().map_or(self.last, |notice| notice.seq.max(self.last));
        self.waiting.extend(notices.into_iter().map(|notice| Waiting { notice, since: now.mono }));
    }

    pub(super) fn pending(&self) -> Vec<Arc<Notice>> {
        self.waiting.iter().map(|one| Arc::clone(&one.notice)).collect()
    }

    pub(super) fn cursors(&self) -> BTreeMap<String, u64> {
        self.staying().map(|place| (place.name.clone(), place.taken)).collect()
    }

    /// What a place has to do. What is not severe enough for it counts as taken.
    pub(super) fn turn(&mut self, id: PlaceId, most: usize) -> Turn {
        if self.ending {
            return Turn::End;
        }
        let last = self.last;
        let Some(place) = self.places.iter_mut().find(|place| place.id == id) else { return Turn::End };
        if let Some(successor) = place.successor.take() {
            return Turn::Become(successor);
        }
        let next = waiting_for(&self.waiting, place).take(most.max(1)).cloned().collect::<Vec<_>>();
        if !next.is_empty() {
            return Turn::Deliver(next);
        }
        place.taken = place.taken.max(place.until.unwrap_or(last));
        let leaves = place.until.is_some();
        place.closed |= leaves;
        self.forget_the_taken();
        if leaves { Turn::End } else { Turn::Wait }
    }

    /// So many were taken, up to this one.
    pub(super) fn took(&mut self, id: PlaceId, last: Option<u64>, count: usize) {
        let Some(last) = last else { return };
        let Some(place) = self.place(id) else { return };
        place.taken = place.taken.max(last);
        place.delivered += count as u64;
        self.works(id);
        self.forget_the_taken();
    }

    /// It does what it is there for.
    pub(super) fn works(&mut self, id: PlaceId) {
        if let Some(place) = self.place(id)
            && mem::take(&mut place.fails)
        {
            place.news.push(PlaceNews::Works);
        }
    }

    /// An attempt failed. What waits for a place that leaves is given up with it.
    pub(super) fn fails(&mut self, id: PlaceId, why: String) {
        let Some(place) = self.places.iter_mut().find(|place| place.id == id) else { return };
        place.failures += 1;
        if !mem::replace(&mut place.fails, true) {
            place.news.push(PlaceNews::Fails(why));
        }
        if place.until.is_some() {
            place.given_up += waiting_for(&self.waiting, place).count() as u64;
            place.closed = true;
            self.forget_the_taken();
        }
    }

    /// This one was refused for good.
    pub(super) fn refuses(&mut self, id: PlaceId, seq: Option<u64>, why: String) {
        if let Some(place) = self.place(id) {
            place.news.push(PlaceNews::Refused(why));
            place.dropped += 1;
        }
        self.took(id, seq, 0);
    }

    pub(super) fn closes(&mut self, id: PlaceId) {
        if let Some(place) = self.place(id) {
            place.closed = true;
        }
        self.forget_the_taken();
    }

    pub(super) fn is_closed(&self, name: &str) -> bool {
        self.places.iter().any(|place| place.name == name && place.closed)
    }

    /// True when something else is asked of a place than to wait.
    pub(super) fn is_called(&self, id: PlaceId) -> bool {
        let place = self.places.iter().find(|place| place.id == id);
        self.ending || place.is_none_or(|place| place.until.is_some() || place.successor.is_some())
    }

    pub(super) fn news(&mut self) -> Vec<(String, PlaceNews)> {
        let mut all = Vec::new();
        for place in &mut self.places {
            let given_up = Some(mem::take(&mut place.given_up)).filter(|count| *count > 0);
            place.dropped += given_up.unwrap_or_default();
            let news = mem::take(&mut place.news).into_iter().chain(given_up.map(PlaceNews::GivenUp));
            all.extend(news.map(|news| (place.name.clone(), news)));
        }
        self.places.retain(|place| !(place.closed && place.until.is_some()));
        all
    }

    pub(super) fn health(&self) -> Vec<PlaceHealth> {
        let of = |place: &Place| PlaceHealth {
            name: place.name.clone(),
            waiting: waiting_for(&self.waiting, place).count(),
            delivered: place.delivered,
            failures: place.failures,
            dropped: place.dropped + place.given_up,
            works: !place.fails,
        };
        self.staying().map(of).collect()
    }

    fn forget_the_taken(&mut self) {
        let open = self.places.iter().filter(|place| !place.closed);
        let behind_all = open.map(|place| place.taken).min().unwrap_or(u64::MAX);
        while self.waiting.front().is_some_and(|one| one.notice.seq <= behind_all) {
            self.forget_first();
        }
    }

    /// Gives up the oldest where too much waits, and what waited for too long.
    pub(super) fn give_up(&mut self, now: Stamp) {
        while let Some(Waiting { notice, since }) = self.waiting.front() {
            if self.bytes <= MOST_BYTES && now.mono.saturating_sub(*since) <= OLDEST {
                break;
            }
            let (seq, severity) = (notice.seq, notice.severity);
            for place in self.places.iter_mut().filter(|place| place.taken < seq && !place.closed) {
                place.taken = seq;
                place.given_up += u64::from(severity >= place.least);
            }
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some(one) = self.waiting.pop_front() {
            self.bytes -= size(&one.notice);
        }
    }

    pub(super) fn is_done(&self) -> bool {
        let last = self.waiting.back().map_or(0, |one| one.notice.seq);
        self.places.iter().all(|place| place.closed || place.taken >= place.until.unwrap_or(last).min(last))
    }
}

/// What a place is to get, in its order.
fn waiting_for<'a>(
    waiting: &'a VecDeque<Waiting>,
    place: &Place,
) -> impl Iterator<Item = &'a Arc<Notice>> + use<'a> {
    let Place { least, taken, until, closed, .. } = *place;
    let first = waiting.partition_point(|one| one.notice.seq <= taken);
    let after = waiting.range(first..).map(|one| &one.notice);
    let until = until.unwrap_or(u64::MAX);
    after
        .take_while(move |notice| notice.seq <= until && !closed)
        .filter(move |notice| notice.severity >= least)
}

/// What a notice takes.
fn size(notice: &Notice) -> usize {
    size_of::<Notice>() + notice.line.len() + notice.json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Stamp {
        Stamp { mono: Duration::from_secs(seconds), wall: jiff::Timestamp::UNIX_EPOCH }
    }

    fn notice(seq: u64, bytes: usize) -> Arc<Notice> {
        let wall = jiff::Timestamp::UNIX_EPOCH;
        let json = "x".repeat(bytes);
        Arc::new(Notice { seq, severity: Severity::High, at: wall, line: String::new(), json })
    }

    fn queue() -> (Queue, [PlaceId; 2]) {
        let mut queue = Queue::new(0);
        let all = queue.enter("all".to_owned(), Severity::Info, None);
        let worst = queue.enter("worst".to_owned(), Severity::Critical, None);
        (queue, [all, worst])
    }

    #[test]
    fn what_waits_is_bounded_by_size_and_counted() {
        let (mut queue, [all, worst]) = queue();
        queue.add((1..=20).map(|seq| notice(seq, 1 << 20)).collect(), at(0));
        queue.give_up(at(0));
        assert!(queue.bytes <= MOST_BYTES);
        assert_eq!((queue.waiting.len(), queue.place(all).unwrap().taken), (15, 5));
        assert_eq!(queue.place(worst).unwrap().given_up, 0, "it would not have got them");
        assert_eq!(queue.news(), [("all".to_owned(), PlaceNews::GivenUp(5))]);
        assert_eq!(queue.health()[0].dropped, 5);
        assert_eq!(queue.health()[0].waiting, 15);
    }

    /// Whatever the clock on the wall is set to: a machine without one begins in 1970, and is set right later.
    #[test]
    fn what_waits_is_bounded_by_the_time_that_passed() {
        let (mut queue, [all, _]) = queue();
        queue.add(vec![notice(1, 1)], at(0));
        let week = OLDEST.as_secs();
        let decades = jiff::SignedDuration::from_hours(24 * 365 * 50);
        let set = |seconds| Stamp { wall: jiff::Timestamp::UNIX_EPOCH + decades, ..at(seconds) };
        queue.give_up(set(week));
        assert_eq!(queue.place(all).unwrap().given_up, 0, "nobody waited for fifty years");
        queue.add(vec![notice(2, 1)], set(week));
        queue.give_up(at(week + 1));
        assert_eq!((queue.place(all).unwrap().given_up, queue.waiting.len()), (1, 1));
    }
}
