//! Places that take, fail, refuse, close and block, and what others notice of it.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};

use jiff::Timestamp;

use super::*;

/// What a place answers, in turn; when it has nothing to answer any more it takes everything.
struct Scripted {
    name: &'static str,
    at_once: usize,
    answers: VecDeque<Result<(), Undelivered>>,
    took: Sender<u64>,
}

impl Sink for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn at_once(&self) -> usize {
        self.at_once
    }

    fn deliver(&mut self, notices: &[Arc<Notice>]) -> Result<(), Undelivered> {
        let answer = self.answers.pop_front().unwrap_or(Ok(()));
        let taken = answer.as_ref().map_or_else(|undelivered| undelivered.taken, |()| notices.len());
        for notice in &notices[..taken] {
            self.took.send(notice.seq).unwrap();
        }
        answer
    }
}

fn place(
    name: &'static str,
    answers: impl IntoIterator<Item = Result<(), Undelivered>>,
) -> (Outlet, Receiver<u64>) {
    let (took, taken) = channel();
    let sink = Scripted { name, at_once: 2, answers: answers.into_iter().collect(), took };
    (Outlet { sink: Box::new(sink), least: Severity::Info, taken: Some(0) }, taken)
}

fn notice(seq: u64, severity: Severity) -> Arc<Notice> {
    let at = Timestamp::from_second(1_000 + i64::try_from(seq).unwrap()).unwrap();
    Arc::new(Notice { seq, severity, at, line: format!("line {seq}"), json: "{}".into() })
}

fn notices(numbers: std::ops::RangeInclusive<u64>) -> Vec<Arc<Notice>> {
    numbers.map(|seq| notice(seq, Severity::High)).collect()
}

fn now() -> Stamp {
    clock::now()
}

/// What comes, until so many have come. A thread that never sends fails the test by its own timeout.
fn come(taken: &Receiver<u64>, count: usize) -> Vec<u64> {
    let wait = Duration::from_secs(30);
    (0..count).map(|_| taken.recv_timeout(wait).expect("it is delivered")).collect()
}

fn again(taken: usize) -> Result<(), Undelivered> {
    Err(Undelivered { taken, failure: Failure::Again { why: "away".into(), after: None } })
}

fn refused(taken: usize) -> Result<(), Undelivered> {
    Err(Undelivered { taken, failure: Failure::Refused { why: "no".into() } })
}

#[test]
fn a_failure_is_tried_again_from_where_it_was_and_told_once() {
    let (outlet, taken) = place("p", [again(1), again(0), Ok(())]);
    let delivery = Delivery::start(vec![outlet], notices(1..=3), 3, now()).unwrap();
    assert_eq!(come(&taken, 3), [1, 2, 3], "none is lost, none comes twice");
    delivery.wait(Duration::from_secs(30));
    assert_eq!(delivery.cursors(), BTreeMap::from([("p".to_owned(), 3)]));
    assert!(delivery.pending().is_empty());
    let told = [PlaceNews::Fails("away".into()), PlaceNews::Works].map(|news| ("p".to_owned(), news));
    assert_eq!(delivery.news(), told);
    assert_eq!(delivery.news(), [], "once");
}

#[test]
fn what_is_refused_is_passed_over_and_told() {
    let (outlet, taken) = place("p", [refused(1), refused(0)]);
    let delivery = Delivery::start(vec![outlet], notices(1..=4), 4, now()).unwrap();
    assert_eq!(come(&taken, 2), [1, 4], "the second and the third were refused");
    let told = [
        ("p".to_owned(), PlaceNews::Refused("no".into())),
        ("p".to_owned(), PlaceNews::Refused("no".into())),
    ];
    assert_eq!(delivery.news(), told);
}

/// Takes nothing until it is let go.
struct Blocked(Receiver<()>);

impl Sink for Blocked {
    fn name(&self) -> &'static str {
        "blocked"
    }

    fn deliver(&mut self, _: &[Arc<Notice>]) -> Result<(), Undelivered> {
        self.0.recv().map_err(|_| Undelivered { taken: 0, failure: Failure::Closed })
    }
}

#[test]
fn a_place_that_blocks_keeps_nobody_else_waiting() {
    let (let_go, held) = channel();
    let blocked = Outlet { sink: Box::new(Blocked(held)), least: Severity::Info, taken: Some(0) };
    let (other, taken) = place("other", []);
    let delivery = Delivery::start(vec![blocked, other], Vec::new(), 0, now()).unwrap();
    for seq in 1..=5 {
        delivery.push(notices(seq..=seq), now());
        assert_eq!(come(&taken, 1), [seq]);
    }
    let waits: Vec<_> = delivery.pending().iter().map(|notice| notice.seq).collect();
    assert_eq!(waits, [1, 2, 3, 4, 5], "for the place that is blocked");
    drop(let_go);
    delivery.wait(Duration::from_secs(30));
    assert!(delivery.is_closed("blocked") && !delivery.is_closed("other"));
    delivery.push(notices(6..=6), now());
    assert_eq!(come(&taken, 1), [6]);
    delivery.wait(Duration::from_secs(30));
    assert!(delivery.pending().is_empty(), "nothing waits for who is gone");
}

#[test]
fn a_place_gets_what_is_severe_enough_and_what_it_did_not_take_before() {
    let (mut outlet, taken) = place("p", []);
    (outlet.least, outlet.taken) = (Severity::High, Some(2));
    let severities = [
        (1, Severity::High),
        (2, Severity::High),
        (3, Severity::Low),
        (4, Severity::High),
        (5, Severity::Info),
    ];
    let waiting = severities.map(|(seq, severity)| notice(seq, severity)).to_vec();
    let (mut fresh, taken_fresh) = place("fresh", []);
    fresh.taken = None;
    let delivery = Delivery::start(vec![outlet, fresh], waiting, 5, now()).unwrap();
    assert_eq!(come(&taken, 1), [4]);
    delivery.wait(Duration::from_secs(30));
    assert_eq!(delivery.cursors()["p"], 5, "those below are behind it");
    delivery.push(notices(6..=6), now());
    assert_eq!(
        (come(&taken, 1), come(&taken_fresh, 1)),
        (vec![6], vec![6]),
        "a new place begins with what comes"
    );
}

/// A place as it was, by this name.
fn kept(was: &str, name: &str) -> Renewed {
    Renewed { name: name.to_owned(), least: Severity::Info, was: Some(was.to_owned()), sink: None }
}

#[test]
fn a_place_that_stays_loses_nothing_and_one_that_comes_begins_with_what_comes() {
    // The first one rests after a failure, for half a second.
    let (stays, taken) = place("stays", [again(0)]);
    let delivery = Delivery::start(vec![stays], notices(1..=2), 2, now()).unwrap();
    let (comes, taken_new) = place("comes", []);
    let new = Renewed { name: "comes".to_owned(), least: Severity::Info, was: None, sink: Some(comes.sink) };
    delivery.renew(vec![kept("stays", "renamed"), new]).unwrap();
    delivery.push(notices(3..=3), now());
    assert_eq!(come(&taken, 3), [1, 2, 3]);
    assert_eq!(come(&taken_new, 1), [3]);
    delivery.wait(Duration::from_secs(30));
    assert_eq!(delivery.cursors(), BTreeMap::from([("comes".to_owned(), 3), ("renamed".to_owned(), 3)]));
}

#[test]
fn a_place_that_succeeds_another_gets_what_waited_for_that_at_once() {
    let long = Failure::Again { why: "away".into(), after: Some(Duration::from_mins(10)) };
    let (old, taken) = place("p", [Ok(()), Err(Undelivered { taken: 0, failure: long })]);
    let delivery = Delivery::start(vec![old], notices(1..=4), 4, now()).unwrap();
    assert_eq!(come(&taken, 2), [1, 2]);
    let (new, taken_new) = place("p", []);
    delivery.renew(vec![Renewed { sink: Some(new.sink), ..kept("p", "p") }]).unwrap();
    assert_eq!(come(&taken_new, 2), [3, 4]);
    delivery.wait(Duration::from_secs(30));
    assert!(taken.recv().is_err(), "the one before is gone");
    let health = delivery.health();
    assert_eq!((health.len(), health[0].delivered, health[0].waiting), (1, 4, 0));
}

#[test]
fn a_place_that_leaves_gets_what_waits_and_no_more() {
    let (stays, taken) = place("stays", []);
    let (let_go, held) = channel();
    let (leaves, taken_last) = place("leaves", []);
    let leaves = Outlet { sink: Box::new(Held(held, leaves.sink)), ..leaves };
    let delivery = Delivery::start(vec![stays, leaves], notices(1..=3), 3, now()).unwrap();
    delivery.renew(vec![kept("stays", "stays")]).unwrap();
    delivery.push(notices(4..=4), now());
    assert_eq!(come(&taken, 4), [1, 2, 3, 4]);
    assert_eq!(delivery.cursors().len(), 1, "nobody will ask it again");
    drop(let_go);
    assert_eq!(come(&taken_last, 3), [1, 2, 3]);
    assert!(taken_last.recv().is_err(), "it is gone, and was not given what came later");
    delivery.wait(Duration::from_secs(30));
    assert!(delivery.pending().is_empty());
    assert_eq!(delivery.news(), []);
}

#[test]
fn who_leaves_and_takes_nothing_keeps_nobody_and_what_it_did_not_get_is_counted() {
    let (leaves, taken) = place("leaves", [again(1), again(1), again(0)]);
    let (stays, _taken) = place("stays", []);
    let delivery = Delivery::start(vec![stays, leaves], notices(1..=4), 4, now()).unwrap();
    assert_eq!(come(&taken, 1), [1]);
    while delivery.health()[1].failures == 0 {
        std::thread::yield_now();
    }
    delivery.renew(vec![kept("stays", "stays")]).unwrap();
    assert_eq!(come(&taken, 1), [2], "it is tried once more");
    assert!(taken.recv().is_err(), "and ends");
    delivery.wait(Duration::from_secs(30));
    let told = [PlaceNews::Fails("away".into()), PlaceNews::Works, PlaceNews::Fails("away".into())];
    let told = told.into_iter().chain([PlaceNews::GivenUp(2)]).map(|news| ("leaves".to_owned(), news));
    assert_eq!(delivery.news(), told.collect::<Vec<_>>());
    assert_eq!(delivery.health().len(), 1);
}

/// Waits until it is let go, and then takes as the other.
struct Held(Receiver<()>, Box<dyn Sink>);

impl Sink for Held {
    fn name(&self) -> &str {
        self.1.name()
    }

    fn at_once(&self) -> usize {
        self.1.at_once()
    }

    fn deliver(&mut self, notices: &[Arc<Notice>]) -> Result<(), Undelivered> {
        while self.0.recv().is_ok() {} // it hangs up to let go
        self.1.deliver(notices)
    }
}

/// Shows something beside the alerts, and says when it did.
struct Shown(Sender<()>);

impl Sink for Shown {
    fn name(&self) -> &'static str {
        "shown"
    }

    fn deliver(&mut self, _: &[Arc<Notice>]) -> Result<(), Undelivered> {
        Ok(())
    }

    fn renews_after(&self) -> Option<Duration> {
        Some(Duration::from_millis(10))
    }

    fn renew(&mut self) -> Result<(), String> {
        self.0.send(()).map_err(|_| "nobody looks".to_owned())
    }
}

#[test]
fn what_is_shown_is_renewed_though_nothing_is_delivered() {
    let (show, shown) = channel();
    let outlet = Outlet { sink: Box::new(Shown(show)), least: Severity::Info, taken: None };
    let delivery = Delivery::start(vec![outlet], Vec::new(), 0, now()).unwrap();
    for _ in 0..3 {
        shown.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    drop(shown);
    let works = || delivery.health()[0].works;
    while works() {
        std::thread::yield_now();
    }
    assert_eq!(delivery.news()[..1], [("shown".to_owned(), PlaceNews::Fails("nobody looks".into()))]);
}
