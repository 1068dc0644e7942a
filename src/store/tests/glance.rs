//! What a glance at listeners, between two readings, adds and ends, and what it leaves alone.

use super::*;

fn whole(at: u64, sockets: Vec<Socket>) -> Sample {
    sample(at, sockets, SliceStatus::Ok, "netlink")
}

fn glance(at: u64, sockets: Vec<Socket>, heard: Heard) -> Sample {
    Sample { extent: Extent::Listeners, heard, ..whole(at, sockets) }
}

fn begun(at: u64, socket: Socket) -> Begun {
    Begun { at: stamp(at), socket }
}

fn unscanned(socket: Socket) -> Socket {
    Socket { owners: Owners::Unknown(NoOwner::NotScanned), ..socket }
}

fn apply(table: &mut Table, sample: Sample) -> Vec<String> {
    let (next, changes) = table.apply(sample);
    *table = next;
    changes.iter().map(told).collect()
}

fn connection(cookie: u64) -> Socket {
    socket(cookie, State::Established, 0, &[7])
}

#[test]
fn it_adds_what_was_heard_to_begin_and_ends_what_was_destroyed() {
    let mut table = Table::new(Duration::from_secs(3));
    assert_eq!(
        apply(&mut table, whole(0, vec![listener(1), listener(2), connection(3)])),
        ["found 1", "found 2", "found 3"]
    );
    let heard = Heard {
        begun: vec![begun(1, listener(4)), begun(1, listener(5))],
        ended: vec![Socket { state: State::Closed, ..listener(1) }],
        ends: vec![End { at: stamp(1), socket: listener(5), ending: None }],
    };
    // Of the second and the third it says nothing, and of the sixth nobody else does.
    let seen = vec![unscanned(listener(4)), unscanned(listener(6))];
    assert_eq!(apply(&mut table, glance(1, seen, heard)), ["closed 1", "opened 4", "passed 5"]);
    assert!(table.row(&listener(4).key).unwrap().socket.owners.known().is_some(), "as it was heard");
    assert!(table.row(&listener(6).key).is_none(), "whose it is, a reading tells");
    for cookie in [2, 3] {
        assert_eq!(table.row(&listener(cookie).key).unwrap().life(), Life::Open, "{cookie}");
    }
    let seen = vec![listener(4), listener(6)];
    assert_eq!(apply(&mut table, whole(2, seen.clone())), ["opened 6"], "two are missing once");
    assert_eq!(
        apply(&mut table, glance(3, seen.clone(), Heard::default())),
        [""; 0],
        "which is no second time"
    );
    assert_eq!(apply(&mut table, whole(4, seen)), ["closed 2", "closed 3"]);
}

#[test]
fn whose_it_is_stays_known_until_a_reading_has_looked() {
    let mut table = Table::new(Duration::ZERO);
    apply(&mut table, whole(0, vec![]));
    let heard = Heard { begun: vec![begun(1, listener(1))], ..Heard::default() };
    let in_vain = Socket { owners: Owners::Unknown(NoOwner::Nobody), ..listener(1) };
    for (next, told) in [
        (glance(1, vec![unscanned(listener(1))], heard), &["opened 1"][..]),
        (glance(2, vec![unscanned(listener(1))], Heard::default()), &[]),
        // Its process let go of it while it was read.
        (whole(3, vec![in_vain]), &[]),
    ] {
        let at = next.taken;
        assert_eq!(apply(&mut table, next), told, "{at:?}");
        assert!(table.row(&listener(1).key).unwrap().socket.owners.known().is_some(), "{at:?}");
    }
}

#[test]
fn what_a_glance_told_to_be_gone_is_told_once() {
    let mut table = Table::new(Duration::ZERO);
    apply(&mut table, whole(0, vec![]));
    let heard = Heard { begun: vec![begun(1, listener(1))], ..Heard::default() };
    assert_eq!(apply(&mut table, glance(1, vec![unscanned(listener(1))], heard)), ["opened 1"]);
    let ended = Heard { ended: vec![Socket { state: State::Closed, ..listener(1) }], ..Heard::default() };
    assert_eq!(apply(&mut table, glance(2, vec![], ended)), ["closed 1"]);
    let end = End { at: stamp(2), socket: listener(1), ending: None };
    let late = Heard { ends: vec![end], ..Heard::default() };
    assert_eq!(apply(&mut table, glance(3, vec![], late)), [""; 0]);
    assert_eq!(apply(&mut table, whole(4, vec![])), [""; 0]);
}

#[test]
fn a_connection_that_began_is_left_to_the_next_reading() {
    let mut table = Table::new(Duration::from_secs(3));
    apply(&mut table, whole(0, vec![]));
    let heard = Heard { begun: vec![begun(1, connection(1))], ..Heard::default() };
    // The reading may have passed before it.
    assert_eq!(apply(&mut table, Sample { heard, ..whole(1, vec![]) }), [""; 0]);
    assert_eq!(apply(&mut table, glance(2, vec![], Heard::default())), [""; 0]);
    assert_eq!(apply(&mut table, whole(3, vec![connection(1)])), ["opened 1"]);
    assert_eq!(table.row(&connection(1).key).unwrap().history().opened, Some(stamp(1)), "as it was heard");
}

#[test]
fn what_is_not_about_single_sockets_stays_as_the_reading_said() {
    let named = |uid: u32| {
        let users = BTreeMap::from([(Uid(uid), format!("u{uid}").into())]);
        Arc::new(Names { users, ..Names::default() })
    };
    let mut table = Table::new(Duration::ZERO);
    apply(&mut table, Sample { names: named(1), ..whole(0, vec![connection(3)]) });
    let before = table.moment().unwrap().coverage.clone();
    let mut next = Sample { names: named(2), ..glance(1, vec![], Heard::default()) };
    next.coverage.slices[0].rows = 7;
    apply(&mut table, next);
    let moment = table.moment().unwrap();
    assert_eq!((moment.taken, &moment.coverage), (stamp(1), &before));
    assert_eq!(moment.names.users.keys().copied().collect::<Vec<_>>(), [Uid(1), Uid(2)]);
}

#[test]
fn it_fits_where_the_same_source_read_the_same_tables_whole() {
    let (table, _) = Table::new(Duration::ZERO).apply(whole(0, vec![]));
    let failed = SliceStatus::Failed("x".to_owned());
    for (status, source, fits) in
        [(SliceStatus::Ok, "netlink", true), (SliceStatus::Ok, "procfs", false), (failed, "netlink", false)]
    {
        let coverage = sample(1, vec![], status.clone(), source).coverage;
        assert_eq!(table.fits(&coverage), fits, "{status:?} {source}");
        assert!(!Table::new(Duration::ZERO).fits(&coverage), "nothing is known yet");
    }
}

#[test]
fn a_listener_is_one_by_what_was_read_or_heard() {
    let (table, _) = Table::new(Duration::ZERO).apply(whole(0, vec![listener(1), connection(2)]));
    let heard = Heard { begun: vec![begun(1, listener(3))], ..Heard::default() };
    let (table, _) = table.apply(Sample { heard, ..whole(1, vec![listener(1), connection(2)]) });
    let is_one = |cookie| table.is_listener(&listener(cookie).key);
    assert_eq!([1, 2, 3, 4].map(is_one), [true, false, true, false]);
}
