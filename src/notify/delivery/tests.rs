//! Places that take, fail, refuse, close and block, and what others notice of it.

use std::sync::mpsc::{Receiver, Sender, channel};

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

fn now() -> Timestamp {
    Timestamp::from_second(2_000).unwrap()
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
    let delivery = Delivery::start(vec![outlet], notices(1..=3), 3).unwrap();
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
    let delivery = Delivery::start(vec![outlet], notices(1..=4), 4).unwrap();
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
    let delivery = Delivery::start(vec![blocked, other], Vec::new(), 0).unwrap();
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
    let delivery = Delivery::start(vec![outlet, fresh], waiting, 5).unwrap();
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

#[test]
fn what_waits_is_bounded_by_size_and_age_and_counted() {
    let of = |seq, bytes: usize, second| {
        let at = Timestamp::from_second(second).unwrap();
        Arc::new(Notice { seq, severity: Severity::High, at, line: String::new(), json: "x".repeat(bytes) })
    };
    let place = |least| Place {
        name: String::new(),
        least,
        taken: 0,
        fails: false,
        closed: false,
        given_up: 0,
        news: Vec::new(),
    };
    let places = vec![place(Severity::Info), place(Severity::Critical)];
    let mut queue = Queue { notices: VecDeque::new(), bytes: 0, places, ending: false };
    queue.add((1..=20).map(|seq| of(seq, 1 << 20, 1_000)).collect());
    queue.give_up(Timestamp::from_second(1_000).unwrap());
    assert!(queue.bytes <= MOST_BYTES);
    assert_eq!((queue.notices.len(), queue.places[0].given_up, queue.places[0].taken), (15, 5, 5));
    assert_eq!(queue.places[1].given_up, 0, "it would not have got them");
    let week = i64::try_from(OLDEST.as_secs()).unwrap();
    queue.add(vec![of(21, 1, 1_000 + week)]);
    queue.give_up(Timestamp::from_second(1_001 + week).unwrap());
    assert_eq!((queue.notices.len(), queue.places[0].given_up), (1, 20));
}
