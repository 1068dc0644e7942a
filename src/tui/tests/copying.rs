//! What goes to the clipboard.

use crossterm::event::KeyCode;
use serde_json::Value;

use super::{SCRIPT, Stage};
use crate::tui::theme::{ColorChoice, Look};
use crate::tui::update::Effect;

/// What a key copies; `None` when it copies nothing.
fn copied(stage: &mut Stage, key: char) -> Option<String> {
    match &mut stage.code(KeyCode::Char(key))[..] {
        [Effect::Copy(text)] => Some(std::mem::take(text)),
        _ => None,
    }
}

#[test]
fn a_row_is_copied_as_it_is_shown_and_whole() {
    let mut stage = Stage::played(80, 24);
    stage.keys("/127.0.0.53");
    stage.code(KeyCode::Enter);
    let row = copied(&mut stage, 'y').unwrap();
    assert_eq!(row, "udp\t127.0.0.53:53\tloopback v4\tsystemd-resolve 640\tbefore");
    assert!(stage.screen().contains(" row sent to the terminal's clipboard"), "{}", stage.screen());
    stage.wait(2.9);
    assert!(stage.screen().contains("clipboard"));
    stage.wait(0.2);
    assert!(!stage.screen().contains("clipboard"));
    assert!(stage.screen().contains("q quit"));
}

#[test]
fn a_socket_is_copied_as_json_from_the_list_and_from_its_details() {
    let mut stage = Stage::played(40, 10);
    stage.keys("/0.0.0.0:80");
    stage.code(KeyCode::Enter);
    let listed: Value = serde_json::from_str(&copied(&mut stage, 'Y').unwrap()).unwrap();
    assert_eq!((&listed["local_port"], &listed["owner_count"]), (&80.into(), &5.into()));
    assert!(stage.screen().contains(" JSON sent to the terminal's clipboard"), "{}", stage.screen());
    stage.code(KeyCode::Enter);
    let inspected: Value = serde_json::from_str(&copied(&mut stage, 'Y').unwrap()).unwrap();
    assert_eq!(listed, inspected);
}

#[test]
fn what_is_gone_is_copied_from_its_details_as_it_was_last_seen() {
    let mut stage = Stage::new(140, 40);
    stage.polls(3);
    stage.keys("/127.0.0.1:3000");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    stage.polls(4);
    assert!(stage.screen().contains("It is gone"), "{}", stage.screen());
    assert!(copied(&mut stage, 'y').unwrap().starts_with("tcp\t127.0.0.1:3000\t"));
}

#[test]
fn names_are_escaped() {
    for key in ['y', 'Y'] {
        let mut stage = Stage::played(140, 40);
        stage.keys("/6666");
        stage.code(KeyCode::Enter);
        let text = copied(&mut stage, key).unwrap();
        let hidden = |c: char| (c.is_control() && c != '\t') || c == '\u{202e}';
        assert!(text.contains(r"x1b[2J") && !text.contains(hidden), "{text:?}");
    }
}

#[test]
fn nothing_is_copied_where_there_is_nothing_or_too_much() {
    for key in ['y', 'Y'] {
        let mut stage = Stage::new(80, 24);
        assert_eq!(copied(&mut stage, key), None);
        assert!(stage.app.remark.is_none());
        stage.polls(4);
        stage.keys("/nowhere");
        stage.code(KeyCode::Enter);
        assert_eq!(copied(&mut stage, key), None);
    }
    let script = SCRIPT.replace("/usr/sbin/sshd", &"x".repeat(70_000));
    let mut stage = Stage::playing(&script, 140, 40, Look::new(ColorChoice::Ansi16, false));
    stage.polls(1);
    assert_eq!(stage.selected(), "[::]:22");
    assert_eq!(copied(&mut stage, 'Y'), None);
    assert!(stage.screen().contains("not copied: "), "{}", stage.screen());
}

#[test]
fn one_cell_is_chosen_by_its_head_and_copied_whole() {
    let mut stage = Stage::played(40, 10);
    stage.keys("/127.0.0.53");
    stage.code(KeyCode::Enter);
    stage.ctrl('y');
    assert!(stage.screen().contains("LOCAL"), "{}", stage.screen());
    stage.keys("exe");
    let effects = stage.code(KeyCode::Enter);
    let [Effect::Copy(text)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(text, "/usr/lib/systemd/systemd-resolved", "it has no room on this screen");
    assert!(stage.app.menu.is_none());
    assert!(stage.screen().contains("EXECUTABLE sent to"), "{}", stage.screen());
    stage.ctrl('y');
    stage.code(KeyCode::Esc);
    assert!(stage.app.menu.is_none());
}
