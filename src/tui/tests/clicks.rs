//! Clicks and the wheel, at the places that a reader of the screen would aim at.

use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Size};

use super::Stage;
use crate::text;
use crate::tui::action::{Action, Mode, Motion};
use crate::tui::input::Input;
use crate::tui::pointer::{self, Spot};
use crate::tui::update::Effect;
use crate::tui::views::View;
use crate::tui::{layout, menu, palette};

impl Stage {
    pub(super) fn mouse(&mut self, kind: MouseEventKind, (column, row): (u16, u16)) -> Vec<Effect> {
        self.send(Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
    }

    /// Clicks on the first cell of a text that is on the screen.
    pub(super) fn click(&mut self, words: &str) -> Vec<Effect> {
        let at = self.find(words);
        self.mouse(MouseEventKind::Down(MouseButton::Left), at)
    }

    /// Where a text is on the screen, in cells.
    pub(super) fn find(&self, words: &str) -> (u16, u16) {
        let screen = self.screen();
        let found = screen.lines().enumerate().find_map(|(y, line)| Some((y, line, line.find(words)?)));
        let (y, line, x) = found.unwrap_or_else(|| panic!("no {words:?} in\n{screen}"));
        (text::width(&line[..x]).try_into().unwrap(), y.try_into().unwrap())
    }

    fn wheel(&mut self, notches: i32) {
        let kind = if notches > 0 { MouseEventKind::ScrollDown } else { MouseEventKind::ScrollUp };
        for _ in 0..notches.abs() {
            self.mouse(kind, (5, 5));
        }
    }
}

#[test]
fn a_click_selects_and_a_second_one_soon_after_opens() {
    for (width, height) in [(140, 40), (80, 24), (40, 10)] {
        let mut stage = Stage::played(width, height);
        stage.click("127.0.0.53");
        assert_eq!(stage.selected(), "127.0.0.53:53");
        stage.wait(0.5);
        stage.click("127.0.0.53");
        assert_eq!(stage.app.mode(), Mode::List, "too late to be one gesture");
        stage.wait(0.3);
        stage.click("0.0.0.0:80");
        assert_eq!((stage.app.mode(), stage.selected().as_str()), (Mode::List, "0.0.0.0:80"), "another row");
        stage.wait(0.4);
        stage.click("0.0.0.0:80");
        assert_eq!(stage.app.mode(), Mode::Details);
        stage.code(KeyCode::Esc);
        stage.click("0.0.0.0:80");
        assert_eq!(stage.app.mode(), Mode::List, "the gesture was over");
    }
}

#[test]
fn a_row_that_moved_from_under_the_pointer_is_not_opened() {
    let mut stage = Stage::played(80, 24);
    let at = stage.find("127.0.0.53");
    stage.mouse(MouseEventKind::Down(MouseButton::Left), at);
    stage.keys("r");
    stage.mouse(MouseEventKind::Down(MouseButton::Left), at);
    assert_eq!(stage.app.mode(), Mode::List);
    assert_ne!(stage.selected(), "127.0.0.53:53");
}

#[test]
fn a_double_click_keeps_the_filter_that_is_typed_unless_it_is_wrong() {
    let mut stage = Stage::played(140, 40);
    stage.keys("/nginx");
    stage.click("0.0.0.0:80");
    stage.click("0.0.0.0:80");
    assert_eq!((stage.app.mode(), stage.app.prompt.text()), (Mode::Details, "nginx"));
    stage.code(KeyCode::Esc);
    stage.keys("/ and prot = 2");
    stage.click("[::]:80");
    stage.click("[::]:80");
    assert_eq!((stage.app.mode(), stage.selected().as_str()), (Mode::Filter, "[::]:80"));
}

#[test]
fn heads_sort_and_again_reverse() {
    let mut stage = Stage::played(140, 40);
    let order = |stage: &Stage| {
        let pane = stage.app.pane();
        (pane.columns[pane.sort.column].title, pane.sort.reversed)
    };
    stage.click("OWNER");
    assert_eq!(order(&stage), ("OWNER", false));
    stage.click("OWNER");
    assert_eq!(order(&stage), ("OWNER", true));
    stage.click("PROTO");
    assert_eq!(order(&stage), ("PROTO", false));
    stage.click("sorted by");
    assert_eq!(order(&stage), ("PROTO", true));
    let (x, y) = stage.find("SCOPE");
    stage.mouse(MouseEventKind::Down(MouseButton::Left), (x - 1, y));
    assert_eq!(order(&stage), ("LOCAL", false), "the gap belongs to the column before it");
    stage.mouse(MouseEventKind::Down(MouseButton::Left), (0, y));
    assert_eq!(order(&stage), ("LOCAL", false), "the margin to none");
}

#[test]
fn tabs_turn_to_their_view_whatever_lies_over_it() {
    for over in ["", "?", "\n"] {
        for (width, height, words) in [(140, 40, "Connections"), (40, 10, "Conn")] {
            let mut stage = Stage::played(width, height);
            match over {
                "\n" => drop(stage.code(KeyCode::Enter)),
                keys => stage.keys(keys),
            }
            stage.click(words);
            assert_eq!((stage.app.mode(), stage.app.view), (Mode::List, View::Connections), "{over:?}");
            stage.click("Listen");
            assert_eq!(stage.app.view, View::Listeners);
        }
    }
}

#[test]
fn hints_do_what_they_tell() {
    let mut stage = Stage::played(200, 40);
    stage.click("m mark");
    assert!(stage.app.compared.is_some());
    stage.click("since ");
    assert_eq!(stage.app.view, View::Events);
    stage.click("Listeners");
    stage.click("m mark");
    stage.click("freeze");
    assert!(stage.app.frozen.is_some());
    stage.click("frozen");
    assert!(stage.app.frozen.is_none());
    stage.click("/ filter");
    assert_eq!(stage.app.mode(), Mode::Filter);
    stage.click("Esc undo");
    stage.click("? help");
    assert_eq!(stage.app.mode(), Mode::Help);
    stage.click("sorted by");
    assert!(!stage.app.pane().sort.reversed, "it cannot be done while the help lies over the list");
    stage.click("Esc back");
    assert_eq!(stage.app.mode(), Mode::List);
    let (x, y) = stage.find("q quit");
    for at in x..x + 6 {
        let effects = stage.mouse(MouseEventKind::Down(MouseButton::Left), (at, y));
        assert!(matches!(effects[..], [Effect::Quit(_)]), "{at}: {effects:?}");
    }
    assert!(stage.mouse(MouseEventKind::Down(MouseButton::Left), (x - 1, y)).is_empty(), "between two hints");
    assert!(stage.mouse(MouseEventKind::Down(MouseButton::Right), (x, y)).is_empty());
    assert!(stage.mouse(MouseEventKind::Up(MouseButton::Left), (x, y)).is_empty());
}

#[test]
fn the_wheel_scrolls_what_is_in_sight() {
    let mut stage = Stage::played(40, 10); // five of eleven rows
    stage.wheel(1);
    let pane = stage.app.pane();
    assert_eq!((pane.top, pane.cursor), (3, 3), "the selection is pushed along");
    stage.wheel(9);
    assert_eq!(stage.app.pane().top, stage.app.listing.index.len() - stage.app.page());
    stage.keys("G");
    stage.wheel(-1);
    let (top, cursor) = (stage.app.pane().top, stage.app.pane().cursor);
    assert_eq!(cursor, top + stage.app.page() - 1);
    stage.wheel(-9);
    assert_eq!((stage.app.pane().top, stage.app.pane().cursor), (0, stage.app.page() - 1));
    stage.keys("?");
    stage.wheel(2);
    assert_eq!(stage.app.help, Some(6));
    stage.wheel(-1);
    assert_eq!(stage.app.help, Some(3));
    stage.keys("?");
    stage.code(KeyCode::Enter);
    stage.wheel(1);
    assert_eq!(stage.app.inspected.as_ref().unwrap().scroll, 3);
    stage.wheel(-2);
    assert_eq!(stage.app.inspected.as_ref().unwrap().scroll, 0);
}

#[test]
fn wherever_one_clicks_nothing_breaks_and_only_what_is_there_is_hit() {
    for prepare in ["", "?", "2u", "/nowhere", "/prot = ", ":o", "Ca"] {
        for (width, height) in [(140, 24), (40, 10), (39, 9)] {
            let mut stage = Stage::played(width, height);
            stage.keys(prepare);
            for (x, y) in (0..height + 2).flat_map(|y| (0..width + 2).map(move |x| (x, y))) {
                match pointer::spot(&stage.app, Position::new(x, y)) {
                    Some(Spot::Row(row)) => assert!(row < stage.app.listing.index.len()),
                    Some(Spot::Head(column)) => assert!(column < stage.app.pane().columns.len()),
                    Some(Spot::Tab(_)) => assert_eq!(y, layout::screen(&stage.app).tabs.y),
                    Some(Spot::Match(place)) => assert!(place < palette::matches(&stage.app).len()),
                    Some(Spot::Choice(place)) => assert!(place < menu::choices(&stage.app).len()),
                    Some(Spot::Do(_)) | None => {}
                }
            }
        }
    }
    let mut stage = Stage::new(80, 24);
    assert_eq!(pointer::spot(&stage.app, Position::new(5, 5)), None, "nothing was read so far");
    stage.polls(4);
    stage.send(Input::Resize(Size { width: 30, height: 5 }));
    assert_eq!(pointer::spot(&stage.app, Position::new(3, 1)), None, "too small to show anything");
    stage.send(Input::Resize(Size { width: 80, height: 24 }));
    let hints = |stage: &Stage| {
        let all = (0..80).filter_map(|x| pointer::spot(&stage.app, Position::new(x, 23)));
        let mut all: Vec<_> = all.collect();
        all.dedup();
        all
    };
    let shown = hints(&stage);
    assert_eq!(shown.first(), Some(&Spot::Do(Action::Move(Motion::Up))));
    assert_eq!(shown.last(), Some(&Spot::Do(Action::Quit)));
}
