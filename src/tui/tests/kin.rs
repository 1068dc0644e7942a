//! Details that tell of other processes than the owners.

use std::sync::Arc;

use crossterm::event::KeyCode;

use super::Stage;
use crate::model::{CgroupId, Details, Workload};
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

const TUNNEL: &str = r#"
[socket.vxlan]
cookie = 1
protocol = "udp"
state = "unconnected"
local = "0.0.0.0:4789"
no_owner = "kernel"
kernel_use = 'VXLAN device vx\x1b0'
[[sample]]
at = 0
sockets = ["vxlan"]
"#;

#[test]
fn what_the_kernel_uses_a_socket_for() {
    let mut stage = Stage::playing(TUNNEL, 120, 40, Look::new(ColorChoice::Ansi16, false));
    stage.polls(1);
    let list = stage.screen();
    assert!(list.contains(r"kernel: VXLAN device"), "{list}");
    assert!(list.contains(r"the kernel's own: VXLAN device vx\x1b0"), "{list}");
    stage.code(KeyCode::Enter);
    let screen = stage.screen();
    let told =
        line(&screen, "Owner").is_some() && screen.contains(r"  the kernel's own: VXLAN device vx\x1b0");
    assert!(told && !screen.contains("unknown: the kernel"), "{screen}");
    assert!(
        line(&screen, "kernel use").is_some_and(|told| told.starts_with(r"VXLAN device vx\x1b0")),
        "{screen}"
    );
}

#[test]
fn what_a_proxy_publishes() {
    let proxy = details(&STARTED.replace("LINEAGE", "publishes = '[fd00::2]:80'"));
    assert_eq!(line(&proxy, "publishes"), Some("[fd00::2]:80"), "{proxy}");
}

const PLACED: &str = r#"
[process.curl]
pid = 1000
comm = "curl"
PLACE
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

/// The lines that tell what the owner is part of, in their order.
#[test]
fn what_an_owner_is_part_of() {
    let id = "0123456789abcdef".repeat(4);
    let place = |cgroup: &str, rest: &str| format!("cgroup = '{}'\n{rest}", cgroup.replace("ID", &id));
    for (place, told) in [
        (place("/system.slice/nginx.service", ""), &["unit nginx.service"][..]),
        (place("/user.slice/user-7.slice/user@7.service/app.slice/a.service", ""), &["user unit a.service"]),
        (place("/user.slice/user-7.slice/session-3.scope", ""), &["session 3"]),
        (
            place("/system.slice/docker-ID.scope", "container_name = 'we\\x1bb'\nimage = 'nginx:1.27'"),
            &[r"container docker we\x1bb (nginx:1.27)"],
        ),
        (
            place("/system.slice/web.service/libpod-payload-ID", ""),
            &["container podman 0123456789ab", "unit web.service"],
        ),
        (
            place("/kubepods/burstable/pod2c48913c-b29f/ID", ""),
            &["container 0123456789ab", "pod 2c48913c-b29f"],
        ),
        (place("/", ""), &[]),
    ] {
        let screen = details(&PLACED.replace("PLACE", &place));
        let (_, owner) = screen.split_once("Held by").unwrap();
        let (owner, _) = owner.split_once("Fields").unwrap();
        let lines = owner.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        let names = ["container ", "pod ", "unit ", "user unit ", "session "];
        let found: Vec<_> = lines.filter(|line| names.iter().any(|name| line.starts_with(name))).collect();
        assert_eq!(found, told, "{screen}");
    }
}

/// The kernel tells everybody in which cgroup a socket was made.
#[test]
fn what_a_socket_without_known_owner_was_made_in() {
    let script = CONNECTED.replace("OWNERS", "").replace(r#"owners = ["curl:3"]"#, "no_owner = 'denied'");
    let mut stage = Stage::playing(&script, 120, 40, Look::new(ColorChoice::Ansi16, false));
    let mut sample = stage.sampler.take().unwrap();
    let cgroup = CgroupId(9);
    for socket in &mut sample.sockets {
        socket.details = Some(Arc::new(Details { cgroup: Some(cgroup), ..Details::default() }));
    }
    let workload = Workload { unit: Some("we\x1bb.service".into()), ..Workload::default() };
    Arc::make_mut(&mut sample.names).workloads.insert(cgroup, Arc::new(workload));
    stage.feed(sample);
    stage.code(KeyCode::Tab);
    stage.code(KeyCode::Enter);
    let screen = stage.screen();
    let (_, owner) = screen.split_once("but it was made in").unwrap_or_else(|| panic!("{screen}"));
    assert_eq!(line(owner, "unit"), Some(r"we\x1bb.service"), "{screen}");
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
