//! Unix sockets: who is at the other end of each, or why nobody is.

use super::Stage;
use crate::tui::line;
use crate::tui::theme::{ColorChoice, Look};
use crate::tui::views::View;

const SCRIPT: &str = r#"
    start = "2026-11-20T09:00:00Z"
    [process.db]
    pid = 990
    comm = "postgres"
    [process.web]
    pid = 2210
    comm = "nginx"
    [process.app]
    pid = 4410
    comm = "app"

    [socket.door]
    cookie = 1
    protocol = "unix"
    state = "listen"
    path = "/run/db"
    inode = 101
    owners = ["db:3"]
    [socket.served]
    cookie = 2
    protocol = "unix"
    state = "established"
    path = "/run/db"
    inode = 102
    peer = 103
    owners = ["db:4"]
    [socket.asks]
    cookie = 3
    protocol = "unix"
    state = "established"
    path = "@asks"
    inode = 103
    peer = 102
    owners = ["app:4", "web:9"]
    [socket.hidden]
    cookie = 4
    protocol = "unix"
    state = "established"
    path = "@hidden"
    inode = 104
    peer = 105
    owners = ["app:5"]
    [socket.denied]
    cookie = 5
    protocol = "unix"
    state = "established"
    path = "@denied"
    inode = 105
    peer = 104
    uid = 0
    no_owner = "denied"
    [socket.elsewhere]
    cookie = 6
    protocol = "unix"
    state = "established"
    path = "@elsewhere"
    inode = 106
    peer = 999
    owners = ["app:6"]
    [socket.alone]
    cookie = 7
    protocol = "unix"
    state = "established"
    path = "@alone"
    inode = 107
    owners = ["app:7"]
    [socket.idle]
    cookie = 8
    protocol = "unix"
    type = "dgram"
    state = "unconnected"
    path = "@idle"
    inode = 108
    owners = ["app:8"]

    [[sample]]
    at = 0
    sockets = ["door", "served", "asks", "hidden", "denied", "elsewhere", "alone", "idle"]
"#;

fn stage() -> Stage {
    let mut stage = Stage::playing(SCRIPT, 140, 40, Look::new(ColorChoice::Monochrome, true));
    stage.polls(1);
    stage.keys("5");
    stage
}

/// The name of each socket, and what its line says of its other end.
fn told(stage: &Stage) -> Vec<(String, String)> {
    let columns = &stage.app.pane().columns;
    let column = |key| columns.iter().find(|column| column.key == key).unwrap();
    let text = |at, key| {
        let cell = line::of(&stage.app, at).unwrap().cell(column(key)).unwrap();
        format!("{}{}", cell.text, cell.tail)
    };
    (0..stage.app.listing.len()).map(|at| (text(at, "local"), text(at, "peer_owners"))).collect()
}

#[test]
fn the_process_at_the_other_end_or_why_nobody_is_there() {
    let told = told(&stage());
    let of =
        |name: &str| told.iter().filter(|(one, _)| one == name).map(|(_, end)| &end[..]).collect::<Vec<_>>();
    assert_eq!(of("/run/db"), ["any caller", "nginx 2210 +1"]);
    assert_eq!(of("@asks"), ["postgres 990"]);
    assert_eq!(of("@hidden"), ["? of 0"], "there is a socket, whose holder may not be seen");
    assert_eq!(of("@denied"), ["app 4410"]);
    assert_eq!(of("@elsewhere"), ["outside: 999"]);
    assert_eq!(of("@alone"), ["nobody"]);
    assert_eq!(of("@idle"), ["not connected"]);
}

#[test]
fn they_order_the_lines_and_the_line_below_tells_more() {
    let mut stage = stage();
    let column = stage.app.pane().columns.iter().position(|column| column.key == "peer_owners").unwrap();
    stage.app.pane_mut().sort = crate::tui::listing::Sort { column, reversed: false };
    stage.relist();
    let ends: Vec<String> = told(&stage).into_iter().map(|(_, end)| end).collect();
    assert_eq!(ends[..3], ["app 4410", "nginx 2210 +1", "postgres 990"], "by name, the unknown last");
    stage.keys("g");
    assert!(stage.screen().contains("talks to app 4410"), "{}", stage.screen());
    stage.keys("j");
    assert!(stage.screen().contains("talks to nginx 2210"), "{}", stage.screen());
    let line = told(&stage).iter().position(|(name, _)| name == "@elsewhere").unwrap();
    stage.keys("g");
    stage.keys(&"j".repeat(line));
    assert!(stage.screen().contains("in no table that was read"), "{}", stage.screen());
}

#[test]
fn other_views_look_nobody_up() {
    let mut stage = stage();
    assert_eq!(stage.app.view, View::Unix);
    assert!(stage.app.seen_at(0).is_some());
    let found = |stage: &Stage| stage.app.news.as_ref().unwrap().has_looked_across();
    assert!(found(&stage));
    stage.keys("2");
    stage.polls(1);
    assert!(!found(&stage), "nobody shows them");
}
