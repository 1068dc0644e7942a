//! Sockets under headings.

use crossterm::event::KeyCode;

use super::Stage;
use super::screens::pictures;
use crate::tui::app::Chosen;
use crate::tui::theme::{ColorChoice, Look};

/// The lines of the list, from the first one, without what follows them.
fn lines(stage: &Stage) -> Vec<String> {
    let screen = stage.screen();
    let all: Vec<&str> = screen.lines().collect();
    let heads = all.iter().position(|line| line.contains("PROTO")).unwrap();
    all[heads + 1..].iter().take_while(|line| !line.is_empty()).map(|line| (*line).to_owned()).collect()
}

fn group_by(stage: &mut Stage, field: &str) {
    stage.keys("b");
    stage.keys(field);
    stage.code(KeyCode::Enter);
}

#[test]
fn sockets_stand_under_headings_with_counts_in_the_order_that_was_chosen() {
    let mut stage = Stage::new(140, 40);
    stage.polls(2);
    group_by(&mut stage, "scope");
    let lines = lines(&stage);
    let headings: Vec<&str> =
        lines.iter().filter(|line| line.contains("SCOPE ")).map(|line| line.trim()).collect();
    assert_eq!(
        headings,
        [
            "▾ SCOPE any: 4 sockets",
            "▾ SCOPE link: 1 socket",
            "▾ SCOPE loopback: 4 sockets",
            "▾ SCOPE private: 1 socket"
        ]
    );
    assert!(stage.screen().contains("grouped by SCOPE, sorted by LOCAL"), "{}", stage.screen());
    assert_eq!(stage.listed()[..4], ["[::]:22", "0.0.0.0:80", "[::]:80", "0.0.0.0:51820"]);
    group_by(&mut stage, "none");
    assert!(stage.app.listing.headings.is_empty());
}

#[test]
fn a_heading_is_folded_and_the_selection_follows_its_socket() {
    let mut stage = Stage::new(140, 40);
    stage.polls(2);
    stage.keys("/127.0.0.1:631");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Esc);
    let chosen = stage.app.pane().selected.clone();
    group_by(&mut stage, "scope");
    assert_eq!(stage.app.chosen_at(stage.app.pane().cursor), chosen, "the socket, wherever it went");
    stage.keys("g");
    assert!(matches!(stage.app.pane().selected, Some(Chosen::Heading(_))));
    let all = stage.app.listing.len();
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.listing.len(), all - 4);
    assert!(lines(&stage)[0].contains("▸ SCOPE any: 4 sockets"), "{}", stage.screen());
    stage.keys("y");
    assert!(!stage.screen().contains("clipboard"), "a heading is no row");
    stage.polls(1);
    assert!(lines(&stage)[0].contains("▸ SCOPE any: "), "it stays folded");
    stage.code(KeyCode::Enter);
    assert!(lines(&stage)[1].contains("[::]:22"), "{}", stage.screen());
}

#[test]
fn lines_that_count_sockets_are_brought_together_by_another_thing() {
    let mut stage = Stage::played(140, 40);
    stage.keys("3b");
    assert!(stage.app.menu.is_none());
    assert!(stage.screen().contains("by unit"), "{}", stage.screen());
}

#[test]
fn what_a_group_looks_at_is_asked_for() {
    let mut stage = Stage::played(140, 40);
    assert!(!stage.app.ask().cgroups);
    group_by(&mut stage, "unit");
    assert!(stage.app.ask().cgroups);
}

#[test]
fn pictures_of_groups() {
    pictures("grouped", |stage| {
        stage.polls(4);
        group_by(stage, "user");
    });
    let mut stage = Stage::with_look(80, 24, Look::new(ColorChoice::Monochrome, true));
    stage.polls(4);
    group_by(&mut stage, "user");
    stage.keys("g");
    stage.code(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.is_ascii(), "{screen}");
    insta::assert_snapshot!("grouped_ascii", screen);
}
