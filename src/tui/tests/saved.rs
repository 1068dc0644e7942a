//! Saved views: called up, saved, renamed, deleted.

use crossterm::event::KeyCode;

use super::{Stage, screens};
use crate::tui::action::Mode;
use crate::tui::palette;
use crate::tui::remembered::{Arranged, LONGEST, Ordered, Remembered, SavedView};
use crate::tui::remembering::{Given, Memory, begin, remembered};
use crate::tui::theme::{ColorChoice, Look};
use crate::tui::views::View;

/// A dashboard whose saved views are remembered.
fn remembering(width: u16, height: u16, saved: &[(&str, SavedView)]) -> Stage {
    let mut stage = Stage::with_look(width, height, Look::new(ColorChoice::Ansi16, false));
    let saved = saved.iter().map(|(name, view)| ((*name).to_owned(), view.clone())).collect();
    let remembered = Remembered { saved, ..Remembered::default() };
    let memory = Memory { remembered, trouble: None, keep: Some(Box::new(|_| {})) };
    begin(&mut stage.app, &memory, Given::default());
    stage.polls(4);
    stage
}

fn web() -> SavedView {
    SavedView {
        view: "connections".to_owned(),
        filter: "port = 80".to_owned(),
        unexpected: false,
        arranged: Arranged {
            columns: Some(["local", "remote", "min_rtt_us"].map(str::to_owned).to_vec()),
            order: Some(Ordered { column: "rtt_us".to_owned(), reversed: true }),
            group: Some("user".to_owned()),
            folded: None,
        },
    }
}

fn names(stage: &Stage) -> Vec<&str> {
    stage.app.saved.views.keys().map(String::as_str).collect()
}

fn remark(stage: &Stage) -> &str {
    stage.app.remark.as_ref().map_or("", |(remark, _)| remark)
}

#[test]
fn the_present_arrangement_is_saved_and_called_up_again() {
    let mut stage = remembering(140, 40, &[]);
    stage.keys("/port = 80");
    stage.code(KeyCode::Enter);
    stage.keys("2buser");
    stage.code(KeyCode::Enter);
    stage.keys("Crtt_us");
    stage.code(KeyCode::Enter);
    stage.ctrl('s');
    stage.code(KeyCode::Esc);
    stage.keys("rV");
    assert_eq!(stage.app.mode(), Mode::Menu);
    stage.keys("web qv");
    let screen = stage.screen();
    assert!(screen.contains(" save view as web qv"), "letters are letters: {screen}");
    let told =
        "Enter saves Connections, filter port = 80, sorted by rtt_us reversed, grouped by user, 14 columns";
    assert!(screen.contains(told), "{screen}");
    stage.code(KeyCode::Enter);
    assert_eq!(
        (stage.app.mode(), remark(&stage), names(&stage)),
        (Mode::List, "view web qv saved", vec!["web qv"])
    );
    let saved = remembered(&stage.app);
    // Everything is changed, and called up.
    let before = stage.listed();
    stage.code(KeyCode::Esc);
    stage.ctrl('r');
    stage.keys("C");
    stage.ctrl('r');
    stage.code(KeyCode::Esc);
    stage.keys("sbnone");
    stage.code(KeyCode::Enter);
    stage.keys("1");
    assert_ne!(remembered(&stage.app), saved);
    stage.keys("v");
    assert_eq!(stage.app.mode(), Mode::Views);
    stage.keys("qv");
    stage.code(KeyCode::Enter);
    assert_eq!((stage.app.mode(), remark(&stage)), (Mode::List, "view web qv"));
    assert_eq!(remembered(&stage.app), saved);
    assert_eq!(stage.listed(), before);
    stage.code(KeyCode::Backspace);
    assert_eq!((stage.app.view, stage.app.prompt.text()), (View::Listeners, ""), "and back to where one was");
}

#[test]
fn one_without_a_filter_takes_the_filter_away() {
    let plain = SavedView { view: "unix".to_owned(), ..SavedView::default() };
    let mut stage = remembering(140, 40, &[("plain", plain)]);
    stage.keys("/tcp");
    stage.code(KeyCode::Enter);
    stage.keys("v");
    stage.code(KeyCode::Enter);
    assert_eq!((stage.app.view, stage.app.prompt.text()), (View::Unix, ""));
}

#[test]
fn a_name_that_is_there_is_replaced_after_it_was_told() {
    let mut stage = remembering(140, 40, &[("web", web())]);
    stage.keys("v");
    stage.code(KeyCode::Enter);
    stage.keys("5V");
    let screen = stage.screen();
    assert!(screen.contains(" save view as web\n"), "the one that was called up last: {screen}");
    assert!(screen.contains("Enter replaces Connections, filter port = 80, sorted by"), "{screen}");
    stage.code(KeyCode::Enter);
    assert_eq!(remark(&stage), "view web replaced");
    assert_eq!(stage.app.saved.views["web"].view, "unix");
}

#[test]
fn names_that_cannot_be() {
    let mut stage = remembering(140, 40, &[("web", web())]);
    for (typed, says) in [
        ("", "a name, under which v lists it"),
        ("  ", "a name, under which v lists it"),
        ("unix", "one of the views that are always there is called so"),
        (&"x".repeat(41), "too long: 40 characters are the most"),
    ] {
        stage.keys("V");
        stage.keys(typed);
        assert!(stage.screen().contains(says), "{typed}: {}", stage.screen());
        stage.code(KeyCode::Enter);
        assert!(remark(&stage).contains(says), "{typed}: {}", remark(&stage));
        assert_eq!((stage.app.mode(), names(&stage)), (Mode::Menu, vec!["web"]));
        stage.code(KeyCode::Esc);
    }
    stage.send(crate::tui::input::Input::Paste(String::new()));
    stage.keys("/");
    stage.send(crate::tui::input::Input::Paste("x".repeat(LONGEST + 1)));
    stage.code(KeyCode::Enter);
    stage.keys("Vlong");
    stage.code(KeyCode::Enter);
    assert!(remark(&stage).contains("the filter is too long"), "{}", remark(&stage));
}

#[test]
fn no_more_than_a_hundred_but_one_can_be_replaced_and_renamed() {
    let many: Vec<(String, SavedView)> = (0..100).map(|number| (format!("v{number:02}"), web())).collect();
    let many: Vec<(&str, SavedView)> =
        many.iter().map(|(name, view)| (name.as_str(), view.clone())).collect();
    let mut stage = remembering(140, 40, &many);
    stage.keys("Vnew");
    stage.code(KeyCode::Enter);
    assert!(remark(&stage).contains("100 views are the most"), "{}", remark(&stage));
    stage.ctrl('u');
    stage.keys("v07");
    stage.code(KeyCode::Enter);
    assert_eq!((remark(&stage), names(&stage).len()), ("view v07 replaced", 100));
    stage.keys("vv07");
    stage.ctrl('r');
    stage.keys("x");
    stage.code(KeyCode::Enter);
    assert_eq!((remark(&stage), names(&stage).len()), ("view v07 is called v07x", 100));
}

#[test]
fn a_view_gets_another_name() {
    let plain = SavedView { view: "unix".to_owned(), ..SavedView::default() };
    let mut stage = remembering(140, 40, &[("plain", plain), ("web", web())]);
    stage.keys("vweb");
    stage.ctrl('r');
    assert!(stage.screen().contains(" call view web"), "{}", stage.screen());
    for (typed, says) in [("plain", "a view is called so"), ("peers", "always there"), ("", "a name")] {
        stage.ctrl('u');
        stage.keys(typed);
        stage.code(KeyCode::Enter);
        assert!(remark(&stage).contains(says), "{typed}: {}", remark(&stage));
        assert_eq!(names(&stage), ["plain", "web"]);
    }
    stage.ctrl('u');
    stage.keys("a web");
    stage.code(KeyCode::Enter);
    assert_eq!((remark(&stage), names(&stage)), ("view web is called a web", vec!["a web", "plain"]));
    assert_eq!(stage.app.mode(), Mode::Views, "back in the list, at the view");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.view, View::Connections);
}

#[test]
fn a_view_is_deleted_by_the_key_twice() {
    let mut stage = remembering(140, 40, &[("one", web()), ("two", web())]);
    stage.keys("v");
    stage.ctrl('d');
    assert_eq!((remark(&stage), names(&stage).len()), ("Ctrl-D again deletes view one", 2));
    stage.code(KeyCode::Down);
    stage.ctrl('d');
    assert_eq!((remark(&stage), names(&stage).len()), ("Ctrl-D again deletes view two", 2));
    stage.wait(4.0);
    stage.ctrl('d');
    assert_eq!(names(&stage).len(), 2, "that was long ago");
    stage.ctrl('d');
    assert_eq!(
        (remark(&stage), names(&stage), stage.app.mode()),
        ("view two deleted", vec!["one"], Mode::Views)
    );
    stage.ctrl('d');
    stage.ctrl('d');
    assert_eq!((names(&stage), stage.app.mode()), (vec![""; 0], Mode::List));
}

#[test]
fn where_nothing_is_saved_or_nothing_kept_it_is_told() {
    let mut stage = remembering(140, 40, &[]);
    stage.keys("v");
    assert_eq!((stage.app.mode(), remark(&stage)), (Mode::List, "no view is saved so far; V saves this one"));
    let mut stage = Stage::played(140, 40); // remembers nothing
    stage.keys("V");
    assert_eq!(stage.app.mode(), Mode::List);
    assert_eq!(remark(&stage), "not saved: this run remembers nothing (--no-state, or the setting state)");
    let memory = Memory { trouble: Some("it is a link".to_owned()), ..Memory::default() };
    begin(&mut stage.app, &memory, Given::default());
    stage.keys("V");
    assert_eq!(remark(&stage), "not saved: this run remembers nothing (the notice above says why)");
}

#[test]
fn the_palette_finds_them_by_their_names() {
    let mut stage = remembering(140, 40, &[("My Web", web())]);
    let offered = |stage: &Stage| -> Vec<String> {
        palette::matches(&stage.app).into_iter().map(|offer| offer.name.into_owned()).collect()
    };
    stage.keys(":my w");
    assert_eq!(offered(&stage), ["view My Web"]);
    stage.ctrl('u');
    stage.keys("view my");
    assert_eq!(offered(&stage)[0], "view My Web");
    assert!(stage.screen().contains("Connections, filter port = 80"), "{}", stage.screen());
    stage.code(KeyCode::Tab);
    assert_eq!(offered(&stage)[0], "view My Web");
    stage.code(KeyCode::Enter);
    assert_eq!((stage.app.view, remark(&stage)), (View::Connections, "view My Web"));
    stage.code(KeyCode::Down); // below the heading
    stage.code(KeyCode::Enter);
    stage.keys(":my w");
    assert_eq!(offered(&stage), [""; 0], "details lie over the list");
}

#[test]
fn one_can_begin_with_a_view() {
    let begun = |given: Given<'_>| {
        let mut stage = Stage::new(140, 40);
        let remembered = Remembered {
            view: Some("peers".to_owned()),
            filter: "udp".to_owned(),
            saved: [("web".to_owned(), web())].into(),
            ..Remembered::default()
        };
        let memory = Memory { remembered, ..Memory::default() };
        let names: Vec<&str> = memory.views().collect();
        assert_eq!(names[..3], ["web", "listeners", "connections"]);
        begin(&mut stage.app, &memory, given);
        stage.app
    };
    let with = |view| Given { view: Some(view), ..Given::default() };
    for (given, view, filter) in [
        (Given::default(), View::Peers, "udp"),
        (with("web"), View::Connections, "port = 80"),
        (Given { filter: true, ..with("web") }, View::Connections, ""),
        (with("unix"), View::Unix, "udp"),
    ] {
        let app = begun(given);
        assert_eq!((app.view, app.prompt.text()), (view, filter), "{:?}", given.view);
    }
    assert!(begun(with("web")).ask().info, "what its columns look at is there from the beginning");
}

#[test]
fn what_means_nothing_any_more_is_told() {
    let odd = SavedView { filter: "prot = 7".to_owned(), ..web() };
    let odd =
        SavedView { arranged: Arranged { group: Some("\u{1b}x".to_owned()), ..odd.arranged.clone() }, ..odd };
    let elsewhere = SavedView { view: "elsewhere".to_owned(), ..web() };
    let mut stage = remembering(140, 40, &[("odd\u{7}", odd), ("x", elsewhere)]);
    stage.keys("v");
    assert!(stage.screen().contains(r" odd\x07"), "{}", stage.screen());
    stage.code(KeyCode::Enter);
    let told = r"view odd\x07, without what is not known here: group \x1bx, filter prot = 7";
    assert!(stage.screen().contains(told), "{}", stage.screen());
    stage.keys("vx");
    stage.code(KeyCode::Enter);
    assert_eq!(remark(&stage), "view x, without what is not known here: view elsewhere");
}

#[test]
fn pictures() {
    let plain =
        SavedView { view: "listeners".to_owned(), filter: "exposed".to_owned(), ..SavedView::default() };
    for (width, height) in screens::SIZES {
        let mut stage =
            remembering(width, height, &[("from outside", plain.clone()), ("web, by round trip", web())]);
        stage.keys("v");
        stage.code(KeyCode::Down);
        insta::assert_snapshot!(format!("views_{width}x{height}"), stage.screen());
        stage.code(KeyCode::Esc);
        stage.keys("Vmine");
        insta::assert_snapshot!(format!("save_view_{width}x{height}"), stage.screen());
    }
}
