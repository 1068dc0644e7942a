//! A watch that ends and one that goes on; expected listeners that go; what is told again.

use std::collections::BTreeSet;

use super::*;

const QUIET: Quiet = Quiet { cooldown: Duration::ZERO, remind: None };

/// What is told in each reading: port, kind, and when it was seen.
fn told(vigil: &mut Vigil, scene: &str) -> Vec<Vec<String>> {
    let mut log = Vec::new();
    play(scene, |changes, table, moment| {
        let mut alerts = vigil.take(changes, table, moment);
        alerts.sort_by_key(|alert| alert.socket.ends.local().map(|end| end.port));
        let of = |alert: &Alert| {
            let port = alert.socket.ends.local().unwrap().port;
            format!("{port} {} {}", alert.kind.word(), alert.seen.word())
        };
        log.push(alerts.iter().map(of).collect());
    });
    log
}

/// What a watch over these sockets leaves behind.
fn left(policy: &Policy, sockets: &str) -> Memory {
    let mut vigil = Vigil::new(policy.clone(), QUIET, None);
    let mut listeners = Vec::new();
    play(&samples(&[sockets, sockets, sockets]), |changes, table, moment| {
        vigil.take(changes, table, moment);
        let judged = table.open().filter(|row| is_judged(&row.socket));
        let remembered =
            |row: &Row| Remembered { socket: row.socket.clone(), was_told: vigil.stands(row.socket.key) };
        listeners = judged.map(remembered).collect();
    });
    Memory { told: vigil.standing().collect(), listeners }
}

fn nothing(readings: usize) -> Vec<Vec<String>> {
    vec![Vec::new(); readings]
}

#[test]
fn a_first_watch_tells_what_is_there_as_of_the_start() {
    let mut vigil = Vigil::new(Policy::default(), QUIET, None);
    let log = told(&mut vigil, &samples(&[r#""web""#, r#""web""#, r#""web", "door""#]));
    assert_eq!(log[0], ["80 unexpected-listener at-start"]);
    assert_eq!(log[2], ["4444 unexpected-listener live"]);
}

#[test]
fn a_watch_that_goes_on_is_silent_where_nothing_changed() {
    for policy in [Policy::default(), policy(&entry("tcp", "80", "any", ""))] {
        let memory = left(&policy, ALL);
        let mut vigil = Vigil::new(policy, QUIET, Some(memory));
        assert_eq!(told(&mut vigil, &samples(&[ALL, ALL, ALL])), nothing(3));
    }
}

#[test]
fn what_came_and_went_meanwhile_is_told_and_tagged() {
    let expected = policy(&entry("tcp", "80", "any", ""));
    let memory = left(&expected, r#""web", "door""#);
    let mut vigil = Vigil::new(expected, QUIET, Some(memory));
    let now = r#""dns""#;
    let log = told(&mut vigil, &samples(&[now, now, r#""dns", "door""#]));
    let first = [
        "53 unexpected-listener while-down",
        "80 expected-gone while-down",
        "4444 listener-closed while-down",
    ];
    assert_eq!(log[0], first);
    assert_eq!((&log[1], &log[2]), (&vec![], &vec!["4444 unexpected-listener live".to_owned()]));
}

#[test]
fn what_was_told_and_is_approved_meanwhile_is_news_when_it_is_unexpected_again() {
    let memory = left(&Policy::default(), r#""door""#);
    let approved = policy(&entry("tcp", "4444", "any", ""));
    let mut vigil = Vigil::new(approved, QUIET, Some(memory));
    let mut log = Vec::new();
    play(&samples(&[r#""door""#; 4]), |changes, table, moment| {
        let mut alerts = vigil.take(changes, table, moment);
        if log.len() == 3 {
            alerts.extend(vigil.replace(Policy::default(), table, moment));
        }
        log.push(alerts.iter().map(|alert| alert.kind).collect::<Vec<_>>());
    });
    assert_eq!(log, [vec![], vec![], vec![], vec![AlertKind::Unexpected]]);
}

#[test]
fn a_listener_that_could_not_be_seen_is_not_gone() {
    let memory = left(&Policy::default(), r#""door""#);
    let mut vigil = Vigil::new(Policy::default(), QUIET, Some(memory));
    let mut log = Vec::new();
    play(&samples(&["", "", ""]), |changes, table, moment| {
        let mut moment = moment.clone();
        if log.len() < 2 {
            let failed = SliceStatus::Failed("refused".to_owned());
            moment.coverage.slices.iter_mut().for_each(|read| read.status = failed.clone());
        }
        log.push(vigil.take(changes, table, &moment).iter().map(|alert| alert.kind).collect::<Vec<_>>());
    });
    assert_eq!(log, [vec![], vec![], vec![AlertKind::Closed]]);
}

#[test]
fn an_expected_listener_that_stays_away_is_told_and_one_that_starts_again_is_not() {
    let expected = || policy(&entry("tcp", "80", "any", ""));
    let gone = |away: usize| {
        let mut scene = vec![r#""web""#];
        scene.extend(vec![""; away]);
        scene.push(r#""web""#);
        told(&mut Vigil::new(expected(), QUIET, None), &samples(&scene)).concat()
    };
    assert_eq!(gone(5), Vec::<String>::new());
    assert_eq!(gone(20), ["80 expected-gone live"]);
    // An entry for any port says of none that it must be there.
    let any = policy(&entry("tcp", "\"any\"", "any", ""));
    let mut scene = vec![r#""web""#];
    scene.extend(vec![""; 20]);
    assert_eq!(told(&mut Vigil::new(any, QUIET, None), &samples(&scene)).concat(), Vec::<String>::new());
    // Another one serves the entry still.
    let mut scene = vec![r#""web", "web6""#];
    scene.extend(vec![r#""web6""#; 20]);
    assert_eq!(
        told(&mut Vigil::new(expected(), QUIET, None), &samples(&scene)).concat(),
        Vec::<String>::new()
    );
}

#[test]
fn an_expected_listener_that_closes_again_and_again_is_told() {
    let scene: Vec<_> = (0..20).map(|at| if at % 3 == 0 { r#""web""# } else { "" }).collect();
    let expected = entry("tcp", "80", "any", "");
    let log = told(&mut Vigil::new(policy(&expected), QUIET, None), &samples(&scene));
    assert_eq!(log.concat(), ["80 listener-flapping live"]);
    let ignored = policy(&format!("ignore = [\"listener-flapping\", \"expected-gone\"]\n{expected}"));
    assert_eq!(told(&mut Vigil::new(ignored, QUIET, None), &samples(&scene)).concat(), Vec::<String>::new());
}

#[test]
fn what_stands_is_told_again_until_it_is_gone() {
    let quiet = Quiet { remind: Some(Duration::from_secs(3)), ..QUIET };
    let mut scene = vec![r#""door""#; 8];
    scene.extend(vec![""; 6]);
    let log = told(&mut Vigil::new(Policy::default(), quiet, None), &samples(&scene));
    let again: Vec<_> =
        (0..).zip(&log).filter(|(_, told)| told.iter().any(|one| one.contains("reminder"))).collect();
    assert_eq!(again.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [3, 6], "{log:?}");
    assert_eq!(again[0].1, &["4444 unexpected-listener reminder"]);
}

#[test]
fn the_ids_that_stand_are_those_of_what_is_open() {
    let mut vigil = Vigil::new(Policy::default(), QUIET, None);
    let mut stand = Vec::new();
    play(&samples(&[r#""door", "web""#, r#""web""#, r#""web""#, r#""web""#]), |changes, table, moment| {
        vigil.take(changes, table, moment);
        stand.push(vigil.standing().collect::<BTreeSet<_>>().len());
    });
    assert_eq!((stand[0], stand[3]), (2, 1));
}
