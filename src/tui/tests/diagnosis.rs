//! What is wrong with a socket, in the details and under the list, and how it did lately.

use crossterm::event::KeyCode;
use ratatui::style::Color;

use super::Stage;
use crate::tui::input::Input;
use crate::tui::theme::{ColorChoice, Look};

const SCRIPT: &str = include_str!("../../../tests/scenarios/diagnosis.toml");

fn stage(width: u16, height: u16, ascii: bool) -> Stage {
    let mut stage = Stage::playing(SCRIPT, width, height, Look::new(ColorChoice::Ansi16, ascii));
    stage.polls(1);
    stage
}

/// Opens the details of the connection that the filter finds.
fn inspect(stage: &mut Stage, filter: &str) {
    stage.keys(&format!("2/{filter}"));
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
}

/// The section of the screen under a heading.
fn section(stage: &Stage, heading: &str) -> Vec<String> {
    let screen = stage.screen();
    let lines = screen.lines().skip_while(|line| line.trim() != heading).skip(1);
    lines.take_while(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_connection_over_time() {
    for (width, height, ascii) in [(140, 40, false), (80, 40, false), (80, 40, true), (40, 30, false)] {
        let mut stage = stage(width, height, ascii);
        inspect(&mut stage, "41822");
        assert_eq!(section(&stage, "Diagnosis"), ["nothing unusual"]);
        assert!(section(&stage, "Trends").is_empty(), "one number is no trend");
        stage.polls(4);
        assert!(!ascii || stage.screen().is_ascii(), "{}", stage.screen());
        let name = if ascii { "ascii" } else { "unicode" };
        insta::assert_snapshot!(format!("flow_{name}_{width}x{height}"), stage.screen());
    }
}

#[test]
fn what_could_not_be_judged_is_told() {
    let mut stage = stage(140, 40, false);
    inspect(&mut stage, "41823");
    let lines = section(&stage, "Diagnosis");
    assert_eq!(lines[0], "nothing unusual in what is known");
    assert!(lines[1].starts_with("not judged: loss"), "{lines:?}");
}

#[test]
fn severities_have_glyph_word_and_colour() {
    for (ascii, alarm, warning) in [(false, "◆ alarm: ", "▲ warning: "), (true, "!! alarm: ", "! warning: ")]
    {
        let mut stage = stage(140, 40, ascii);
        let screen = stage.screen();
        let preview = screen.lines().nth(38).unwrap();
        let worst = format!(" {alarm}the accept queue is full: 6 of 5 wait to be accepted");
        assert!(preview.starts_with(&worst), "{screen}");
        assert_eq!(stage.buffer()[(1, 38)].fg, Color::Red);
        stage.code(KeyCode::Enter);
        let lines = section(&stage, "Diagnosis");
        assert!(lines[0].starts_with(alarm) && lines[1].starts_with(warning), "{lines:?}");
        assert!(lines[2].contains(r"sh\x1bop 2210 runs a file that was deleted"), "{lines:?}");
        let y = stage.screen().lines().position(|line| line.contains(warning)).unwrap();
        assert_eq!(stage.buffer()[(3, u16::try_from(y).unwrap())].fg, Color::Yellow);
    }
}

#[test]
fn the_preview_of_what_is_fine_has_no_finding() {
    let mut stage = stage(140, 40, false);
    stage.keys("/5432");
    stage.code(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.lines().nth(38).unwrap().starts_with(" waits for others at tcp port 5432"), "{screen}");
}

/// The bars of a trend.
fn bars(stage: &Stage, name: &str) -> String {
    let lines = section(stage, "Trends");
    let line = lines.iter().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{lines:?}"));
    line.chars().filter(|c| ('▁'..='█').contains(c)).collect()
}

#[test]
fn a_frozen_picture_gets_no_samples_and_thaws_with_a_gap() {
    let mut stage = stage(140, 40, false);
    inspect(&mut stage, "41822");
    stage.polls(1);
    assert_eq!(bars(&stage, "send queue").chars().count(), 2);
    stage.keys("f");
    stage.polls(1);
    stage.send(Input::Tick);
    assert_eq!(bars(&stage, "send queue").chars().count(), 2);
    stage.polls(1); // skips the socket
    stage.polls(1);
    stage.keys("f");
    let line = section(&stage, "Trends").into_iter().find(|line| line.starts_with("send queue")).unwrap();
    assert!(line.contains("▁▃ █") && line.contains("84 kB"), "{line}");
    stage.keys("ff");
    stage.send(Input::Tick);
    assert_eq!(bars(&stage, "send queue").chars().count(), 3, "no reading counts twice");
}

#[test]
fn the_ring_is_bounded_and_begins_anew_with_each_socket() {
    let mut stage = stage(200, 40, false);
    inspect(&mut stage, "41822");
    stage.polls(300);
    assert_eq!(bars(&stage, "send queue").chars().count(), 120);
    stage.code(KeyCode::Esc);
    stage.code(KeyCode::Enter);
    stage.polls(1);
    assert_eq!(bars(&stage, "send queue").chars().count(), 2);
}
