//! The timeline: what is remembered, in which order, and how it is looked through.

use crossterm::event::KeyCode;

use super::Stage;
use crate::tui::app::Chosen;
use crate::tui::happening_cell;

/// What the lines say happened, from the top, with the local end.
fn told(stage: &Stage) -> Vec<String> {
    let line = |at| {
        let seen = stage.app.happening_at(at).unwrap();
        let local = seen.socket.subject.row.socket.ends.local();
        let local = local.map_or("-".to_owned(), |local| local.to_string());
        format!("{} {local}", happening_cell::what(&seen).text)
    };
    (0..stage.app.listing.len()).map(line).collect()
}

#[test]
fn the_latest_stands_first_and_what_was_there_is_no_news() {
    let mut stage = Stage::new(140, 40);
    stage.polls(1);
    stage.keys("6");
    assert_eq!(told(&stage), [""; 0]);
    assert!(stage.screen().contains("nothing has happened since the dashboard began to look"));
    stage.polls(3);
    let told = told(&stage);
    assert_eq!(told.len(), stage.app.timeline.len());
    assert!(told.contains(&"opened 0.0.0.0:4444".to_owned()), "{told:?}");
    assert!(told.contains(&"closed 127.0.0.1:3000".to_owned()), "its beginning was not seen: {told:?}");
    let times: Vec<_> =
        (0..told.len()).map(|at| stage.app.happening_at(at).unwrap().happening.at.mono).collect();
    assert!(times.is_sorted_by(|one, other| one >= other) && times.first() > times.last());
    stage.keys("r");
    assert_eq!(self::told(&stage), told.into_iter().rev().collect::<Vec<_>>());
}

#[test]
fn what_closed_can_still_be_looked_at() {
    let mut stage = Stage::played(140, 40);
    stage.keys("6");
    stage.keys("/port = 3000");
    stage.code(KeyCode::Enter);
    assert_eq!(told(&stage), ["closed 127.0.0.1:3000"]);
    assert_eq!(stage.app.listing.matched, 1);
    stage.code(KeyCode::Enter);
    assert!(stage.app.inspected.is_some());
    assert!(stage.screen().contains("127.0.0.1:3000"), "{}", stage.screen());
}

#[test]
fn a_held_picture_tells_nothing_that_came_later() {
    let mut stage = Stage::new(140, 40);
    stage.polls(2);
    stage.keys("6f");
    let before = told(&stage);
    stage.polls(2);
    stage.keys("r");
    stage.keys("r");
    assert_eq!(told(&stage), before);
    stage.keys("f");
    assert!(told(&stage).len() > before.len());
}

#[test]
fn the_selected_one_is_followed_while_others_come() {
    let mut stage = Stage::new(140, 40);
    stage.polls(2);
    stage.keys("6");
    assert!(!told(&stage).is_empty());
    let chosen = stage.app.chosen_at(0);
    assert!(matches!(chosen, Some(Chosen::Happening(_))));
    stage.polls(2);
    assert_eq!(stage.app.chosen_at(stage.app.pane().cursor), chosen);
    assert!(stage.app.pane().cursor > 0);
}

#[test]
fn what_happened_since_a_marked_moment_stays_marked() {
    let glyph = |stage: &Stage, local: &str| {
        let screen = stage.screen();
        let line =
            screen.lines().find(|line| line.contains(local)).unwrap_or_else(|| panic!("{local}:\n{screen}"));
        line.chars().nth(1).unwrap()
    };
    let mut stage = Stage::new(140, 40);
    stage.polls(2);
    stage.keys("m");
    stage.polls(2);
    stage.wait(60.0);
    assert_eq!(glyph(&stage, "0.0.0.0:4444"), '+');
    assert_eq!(glyph(&stage, "192.168.1.5:5432"), '~');
    assert_eq!(glyph(&stage, "[::1]:6666"), '◆', "it was new before, and in trouble is what it is");
    assert!(stage.screen().contains("since 1m 9s ago: +4 ~2 -2"), "{}", stage.screen());
    stage.keys("6");
    assert_eq!(told(&stage).len(), 8);
    stage.keys("m");
    assert_eq!(told(&stage).len(), 9, "and what was before");
    stage.keys("1");
    assert_eq!(glyph(&stage, "0.0.0.0:4444"), ' ');
    assert!(!stage.screen().contains("since "));
}

/// However much happens, a bounded part of it is remembered, and that it is a part is told.
#[test]
fn a_flood_forgets_the_oldest() {
    let mut stage = Stage::new(140, 40);
    let sample = stage.sampler.take().unwrap();
    stage.feed(sample.clone());
    stage.keys("6");
    let mut later = sample.clone();
    later.taken.mono += std::time::Duration::from_secs(1);
    for id in 0..12_345 {
        let mut socket = sample.sockets[0].clone();
        socket.key.id = crate::model::Identity::Cookie(crate::model::Cookie(1_000_000 + id));
        later.sockets.push(socket);
    }
    stage.feed(later);
    assert_eq!(stage.app.listing.len(), 5_000);
    let latest = stage.app.happening_at(0).unwrap();
    assert_eq!((latest.number, latest.happening.row.socket.key.cookie().unwrap().0), (12_344, 1_012_344));
    assert!(stage.screen().contains("Events 5,000+"), "{}", stage.screen());
    assert!(
        stage.app.timeline.get(12_345 - 5_001).is_none() && stage.app.timeline.get(12_345 - 5_000).is_some()
    );
}
