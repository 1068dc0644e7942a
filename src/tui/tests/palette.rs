//! Choosing an action by its name.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::{Stage, screens};
use crate::tui::action::{ACTIONS, Action, Mode};
use crate::tui::input::Input;
use crate::tui::palette;
use crate::tui::update::Effect;
use crate::tui::views::View;

fn offered(stage: &Stage) -> Vec<String> {
    palette::matches(&stage.app).into_iter().map(|offer| offer.name.into_owned()).collect()
}

#[test]
fn pictures() {
    screens::pictures("palette", |stage| {
        stage.polls(4);
        stage.keys(":so");
        stage.code(KeyCode::Down);
    });
    screens::pictures("palette_empty", |stage| {
        stage.polls(4);
        stage.code(KeyCode::Enter);
        stage.keys(":");
    });
    screens::pictures("palette_nothing", |stage| {
        stage.polls(4);
        stage.keys(":explode");
    });
}

#[test]
fn a_name_is_typed_and_done() {
    let mut stage = Stage::played(80, 24);
    stage.keys(":conn");
    assert_eq!((stage.app.mode(), offered(&stage)[0].as_str()), (Mode::Palette, "connections"));
    stage.code(KeyCode::Enter);
    assert_eq!((stage.app.mode(), stage.app.view), (Mode::List, View::Connections));
    stage.keys(":quit");
    assert!(matches!(stage.code(KeyCode::Enter)[..], [Effect::Quit(_)]));
    stage.keys(":filter");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.mode(), Mode::Filter);
}

#[test]
fn names_stand_whole_where_sentences_are_cut() {
    let mut stage = Stage::played(80, 24);
    stage.keys("2:retrans");
    let (screen, names) = (stage.screen(), offered(&stage));
    let fields = names.iter().filter(|name| name.starts_with("sort by ")).take(5);
    assert!(fields.clone().count() > 1 && fields.clone().all(|name| screen.contains(&**name)), "{screen}");
}

#[test]
fn all_that_can_be_done_is_offered_and_nothing_else() {
    for (keys, below) in [("", Mode::List), ("\n", Mode::Details), ("?", Mode::Help)] {
        let mut stage = Stage::played(80, 24);
        match keys {
            "\n" => drop(stage.code(KeyCode::Enter)),
            keys => stage.keys(keys),
        }
        assert_eq!(stage.app.mode(), below);
        let can: Vec<_> = ACTIONS.iter().filter(|entry| stage.app.can(entry)).collect();
        stage.keys(":");
        let mut names: Vec<_> = can.iter().map(|entry| entry.name).collect();
        names.retain(|name| *name != "palette");
        assert_eq!(offered(&stage), names, "{below:?}");
        for entry in can {
            let mut stage = Stage::played(80, 24);
            match keys {
                "\n" => drop(stage.code(KeyCode::Enter)),
                keys => stage.keys(keys),
            }
            stage.keys(":");
            stage.send(Input::Paste(entry.name.into()));
            stage.code(KeyCode::Enter);
            if entry.action != Action::Palette {
                assert_ne!(stage.app.mode(), Mode::Palette, "{below:?}: {}", entry.name);
            }
        }
    }
    let stage = Stage::new(80, 24);
    let names = offered(&stage);
    let offers = |name: &str| names.iter().any(|offered| offered == name);
    assert!(!offers("freeze") && offers("quit"), "nothing was read so far: {names:?}");
}

#[test]
fn moving_completing_and_leaving() {
    let mut stage = Stage::played(80, 24);
    stage.keys(":sort");
    let names = offered(&stage);
    assert_eq!(names[..2], ["next-sort", "previous-sort"]);
    stage.code(KeyCode::Down);
    stage.code(KeyCode::Tab);
    assert_eq!(stage.app.palette.as_ref().unwrap().text(), "previous-sort");
    stage.ctrl('w');
    stage.keys("jk?q");
    assert_eq!(stage.app.palette.as_ref().unwrap().text(), "jk?q", "letters are letters");
    assert_eq!(offered(&stage), [""; 0]);
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Down);
    stage.code(KeyCode::Tab);
    assert_eq!(stage.app.mode(), Mode::Palette, "there is nothing to do");
    stage.code(KeyCode::Esc);
    assert_eq!((stage.app.mode(), stage.app.prompt.text()), (Mode::List, ""));
    stage.keys(":");
    let last = offered(&stage).len() - 1;
    for _ in 0..50 {
        stage.code(KeyCode::PageDown);
    }
    assert_eq!(stage.app.palette.as_ref().unwrap().chosen(last + 1), last);
    assert!(stage.screen().contains("quit"));
    assert!(matches!(stage.ctrl('c')[..], [Effect::Quit(_)]));
}

#[test]
fn a_click_on_an_action_does_it_and_one_elsewhere_leaves() {
    let mut stage = Stage::played(80, 24);
    let click = |stage: &mut Stage, row: u16| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        stage.send(Input::Mouse(MouseEvent { kind, column: 3, row, modifiers: KeyModifiers::NONE }));
    };
    let line = |stage: &Stage, text: &str| {
        let screen = stage.screen();
        screen.lines().position(|line| line.starts_with(text)).unwrap().try_into().unwrap()
    };
    stage.keys(":sort");
    let row = line(&stage, " previous-sort");
    click(&mut stage, row);
    let pane = stage.app.pane();
    assert_eq!((stage.app.mode(), pane.columns[pane.sort.column].title), (Mode::List, "PROTO"));
    stage.keys(":sort");
    let row = line(&stage, "   tcp");
    click(&mut stage, row);
    assert_eq!(stage.app.mode(), Mode::List);
}

/// What a newcomer looks for is found by its name, shown or not: which connection retransmits most.
#[test]
fn the_list_is_ordered_by_what_is_typed() {
    let mut stage = Stage::played(100, 40);
    stage.keys("2:");
    assert!(!offered(&stage).iter().any(|name| name.starts_with("sort by ")), "there are too many");
    stage.keys("retransmitted in all");
    assert_eq!(offered(&stage)[0], "sort by RETRANS (total_retrans)");
    stage.code(KeyCode::Enter);
    let sorted = |stage: &Stage| {
        let pane = stage.app.pane();
        let column = &pane.columns[pane.sort.column];
        (column.key, column.shown, column.descending, pane.sort.reversed)
    };
    assert_eq!((stage.app.mode(), sorted(&stage)), (Mode::List, ("total_retrans", true, true, false)));
    assert!(stage.screen().contains(" RETRANS▼"), "{}", stage.screen());
    // A field that no column shows comes into sight.
    stage.keys(":sort by snd_cwnd");
    stage.code(KeyCode::Enter);
    assert_eq!(sorted(&stage), ("snd_cwnd", true, true, false));
}
