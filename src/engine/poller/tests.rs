//! What is asked of the poller, and when it reads.

use std::sync::mpsc::Sender;

use super::*;
use crate::engine::OwnerAsk;
use crate::model::{
    Ask, Basics, Begun, Cookie, End, Ends, Family, Hearing, Identity, NetnsId, PortRange, Protocol, Role,
    SliceCoverage, Socket, SocketKey, SocketType, State, Uid,
};
use crate::owner::Facts;
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
    let poller = spawn(sampler, hour, Duration::ZERO, None, |_| true).unwrap();
    assert_eq!(asked.recv(), Ok(Ask::NOTHING));
    poller.ask(Ask::EVERYTHING);
    assert_eq!(asked.recv(), Ok(Ask::EVERYTHING), "and not after an hour");
    drop(poller);
    assert!(asked.recv().is_err(), "the thread has ended, and its source with it");
}

/// Tells what it is asked for, and reads when it is let.
struct Let(Sender<Ask>, Receiver<()>, Ask);

impl SocketSource for Let {
    fn ask(&mut self, ask: Ask) {
        self.2 = ask;
    }

    fn read(&mut self, _: &[Wanted]) -> Result<Reading, SourceError> {
        self.0.send(self.2).unwrap();
        self.1.recv().unwrap();
        Ok(Reading::default())
    }
}

#[test]
fn of_several_questions_the_last_one_is_answered() {
    let ((send, asked), (go, gate)) = (channel(), channel());
    let source = Let(send, gate, Ask::NOTHING);
    let sampler = Sampler::new(Box::new(source), Vec::new(), OwnerAsk::NOTHING);
    let poller = spawn(sampler, Duration::from_hours(1), Duration::ZERO, None, |_| true).unwrap();
    assert_eq!(asked.recv(), Ok(Ask::NOTHING));
    for ask in [Ask::EVERYTHING, Ask::NOTHING, Ask { rates: true, ..Ask::NOTHING }] {
        poller.ask(ask);
    }
    go.send(()).unwrap();
    assert_eq!(asked.recv(), Ok(Ask { rates: true, ..Ask::NOTHING }), "nobody waits for the others");
    go.send(()).unwrap();
    drop(poller);
    assert!(asked.recv().is_err(), "it was read once for all of them");
}

fn socket(cookie: u64) -> Socket {
    let basics = Basics {
        key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(cookie)) },
        family: Family::Inet,
        protocol: Protocol::Tcp,
        kind: SocketType::Stream,
        state: State::Closed,
        ends: Ends::Other { local: None, remote: None },
        inode: None,
    };
    Socket::new(basics, &PortRange::default())
}

/// Reads nothing at first, and then two sockets.
struct Two(bool);

impl SocketSource for Two {
    fn read(&mut self, _: &[Wanted]) -> Result<Reading, SourceError> {
        let slices = vec![SliceCoverage::new(socket(1).slice(), "netlink")];
        let sockets = if std::mem::replace(&mut self.0, true) { vec![socket(1), socket(2)] } else { vec![] };
        Ok(Reading { sockets, slices, ..Reading::default() })
    }
}

#[test]
fn what_begins_while_it_is_read_is_known_by_its_word() {
    let at = clock::now();
    let by_root = |cookie| Socket { uid: Some(Uid(0)), ..socket(cookie) };
    let begun = |cookie| Some(Hint::Began(Box::new(Begun { at, socket: by_root(cookie) })));
    // Two readings, each of which listens before and after.
    let mut hints =
        [None, None, None, begun(3), begun(2), None].map(|hint| hint.unwrap_or(Hint::Nothing)).into_iter();
    let hear: Hear = Box::new(move |_| hints.next());
    let owners = OwnerAsk { facts: Facts::All, ..OwnerAsk::NOTHING };
    let sampler = Sampler::new(Box::new(Two(false)), Vec::new(), owners);
    let mut poller = Poller::new(
        sampler,
        SOON,
        Duration::ZERO,
        Some(Listening { hear: Some(hear), told: Hearing::default(), hurry: Hurry::ForAll }),
    );
    poller.poll().unwrap();
    let snapshot = poller.poll().unwrap();
    let cookies = |heard: &Heard| heard.begun.iter().map(|one| one.socket.key).collect::<Vec<_>>();
    assert_eq!(cookies(&poller.heard), [socket(3).key], "the next reading has to say");
    assert!(poller.is_wanted_soon(), "and soon");
    assert_eq!(snapshot.table.row(&socket(2).key).unwrap().history().opened, Some(at));
    let is_named = |snapshot: &Snapshot| snapshot.table.moment().unwrap().names.users.contains_key(&Uid(0));
    assert!(is_named(&snapshot), "whom no reading shows");
    assert!(is_named(&poller.poll().unwrap()), "what began before is told now, where it is gone");
    poller.poll().unwrap();
    assert!(!is_named(&poller.poll().unwrap()));
}

#[test]
fn hints_bring_a_reading_forward_where_they_are_hurried_for_or_are_too_many() {
    use Hurry::{ForAll, ForListeners, ForNothing};
    let connection = || Box::new(socket(1));
    let listener = || Box::new(Socket { role: Role::Listener, ..socket(2) });
    let ended = || Hint::Ended(connection());
    let end = |socket| Hint::Turned(Box::new(End { at: clock::now(), socket, ending: None }));
    let begun = |socket| Hint::Began(Box::new(Begun { at: clock::now(), socket }));
    let told = Hearing { beginnings: Some(SliceStatus::Ok), binds: None, ends: Some(SliceStatus::Ok) };
    let untold = Hearing { beginnings: Some(SliceStatus::Failed("no BPF".into())), ..told.clone() };
    let many = |count: usize| (0..count).map(|_| ended()).collect::<Vec<_>>();
    for (hurry, hearing, hints, soon) in [
        (ForAll, &told, vec![], false),
        (ForAll, &told, vec![ended()], true),
        (ForAll, &told, vec![Hint::Lost(7)], true),
        (ForListeners, &told, vec![ended()], false),
        (ForListeners, &told, vec![end(*connection()), begun(*connection())], false),
        (ForListeners, &told, vec![begun(*listener())], true),
        (ForListeners, &told, vec![end(*listener())], true),
        (ForListeners, &untold, vec![ended()], true),
        (ForListeners, &told, vec![Hint::Lost(7)], true),
        (ForListeners, &told, many(ENOUGH + 1), true),
        (ForNothing, &told, vec![begun(*listener())], false),
        (ForNothing, &told, vec![Hint::Lost(7)], false),
        (ForNothing, &told, many(ENOUGH), false),
        (ForNothing, &told, many(ENOUGH + 1), true),
    ] {
        let what = format!("{hurry:?} {} hints, the first {:?}", hints.len(), hints.first());
        let lost = hints.iter().filter(|hint| matches!(hint, Hint::Lost(_))).count();
        let heard = hints.len() - lost;
        let mut hints = hints.into_iter();
        let hear: Hear = Box::new(move |_| Some(hints.next().unwrap_or(Hint::Nothing)));
        let sampler = Sampler::new(Box::new(Slow), Vec::new(), OwnerAsk::NOTHING);
        let listening = Some(Listening { hear: Some(hear), told: hearing.clone(), hurry });
        let mut poller = Poller::new(sampler, SOON, Duration::ZERO, listening);
        while poller.hear(Duration::ZERO) {}
        assert_eq!(poller.is_wanted_soon(), soon, "{what}");
        let hearing = poller.hearing.as_ref().unwrap();
        let counted = (poller.heard.len(), hearing.overruns, hearing.words_lost);
        assert_eq!(counted, (heard, lost as u64, 7 * lost as u64), "{what}");
    }
}

#[test]
fn who_does_not_hurry_hears_together_what_comes_at_short_intervals() {
    for (hurry, waits, breather, heard) in [
        (Hurry::ForAll, 3, Duration::ZERO, 1),
        (Hurry::ForListeners, 3, Duration::ZERO, 1),
        (Hurry::ForNothing, 3, BREATHER, 3),
        (Hurry::ForNothing, 0, Duration::ZERO, 0),
    ] {
        let mut hints = vec![Hint::Nothing];
        hints.extend((0..waits).map(|_| Hint::Ended(Box::new(socket(1)))));
        let hear: Hear = Box::new(move |_| hints.pop());
        let sampler = Sampler::new(Box::new(Slow), Vec::new(), OwnerAsk::NOTHING);
        let listening = Some(Listening { hear: Some(hear), told: Hearing::default(), hurry });
        let mut poller = Poller::new(sampler, SOON, Duration::ZERO, listening);
        assert_eq!(poller.hear_what_comes(LISTEN), breather, "{hurry:?} {waits}");
        assert_eq!(poller.heard.len(), heard, "{hurry:?} {waits}");
    }
}

#[test]
fn a_flood_of_hints_keeps_no_reading_from_beginning() {
    let (send, asked) = channel();
    let sampler = Sampler::new(Box::new(Asked(send, Ask::NOTHING)), Vec::new(), OwnerAsk::NOTHING);
    let flood = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let comes = Arc::clone(&flood);
    // One after the other, for as long as somebody listens.
    let hear: Hear = Box::new(move |_| {
        let more = comes.load(std::sync::atomic::Ordering::SeqCst);
        Some(if more { Hint::Lost(1) } else { Hint::Nothing })
    });
    let listening = Some(Listening { hear: Some(hear), told: Hearing::default(), hurry: Hurry::ForAll });
    let poller = spawn(sampler, SOON, Duration::ZERO, listening, |_| true).unwrap();
    let read: Vec<_> = (0..3).map(|_| asked.recv_timeout(Duration::from_secs(30))).collect();
    flood.store(false, std::sync::atomic::Ordering::SeqCst);
    drop(poller);
    assert!(read.iter().all(Result::is_ok), "{read:?}");
}

#[test]
fn the_interval_stretches_where_readings_take_long() {
    let ms = Duration::from_millis;
    for (interval, took, stretched) in [
        (1000, 0, 1000),
        (1000, 8, 1000),
        (1000, 500, 1000),
        (1000, 501, 1002),
        (1000, 1200, 2400),
        (10, 60_000, 120_000),
    ] {
        assert_eq!(due(ms(interval), ms(took)), ms(stretched), "{interval} {took}");
    }
    assert_eq!(due(ms(1), Duration::MAX), Duration::MAX);
}

/// Takes its time.
struct Slow;

impl SocketSource for Slow {
    fn read(&mut self, _: &[Wanted]) -> Result<Reading, SourceError> {
        std::thread::sleep(Duration::from_millis(30));
        Ok(Reading::default())
    }
}

/// Readings can only be later than they are due, however busy the machine is.
#[test]
fn a_slow_reading_is_followed_when_it_is_due_and_says_so() {
    let sampler = Sampler::new(Box::new(Slow), Vec::new(), OwnerAsk::NOTHING);
    let (send, feeds) = channel();
    let interval = Duration::from_millis(10);
    let poller =
        spawn(sampler, interval, Duration::ZERO, None, move |feed| send.send((feed, clock::now())).is_ok())
            .unwrap();
    let snapshot = || match feeds.recv().unwrap() {
        (Feed::Snapshot(snapshot), at) => (snapshot, at),
        (Feed::Failed(error), _) => panic!("{error}"),
    };
    let (first, ended) = snapshot();
    let (second, ended_again) = snapshot();
    drop(poller);
    assert_eq!((first.interval, first.due), (interval, first.took * SHARE));
    let idle = ended_again.since(&ended).saturating_sub(second.took);
    assert!(idle >= first.took / 2, "{first:?} {second:?}");
}

/// Tells one listener, as a whole reading or a glance, and whether it may be believed.
struct Lone(SliceStatus);

fn listener() -> Socket {
    Socket { role: Role::Listener, state: State::Listen, ..socket(2) }
}

impl SocketSource for Lone {
    fn read(&mut self, _: &[Wanted]) -> Result<Reading, SourceError> {
        let status = self.0.clone();
        let slices = vec![SliceCoverage { status, ..SliceCoverage::new(listener().slice(), "netlink") }];
        Ok(Reading { sockets: vec![listener()], slices, ..Reading::default() })
    }
}

#[test]
fn for_a_listener_a_glance_is_enough_unless_it_shows_too_little() {
    let failed = || SliceStatus::Failed("x".to_owned());
    let at = clock::now();
    let begun = |socket| Hint::Began(Box::new(Begun { at, socket }));
    for (status, more, enough, shown) in [
        (SliceStatus::Ok, Hint::Nothing, true, true),
        (failed(), Hint::Nothing, true, false),
        (SliceStatus::Ok, Hint::Lost(1), false, true),
    ] {
        let what = format!("{status:?} {more:?}");
        // One reading, which listens before and after, and then what comes.
        let hints = [Hint::Nothing, Hint::Nothing, begun(listener()), begun(socket(1)), more];
        let mut hints = hints.into_iter();
        let hear: Hear = Box::new(move |_| Some(hints.next().unwrap_or(Hint::Nothing)));
        let told = Hearing { beginnings: Some(SliceStatus::Ok), binds: None, ends: None };
        let listening = Some(Listening { hear: Some(hear), told, hurry: Hurry::ForListeners });
        let sampler = Sampler::new(Box::new(Two(false)), Vec::new(), OwnerAsk::NOTHING);
        let sampler = sampler.glancing(Some(Box::new(Lone(status))));
        let mut poller = Poller::new(sampler, Duration::from_hours(1), Duration::ZERO, listening);
        poller.poll().unwrap();
        while poller.hear(Duration::ZERO) {}
        let (soon, is_glance) = poller.next_look(clock::now(), Duration::ZERO);
        assert!(soon <= SOON, "{what}");
        assert_eq!(is_glance, enough, "{what}");
        let glance = poller.glance();
        let has_row = glance.as_ref().map(|snapshot| snapshot.table.row(&listener().key).is_some());
        assert_eq!(has_row, shown.then_some(true), "{what}");
        let left: Vec<_> = poller.heard.begun.iter().map(|one| one.socket.key).collect();
        let (of_both, of_one) = ([listener().key, socket(1).key], [socket(1).key]);
        assert_eq!(left, if shown { &of_one[..] } else { &of_both[..] }, "{what}: a reading is to tell");
        assert!(!poller.next_look(clock::now(), Duration::ZERO).1, "{what}: nothing is left for a glance");
    }
}
