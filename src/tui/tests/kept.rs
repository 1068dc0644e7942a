//! What closed and is kept in sight.

use std::time::Duration;

use crossterm::event::KeyCode;

use super::Stage;
use super::screens::pictures;
use crate::model::{Life, State};
use crate::tui::theme::{ColorChoice, Look};

/// Three listeners, of which the middle one closes first, with three connections at its place and one beside, and then
/// the last one.
fn stage() -> Stage {
    let listener = |name: &str, cookie: u16, port: u16| {
        format!(
            "[socket.{name}]\ncookie = {cookie}\nprotocol = \"tcp\"\nstate = \"listen\"\nlocal = \"127.0.0.1:{port}\"\n"
        )
    };
    let connection = |name: &str, cookie: u16, local: &str| {
        format!(
            "[socket.{name}]\ncookie = {cookie}\nprotocol = \"tcp\"\nstate = \"established\"\nlocal = \"{local}\"\n\
             remote = \"127.0.0.9:{cookie}\"\n"
        )
    };
    let sockets = [
        listener("a", 1, 1000),
        listener("b", 2, 2000),
        listener("c", 3, 3000),
        connection("one", 4, "127.0.0.1:2000"),
        connection("two", 5, "[::ffff:127.0.0.1]:2000"),
        connection("three", 6, "127.0.0.1:2000"),
        connection("beside", 7, "127.0.0.2:2000"),
        connection("other", 8, "127.0.0.1:1000"),
    ];
    let samples = [
        r#""a", "b", "c", "one", "two", "three", "beside", "other""#,
        r#""a", "c", "two", "beside", "other""#, // closed after two absences
        r#""a", "c", "two", "beside", "other""#,
        r#""a", "two", "beside", "other""#,
        r#""a", "two", "beside", "other""#,
        r#""a", "two", "beside", "other""#,
    ];
    let samples = (0..).zip(samples).map(|(at, of)| format!("[[sample]]\nat = {at}\nsockets = [{of}]\n"));
    let script: String = sockets.into_iter().chain(samples).collect();
    Stage::playing(&script, 140, 40, Look::new(ColorChoice::Ansi16, false))
}

fn row(stage: &Stage, place: &str) -> String {
    let screen = stage.screen();
    screen.lines().find(|line| line.contains(place)).unwrap_or_else(|| panic!("{screen}")).to_owned()
}

fn select(stage: &mut Stage, place: &str) {
    stage.keys("g");
    while stage.selected() != place {
        stage.keys("j");
    }
}

#[test]
fn what_closed_stays_on_wish_with_its_last_counts() {
    let mut stage = Stage::new(140, 40);
    stage.polls(3);
    stage.keys("p");
    stage.polls(1);
    stage.wait(60.0);
    let screen = stage.screen();
    assert!(screen.contains("- 1 kept"), "{screen}");
    let row = row(&stage, "127.0.0.1:3000");
    assert!(row.starts_with(" -  ") || row.starts_with(" - tcp"), "{row}");
    assert!(row.contains("closed 1m ago  ") && row.contains("/srv/app/bin/app"), "{row}");
    select(&mut stage, "127.0.0.1:3000");
    assert!(stage.screen().contains("; closed 1m"), "{}", stage.screen());
    stage.keys("/nginx");
    assert!(stage.screen().contains("- 0 kept"), "the filter is for what closed, too");
    stage.code(KeyCode::Esc);
    stage.keys("p");
    assert!(!stage.screen().contains("127.0.0.1:3000"), "{}", stage.screen());
}

#[test]
fn what_is_kept_stands_in_the_order_of_the_others() {
    let mut stage = stage();
    stage.polls(1);
    stage.keys("pj"); // the second is selected
    stage.polls(2);
    let (up, down) = (["127.0.0.1:1000", "127.0.0.1:2000", "127.0.0.1:3000"], ["3000", "2000", "1000"]);
    assert_eq!(stage.listed(), up);
    assert_eq!(stage.selected(), "127.0.0.1:2000", "the selection follows it");
    stage.keys("r");
    assert_eq!(stage.listed(), down.map(|port| format!("127.0.0.1:{port}")));
    assert_eq!(stage.selected(), "127.0.0.1:2000");
    stage.keys("r");
    stage.polls(2);
    assert_eq!(stage.listed(), up, "the table is shorter by now");
    assert!(row(&stage, ":2000").starts_with(" -") && row(&stage, ":3000").starts_with(" -"));
    select(&mut stage, "127.0.0.1:3000");
    stage.keys("r");
    assert_eq!((stage.selected().as_str(), stage.app.pane().cursor), ("127.0.0.1:3000", 0));
    stage.keys("r");
    stage.keys("bstate");
    stage.code(KeyCode::Enter);
    assert!(stage.screen().contains("STATE listen: 3 sockets"), "{}", stage.screen());
    assert_eq!(stage.listed(), up, "under its heading, too");
    stage.keys("y");
    assert!(stage.screen().contains("sent to the terminal's clipboard"), "{}", stage.screen());
}

#[test]
fn a_listener_has_its_last_connections() {
    let mut stage = stage();
    stage.polls(1);
    stage.keys("p");
    stage.polls(5);
    assert!(row(&stage, ":2000").contains("ago, 3 connections"), "{}", stage.screen());
    let last = row(&stage, ":3000");
    assert!(last.contains("ago") && !last.contains("connection"), "none is nothing to tell: {last}");
    stage.keys("2");
    assert!(!row(&stage, "127.0.0.9:4").contains("connections"), "{}", stage.screen());
}

#[test]
fn a_held_picture_keeps_what_was_closed_in_it() {
    let mut stage = stage();
    stage.polls(1);
    stage.keys("p");
    stage.polls(2);
    stage.keys("f");
    let before = (stage.listed(), row(&stage, ":2000"));
    assert!(row(&stage, ":3000").starts_with("  "), "it is open there");
    for _ in 0..3 {
        stage.polls(1);
        assert_eq!((stage.listed(), row(&stage, ":2000")), before);
        assert!(row(&stage, ":3000").starts_with("  "), "{}", stage.screen());
        assert!(stage.screen().contains("- 1 kept"), "{}", stage.screen());
    }
    stage.keys("f");
    assert_eq!(stage.listed(), before.0);
    assert!(row(&stage, ":3000").starts_with(" -"), "{}", stage.screen());
    assert!(stage.screen().contains("- 2 kept"), "{}", stage.screen());
    stage.keys("p");
    stage.wait(3.0);
    assert_eq!(stage.listed(), ["127.0.0.1:1000"]);
}

#[test]
fn the_oldest_are_forgotten_and_that_is_told() {
    let mut stage = stage();
    stage.polls(1);
    stage.keys("p");
    let sample = stage.sampler.take().unwrap();
    let mut many = sample.clone();
    let one = sample.sockets.iter().find(|socket| socket.is_listener()).unwrap();
    many.sockets.extend((0..1_200u64).map(|id| {
        let mut socket = one.clone();
        socket.key.id = crate::model::Identity::Cookie(crate::model::Cookie(100 + id));
        socket
    }));
    stage.feed(many);
    stage.feed(sample.clone());
    stage.feed(sample.clone());
    assert_eq!(stage.app.listing.kept, 1_000);
    stage.keys("f");
    let at = stage.app.frozen.as_ref().unwrap().at;
    let mut none = sample.clone();
    none.sockets.clear();
    for seconds in [2, 3] {
        none.taken.mono = sample.taken.mono + Duration::from_secs(seconds);
        stage.feed(none.clone()); // what was kept first makes room for others
    }
    let shown = |line| matches!(stage.app.row_at(line).unwrap().life(), Life::Closed { at: end } if end.mono > at.mono);
    assert!(stage.app.listing.kept < 1_000 && !(0..stage.app.listing.len()).any(shown));
    stage.keys("f");
    assert_eq!(stage.app.listing.kept, 999, "of three connections that closed the last one is kept");
    assert!(stage.screen().contains("- 999 kept, 20"), "{}", stage.screen());
    assert!(stage.screen().contains(" forgotten"), "{}", stage.screen());
    assert_eq!(stage.listed().len(), stage.app.listing.len());
}

#[test]
fn pictures_of_what_is_kept() {
    pictures("kept", |stage| {
        stage.polls(3);
        stage.keys("p");
        stage.polls(1);
        stage.wait(60.0);
        select(stage, "127.0.0.1:3000");
    });
}

#[test]
fn a_listener_is_not_forgotten_for_connections() {
    let mut stage = stage();
    stage.polls(1);
    stage.keys("p");
    let sample = stage.sampler.take().unwrap();
    let connection = sample.sockets.iter().find(|socket| socket.state == State::Established).unwrap();
    let mut many = sample.clone();
    many.sockets.extend((0..1_200u64).map(|id| {
        let mut socket = connection.clone();
        socket.key.id = crate::model::Identity::Cookie(crate::model::Cookie(100 + id));
        socket
    }));
    many.sockets.retain(|socket| !socket.is_listener());
    stage.feed(many.clone());
    stage.feed(many);
    let listeners = stage.app.listing.kept;
    assert!(listeners > 0, "{}", stage.screen());
    let mut none = sample;
    none.sockets.clear();
    stage.feed(none.clone());
    stage.feed(none);
    assert_eq!(stage.app.listing.kept, listeners, "{}", stage.screen());
    assert!(stage.screen().contains(" forgotten"), "{}", stage.screen());
}
