//! What explains the gaps: what is missing, why, and what mends it.

use crossterm::event::KeyCode;

use super::Stage;
use super::screens::pictures;
use crate::model::Rights;
use crate::output::doctor::Asker;
use crate::tui::action::Mode;
use crate::tui::theme::{ColorChoice, Look};

#[test]
fn what_a_user_without_rights_is_told_at_every_size() {
    pictures("explanation", |stage| {
        stage.polls(4);
        stage.keys("!");
    });
}

#[test]
fn it_opens_over_everything_changes_places_with_the_help_and_closes() {
    let mut stage = Stage::played(80, 24);
    assert!(stage.screen().contains("! explains"), "the notice tells the key");
    stage.code(KeyCode::Enter);
    for (keys, mode, shown) in [
        ("!", Mode::Help, "sudo setcap"),
        ("G", Mode::Help, "what lives shorter"),
        ("?", Mode::Help, "Keys"),
        ("!", Mode::Help, "rights: view"),
        ("!", Mode::Details, "sshd"),
    ] {
        stage.keys(keys);
        assert_eq!(stage.app.mode(), mode, "{keys}");
        assert!(stage.screen().contains(shown), "{keys}: {}", stage.screen());
    }
    stage.keys("!");
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.mode(), Mode::Details);
}

#[test]
fn who_has_all_rights_is_told_no_command() {
    let mut stage = Stage::played(140, 40);
    let rights = Rights { every_process: true, bpf: true, namespaces: true, filters: true };
    stage.app.asker = Asker { is_root: true, rights, ..Asker::default() };
    stage.keys("!");
    let screen = stage.screen();
    assert!(screen.contains("rights: full") && screen.contains("even by root"), "{screen}");
    assert!(!screen.contains("setcap"), "{screen}");
}

#[test]
fn a_failure_is_explained_before_anything_was_read_and_in_ascii() {
    let mut stage = Stage::with_look(80, 24, Look::new(ColorChoice::Monochrome, true));
    stage.keys("!");
    assert_eq!(stage.app.mode(), Mode::Help);
    stage.app.failure = Some("cannot open\x1b the socket".into());
    let screen = stage.screen();
    assert!(screen.contains(r"the last poll failed: cannot open\x1b the socket"), "{screen}");
    assert!(screen.contains("nothing was read so far"), "{screen}");
    stage.polls(4);
    assert!(stage.screen().is_ascii() && stage.screen().contains("rights: view"), "{}", stage.screen());
}
