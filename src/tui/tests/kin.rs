//! Details that tell of other processes than the owners.

use crossterm::event::KeyCode;

use super::Stage;
use crate::tui::theme::{ColorChoice, Look};

/// The details of the row of curl among the connections.
fn details(script: &str) -> String {
    let mut stage = Stage::playing(script, 120, 40, Look::new(ColorChoice::Ansi16, false));
    stage.polls(1);
    stage.code(KeyCode::Tab);
    stage.keys("/curl");
    stage.code(KeyCode::Enter);
    stage.code(KeyCode::Enter);
    stage.screen()
}

/// The value that stands behind a name.
fn line<'a>(screen: &'a str, name: &str) -> Option<&'a str> {
    let lines = screen.lines().map(|line| line.trim_matches(|c: char| !c.is_ascii_graphic()).trim());
    lines.filter_map(|line| line.strip_prefix(name)).map(str::trim).next()
}

const CONNECTED: &str = r#"
[process.curl]
pid = 1000
comm = "curl"
[process.nginx]
pid = 1234
comm = "ng\u001binx"
[socket.client]
cookie = 1
protocol = "tcp"
state = "established"
local = "127.0.0.1:5000"
remote = "127.0.0.1:80"
owners = ["curl:3"]
[socket.server]
cookie = 2
protocol = "tcp"
state = "established"
local = "127.0.0.1:80"
remote = "127.0.0.1:5000"
OWNERS
[[sample]]
at = 0
sockets = ["client", "server"]
"#;

#[test]
fn the_process_at_the_other_end() {
    let known = details(&CONNECTED.replace("OWNERS", r#"owners = ["nginx:7"]"#));
    assert_eq!(line(&known, "other end"), Some(r"ng\x1binx 1234"), "{known}");
    assert!(line(&known, "peer cookie").is_some_and(|told| told.starts_with('2')), "{known}");
    let unknown = details(&CONNECTED.replace("OWNERS", "no_owner = 'accept-queue'"));
    let told = line(&unknown, "other end");
    assert_eq!(told, Some("unknown: waits to be accepted by its listener"), "{unknown}");
}

const STARTED: &str = r#"
[users]
1000 = "deploy"
[process.sshd]
pid = 90
comm = "sshd"
[process.bash]
pid = 100
comm = "ba\u001bsh"
[process.curl]
pid = 1000
comm = "curl"
LINEAGE
[socket.client]
cookie = 1
protocol = "tcp"
state = "established"
local = "127.0.0.1:5000"
remote = "127.0.0.1:80"
owners = ["curl:3"]
[[sample]]
at = 0
sockets = ["client"]
"#;

#[test]
fn where_an_owner_comes_from() {
    let lineage = "parents = ['bash', 'sshd']\nterminal = [136, 3]\nsession = 100\nlogin = 1000";
    let shell = details(&STARTED.replace("LINEAGE", lineage));
    assert_eq!(line(&shell, "started by"), Some(r"ba\x1bsh 100 ← sshd 90"), "{shell}");
    assert_eq!(line(&shell, "login"), Some("user deploy, on pts/3"), "{shell}");
    let service = details(&STARTED.replace("LINEAGE", "parents = []"));
    assert_eq!((line(&service, "started by"), line(&service, "login")), (None, None), "{service}");
}

const AWAITED: &str = r#"
[process.init]
pid = 1
comm = "systemd"
[socket.ssh]
cookie = 1
protocol = "tcp"
state = "listen"
local = "[::]:22"
owners = ["init:41"]
activates = 'ss\x1bh.service'
[[sample]]
at = 0
sockets = ["ssh"]
"#;

#[test]
fn what_is_started_when_somebody_calls() {
    let mut stage = Stage::playing(AWAITED, 120, 40, Look::new(ColorChoice::Ansi16, false));
    stage.polls(1);
    stage.code(KeyCode::Enter);
    let screen = stage.screen();
    assert!(line(&screen, "activates").is_some_and(|told| told.starts_with(r"ss\x1bh.service")), "{screen}");
}

#[test]
fn what_a_proxy_publishes() {
    let proxy = details(&STARTED.replace("LINEAGE", "publishes = '[fd00::2]:80'"));
    assert_eq!(line(&proxy, "publishes"), Some("[fd00::2]:80"), "{proxy}");
}

const FORWARDED: &str = r#"
[[dnat]]
protocol = "tcp"
port = 8080
to = "172.17.0.2:80"
container = 'we\x1bb'
[[dnat]]
protocol = "tcp"
port = 8080
to = "172.17.0.3:80"
conditional = true
[[dnat]]
protocol = "udp"
port = 8080
to = "172.17.0.4:80"
[socket.web]
cookie = 1
protocol = "tcp"
state = "listen"
local = "0.0.0.0:8080"
no_owner = "denied"
[[sample]]
at = 0
sockets = ["web"]
"#;

#[test]
fn what_comes_to_a_listener_is_passed_on() {
    let mut stage = Stage::playing(FORWARDED, 120, 40, Look::new(ColorChoice::Ansi16, false));
    stage.polls(1);
    stage.code(KeyCode::Enter);
    let screen = stage.screen();
    assert!(screen.contains("What comes from outside is passed on"), "{screen}");
    assert!(screen.contains(r"0.0.0.0:8080 to 172.17.0.2:80 of docker we\x1bb (rule in DOCKER)"), "{screen}");
    let second = "0.0.0.0:8080 to 172.17.0.3:80, under conditions (rule in DOCKER)";
    assert!(screen.contains(second), "{screen}");
    assert!(!screen.contains("172.17.0.4"), "of another protocol: {screen}");
}
