//! The promises of [`Table::apply`], as tables and as properties over any sequence of samples.

mod glance;
mod heard;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::{
    Basics, Begun, ChangeKind, Cookie, Details, End, Ending, Endpoint, Ends, Family, Fd, Heard, Held,
    Identity, Inode, Life, NamespaceCoverage, NetnsCoverage, NetnsFound, NetnsId, NoOwner, Owners, Pid,
    PortRange, Process, ProcessId, Protocol, Queues, SliceCoverage, SliceStatus, Socket, SocketType, State,
    TcpInfo, Uid,
};

const NETNS: NetnsId = NetnsId(1);
const TCP: Slice = Slice { netns: NETNS, family: Family::Inet, protocol: Protocol::Tcp };

fn owners(pids: &[u32]) -> Owners {
    let held = |pid: &u32| Held {
        process: Arc::new(Process::named(ProcessId { pid: Pid(*pid), start: 1 }, "p".into())),
        thread: None,
        ring: false,
        fds: vec![Fd(3)],
    };
    Owners::of(pids.iter().map(held).collect())
}

fn socket(cookie: u64, state: State, queue: u32, pids: &[u32]) -> Socket {
    let basics = Basics {
        key: SocketKey { netns: NETNS, id: Identity::Cookie(Cookie(cookie)) },
        family: Family::Inet,
        protocol: Protocol::Tcp,
        kind: SocketType::Stream,
        state,
        ends: Ends::Inet { local: Endpoint::new([127, 0, 0, 1].into(), 80), remote: None },
        inode: Inode::new(cookie),
    };
    Socket {
        uid: Some(Uid(0)),
        queues: Queues { recv: Some(queue), send: None },
        owners: owners(pids),
        ..Socket::new(basics, &PortRange::default())
    }
}

fn sample(at: u64, sockets: Vec<Socket>, status: SliceStatus, source: &'static str) -> Sample {
    let mut read = SliceCoverage::new(TCP, source);
    read.status = status;
    Sample {
        taken: stamp(at),
        extent: Extent::All,
        host: Arc::new(Host { name: "h".into(), kernel: "k".into(), boot_id: None, booted: None }),
        names: Arc::default(),
        sockets,
        heard: Heard::default(),
        usages: BTreeMap::new(),
        coverage: Coverage { slices: vec![read], ..Coverage::default() },
    }
}

fn stamp(at: u64) -> Stamp {
    Stamp { mono: Duration::from_secs(at), wall: jiff::Timestamp::UNIX_EPOCH }
}

/// Applies samples one second apart and returns the changes of each, as "kind cookie".
fn run(samples: Vec<(Vec<Socket>, SliceStatus)>) -> (Table, Vec<Vec<String>>) {
    let mut table = Table::new(Duration::from_secs(3));
    let mut log = Vec::new();
    for (at, (sockets, status)) in samples.into_iter().enumerate() {
        let (next, changes) = table.apply(sample(at as u64, sockets, status, "netlink"));
        table = next;
        log.push(changes.iter().map(told).collect());
    }
    (table, log)
}

fn told(change: &Change) -> String {
    let kind = match &change.kind {
        ChangeKind::Found => "found",
        ChangeKind::Opened => "opened",
        ChangeKind::Closed => "closed",
        ChangeKind::Passed => "passed",
        ChangeKind::State { .. } => "state",
        ChangeKind::Owners { .. } => "owners",
        ChangeKind::Details => "details",
    };
    format!("{kind} {}", change.socket.key.cookie().map_or(0, |cookie| cookie.0))
}

fn listener(cookie: u64) -> Socket {
    socket(cookie, State::Listen, 0, &[10])
}

fn complete(sockets: &[Socket]) -> (Vec<Socket>, SliceStatus) {
    (sockets.to_vec(), SliceStatus::Ok)
}

/// A connection that has sent and received so many bytes.
fn counted(sent: u64, received: u64) -> Socket {
    let mut bytes = vec![0; 256];
    // tcpi_bytes_sent and tcpi_bytes_received (linux/tcp.h).
    for (place, count) in [(200, sent), (128, received)] {
        bytes[place..place + 8].copy_from_slice(&count.to_ne_bytes());
    }
    let details = Details { tcp_info: Some(TcpInfo::from(&bytes[..])), ..Details::default() };
    Socket { details: Some(Arc::new(details)), ..socket(1, State::Established, 0, &[]) }
}

#[test]
fn a_rate_is_between_two_readings_that_both_counted() {
    let (ok, partial) = (SliceStatus::Ok, SliceStatus::Partial("cut".into()));
    let (idle, busy, on) = (counted(100, 10), counted(2100, 10), counted(2100, 510));
    let plain = socket(1, State::Established, 0, &[]);
    for (what, samples, rate) in [
        ("a single reading", vec![(vec![idle.clone()], ok.clone())], None),
        ("two", vec![(vec![idle.clone()], ok.clone()), (vec![busy.clone()], ok.clone())], Some((2000, 0))),
        (
            "nothing came",
            vec![(vec![busy.clone()], ok.clone()), (vec![busy.clone()], ok.clone())],
            Some((0, 0)),
        ),
        (
            "the last two count",
            vec![
                (vec![idle.clone()], ok.clone()),
                (vec![busy.clone()], ok.clone()),
                (vec![on.clone()], ok.clone()),
            ],
            Some((0, 500)),
        ),
        ("one without counters", vec![(vec![plain], ok.clone()), (vec![busy.clone()], ok.clone())], None),
        (
            "one passed over it",
            vec![(vec![idle.clone()], ok.clone()), (vec![], ok.clone()), (vec![busy.clone()], ok.clone())],
            None,
        ),
        (
            "one was cut before it",
            vec![(vec![idle.clone()], ok.clone()), (vec![], partial), (vec![busy.clone()], ok.clone())],
            None,
        ),
        ("gone for once", vec![(vec![idle], ok.clone()), (vec![busy], ok.clone()), (vec![], ok)], None),
    ] {
        let (table, _) = run(samples);
        let told = table.rows()[0].history().rate.map(|rate| (rate.sent, rate.received));
        assert_eq!(told, rate, "{what}");
    }
}

#[test]
fn the_first_reading_finds_later_ones_open() {
    let (table, log) = run(vec![complete(&[listener(1)]), complete(&[listener(1), listener(2)])]);
    assert_eq!(log, [vec!["found 1"], vec!["opened 2"]]);
    let opened: Vec<_> = table.rows().iter().map(|row| row.history().opened).collect();
    assert_eq!(opened, [None, Some(stamp(1))]);
}

#[test]
fn one_look_makes_the_same_table_as_the_first_of_many() {
    let one = sample(0, vec![listener(2), listener(1)], SliceStatus::Ok, "netlink");
    let (first, _) = Table::new(Duration::ZERO).apply(one.clone());
    assert_eq!(Table::of(one).rows(), first.rows());
    assert_eq!(first.rows().len(), 2);
}

#[test]
fn one_absence_is_no_news_two_are_a_close() {
    let (table, log) = run(vec![
        complete(&[listener(1), listener(2)]),
        complete(&[listener(2)]),
        complete(&[listener(1), listener(2)]),
        complete(&[listener(1)]),
        complete(&[listener(1)]),
    ]);
    assert_eq!(log, [vec!["found 1", "found 2"], vec![], vec![], vec![], vec!["closed 2"]]);
    assert_eq!(table.row(&listener(2).key).unwrap().life(), Life::Closed { at: stamp(4) });
    assert_eq!(table.open().count(), 1);
}

#[test]
fn closed_rows_stay_for_a_while() {
    let present = vec![complete(&[listener(1)])];
    let gone = std::iter::repeat_n(complete(&[]), 6);
    let samples: Vec<_> = present.into_iter().chain(gone).collect();
    // Closed at second 2, kept for three.
    for (until, rows) in [(3, 1), (5, 1), (6, 0)] {
        let (table, _) = run(samples[..until].to_vec());
        assert_eq!(table.rows().len(), rows, "after {until} samples");
    }
}

#[test]
fn a_reading_that_failed_proves_nothing() {
    let failed = (vec![], SliceStatus::Failed("EPERM".into()));
    let partial = (vec![], SliceStatus::Partial("interrupted".into()));
    let (table, log) = run(vec![complete(&[listener(1)]), failed.clone(), partial.clone(), failed, partial]);
    assert!(log[1..].iter().all(Vec::is_empty), "{log:?}");
    assert_eq!(table.row(&listener(1).key).unwrap().life(), Life::Open);
}

#[test]
fn what_is_read_whole_for_the_first_time_was_there_before() {
    let partial = (vec![listener(1)], SliceStatus::Partial("interrupted".into()));
    let (_, log) = run(vec![
        partial,
        complete(&[listener(1), listener(2)]),
        complete(&[listener(1), listener(2), listener(3)]),
    ]);
    assert_eq!(log, [vec!["found 1"], vec!["found 2"], vec!["opened 3"]]);
}

#[test]
fn a_change_of_source_is_a_new_beginning() {
    let mut named_by_inode = listener(1);
    named_by_inode.key.id = Identity::Inode(Inode::new(1).unwrap());
    let (table, _) =
        Table::new(Duration::ZERO).apply(sample(0, vec![listener(1)], SliceStatus::Ok, "netlink"));
    let (table, changes) = table.apply(sample(1, vec![named_by_inode.clone()], SliceStatus::Ok, "procfs"));
    assert_eq!(changes.iter().map(told).collect::<Vec<_>>(), ["found 0"]);
    assert_eq!(table.rows().len(), 1);
    assert_eq!(table.rows()[0].socket, named_by_inode);
}

#[test]
fn state_and_owner_changes_are_told_apart() {
    let (table, log) = run(vec![
        complete(&[socket(1, State::SynRecv, 0, &[])]),
        complete(&[socket(1, State::Established, 0, &[7])]),
        complete(&[socket(1, State::Established, 5, &[7])]),
        complete(&[socket(1, State::Established, 5, &[7, 8])]),
        complete(&[socket(1, State::Established, 5, &[7, 8])]),
    ]);
    assert_eq!(
        log,
        [vec!["found 1"], vec!["state 1", "owners 1"], vec!["details 1"], vec!["owners 1"], vec![]]
    );
    assert_eq!(table.rows()[0].history().changed, Some(stamp(3)), "details are no change to show");
}

#[test]
fn losing_sight_of_an_owner_is_no_change_of_owner() {
    let mut unseen = socket(1, State::Listen, 0, &[7]);
    for (why, log) in
        [(NoOwner::NotScanned, "details 1"), (NoOwner::Denied, "details 1"), (NoOwner::Nobody, "owners 1")]
    {
        unseen.owners = Owners::Unknown(why);
        let (_, all) = run(vec![complete(&[socket(1, State::Listen, 0, &[7])]), complete(&[unseen.clone()])]);
        assert_eq!(all[1], [log]);
    }
}

/// The same sample, of a world with these namespaces.
fn among(mut sample: Sample, namespaces: &[NetnsId], exhaustive: bool) -> Sample {
    let namespace = |id: &NetnsId| NetnsCoverage {
        id: *id,
        name: None,
        found: NetnsFound::Process,
        status: SliceStatus::Ok,
    };
    sample.coverage.slices.retain(|read| namespaces.contains(&read.slice.netns));
    sample.coverage.namespaces = NamespaceCoverage {
        list: namespaces.iter().map(namespace).collect(),
        exhaustive,
        all: true,
        ..NamespaceCoverage::default()
    };
    sample
}

#[test]
fn a_namespace_that_is_gone_closes_its_rows_after_two_absences() {
    let other = NetnsId(NETNS.0 + 1);
    for (exhaustive, end) in [(true, "closed 1"), (false, "")] {
        let mut table = Table::new(Duration::from_secs(3));
        let mut log = Vec::new();
        for at in 0..8 {
            let (sockets, namespaces) =
                if at == 0 { (vec![listener(1)], vec![NETNS]) } else { (vec![], vec![other]) };
            let next = among(sample(at, sockets, SliceStatus::Ok, "s"), &namespaces, exhaustive);
            let (next, changes) = table.apply(next);
            table = next;
            log.push(changes.iter().map(told).collect::<Vec<_>>().join(" "));
        }
        assert_eq!(log[..3], ["found 1", "", end], "after two absences, not after one");
        assert!(log[3..].iter().all(String::is_empty), "{log:?}");
        assert_eq!(table.known.is_empty(), exhaustive, "what is gone is forgotten, what is unseen is not");
        assert_eq!(table.rows().is_empty(), exhaustive);
    }
}

#[test]
fn a_namespace_that_is_missed_once_closes_nothing() {
    let mut table = Table::new(Duration::from_secs(3));
    for at in 0..6 {
        let sample = if at % 2 == 0 {
            among(sample(at, vec![listener(1)], SliceStatus::Ok, "s"), &[NETNS], true)
        } else {
            among(sample(at, vec![], SliceStatus::Ok, "s"), &[], true)
        };
        let (next, changes) = table.apply(sample);
        table = next;
        assert_eq!(changes.len(), usize::from(at == 0), "{changes:?}");
    }
}

#[test]
fn a_namespace_that_was_not_read_this_time_keeps_its_rows() {
    let skipped = || SliceStatus::Partial("the time was used up".into());
    let mut table = Table::new(Duration::from_secs(3));
    for at in 0..6 {
        let (sockets, status) =
            if at == 0 { (vec![listener(1)], SliceStatus::Ok) } else { (vec![], skipped()) };
        let (next, changes) = table.apply(among(sample(at, sockets, status, "s"), &[NETNS], true));
        table = next;
        assert_eq!(changes.len(), usize::from(at == 0), "{changes:?}");
    }
    assert_eq!(table.open().count(), 1);
}

/// A set of sockets, as one reading might hold it.
fn any_sockets() -> impl Strategy<Value = Vec<Socket>> {
    let state = prop_oneof![Just(State::Listen), Just(State::Established), Just(State::CloseWait)];
    let one = (1u64..12, state, 0u32..3, prop::collection::btree_set(1u32..4, 0..3)).prop_map(
        |(cookie, state, queue, pids)| socket(cookie, state, queue, &pids.into_iter().collect::<Vec<_>>()),
    );
    prop::collection::vec(one, 0..12).prop_map(|sockets| {
        let unique: BTreeMap<_, _> = sockets.into_iter().map(|socket| (socket.key, socket)).collect();
        unique.into_values().rev().collect()
    })
}

fn replay(known: &mut BTreeMap<SocketKey, Socket>, changes: &[Change]) {
    for change in changes {
        match change.kind {
            ChangeKind::Closed => {
                assert!(known.remove(&change.socket.key).is_some(), "closed what was not open");
            }
            ChangeKind::Found | ChangeKind::Opened => {
                assert!(known.insert(change.socket.key, change.socket.clone()).is_none(), "opened twice");
            }
            _ => {
                assert!(known.insert(change.socket.key, change.socket.clone()).is_some(), "changed unseen");
            }
        }
    }
}

fn as_map(sockets: &[Socket]) -> BTreeMap<SocketKey, Socket> {
    sockets.iter().map(|socket| (socket.key, socket.clone())).collect()
}

proptest! {
    /// Applying the diff of two samples to the first reproduces the second (seen twice, because
    /// one absence does not count).
    #[test]
    fn the_diff_reproduces_the_second(samples in prop::collection::vec(any_sockets(), 1..6)) {
        let mut table = Table::new(Duration::from_secs(2));
        let mut known = BTreeMap::new();
        for (at, sockets) in samples.iter().flat_map(|sockets| [sockets, sockets]).enumerate() {
            let (next, changes) = table.apply(sample(at as u64, sockets.clone(), SliceStatus::Ok, "s"));
            table = next;
            replay(&mut known, &changes);
            if at % 2 == 1 {
                prop_assert_eq!(&known, &as_map(sockets));
            }
            prop_assert!(table.rows().is_sorted_by_key(|row| row.socket.key));
        }
    }

    /// Whatever else comes and goes, skips a beat or cannot be read: a stable socket is found once
    /// and never heard of again.
    #[test]
    fn nothing_stable_is_opened_or_closed(
        others in prop::collection::vec((any_sockets(), 0u8..4), 2..10),
        stable_missing in prop::collection::vec(any::<bool>(), 10),
    ) {
        let stable = socket(100, State::Listen, 0, &[1]);
        let mut table = Table::new(Duration::from_secs(2));
        let mut missed = true; // the first reading has it
        for (at, (mut sockets, status)) in others.into_iter().enumerate() {
            let status = match status {
                0 => SliceStatus::Failed("f".into()),
                1 => SliceStatus::Partial("p".into()),
                _ => SliceStatus::Ok,
            };
            let whole = status.proves_absence();
            // A whole dump may skip it once in a row; a broken one may leave it out at any time.
            let skip = at > 0 && stable_missing[at % 10] && (!whole || !missed);
            if !skip {
                sockets.push(stable.clone());
                missed = false;
            } else if whole {
                missed = true;
            }
            let (next, changes) = table.apply(sample(at as u64, sockets, status, "s"));
            table = next;
            for change in changes.iter().filter(|change| change.socket.key == stable.key) {
                prop_assert_eq!(&change.kind, &ChangeKind::Found);
            }
            prop_assert!(table.row(&stable.key).is_some_and(Row::is_open));
        }
    }
}
