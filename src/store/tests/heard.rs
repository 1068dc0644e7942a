//! What is heard between readings, and what the next reading makes of it.

use super::*;

/// The same sample, after the kernel said that it destroyed these.
fn after_the_end_of(sockets: &[Socket], sample: Sample) -> Sample {
    let told = |socket: &Socket| Socket {
        state: State::Closed,
        inode: None,
        uid: None,
        owners: Owners::Unknown(NoOwner::NotScanned),
        queues: Queues { recv: Some(9), send: None },
        ..socket.clone()
    };
    Sample { heard: Heard { ended: sockets.iter().map(told).collect(), ..Heard::default() }, ..sample }
}

#[test]
fn what_the_kernel_says_is_gone_is_closed_by_one_absence() {
    let whole = |at, sockets: &[Socket]| sample(at, sockets.to_vec(), SliceStatus::Ok, "netlink");
    let (table, _) = Table::new(Duration::from_secs(3)).apply(whole(0, &[listener(1), listener(2)]));
    // The second is in the dump still, as what enters TIME-WAIT is; the third was in none.
    let ended = [listener(1), listener(2), listener(3)];
    let (table, changes) = table.apply(after_the_end_of(&ended, whole(1, &[listener(2)])));
    assert_eq!(changes.iter().map(told).collect::<Vec<_>>(), ["closed 1", "passed 3"]);
    let one = &table.row(&listener(1).key).unwrap().socket;
    assert_eq!((one.state, one.queues.recv, one.uid), (State::Listen, Some(9), Some(Uid(0))));
    assert!(one.owners.known().is_some(), "what was known of it stays known");
    let three = &table.row(&listener(3).key).unwrap().socket;
    assert_eq!((three.state, three.uid), (State::Closed, None));
    assert!(table.row(&listener(2).key).unwrap().is_open());
    let (table, changes) = table.apply(whole(2, &[listener(2)]));
    assert!(changes.is_empty() && table.rows().len() == 3, "{changes:?}");
}

/// The same sample, after these began that many milliseconds after its predecessor, and some of them ended.
fn after_the_beginning_of(sockets: &[Socket], ends: &[(u64, Option<Ending>)], sample: Sample) -> Sample {
    let at = |millis| {
        let mono = sample.taken.mono.saturating_sub(Duration::from_millis(millis));
        Stamp { mono, ..sample.taken }
    };
    let begun = sockets.iter().map(|socket| Begun { at: at(500), socket: socket.clone() }).collect();
    let end = |(cookie, ending): &(u64, Option<Ending>)| End {
        at: at(495),
        socket: listener(*cookie),
        ending: *ending,
    };
    let heard = Heard { begun, ends: ends.iter().map(end).collect(), ..Heard::default() };
    Sample { heard, ..sample }
}

#[test]
fn what_begins_between_readings_is_told_whether_a_reading_has_it_or_not() {
    let whole = |at, sockets: &[Socket]| sample(at, sockets.to_vec(), SliceStatus::Ok, "netlink");
    let (table, _) = Table::new(Duration::from_secs(3)).apply(whole(0, &[listener(1)]));
    // The second stays, the third has ended, of the fourth nothing more is told.
    let begun = [listener(2), listener(3), listener(4)];
    let next = after_the_beginning_of(&begun, &[(3, None)], whole(1, &[listener(1), listener(2)]));
    let (table, changes) = table.apply(next);
    assert_eq!(changes.iter().map(told).collect::<Vec<_>>(), ["opened 2", "passed 3"]);
    let opened = |table: &Table, cookie| table.row(&listener(cookie).key).unwrap().history().opened;
    let half = Some(Stamp { mono: Duration::from_millis(500), ..stamp(0) });
    assert_eq!((opened(&table, 2), opened(&table, 3)), (half, half), "not when it was read");
    let three = table.row(&listener(3).key).unwrap();
    let ended = Stamp { mono: Duration::from_millis(505), ..stamp(0) };
    assert_eq!(three.life(), Life::Closed { at: ended });
    assert!(three.socket.owners.known().is_some());
    let (table, changes) = table.apply(whole(2, &[listener(1), listener(2)]));
    assert_eq!(changes.iter().map(told).collect::<Vec<_>>(), ["passed 4"], "two readings without it");
    let (table, changes) = table.apply(whole(3, &[listener(1)]));
    assert!(changes.is_empty());
    let (_, changes) = table.apply(whole(4, &[listener(1)]));
    assert_eq!(changes.iter().map(told).collect::<Vec<_>>(), ["closed 2"], "and nothing twice");
}

#[test]
fn whose_a_socket_is_that_was_let_go_of_while_it_was_read_is_known_from_its_beginning() {
    let whole = |at, sockets: &[Socket]| sample(at, sockets.to_vec(), SliceStatus::Ok, "netlink");
    for (why, is_known) in [(NoOwner::Nobody, true), (NoOwner::InFlight, true), (NoOwner::Kernel, false)] {
        let (table, _) = Table::new(Duration::from_secs(3)).apply(whole(0, &[]));
        let read = Socket { owners: Owners::Unknown(why), uid: None, ..listener(2) };
        let (table, _) = table.apply(after_the_beginning_of(&[listener(2)], &[], whole(1, &[read])));
        let two = &table.row(&listener(2).key).unwrap().socket;
        assert_eq!((two.owners.known().is_some(), two.uid.is_some()), (is_known, is_known), "{why:?}");
    }
}

#[test]
fn what_began_and_was_destroyed_is_as_it_began() {
    let whole = |at, sockets: &[Socket]| sample(at, sockets.to_vec(), SliceStatus::Ok, "netlink");
    let (table, _) = Table::new(Duration::from_secs(3)).apply(whole(0, &[]));
    let mut next = after_the_beginning_of(&[listener(2)], &[], whole(1, &[]));
    next.heard.ended = after_the_end_of(&[listener(2)], whole(1, &[])).heard.ended;
    let (table, changes) = table.apply(next);
    assert_eq!(changes.iter().map(told).collect::<Vec<_>>(), ["passed 2"]);
    let row = table.row(&listener(2).key).unwrap();
    assert_eq!((row.socket.state, row.socket.uid), (State::Listen, Some(Uid(0))));
    assert!(row.socket.owners.known().is_some());
    let (_, changes) = table.apply(whole(2, &[]));
    assert!(changes.is_empty(), "{changes:?}");
}

#[test]
fn how_a_connection_ended_is_known_when_it_counts_as_closed() {
    let whole = |at, sockets: &[Socket]| sample(at, sockets.to_vec(), SliceStatus::Ok, "netlink");
    let one = socket(1, State::Established, 0, &[10]);
    let (table, _) = Table::new(Duration::from_secs(3)).apply(whole(0, std::slice::from_ref(&one)));
    let reset = [(1, Some(Ending::ResetByPeer))];
    let (table, changes) = table.apply(after_the_beginning_of(&[], &reset, whole(1, &[])));
    assert!(changes.is_empty(), "one absence is no news");
    let (table, changes) = table.apply(whole(2, &[]));
    assert_eq!(changes.iter().map(told).collect::<Vec<_>>(), ["closed 1"]);
    assert_eq!(table.row(&one.key).unwrap().history().ending, Some(Ending::ResetByPeer));
    // It enters the reading before the word of it, which is remembered.
    let (table, _) = Table::new(Duration::from_secs(3)).apply(whole(0, std::slice::from_ref(&one)));
    let (table, _) = table.apply(after_the_beginning_of(&[], &reset, whole(1, std::slice::from_ref(&one))));
    let (table, _) = table.apply(after_the_end_of(std::slice::from_ref(&one), whole(2, &[])));
    assert_eq!(table.row(&one.key).unwrap().history().ending, Some(Ending::ResetByPeer));
}

#[test]
fn what_begins_in_a_table_that_is_not_read_by_cookies_is_not_told_by_word_alone() {
    let (table, _) = Table::new(Duration::from_secs(3)).apply(sample(0, vec![], SliceStatus::Ok, "procfs"));
    for at in 1..4 {
        let next = sample(at, vec![], SliceStatus::Ok, "procfs");
        let (_, changes) = table.apply(after_the_beginning_of(&[listener(2)], &[(2, None)], next));
        assert!(changes.is_empty(), "{changes:?}");
    }
}

#[test]
fn of_what_is_not_read_whole_nothing_is_closed_by_word_alone() {
    let whole = |at, sockets: &[Socket]| sample(at, sockets.to_vec(), SliceStatus::Ok, "netlink");
    let ended = [listener(1), listener(3)];
    for (status, source) in [(SliceStatus::Partial("x".into()), "netlink"), (SliceStatus::Ok, "procfs")] {
        let (table, _) = Table::new(Duration::from_secs(3)).apply(whole(0, &[listener(1)]));
        let (_, changes) = table.apply(after_the_end_of(&ended, sample(1, vec![], status, source)));
        assert!(changes.is_empty(), "{changes:?}");
    }
}

#[test]
fn what_was_told_to_be_gone_is_told_once_however_late_the_last_word_comes() {
    let whole = |at, sockets: &[Socket]| sample(at, sockets.to_vec(), SliceStatus::Ok, "netlink");
    let told_of = |changes: &[Change]| changes.iter().map(told).collect::<Vec<_>>();
    let one = std::slice::from_ref;
    for keep in [Duration::ZERO, Duration::from_secs(30)] {
        // It came and went; that it was destroyed is told by the third reading after.
        let (table, _) = Table::new(keep).apply(whole(0, &[]));
        let (table, changes) =
            table.apply(after_the_beginning_of(&[listener(2)], &[(2, None)], whole(1, &[])));
        assert_eq!(told_of(&changes), ["passed 2"]);
        let (table, _) = table.apply(whole(2, &[]));
        let (table, _) = table.apply(whole(3, &[]));
        let (table, changes) = table.apply(after_the_end_of(&[listener(2)], whole(4, &[])));
        assert!(changes.is_empty(), "{changes:?}");
        // So is the word of its beginning, which is of before, but not another beginning.
        let late = Begun { at: stamp(1), socket: listener(2) };
        let mut next = whole(5, &[]);
        next.heard.begun.push(late.clone());
        let (table, changes) = table.apply(next);
        assert!(changes.is_empty(), "{changes:?}");
        let mut next = whole(6, &[listener(2)]);
        next.heard.begun.push(Begun { at: stamp(5), ..late });
        assert_eq!(told_of(&table.apply(next).1), ["opened 2"]);
        // A listener that two readings did not have.
        let (table, _) = Table::new(keep).apply(whole(0, &[listener(1)]));
        let (table, _) = table.apply(whole(1, &[]));
        let (table, changes) = table.apply(whole(2, &[]));
        assert_eq!(told_of(&changes), ["closed 1"]);
        let (table, changes) = table.apply(after_the_end_of(one(&listener(1)), whole(4, &[])));
        assert!(changes.is_empty(), "{changes:?}");
        // Nobody remembers it for ever.
        let (table, _) = table.apply(whole(20, &[]));
        assert!(!table.recent.was_told(&listener(1).key));
    }
}

#[test]
fn what_listened_after_it_was_read_is_told_as_a_listener() {
    let whole = |at, sockets: &[Socket]| sample(at, sockets.to_vec(), SliceStatus::Ok, "netlink");
    let told_of = |changes: &[Change]| changes.iter().map(told).collect::<Vec<_>>();
    let bound = Socket { owners: Owners::Unknown(NoOwner::OtherPidns), ..socket(2, State::Bound, 0, &[]) };
    let one = std::slice::from_ref;
    let kept = Duration::from_secs(30);
    let (empty, _) = Table::new(kept).apply(whole(0, &[]));
    // It listens by the time that the reading is complete.
    let (table, changes) = empty.apply(after_the_beginning_of(&[listener(2)], &[], whole(1, one(&bound))));
    assert_eq!(told_of(&changes), ["opened 2"]);
    let row = table.row(&bound.key).unwrap();
    assert!(row.socket.is_listener() && row.socket.owners.known().is_some(), "{row:?}");
    let (_, changes) = table.apply(whole(2, one(&listener(2))));
    assert_eq!(told_of(&changes), [""; 0]);
    // It listens between two readings, and both have it bound.
    let bound = socket(2, State::Bound, 0, &[10]);
    let (before, _) = empty.apply(whole(1, one(&bound)));
    let next = after_the_beginning_of(&[listener(2)], &[], whole(2, one(&bound)));
    assert_eq!(told_of(&before.apply(next).1), ["state 2"]);
    // It is gone by the next reading, which the kernel told in this way or that.
    let ended = [(2, None)];
    for (has_begun, has_ended) in [(true, true), (true, false), (false, true)] {
        let begun = Vec::from_iter(has_begun.then(|| listener(2)));
        let ends = if has_ended { &ended[..] } else { &[] };
        let mut next = after_the_beginning_of(&begun, ends, whole(2, &[]));
        next.heard.ended = after_the_end_of(&[listener(2)], whole(2, &[])).heard.ended;
        let (table, changes) = before.apply(next);
        assert_eq!(told_of(&changes), ["passed 2"], "{begun:?} {ends:?}");
        let row = table.row(&bound.key).unwrap();
        assert!(row.socket.is_listener() && row.socket.state == State::Listen, "{row:?}");
        assert!(row.socket.owners.known().is_some(), "{row:?}");
    }
    let (table, _) = before.apply(after_the_beginning_of(&[listener(2)], &[(2, None)], whole(2, &[])));
    assert_eq!(told_of(&table.apply(whole(3, &[])).1), ["passed 2"], "two readings without it");
    // One that listened before it was read bound has been told as a listener.
    let (table, _) = empty.apply(whole(1, one(&listener(2))));
    let (table, changes) = table.apply(after_the_beginning_of(&[], &[(2, None)], whole(2, one(&bound))));
    assert_eq!(told_of(&changes), ["state 2"]);
    let (_, changes) = table.apply(after_the_end_of(one(&bound), whole(3, &[])));
    assert_eq!(told_of(&changes), ["closed 2"]);
}
