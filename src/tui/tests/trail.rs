//! Jumps from one thing to another, and the way back.

use crossterm::event::KeyCode;

use super::Stage;
use crate::tui::action::{ACTIONS, Action};
use crate::tui::theme::{ColorChoice, Look};
use crate::tui::views::View;

/// A listener, both ends of a connection through it, and two Unix ends.
const TALK: &str = r#"
[process.curl]
pid = 1000
comm = "curl"
[process.nginx]
pid = 1234
comm = "nginx"
[socket.door]
cookie = 1
protocol = "tcp"
state = "listen"
local = "127.0.0.1:80"
owners = ["nginx:6"]
[socket.client]
cookie = 2
protocol = "tcp"
state = "established"
local = "127.0.0.1:5000"
remote = "127.0.0.1:80"
owners = ["curl:3"]
[socket.server]
cookie = 3
protocol = "tcp"
state = "established"
local = "127.0.0.1:80"
remote = "127.0.0.1:5000"
owners = ["nginx:7"]
[socket.bus]
cookie = 4
protocol = "unix"
type = "stream"
state = "listen"
path = "/run/a \"b'.sock"
no_owner = "none"
[[sample]]
at = 0
sockets = ["door", "client", "server", "bus"]
"#;

fn stage() -> Stage {
    let mut stage = Stage::playing(TALK, 140, 40, Look::new(ColorChoice::Ansi16, false));
    stage.polls(1);
    stage
}

fn place(stage: &Stage) -> (View, &str) {
    (stage.app.view, stage.app.prompt.text())
}

fn can(stage: &Stage, action: Action) -> bool {
    ACTIONS.iter().any(|entry| entry.action == action && stage.app.can(entry))
}

#[test]
fn from_a_listener_to_its_connections_to_a_process_to_its_sockets_and_back() {
    let mut stage = stage();
    assert!(!can(&stage, Action::GoBack));
    assert!(!stage.screen().contains("Backspace"), "{}", stage.screen());
    stage.keys("i");
    assert_eq!(place(&stage), (View::Connections, "tcp src = 127.0.0.1 sport = 80"));
    assert_eq!(stage.listed(), ["127.0.0.1:80"]);
    assert!(stage.screen().contains("Backspace return"), "{}", stage.screen());
    stage.keys("o");
    assert_eq!(place(&stage), (View::Processes, "pid = 1234"));
    assert_eq!(stage.app.listing.len(), 1);
    stage.code(KeyCode::Enter);
    assert_eq!(place(&stage), (View::Connections, "pid = 1234"));
    for expected in [
        (View::Processes, "pid = 1234"),
        (View::Connections, "tcp src = 127.0.0.1 sport = 80"),
        (View::Listeners, ""),
        (View::Listeners, ""),
    ] {
        stage.code(KeyCode::Backspace);
        assert_eq!(place(&stage), expected);
    }
    assert!(!can(&stage, Action::GoBack));
}

#[test]
fn to_the_other_end_and_back_with_the_details_open() {
    let mut stage = stage();
    stage.keys("2/curl");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    assert!(stage.screen().contains("tcp 127.0.0.1:5000 → 127.0.0.1:80"), "{}", stage.screen());
    stage.keys("e");
    assert!(stage.screen().contains("tcp 127.0.0.1:80 → 127.0.0.1:5000"), "{}", stage.screen());
    assert_eq!(place(&stage), (View::Connections, ""), "the filter would have hidden it");
    stage.code(KeyCode::Esc);
    assert_eq!(stage.selected(), "127.0.0.1:80");
    stage.code(KeyCode::Backspace);
    assert_eq!(place(&stage), (View::Connections, "curl"));
    assert!(stage.screen().contains("tcp 127.0.0.1:5000 → 127.0.0.1:80"), "{}", stage.screen());
}

#[test]
fn going_back_brings_the_order_and_the_line_again() {
    let mut stage = Stage::played(140, 40);
    stage.keys("sGkk");
    let (sort, selected) = (stage.app.pane().sort, stage.selected());
    stage.keys("2");
    stage.keys("1ssg");
    stage.code(KeyCode::Backspace);
    stage.code(KeyCode::Backspace);
    assert_eq!(place(&stage), (View::Listeners, ""));
    assert_eq!((stage.app.pane().sort, stage.selected()), (sort, selected));
}

#[test]
fn a_unix_listener_leads_to_those_of_its_path() {
    let mut stage = stage();
    stage.keys("5i");
    let (view, filter) = place(&stage);
    assert_eq!(view, View::Unix);
    assert!(stage.app.prompt.mistake().is_none(), "{filter}");
    assert_eq!(stage.app.listing.len(), 1, "{}", stage.screen());
}

#[test]
fn what_cannot_be_reached_is_told() {
    let mut stage = Stage::played(140, 40);
    stage.keys("2/10.0.0.9");
    stage.code(KeyCode::Enter);
    stage.keys("e");
    assert!(stage.screen().contains("the other end is not on this machine"), "{}", stage.screen());
    stage.code(KeyCode::Esc);
    stage.keys("/time-wait");
    stage.code(KeyCode::Enter);
    assert!(!can(&stage, Action::ProcessOf));
    stage.keys("o");
    assert_eq!(stage.app.view, View::Connections);
    assert!(stage.screen().contains("no process to go to: "), "{}", stage.screen());
}

#[test]
fn the_memory_is_bounded() {
    let mut stage = Stage::played(140, 40);
    for _ in 0..100 {
        stage.code(KeyCode::Tab);
    }
    let mut steps = 0;
    while can(&stage, Action::GoBack) {
        stage.code(KeyCode::Backspace);
        steps += 1;
    }
    assert_eq!(steps, 64);
}
