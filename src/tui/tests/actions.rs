//! Every action through `update`.

use crossterm::event::KeyCode;
use ratatui::layout::Size;

use super::Stage;
use crate::model::{Ask, Protocol, SilentRuntime};
use crate::tui::Ended;
use crate::tui::action::{ACTIONS, Action, Mode};
use crate::tui::closely;
use crate::tui::input::Input;
use crate::tui::update::{Effect, act};
use crate::tui::views::View;

#[test]
fn every_action_can_be_asked_for_in_every_mode_before_and_after_news() {
    for polls in [0, 4] {
        for prepare in ["", "/a", "?", "2", ":f", "C", "Cinode"] {
            for entry in ACTIONS {
                let mut stage = Stage::new(80, 24);
                stage.polls(polls);
                stage.keys(prepare);
                act(&mut stage.app, entry.action);
                stage.send(Input::Tick);
                stage.screen();
            }
        }
    }
}

#[test]
fn details_are_asked_for_while_somebody_looks_at_them() {
    let mut stage = Stage::played(140, 40);
    let closely = |stage: &Stage| closely::wanted(&stage.app).map(|one| (one.key, one.ask));
    let selected = |stage: &Stage| stage.app.row_at(stage.app.pane().cursor).unwrap().socket.key;
    assert_eq!((stage.app.ask(), closely(&stage)), (Ask::NOTHING, None));
    act(&mut stage.app, Action::Details);
    let key = selected(&stage);
    assert_eq!(
        (stage.app.ask(), closely(&stage)),
        (Ask::NOTHING, Some((key, Ask::EVERYTHING))),
        "of one alone"
    );
    stage.app.inspected.as_mut().unwrap().row.socket.protocol = Protocol::Mptcp;
    assert_eq!((stage.app.ask(), closely(&stage)), (Ask::EVERYTHING, None), "others tell of it");
    stage.code(KeyCode::Esc);
    assert_eq!((stage.app.ask(), closely(&stage)), (Ask::NOTHING, None));
    stage.keys("2j");
    let (rates, info) = (Ask { rates: true, ..Ask::NOTHING }, Ask { info: true, ..Ask::NOTHING });
    assert_eq!(
        (stage.app.ask(), closely(&stage)),
        (rates, Some((selected(&stage), info))),
        "for the diagnosis"
    );
    stage.keys("3");
    assert_eq!((stage.app.ask(), closely(&stage)), (Ask { usage: true, ..rates }, None));
}

#[test]
fn moving() {
    let mut stage = Stage::played(80, 15); // seven rows in sight
    assert_eq!(stage.app.page(), 10);
    let last = stage.app.listing.index.len() - 1;
    for (keys, cursor) in [("j", 1), ("j", 2), ("k", 1), ("kkkk", 0), ("G", last), ("j", last), ("g", 0)] {
        stage.keys(keys);
        assert_eq!(stage.app.pane().cursor, cursor, "{keys}");
    }
    for (code, cursor) in [
        (KeyCode::Down, 1),
        (KeyCode::PageDown, 10),
        (KeyCode::Up, 9),
        (KeyCode::PageUp, 0),
        (KeyCode::End, last),
        (KeyCode::Home, 0),
    ] {
        stage.code(code);
        assert_eq!(stage.app.pane().cursor, cursor.min(last), "{code:?}");
    }
    stage.ctrl('d');
    assert_eq!(stage.app.pane().cursor, 4);
    stage.ctrl('u');
    assert_eq!(stage.app.pane().cursor, 0);
}

#[test]
fn the_selection_stays_in_sight() {
    let mut stage = Stage::played(80, 12);
    let height = stage.app.page();
    stage.keys("G");
    let pane = stage.app.pane();
    assert_eq!(pane.top, stage.app.listing.index.len() - height);
    stage.send(Input::Resize(Size { width: 80, height: 40 }));
    assert_eq!(stage.app.pane().top, 0);
}

#[test]
fn the_selection_follows_its_socket_and_stays_when_it_goes() {
    let mut stage = Stage::new(140, 40);
    stage.polls(2);
    stage.keys("G");
    let last = stage.selected();
    stage.keys("r");
    assert_eq!((stage.selected(), stage.app.pane().cursor), (last, 0), "it moved to the other end");
    stage.keys("r");
    let at = stage.listed().iter().position(|local| local == "127.0.0.1:3000").unwrap();
    stage.keys("g");
    stage.keys(&"j".repeat(at));
    stage.polls(2);
    assert_eq!(stage.selected(), "127.0.0.1:3000", "closed, and still shown");
    let at = stage.app.pane().cursor;
    let next = stage.listed()[at + 1].clone();
    stage.wait(3.0);
    assert_eq!((stage.app.pane().cursor, stage.selected()), (at, next));
}

#[test]
fn sorting() {
    let mut stage = Stage::played(140, 40);
    let ports = |stage: &Stage| -> Vec<u16> {
        let port = |local: String| local.rsplit(':').next().unwrap().parse().unwrap();
        stage.listed().into_iter().map(port).collect()
    };
    assert!(ports(&stage).is_sorted());
    stage.keys("r");
    assert!(ports(&stage).is_sorted_by(|a, b| a >= b));
    let title = |stage: &Stage| stage.app.pane().columns[stage.app.pane().sort.column].title;
    let mut seen = Vec::new();
    for _ in 0..8 {
        stage.keys("s");
        seen.push(title(&stage));
    }
    assert_eq!(seen, ["SCOPE", "OWNER", "USER", "SINCE", "QUEUE", "EXECUTABLE", "PROTO", "LOCAL"]);
    assert!(!stage.app.pane().sort.reversed);
    stage.keys("<<");
    assert_eq!(title(&stage), "EXECUTABLE");
    // Of owners, the unknown come last in both directions.
    for keys in ["<<<<", "r"] {
        stage.keys(keys);
        assert_eq!(title(&stage), "OWNER");
        assert!(!stage.listed()[0].contains("51820"), "{keys}");
    }
    // Newest first, and what was there before last.
    stage.keys("ss");
    assert_eq!((title(&stage), stage.listed()[0].as_str()), ("SINCE", "0.0.0.0:4444"));
}

#[test]
fn filtering_is_live_and_can_be_kept_and_cleared() {
    let mut stage = Stage::played(140, 40);
    let all = stage.listed().len();
    stage.keys("/");
    assert_eq!(stage.app.mode(), Mode::Filter);
    stage.keys("NGINX");
    assert_eq!(stage.listed(), ["0.0.0.0:80", "[::]:80"]);
    stage.keys(" WWW-DATA");
    assert!(stage.listed().is_empty(), "the socket's user is searched, not that of each owner");
    stage.ctrl('w');
    stage.keys("worker");
    assert_eq!(stage.listed(), ["0.0.0.0:80"], "a command line of another owner");
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.mode(), Mode::List);
    stage.keys("2");
    assert_eq!(stage.app.prompt.text(), "NGINX worker", "it holds in both views");
    assert_eq!(stage.listed().len(), 2);
    stage.code(KeyCode::Esc);
    stage.keys("1");
    assert_eq!(stage.listed().len(), all);
    stage.keys("/x");
    stage.code(KeyCode::Esc);
    assert_eq!((stage.app.mode(), stage.app.prompt.text()), (Mode::List, ""));
}

#[test]
fn hostile_names_are_found_as_they_are_shown() {
    let mut stage = Stage::played(140, 40);
    stage.keys(r"/\x1b[2j");
    assert_eq!(stage.listed(), ["[::1]:6666"]);
    stage.ctrl('u');
    stage.send(Input::Paste("\x1b[2J\n".into()));
    assert_eq!((stage.app.prompt.text(), stage.listed().len()), (r"\x1b[2J", 1));
    stage.ctrl('u');
    stage.send(Input::Paste("サーバー".into()));
    assert_eq!(stage.listed().len(), 1);
}

#[test]
fn containers_and_units_are_found_by_their_names() {
    let mut stage = Stage::played(140, 40);
    for (words, found) in [
        ("/docker nginx:1.27", &["0.0.0.0:80", "[::]:80"][..]),
        ("ssh.service", &["[::]:22"]),
        ("session", &["0.0.0.0:4444"]),
    ] {
        stage.keys(words);
        assert_eq!(stage.listed(), found, "{words}");
        stage.ctrl('u');
    }
}

#[test]
fn a_runtime_that_does_not_tell_is_noticed() {
    let mut stage = Stage::new(140, 40);
    let mut sample = stage.sampler.take().unwrap();
    let reason = "it did not answer in time".to_owned();
    sample.coverage.owners.silent_runtimes = vec![SilentRuntime { socket: "/run/a\x1b.sock".into(), reason }];
    stage.feed(sample);
    let screen = stage.screen();
    let notice = r"names of containers may be missing: /run/a\x1b.sock: it did not answer in time";
    let joined = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains(notice), "{screen}");
}

#[test]
fn moving_in_an_empty_list_keeps_the_selection() {
    let mut stage = Stage::played(140, 40);
    stage.keys("jj");
    let selected = stage.app.pane().selected.clone();
    assert!(selected.is_some());
    stage.keys("/");
    stage.send(Input::Paste("no such socket".into())); // at once: no letter selects another row
    assert!(stage.listed().is_empty());
    stage.code(KeyCode::PageDown);
    assert_eq!(stage.app.pane().selected, selected);
}

#[test]
fn a_filter_sees_what_changes() {
    let mut stage = Stage::new(140, 40);
    stage.polls(3);
    stage.keys("/5432 app");
    assert!(stage.listed().is_empty());
    stage.polls(1); // the database is handed to the app
    assert_eq!(stage.listed(), ["192.168.1.5:5432"]);
}

#[test]
fn paste_is_text_only_where_text_is_typed() {
    let mut stage = Stage::played(140, 40);
    stage.send(Input::Paste("q".into()));
    assert_eq!(stage.app.prompt.text(), "");
    assert_eq!(stage.app.mode(), Mode::List);
}

#[test]
fn every_view_has_a_number_and_tab_goes_round() {
    let mut stage = Stage::played(140, 40);
    let open = stage.app.listing.open;
    for view in View::ALL {
        assert_eq!(stage.app.view, view);
        assert_eq!(stage.app.listing.open, open);
        stage.code(KeyCode::Tab);
    }
    assert_eq!(stage.app.view, View::Listeners);
    for (key, view) in "1234567".chars().zip(View::ALL) {
        stage.keys(&key.to_string());
        assert_eq!(stage.app.view, view);
    }
    stage.keys("5");
    assert_eq!(stage.app.listing.len(), stage.app.listing.open[View::Unix.number()]);
}

#[test]
fn every_open_socket_is_in_exactly_one_view() {
    let stage = Stage::played(140, 40);
    assert_eq!(stage.app.listing.open.iter().sum::<usize>(), stage.table.open().count());
}

#[test]
fn freezing_holds_the_picture_and_counts() {
    let mut stage = Stage::new(140, 40);
    stage.polls(2);
    stage.keys("f");
    let before = stage.listed();
    stage.polls(2);
    assert_eq!(stage.listed(), before);
    let waiting = stage.app.frozen.as_ref().unwrap().waiting;
    // Four opened, two closed, one state and one owner changed; details do not count.
    assert_eq!(waiting, 8);
    stage.keys("/4444");
    assert!(stage.listed().is_empty(), "a filter looks at the held picture");
    stage.code(KeyCode::Esc);
    stage.keys("f");
    assert!(stage.app.frozen.is_none());
    assert!(stage.listed().contains(&"0.0.0.0:4444".to_owned()));
}

#[test]
fn details_follow_the_socket_and_outlive_it() {
    let mut stage = Stage::new(140, 40);
    stage.polls(3);
    stage.keys("/127.0.0.1:3000");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    assert_eq!(stage.app.mode(), Mode::Details);
    assert!(stage.screen().contains("missing from the last reading"));
    stage.polls(1);
    assert!(stage.screen().contains("closed 0s ago"), "{}", stage.screen());
    stage.polls(3);
    assert!(stage.screen().contains("It is gone"), "{}", stage.screen());
    stage.keys("jjjG");
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.mode(), Mode::List);
}

#[test]
fn help_opens_over_everything_and_closes() {
    let mut stage = Stage::played(80, 24);
    stage.code(KeyCode::Enter);
    stage.keys("?");
    assert_eq!(stage.app.mode(), Mode::Help);
    stage.keys("G");
    assert!(stage.app.help.unwrap() > 0);
    stage.code(KeyCode::Esc);
    assert_eq!(stage.app.mode(), Mode::Details);
    stage.keys("??");
    assert_eq!(stage.app.mode(), Mode::Details);
}

#[test]
fn what_leads_out() {
    let mut stage = Stage::played(80, 24);
    let effects = [
        stage.code(KeyCode::Char('q')),
        stage.ctrl('c'),
        stage.ctrl('z'),
        stage.ctrl('l'),
        stage.send(Input::Signal(15)),
        stage.send(Input::Stop),
        stage.send(Input::Continued),
    ];
    let [q, c, z, l, term, stop, cont] = effects;
    assert!(matches!(q[..], [Effect::Quit(Ended::Quit)]));
    assert!(matches!(c[..], [Effect::Quit(Ended::Quit)]));
    assert!(matches!(z[..], [Effect::Suspend]));
    assert!(matches!(l[..], [Effect::Repaint]));
    assert!(matches!(term[..], [Effect::Quit(Ended::Signal(15))]));
    assert!(matches!(stop[..], [Effect::Suspend]));
    assert!(matches!(cont[..], [Effect::Repaint]));
    stage.keys("/q");
    assert_eq!(stage.app.prompt.text(), "q");
    assert!(matches!(stage.ctrl('c')[..], [Effect::Quit(Ended::Quit)]));
}

#[test]
fn a_failed_poll_is_told_until_the_next_one_succeeds() {
    let mut stage = Stage::played(140, 40);
    stage.app.failure = Some("cannot tell the namespace\x1b".into());
    let screen = stage.screen();
    assert!(screen.contains("▲ poll failed"), "{screen}");
    assert!(screen.contains(r"the last poll failed: cannot tell the namespace\x1b"), "{screen}");
    stage.polls(1);
    assert!(!stage.screen().contains("poll failed"));
}
