//! Other keys than those of the table: what they do, and that the screen tells them.

use crossterm::event::KeyCode;

use super::Stage;
use crate::tui::action::{Action, Mode};
use crate::tui::{Key, Keymap};

fn bound(bindings: &[(&str, &[&str])]) -> Keymap {
    let mut keymap = Keymap::default();
    for (action, keys) in bindings {
        let keys: Vec<Key> = keys.iter().map(|key| Key::named(key).unwrap()).collect();
        keymap.bind(action, &keys);
    }
    assert_eq!(keymap.clashes(), []);
    keymap
}

#[test]
fn bound_keys_do_it_and_the_former_ones_nothing() {
    let mut stage = Stage::played(140, 40);
    stage.app.keymap = bound(&[("freeze", &["z", "Ctrl-F"]), ("keep-filter", &["F2"]), ("compare", &[])]);
    stage.keys("fm");
    assert!(stage.app.frozen.is_none() && stage.app.compared.is_none());
    stage.keys("z");
    assert!(stage.app.frozen.is_some());
    stage.ctrl('f');
    assert!(stage.app.frozen.is_none());
    stage.keys("/x");
    assert_eq!(stage.app.prompt.text(), "x", "letters are letters");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.mode(), Mode::Filter);
    stage.code(KeyCode::F(2));
    assert_eq!(stage.app.mode(), Mode::List);
}

#[test]
fn the_screen_tells_the_keys_in_force() {
    let mut stage = Stage::played(140, 60);
    stage.app.keymap = bound(&[
        ("freeze", &["Ctrl-F", "Space"]),
        ("unix", &["F7"]),
        ("compare", &["F8"]),
        ("quit", &["Z"]),
        ("clear-filter", &["Del"]),
        ("connections", &["c"]),
    ]);
    let screen = stage.screen();
    for words in ["F7 Unix", "Ctrl-F freeze", "F8 mark", "Z quit"] {
        assert!(screen.contains(words), "{words}:\n{screen}");
    }
    stage.keys("?");
    let help = stage.screen();
    assert!(help.contains("   Ctrl-F  Space   freeze "), "{help}");
    stage.keys("?:fre");
    let offered = |line: &str| line.starts_with(" freeze ") && line.contains(" Ctrl-F  S");
    assert!(stage.screen().lines().any(offered), "{}", stage.screen());
    stage.code(KeyCode::Esc);
    stage.keys("/nowhere");
    stage.code(KeyCode::Enter);
    assert!(stage.screen().contains("Del clears it"), "{}", stage.screen());
    stage.code(KeyCode::Delete);
    stage.keys("/time-wait");
    assert!(stage.screen().contains("c shows"), "{}", stage.screen());
    stage.app.keymap = bound(&[("unix", &[]), ("freeze", &[])]);
    stage.code(KeyCode::Esc);
    let screen = stage.screen();
    assert!(screen.contains("4 Peers   Unix 3   6 Events"), "{screen}");
    assert!(!screen.contains("freeze"), "{screen}");
    assert_eq!(stage.app.key_for(Action::Freeze), None);
}
