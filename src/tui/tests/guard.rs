//! The policy in the dashboard: what it says of listeners, what is reported, and where there is none.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::style::Color;

use super::Stage;
use super::screens::pictures;
use crate::filter::Vocabulary;
use crate::model::PortRange;
use crate::policy::{Policy, PolicyError};
use crate::tui::guard::{Guard, PolicyFile};
use crate::tui::input::Input;
use crate::tui::theme::{ColorChoice, Look};

/// Expects some of what the script has, and less of others.
pub(super) const POLICY: &str = include_str!("policy.toml");

fn parse(text: &str) -> Result<Policy, PolicyError> {
    Policy::parse(text, &Vocabulary { services: &|_| Vec::new(), ephemeral: &PortRange::default })
}

/// A policy file that says this.
pub(super) fn file(text: Option<&str>) -> PolicyFile {
    let path = "/etc/sockeye/policy.toml".into();
    PolicyFile {
        path,
        text: Ok(text.map(str::to_owned)),
        parse: Box::new(parse),
        is_for_a_scenario: false,
        reading: String::new(),
    }
}

fn guard(stage: &mut Stage, text: &str) {
    stage.app.guard = Guard::new(file(Some(text)));
}

pub(super) fn guarded(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height);
    guard(&mut stage, POLICY);
    stage
}

/// The cell of the column for each listener, by its local end.
fn expected(stage: &Stage) -> Vec<String> {
    let told = |at| {
        let row = stage.app.row_at(at).unwrap();
        let standing = stage.app.guard.standing(&row.socket.key);
        let cell = crate::tui::standing::cell_of(standing, &stage.app.look);
        format!("{} {}", row.socket.ends.local().unwrap(), cell.text)
    };
    (0..stage.app.listing.index.len()).map(told).collect()
}

#[test]
fn pictures_of_listeners() {
    pictures("policy_listeners", |stage| {
        guard(stage, POLICY);
        stage.polls(4);
    });
}

#[test]
fn pictures_of_unexpected_ones_alone() {
    pictures("policy_unexpected", |stage| {
        guard(stage, POLICY);
        stage.polls(4);
        stage.keys("2u");
    });
}

#[test]
fn pictures_of_alerts() {
    pictures("policy_events", |stage| {
        guard(stage, POLICY);
        stage.polls(4);
        stage.keys("6");
    });
    pictures("policy_alert", |stage| {
        guard(stage, POLICY);
        stage.polls(4);
        stage.keys("6/port = 4444");
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::Enter);
    });
}

#[test]
fn in_ascii_and_without_colours_the_words_say_it() {
    let mut stage = Stage::with_look(140, 40, Look::new(ColorChoice::Monochrome, true));
    guard(&mut stage, POLICY);
    stage.polls(4);
    for keys in ["", "u", "6", "1u"] {
        stage.keys(keys);
        for cell in stage.buffer().content() {
            assert!(cell.symbol().is_ascii(), "{:?} after {keys:?}", cell.symbol());
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
        }
    }
    insta::assert_snapshot!("policy_ascii_140x40", stage.screen());
}

#[test]
fn every_standing_is_told_in_words_and_the_unexpected_come_first() {
    let mut stage = guarded(140, 40);
    stage.polls(4);
    for _ in 0..8 {
        stage.keys("s");
        if stage.screen().contains("sorted by EXPECTED") {
            break;
        }
    }
    let told = expected(&stage);
    assert_eq!(
        told,
        [
            "127.0.0.1:3000 ✗ nobody expects it",
            "0.0.0.0:4444 ✗ nobody expects it",
            "0.0.0.0:51820 ✗ nobody expects it",
            "[::1]:6666 ✗ another user's",
            "[fe80::1c2d:3e4f:5a6b:7c8d]:7777 ✗ another program's",
            "192.168.1.5:5432 ✗ wider than loopback",
            "127.0.0.1:631 ? owner cannot be seen",
            "[::]:22 ✓ yes",
            "127.0.0.53:53 ✓ yes",
            "0.0.0.0:80 ✓ yes",
            "[::]:80 ✓ yes",
        ]
    );
    stage.keys("r");
    assert!(expected(&stage)[0].ends_with("✓ yes"));
    // The closed one is shown and not counted.
    assert_eq!(stage.app.guard.unexpected(), 5);
    assert!(stage.screen().contains("▲ 5 unexpected"), "{}", stage.screen());
}

#[test]
fn only_what_changed_is_judged_again() {
    let mut stage = guarded(140, 40);
    stage.polls(1);
    let first = stage.app.guard.judged;
    assert_eq!(first, 9, "each listener once");
    stage.polls(1);
    assert_eq!(stage.app.guard.judged - first, 1, "the one that opened");
    let before = stage.app.guard.judged;
    stage.wait(1.0);
    stage.keys("2s1r");
    stage.buffer();
    assert_eq!(stage.app.guard.judged, before, "drawing and sorting judge nothing");
}

#[test]
fn the_unexpected_can_be_shown_alone() {
    let mut stage = guarded(140, 40);
    stage.polls(4);
    stage.keys("2");
    assert!(stage.screen().contains("▲ 5 unexpected"), "told in every view");
    stage.keys("u");
    assert_eq!(stage.app.listing.index.len(), 6, "{}", stage.screen());
    assert!(expected(&stage).iter().all(|told| told.contains('✗')), "{:?}", expected(&stage));
    assert!(stage.screen().contains("▲ only 5 unexpected"));
    stage.keys("/8080");
    assert!(stage.screen().contains("only listeners that the policy does not expect are shown"));
    stage.code(KeyCode::Esc);
    stage.keys("u");
    assert_eq!(stage.app.listing.index.len(), 11);
    // A click on the count does the same.
    let screen = stage.screen();
    let (at, row) = screen.lines().enumerate().find(|(_, line)| line.contains("unexpected")).unwrap();
    let column = u16::try_from(row[..row.find('▲').unwrap()].chars().count()).unwrap();
    let kind = MouseEventKind::Down(MouseButton::Left);
    stage.send(Input::Mouse(MouseEvent {
        kind,
        column,
        row: u16::try_from(at).unwrap(),
        modifiers: KeyModifiers::NONE,
    }));
    assert_eq!(stage.app.listing.index.len(), 6);
}

#[test]
fn nothing_unexpected_says_so() {
    let mut stage = Stage::new(140, 40);
    let all = "version = 1\n[[expect]]\nprotocol = 'tcp'\nport = 'any'\nscope = 'any'\n\
        [[expect]]\nprotocol = 'udp'\nport = 'any'\nscope = 'any'\n";
    guard(&mut stage, all);
    stage.polls(4);
    assert!(!stage.screen().contains("unexpected"));
    stage.keys("u");
    assert!(stage.app.guard.only && stage.screen().contains("▲ only 0 unexpected"));
    assert!(stage.screen().contains("u shows all"), "{}", stage.screen());
    stage.keys("u");
    assert!(!stage.app.guard.only);
}

/// What the events say, from the oldest, with the local end.
fn reported(stage: &mut Stage) -> Vec<String> {
    stage.keys("6");
    let line = |at| {
        let seen = stage.app.happening_at(at).unwrap();
        let local = seen.socket.subject.row.socket.ends.local().map(|end| end.to_string());
        (crate::tui::happening_cell::what(&seen).text.into_owned(), local.unwrap_or_default())
    };
    let all = (0..stage.app.listing.len()).rev().map(line);
    let alerts = all.filter(|(what, _)| what.contains(": "));
    alerts.map(|(what, local)| format!("{local} {what}")).collect()
}

#[test]
fn alerts_stand_among_the_events_once() {
    let mut stage = guarded(140, 40);
    stage.polls(1);
    assert_eq!(
        reported(&mut stage),
        [
            "192.168.1.5:5432 ◆ high at start: wider than expected: only loopback is accepted",
            "0.0.0.0:51820 ◆ high at start: no expectation covers it",
            "[fe80::1c2d:3e4f:5a6b:7c8d]:7777 ◆ high at start: its exe is not the expected /opt/other",
            "127.0.0.1:3000 ◆ high at start: no expectation covers it",
            "10.0.0.5:41822 ▲ medium at start: rule database-elsewhere holds",
            "0.0.0.0:80 ▲ medium at start: the file that nginx 2214 runs was deleted or replaced, or never had a name: \
             /usr/sbin/nginx",
        ]
    );
    stage.polls(3);
    assert_eq!(
        reported(&mut stage)[6..],
        [
            "[::1]:6666 ◆ high: its user is not the expected root",
            "127.0.0.1:631 ▲ medium: cannot see whether its exe is the expected /usr/sbin/cupsd",
            "0.0.0.0:51820 ▲ medium: whose it is cannot be told: no process holds it: it belongs to the kernel, or is hidden",
            "[::1]:6666 ◆ high: the accept queue is full: 9 of 5 wait to be accepted, new connections are dropped until its \
             program accepts",
            "0.0.0.0:4444 ◆ high: no expectation covers it",
            "127.0.0.1:3000 · info: the listener that was reported is gone",
        ]
    );
    stage.keys("g");
    assert!(stage.screen().contains(" · info: listener closed, the listener that was reported is gone"));
    let sum = stage
        .app
        .timeline
        .sum(crate::model::Stamp { mono: std::time::Duration::ZERO, ..stage.now }, stage.now);
    assert_eq!((sum.opened, sum.changed, sum.closed), (5, 2, 2), "alerts are no changes");
}

#[test]
fn a_held_picture_keeps_what_was_said() {
    let mut stage = guarded(140, 40);
    stage.polls(2);
    stage.keys("f");
    let (told, count) = (expected(&stage), stage.app.guard.unexpected());
    stage.polls(2);
    assert_eq!((expected(&stage), stage.app.guard.unexpected()), (told, count));
    stage.keys("f");
    assert!(expected(&stage).contains(&"0.0.0.0:4444 ✗ nobody expects it".to_owned()));
}

#[test]
fn a_broken_policy_is_told_with_its_place_and_judges_nothing() {
    for (text, says) in [
        (
            "version = 1\n[[expect]]\nprotocol = 'tcp'\nport = 0\nscope = 'any'\n",
            "is not valid, line 4: a port lies",
        ),
        ("version = ", "is not valid, line 1: "),
    ] {
        let mut stage = Stage::new(140, 40);
        guard(&mut stage, text);
        stage.polls(1);
        let screen = stage.screen();
        assert!(screen.contains(&format!("the policy /etc/sockeye/policy.toml {says}")), "{screen}");
        assert!(!screen.contains("EXPECTED"));
    }
    let mut stage = Stage::new(140, 40);
    stage.app.guard = Guard::new(PolicyFile { text: Err("others may write to it".into()), ..file(None) });
    stage.polls(1);
    assert!(stage.screen().contains("cannot be read: others may write to it"), "{}", stage.screen());
}

#[test]
fn without_a_policy_there_is_no_column_and_a_hint() {
    let mut stage = Stage::new(140, 40);
    stage.app.guard = Guard::new(file(None));
    stage.polls(1);
    assert!(!stage.screen().contains("EXPECTED"), "{}", stage.screen());
    stage.keys("u");
    assert!(!stage.app.guard.only);
    stage.code(KeyCode::Enter);
    assert!(stage.screen().contains("sockeye policy learn"), "{}", stage.screen());
}

#[test]
fn details_tell_what_the_policy_says_and_where() {
    let mut stage = guarded(140, 40);
    stage.polls(4);
    for (filter, says) in [
        ("port = 22 and listening", "✓ yes: by the entry at /etc/sockeye/policy.toml:4"),
        (
            "port = 4444",
            "✗ nobody expects it: no entry of /etc/sockeye/policy.toml is about its protocol and port",
        ),
        (
            "192.168.1.5:5432",
            "✗ wider than loopback: the entry at /etc/sockeye/policy.toml:17 accepts loopback at most",
        ),
        (
            "127.0.0.1:631",
            "? owner cannot be seen: the entry at /etc/sockeye/policy.toml:23 asks for its exe",
        ),
    ] {
        stage.keys(&format!("/{filter}"));
        stage.code(KeyCode::Enter);
        stage.code(KeyCode::Enter);
        let screen = stage.screen();
        assert!(screen.contains("Policy\n") && screen.contains(says), "{filter}:\n{screen}");
        stage.code(KeyCode::Esc);
        stage.send(Input::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)));
    }
}
