//! How the dashboard was left, and that it begins so again.

use crossterm::event::KeyCode;

use super::Stage;
use crate::model::Ask;
use crate::tui::Theme;
use crate::tui::grouping::By;
use crate::tui::headings;
use crate::tui::input::Input;
use crate::tui::listing::Sort;
use crate::tui::remembered::{Arranged, LONGEST, Ordered, Remembered};
use crate::tui::remembering::{Given, Memory, arrange, arranged, begin, remembered};
use crate::tui::views::{Lines, View};

const NOTHING: Given<'_> = Given { filter: false, theme: false, view: None };

/// A dashboard that begins so, played to its end.
fn beginning(remembered: &Remembered, given: Given<'_>) -> Stage {
    let mut stage = Stage::new(140, 40);
    let memory = Memory { remembered: remembered.clone(), ..Memory::default() };
    begin(&mut stage.app, &memory, given);
    stage.polls(4);
    stage
}

fn texts(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn what_one_arranged_is_as_it_was_left() {
    let mut stage = Stage::played(140, 40);
    stage.keys("/nginx");
    stage.code(KeyCode::Enter);
    stage.keys("2brole");
    stage.code(KeyCode::Enter);
    stage.keys("Cuid");
    stage.code(KeyCode::Enter);
    stage.ctrl('s');
    stage.code(KeyCode::Esc);
    stage.keys("r3b*sT2");
    let left = remembered(&stage.app);
    assert_eq!(left.view.as_deref(), Some("connections"));
    assert_eq!((left.filter.as_str(), left.filters.as_slice()), ("nginx", &texts("nginx")[..]));
    assert_eq!(left.theme.as_deref(), Some("dark"));
    let views: Vec<&str> = left.views.keys().map(String::as_str).collect();
    assert_eq!(views, ["connections", "processes"], "the others are as at first");
    let connections = &left.views["connections"];
    assert_eq!(connections.order, Some(Ordered { column: "uid".to_owned(), reversed: true }));
    assert_eq!(connections.group.as_deref(), Some("role"));
    assert_eq!(left.views["processes"].group.as_deref(), Some("unit"));
    assert_eq!(left.views["processes"].folded, Some(false));
    let mut again = beginning(&left, NOTHING);
    assert_eq!(remembered(&again.app), left);
    for view in ["2", "3"] {
        let [before, after] = [&mut stage, &mut again].map(|stage| {
            stage.keys(view);
            stage.code(KeyCode::Home);
            stage.screen()
        });
        // The last line tells of a way back as well.
        let without_hints = |screen: &str| screen.trim_end().rsplit_once('\n').unwrap().0.to_owned();
        assert_eq!(without_hints(&before), without_hints(&after));
    }
}

#[test]
fn every_view_in_every_way() {
    for view in View::ALL {
        let mut stage = Stage::played(140, 40);
        let app = &mut stage.app;
        assert_eq!(arranged(&app.panes[view.number()], view), Arranged::default(), "{view:?}");
        let groups: Vec<&str> = match view.lines() {
            Lines::Sockets => vec!["owner", "local_port", "state"],
            _ => By::choices(view).iter().map(|by| by.word(view)).collect(),
        };
        for group in groups {
            let pane = &mut app.panes[view.number()];
            pane.columns.rotate_left(1);
            pane.columns[0].shown = !pane.columns[0].shown;
            let last = pane.columns.len() - 1;
            pane.sort = Sort { column: last, reversed: true };
            match view.lines() {
                Lines::Sockets => pane.grouping.field = headings::field(group),
                _ => pane.by = *By::choices(view).iter().find(|by| by.word(view) == group).unwrap(),
            }
            pane.folds.set_all(pane.folds.folded());
            let left = arranged(pane, view);
            let shown: Vec<&str> =
                pane.columns.iter().filter(|column| column.shown).map(|column| column.key).collect();
            assert_eq!(left.columns.as_deref().unwrap(), shown, "{view:?}");
            assert_eq!(arrange(app, view, &Arranged::default()), [""; 0]);
            assert_eq!(arranged(&app.panes[view.number()], view), Arranged::default(), "{view:?}");
            assert_eq!(arrange(app, view, &left), [""; 0]);
            assert_eq!(arranged(&app.panes[view.number()], view), left, "{view:?} {group}");
        }
    }
}

#[test]
fn what_is_asked_for_counts_more() {
    let left = Remembered {
        filter: "tcp".to_owned(),
        theme: Some("light".to_owned()),
        filters: texts("udp tcp"),
        ..Remembered::default()
    };
    let app = beginning(&left, NOTHING).app;
    assert_eq!((app.prompt.text(), app.look.theme()), ("tcp", Theme::Light));
    let app = beginning(&left, Given { filter: true, theme: true, view: None }).app;
    assert_eq!((app.prompt.text(), app.look.theme()), ("", Theme::Terminal));
    assert_eq!(app.prompt.kept(), ["udp", "tcp"]);
}

#[test]
fn filters_of_other_runs_come_back_by_the_arrow() {
    let mut stage = beginning(&Remembered { filters: texts("udp tcp"), ..Remembered::default() }, NOTHING);
    stage.keys("/");
    for expected in ["tcp", "udp", "udp"] {
        stage.code(KeyCode::Up);
        assert_eq!(stage.app.prompt.text(), expected);
    }
}

#[test]
fn that_the_filter_is_an_old_one_is_told_with_the_way_out() {
    let left = Remembered { filter: "nginx".to_owned(), ..Remembered::default() };
    let mut stage = Stage::new(140, 40);
    begin(&mut stage.app, &Memory { remembered: left, ..Memory::default() }, NOTHING);
    let screen = stage.screen();
    assert!(screen.contains("the filter is that of last time; Esc clears it"), "{screen}");
    stage.code(KeyCode::Esc);
    assert_eq!(remembered(&stage.app).filter, "");
    assert_eq!(remembered(&stage.app).filters, ["nginx"]);
}

#[test]
fn names_that_mean_nothing_here_are_passed_over_and_told() {
    let named = |columns: &str, order: &str, group: &str| Arranged {
        columns: Some(texts(columns)),
        order: Some(Ordered { column: order.to_owned(), reversed: true }),
        group: Some(group.to_owned()),
        folded: None,
    };
    let views = [
        ("unix", named("local nope local peer_cookie", "nope", "peer_cookie")),
        ("peers", named("rtt_us", "rtt_us", "unit")),
        ("elsewhere", Arranged::default()),
    ];
    let left = Remembered {
        view: Some("\u{1b}[2J".to_owned()),
        filter: "prot = 7".to_owned(),
        theme: Some("neon".to_owned()),
        views: views.into_iter().map(|(name, arranged)| (name.to_owned(), arranged)).collect(),
        ..Remembered::default()
    };
    let mut stage = beginning(&left, NOTHING);
    assert_eq!((stage.app.view, stage.app.prompt.text()), (View::Listeners, ""));
    let told = stage.app.forgotten.clone().unwrap();
    for name in [
        "view \u{1b}[2J",
        "view elsewhere",
        "column nope",
        "column peer_cookie",
        "group peer_cookie",
        "column rtt_us",
        "group unit",
        "theme neon",
        "filter prot = 7",
    ] {
        assert!(told.contains(name), "{name}: {told}");
    }
    let screen = stage.screen();
    assert!(screen.contains(r"remembered, and not known here: view \x1b[2J, view elsewhere"), "{screen}");
    let peers = &stage.app.panes[View::Peers.number()];
    assert_eq!(arranged(peers, View::Peers), Arranged::default());
    stage.keys("5");
    let unix = &remembered(&stage.app).views["unix"];
    assert_eq!(*unix, Arranged { columns: Some(texts("local")), ..Arranged::default() });
}

#[test]
fn what_could_not_be_read_is_told() {
    let mut stage = Stage::new(140, 40);
    let memory = Memory { trouble: Some("/state: it is a link\u{7}".to_owned()), ..Memory::default() };
    begin(&mut stage.app, &memory, NOTHING);
    stage.polls(1);
    let screen = stage.screen();
    assert!(screen.contains(r"nothing is remembered: /state: it is a link\x07"), "{screen}");
}

#[test]
fn the_first_reading_has_what_the_view_and_its_columns_look_at() {
    let asked = |left: Remembered| {
        let mut stage = Stage::new(140, 40);
        begin(&mut stage.app, &Memory { remembered: left, ..Memory::default() }, NOTHING);
        stage.app.ask()
    };
    assert_eq!(asked(Remembered::default()), Ask::NOTHING);
    assert!(asked(Remembered { view: Some("peers".to_owned()), ..Remembered::default() }).rates);
    let columns = Arranged { columns: Some(texts("local min_rtt_us")), ..Arranged::default() };
    let views = [("listeners".to_owned(), columns)].into();
    assert!(asked(Remembered { views, ..Remembered::default() }).info);
    assert!(asked(Remembered { filter: "rto > 0".to_owned(), ..Remembered::default() }).info);
}

#[test]
fn long_texts_are_not_remembered() {
    let mut stage = Stage::played(140, 40);
    for length in [LONGEST, LONGEST + 1] {
        stage.keys("/");
        stage.ctrl('u');
        stage.send(Input::Paste("x".repeat(length)));
        stage.code(KeyCode::Enter);
        let left = remembered(&stage.app);
        assert_eq!(left.filter.len(), if length > LONGEST { 0 } else { length });
        assert_eq!(left.filters.len(), 1);
    }
}
