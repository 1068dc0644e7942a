//! What is told one by one and what is counted.

use super::super::fold::Folds;
use super::*;
use crate::model::{Socket, Stamp, SystemBytes};

const COOLDOWN: Duration = Duration::from_mins(1);

fn at(seconds: u64) -> Stamp {
    let wall = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
    Stamp { mono: Duration::from_secs(seconds), wall }
}

/// The sockets of [`PEOPLE`] by their ports.
fn socket(port: u16) -> Socket {
    let mut found = None;
    play(&samples(&[ALL]), |_, table, _| {
        let is_it = |row: &&Row| row.socket.ends.local().is_some_and(|end| end.port == port);
        found = table.open().find(is_it).map(|row| row.socket.clone());
    });
    found.unwrap()
}

/// An alert of the stranger's door, on this port.
fn door(door: &Socket, port: u16, seconds: u64) -> Alert {
    let mut socket = door.clone();
    if let crate::model::Ends::Inet { local, .. } = &mut socket.ends {
        local.port = port;
    }
    Alert {
        id: u64::from(port),
        kind: AlertKind::Unexpected,
        severity: Severity::High,
        at: at(seconds),
        reason: "why".into(),
        line: None,
        rule: None,
        socket,
        seen: Seen::Live,
        stands_for: 1,
        since: None,
    }
}

/// Kind, what it stands for, and reason.
fn said(alerts: &[Alert]) -> Vec<(&str, u64, &str)> {
    alerts.iter().map(|alert| (alert.kind.word(), alert.stands_for, &*alert.reason)).collect()
}

#[test]
fn the_first_are_told_and_the_rest_is_one_with_the_exact_count() {
    let mut folds = Folds::new(COOLDOWN);
    let it = socket(4444);
    let alone: usize = (0..1000).map(|n| folds.take(vec![door(&it, 5000 + n % 8, n.into())]).len()).sum();
    // A thousand seconds are many cooldowns, but nobody asked what is due.
    assert_eq!(alone, 10);
    let told = folds.due(at(1000));
    let reason = "990 more like it within 990.0s, on ports 5000, 5001, 5002, 5003, 5004, 5005 and others; \
                  the last one: why";
    assert_eq!(said(&told), [("unexpected-listener", 990, reason)]);
    assert_eq!((told[0].since, told[0].at), (Some(at(10)), at(1000)));
    assert_ne!(told[0].id, door(&it, 5007, 0).id, "it is an alert of its own");
}

#[test]
fn while_it_goes_on_it_is_told_more_and_more_seldom_and_then_it_begins_anew() {
    let mut folds = Folds::new(COOLDOWN);
    let it = socket(4444);
    let mut told = Vec::new();
    for second in 0..7200 {
        drop(folds.take(vec![door(&it, 4444, second)]));
        told.extend(folds.due(at(second)).iter().map(|alert| (second, alert.kind.word(), alert.stands_for)));
    }
    let flapping = "listener-flapping";
    let each = [(60, 51), (180, 120), (420, 240), (900, 480), (1860, 960), (2820, 960)];
    assert_eq!(told[..6], each.map(|(second, count)| (second, flapping, count)), "{told:?}");
    let counted: u64 = told.iter().map(|(.., count)| count).sum();
    let rest: u64 = folds.rest(at(7200)).iter().map(|alert| alert.stands_for).sum();
    assert_eq!(10 + counted + rest, 7200, "each was told or counted");
    // Nothing for a cooldown: what comes then is news.
    let mut folds = Folds::new(COOLDOWN);
    drop(folds.take((0..20).map(|_| door(&it, 1, 0)).collect()));
    assert_eq!(folds.due(at(60)).len(), 1);
    assert_eq!(folds.due(at(180)), []);
    assert_eq!(folds.take(vec![door(&it, 1, 181)]).len(), 1);
}

#[test]
fn what_is_different_is_told_by_itself_in_the_middle_of_a_storm() {
    let mut folds = Folds::new(COOLDOWN);
    let it = socket(4444);
    drop(folds.take((0..500).map(|n| door(&it, n, 1)).collect()));
    let differs: [fn(&mut Alert); 5] = [
        |alert| alert.kind = AlertKind::SecondOwner,
        |alert| alert.severity = Severity::Critical,
        |alert| alert.rule = Some("r".into()),
        |alert| alert.socket.uid = Some(crate::model::Uid(0)),
        |alert| alert.socket = socket(53),
    ];
    for (at, differ) in differs.into_iter().enumerate() {
        let mut alert = door(&it, 9, 2);
        differ(&mut alert);
        assert_eq!(folds.take(vec![alert]).len(), 1, "{at}");
    }
}

#[test]
fn a_storm_of_many_programs_is_bounded_and_counted_too() {
    let mut folds = Folds::new(COOLDOWN);
    let it = socket(4444);
    let by = |n: u32| {
        let mut alert = door(&it, 1, 1);
        let mut process = (**alert.socket.owners.first().unwrap().process).clone();
        process.exe = Some(crate::model::Executable {
            path: SystemBytes::from(format!("/tmp/{n}")),
            deleted: false,
            file: None,
        });
        let fd = crate::model::Fd(3);
        alert.socket.owners = crate::model::Owners::One { process: std::sync::Arc::new(process), fd };
        alert
    };
    let told: usize = (0..5000).map(|n| folds.take(vec![by(n)]).len()).sum();
    assert_eq!(told, 210, "one of each of 200, and ten of the others");
    let due = folds.due(at(61));
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].stands_for, 4790);
    assert!(due[0].reason.contains("of many programs"), "{}", due[0].reason);
    assert_eq!(due[0].kind, AlertKind::Unexpected, "many programs on one port do not flap");
}

#[test]
fn without_a_cooldown_each_is_told() {
    let mut folds = Folds::new(Duration::ZERO);
    let it = socket(4444);
    assert_eq!(folds.take((0..50).map(|n| door(&it, n, 1)).collect()).len(), 50);
    assert_eq!(folds.due(at(1000)), []);
}
