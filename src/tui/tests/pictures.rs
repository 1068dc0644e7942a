//! The pictures of the README, drawn from scripts: what they show is what the dashboard shows.

use std::fs;

use crossterm::event::KeyCode;

use super::{SCRIPT, Stage, svg};
use crate::tui::theme::{ColorChoice, Look, Theme};

const FLOWS: &str = include_str!("../../../tests/scenarios/diagnosis.toml");

/// A picture: its name, what it shows, of which script, so many lines high, and after how many readings which keys
/// are pressed. One more reading follows.
const PICTURES: [(&str, &str, &str, u16, usize, &str); 6] = [
    ("listeners", "what is open, to whom, and whose it is", SCRIPT, 24, 3, ""),
    ("connections", "who talks to whom, how fast", FLOWS, 24, 2, "2"),
    ("processes", "what each process holds", SCRIPT, 24, 3, "3"),
    ("details", "everything about a socket, and what is unusual about it", FLOWS, 32, 2, "2\n"),
    ("events", "what opened, closed and changed", SCRIPT, 24, 3, "6"),
    ("help", "every key", SCRIPT, 40, 3, "?"),
];

fn path(name: &str) -> String {
    format!("assets/pictures/{name}.svg")
}

fn picture((_, title, script, height, polls, keys): &(&str, &str, &str, u16, usize, &str)) -> String {
    let look = Look::themed(Theme::Dark, ColorChoice::Truecolor, false);
    let mut stage = Stage::playing(script, 120, *height, look);
    stage.polls(*polls);
    for key in keys.chars() {
        match key {
            '\n' => drop(stage.code(KeyCode::Enter)),
            key => stage.keys(&key.to_string()),
        }
    }
    stage.polls(1);
    svg::draw(&stage.buffer(), &format!("sockeye: {title}"))
}

#[test]
fn the_pictures_are_current() {
    for one in &PICTURES {
        let shipped = fs::read_to_string(path(one.0)).unwrap_or_default();
        // Not assert_eq: nobody reads a picture in two lines.
        assert!(
            shipped == picture(one),
            "{} is not what is shown, renew all: cargo test --lib renew_the_pictures -- --ignored",
            path(one.0)
        );
    }
}

#[test]
#[ignore = "writes the pictures anew: cargo test --lib renew_the_pictures -- --ignored"]
fn renew_the_pictures() {
    fs::create_dir_all("assets/pictures").unwrap();
    for one in &PICTURES {
        fs::write(path(one.0), picture(one)).unwrap();
    }
}
