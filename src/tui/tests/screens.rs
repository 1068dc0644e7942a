//! Whole screens from the script, and the colours that the pictures cannot show.

use crossterm::event::KeyCode;
use ratatui::style::{Color, Modifier, Style};

use super::Stage;
use crate::tui::input::Input;
use crate::tui::theme::{ColorChoice, Look};

pub(super) const SIZES: [(u16, u16); 4] = [(220, 60), (140, 40), (80, 24), (40, 10)];

/// Compares the screen at every size with the stored pictures.
pub(super) fn pictures(name: &str, prepare: impl Fn(&mut Stage)) {
    for (width, height) in SIZES {
        let mut stage = Stage::new(width, height);
        prepare(&mut stage);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), stage.screen());
    }
}

#[test]
fn first_frame() {
    pictures("first_frame", |_| {});
}

#[test]
fn listeners() {
    pictures("listeners", |stage| stage.polls(4));
}

#[test]
fn connections() {
    pictures("connections", |stage| {
        stage.polls(4);
        stage.keys("2");
    });
}

#[test]
fn other_views() {
    for (name, key) in
        [("processes", "3"), ("peers", "4"), ("unix", "5"), ("events", "6"), ("namespaces", "7")]
    {
        pictures(name, |stage| {
            stage.polls(4);
            stage.keys(key);
        });
    }
}

#[test]
fn before_the_gap() {
    pictures("no_gap", |stage| stage.polls(3));
}

#[test]
fn filter() {
    pictures("filter", |stage| {
        stage.polls(4);
        stage.keys("/nginx v4");
    });
}

#[test]
fn filter_without_match() {
    pictures("no_match", |stage| {
        stage.polls(4);
        stage.keys("/nowhere");
        stage.code(KeyCode::Enter);
    });
}

#[test]
fn details_of_a_shared_listener() {
    pictures("details", |stage| {
        stage.polls(4);
        stage.keys("/worker 0.0.0.0:80");
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::Enter);
    });
}

#[test]
fn details_of_hostile_names() {
    pictures("hostile", |stage| {
        stage.polls(4);
        stage.keys("/6666");
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::Enter);
    });
}

#[test]
fn details_without_owner() {
    pictures("denied", |stage| {
        stage.polls(4);
        stage.keys("/631");
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::Enter);
    });
}

#[test]
fn help() {
    pictures("help", |stage| {
        stage.polls(4);
        stage.keys("?");
    });
}

#[test]
fn frozen() {
    pictures("frozen", |stage| {
        stage.polls(2);
        stage.keys("f");
        stage.polls(2);
    });
}

#[test]
fn monochrome_and_ascii() {
    let mut stage = Stage::with_look(140, 40, Look::new(ColorChoice::Monochrome, true));
    stage.polls(4);
    for keys in ["", "?", "?f", "2u", "r"] {
        stage.keys(keys);
        let buffer = stage.buffer();
        for cell in buffer.content() {
            assert!(cell.symbol().is_ascii(), "{:?} after {keys:?}", cell.symbol());
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{:?}", cell.symbol());
        }
    }
    stage.keys("1f");
    insta::assert_snapshot!("ascii_140x40", stage.screen());
}

#[test]
fn too_small_says_so_and_nothing_panics_at_any_size() {
    for (width, height) in (0..48).flat_map(|width| (0..26).map(move |height| (width, height))) {
        let mut stage = Stage::played(width, height);
        for keys in ["", "2", "/a", "?"] {
            stage.keys(keys);
            let screen = stage.screen();
            if width == 39 && height == 12 {
                assert!(screen.starts_with("enlarge to 40x10: 10 listeners, 7 conn"), "{screen}");
            }
        }
    }
}

/// The style of the first cell after the mark in the row that shows `local`.
fn style_of(stage: &Stage, local: &str) -> (String, Style) {
    let screen = stage.screen();
    let (y, line) = screen.lines().enumerate().find(|(_, line)| line.contains(local)).unwrap();
    let style = stage.buffer()[(3, u16::try_from(y).unwrap())].style();
    (line.chars().skip(1).take(1).collect(), style)
}

#[test]
fn marks_have_glyph_and_colour_and_fade() {
    let mut stage = Stage::played(140, 40);
    for (local, glyph, color) in [
        ("0.0.0.0:4444", "+", Some(Color::Green)),
        ("192.168.1.5:5432", "~", Some(Color::Yellow)),
        ("127.0.0.1:3000", "-", Some(Color::Red)),
        ("127.0.0.1:631", " ", Some(Color::Reset)),
    ] {
        let (shown, style) = style_of(&stage, local);
        assert_eq!((shown.as_str(), style.fg), (glyph, color), "{local}");
    }
    // The door opened a second before the others changed.
    let rest = stage.app.stays_true_for().unwrap();
    assert_eq!(rest.as_millis(), 1200, "and fades first, at the next beat");
    let bold = |stage: &Stage, local| style_of(stage, local).1.add_modifier.contains(Modifier::BOLD);
    assert!(bold(&stage, "192.168.1.5:5432") && bold(&stage, "127.0.0.1:3000"));
    assert!(!bold(&stage, "0.0.0.0:4444"), "it is a second old");
    stage.wait(1.0);
    assert!(!bold(&stage, "192.168.1.5:5432") && !bold(&stage, "127.0.0.1:3000"));
    stage.wait(1.0);
    assert_eq!(style_of(&stage, "0.0.0.0:4444").0, " ");
    assert_eq!(style_of(&stage, "192.168.1.5:5432").0, "~");
    assert!(stage.screen().contains("closed 2s ago"));
    stage.wait(1.0);
    assert_eq!(style_of(&stage, "192.168.1.5:5432").0, " ");
    assert!(!stage.screen().contains("127.0.0.1:3000"), "closed rows leave after three seconds");
}

#[test]
fn silence_is_told() {
    let mut stage = Stage::played(140, 40);
    stage.wait(3.9);
    assert!(stage.screen().contains("● live"));
    stage.wait(1.2);
    assert!(stage.screen().contains("▲ no news for 5s"), "{}", stage.screen());
    stage.polls(1);
    assert!(stage.screen().contains("● live"));
}

#[test]
fn the_selected_row_is_reversed_whole() {
    let stage = Stage::played(80, 24);
    let y = stage.screen().lines().position(|line| line.contains("[::]:22")).unwrap();
    let y = u16::try_from(y).unwrap();
    assert!((0..80).all(|x| stage.buffer()[(x, y)].modifier.contains(Modifier::REVERSED)));
}

#[test]
fn what_the_filter_found_is_underlined() {
    let mut stage = Stage::played(140, 40);
    stage.keys("/NGINX");
    stage.code(KeyCode::PageDown);
    let buffer = stage.buffer();
    let marked: String = buffer
        .content()
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED))
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert_eq!(marked, "nginx".repeat(4), "two owners and two executables");
}

#[test]
fn no_control_character_reaches_a_cell() {
    let mut stage = Stage::played(140, 40);
    stage.send(Input::Paste("x\x1b".into()));
    for keys in ["", "u", "2", "1/6666\n", "?"] {
        stage.keys(keys);
        stage.code(KeyCode::Enter);
        let screen = stage.screen();
        assert!(!screen.chars().any(|c| c.is_control() && c != '\n'), "{screen}");
        assert!(!screen.contains('\u{202e}'), "{screen}");
    }
}
