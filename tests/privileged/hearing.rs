//! What is told between readings, through BPF: who had a socket begin that no reading ever had, and how connections
//! ended. In network namespaces of their own, where nothing else happens.

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use rustix::net::sockopt;
use serde_json::Value;
use sockeye::event::{Subjects, Turns, Word};
use sockeye::model::Protocol;
use sockeye::sys::host;

use crate::Case;
use crate::document::Event;
use crate::follower::Follower;
use crate::harness::{eventually, run, sockeye};
use crate::namespaces::in_namespace;
use crate::stock::{cookie, tcp_listener, udp_server};

pub(crate) const CASES: &[Case] = &[
    ("hearing::no_listener_is_too_short_for_events", || in_namespace(short_events)),
    ("hearing::no_listener_is_too_short_for_watch", || in_namespace(short_alerts)),
    ("hearing::of_one_namespace_alone_where_that_is_asked_for", || in_namespace(one_namespace)),
    ("hearing::in_other_namespaces_too", || in_namespace(elsewhere)),
    ("hearing::how_connections_end", || in_namespace(endings)),
    ("hearing::who_may_bind_beside_a_listener", || in_namespace(reuse)),
    ("hearing::where_bpf_is_not_to_be_used_nothing_is_promised", || in_namespace(nothing_promised)),
];

/// Shorter than any reading: an interval is far longer.
const LIVES: Duration = Duration::from_millis(5);
const MANY: usize = 200;

fn events(interval: &str, args: &[&str]) -> Follower {
    let all = [&["events", "--json", "--interval", interval, "tcp"], args].concat();
    Follower::start_saying(&mut sockeye(&all), "TCP is told as it begins")
}

/// Opens listeners one after the other that live five thousandths of a second each, and returns their cookies.
fn open_and_close(count: usize) -> BTreeSet<String> {
    let one = |_| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let cookie = cookie(&listener).to_string();
        sleep(LIVES);
        cookie
    };
    (0..count).map(one).collect()
}

/// The lines but for those that say this, at least one for each listener. A reading that hints brought may catch one in
/// its 5 ms: then it is told twice.
fn lines(follower: &Follower, but: &str) -> Vec<String> {
    eventually(|| {
        let lines: Vec<_> = follower.lines().into_iter().filter(|line| !line.contains(but)).collect();
        if lines.len() < MANY { Err(format!("{} of {MANY}", lines.len())) } else { Ok(lines) }
    })
}

fn short_events() {
    let follower = events("10s", &[]);
    let cookies = open_and_close(MANY);
    assert_eq!(cookies.len(), MANY);
    let told = lines(&follower, "\"event\":\"opened\"");
    let mut seen = BTreeSet::new();
    for line in &told {
        let event: Event = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let socket = &event.socket;
        assert_eq!(
            (&*event.event, &*socket.state, &*socket.role),
            ("closed", "listen", "listener"),
            "{line}"
        );
        let owner = &socket.owners.as_ref().unwrap()[0];
        assert_eq!(owner.pid, std::process::id(), "{line}");
        assert!(owner.exe.is_some() && socket.uid == Some(0), "{line}");
        let lived = event.duration_ms.unwrap();
        assert!(Duration::from_millis(lived) >= LIVES && socket.opened_at.is_some(), "{line}");
        seen.insert(socket.cookie.clone().unwrap());
    }
    assert_eq!(seen, cookies, "every one, and each once");
    assert_eq!(told.len(), MANY);
    let coverage: Value = serde_json::from_str(&follower.coverage().unwrap()).unwrap();
    let hearing = &coverage["coverage"]["hearing"];
    assert_eq!((&hearing["beginnings"]["status"], &hearing["words_lost"]), (&"ok".into(), &0.into()));
}

fn short_alerts() {
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("policy.toml");
    std::fs::write(&policy, "version = 1\n").unwrap();
    let policy = policy.to_str().unwrap();
    let mut command =
        sockeye(&["watch", "--json", "--cooldown", "0", "--interval", "10s", "--policy", policy]);
    let follower = Follower::start_saying(&mut command, "TCP is told as it begins");
    let cookies = open_and_close(MANY);
    let told = lines(&follower, "\"alert\":\"listener-closed\"");
    assert_eq!(cookies.len(), MANY);
    each_is_told(&told, &cookies);
}

/// That alerts tell of each of these listeners of this process, once, whether a reading caught it or not.
pub(crate) fn each_is_told(told: &[String], cookies: &BTreeSet<String>) {
    let mut seen = BTreeSet::new();
    for line in told {
        let alert: Value = serde_json::from_str(line).unwrap();
        let listened = alert["reason"].as_str().unwrap().contains("it listened for ");
        let (passed, caught) = ("listener-came-and-went", "unexpected-listener");
        assert_eq!(alert["alert"], if listened { passed } else { caught }, "{line}");
        assert_eq!(alert["pid"], std::process::id(), "{line}");
        seen.insert(alert["socket"]["cookie"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, *cookies);
    assert_eq!(told.len(), cookies.len());
}

/// Whoever looks at one namespace is not woken for what happens in others.
fn one_namespace() {
    let own = host::netns().unwrap();
    let open = |only| Turns::open(Subjects { states: true, binds: true, only }).unwrap().0.unwrap();
    let (mut of_own, mut of_all) = (open(Some(own)), open(None));
    let servers = || (tcp_listener("127.0.0.1:0", None, 1), udp_server("127.0.0.1"));
    in_namespace(move || drop(servers()));
    let _held = servers();
    let told = |turns: &mut Turns| {
        let mut told = Vec::new();
        while let Some(word) = turns.hear() {
            let Word::Turn(turn) = word else { panic!("{word:?}") };
            told.push((turn.socket.key.netns == own, turn.socket.protocol));
        }
        told
    };
    let mut all = told(&mut of_all);
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        assert!(all.contains(&(false, protocol)), "elsewhere something happened: {all:?}");
    }
    all.retain(|(is_own, _)| *is_own);
    let ours = [(true, Protocol::Tcp), (true, Protocol::Udp)];
    assert_eq!((told(&mut of_own).as_slice(), all.as_slice()), (&ours[..], &ours[..]));
}

/// What happens in another namespace is told where all are read.
fn elsewhere() {
    let follower = events("1s", &["--all-netns"]);
    let (told, come) = std::sync::mpsc::channel();
    in_namespace(move || {
        let _stays = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut again = 0;
        // Its table is to be read before: what is there then was there.
        while again < 100 && told.send(open_and_close(1)).is_ok() {
            sleep(Duration::from_millis(100));
            again += 1;
        }
    });
    let cookies: BTreeSet<String> = come.try_iter().flatten().collect();
    let line = eventually(|| {
        let lines = follower.lines();
        let of_them = |line: &&String| {
            let event: Event = serde_json::from_str(line).unwrap();
            event.event == "closed" && event.socket.cookie.is_some_and(|cookie| cookies.contains(&cookie))
        };
        lines.iter().find(of_them).cloned().ok_or_else(|| format!("{} lines, none of them", lines.len()))
    });
    let event: Event = serde_json::from_str(&line).unwrap();
    assert_eq!(event.socket.owners.unwrap()[0].pid, std::process::id());
}

fn pair(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (caller, listener.accept().unwrap().0)
}

/// Closes it so that the other side is reset (`SO_LINGER`, socket(7)).
fn cut(stream: TcpStream) {
    sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    drop(stream);
}

fn endings() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let follower = Follower::start(&mut sockeye(&["-E", "--json", "tcp"]));
    let watched = events("100ms", &[]);
    let (caller, server) = pair(&listener);
    let (of_caller, of_server) = (cookie(&caller), cookie(&server));
    cut(server);
    let ending = |cookie| follower.end_of(cookie).ending;
    assert_eq!(ending(of_server).as_deref(), Some("reset"));
    drop(caller);
    assert_eq!(ending(of_caller).as_deref(), Some("reset-by-peer"));
    // Its port is that of nobody now.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(TcpStream::connect(nobody).is_err());
    let refused = follower.tells(&[&format!("\"remote_port\":{}", nobody.port()), "\"ending\":\"refused\""]);
    assert!(refused.contains("\"event\":\"closed\""), "{refused}");
    let (caller, server) = pair(&listener);
    let (of_caller, port) = (cookie(&caller), caller.local_addr().unwrap().port());
    let closed = run(&mut sockeye(&["close", "--yes", &format!("sport = {port}")]));
    assert_eq!(closed.code(), 0, "{}", closed.stderr());
    drop((caller, server));
    assert_eq!(ending(of_caller).as_deref(), Some("destroyed"));
    // An end without an error is told as nothing where no reading knew its state.
    let (caller, server) = pair(&listener);
    let of_server = cookie(&server);
    drop(caller);
    drop(server);
    assert_eq!(ending(of_server), None);
    // The readings of events know the same.
    let line = watched.tells(&[&format!("\"cookie\":\"{of_caller}\""), "\"event\":\"closed\""]);
    assert!(line.contains("\"ending\":\"destroyed\""), "{line}");
}

fn reuse() {
    let shared = tcp_listener("127.0.0.1:0", None, 1);
    let plain = socket_with(|_| {});
    let address = socket_with(|fd| sockopt::set_socket_reuseaddr(fd, true).unwrap());
    let port = socket_with(|fd| sockopt::set_socket_reuseport(fd, true).unwrap());
    let told = |args: &[&str]| -> Vec<(String, Value, Value)> {
        let ran = run(&mut sockeye(&[&["--json", "listening"], args].concat())).ok();
        let document: Value = serde_json::from_str(&ran).unwrap();
        let sockets = document["sockets"].as_array().unwrap().iter();
        let key = |one: &Value| one["cookie"].as_str().unwrap().to_owned();
        sockets.map(|one| (key(one), one["reuse_address"].clone(), one["reuse_port"].clone())).collect()
    };
    let find = |told: &[(String, Value, Value)], fd: &std::os::fd::OwnedFd| {
        let cookie = cookie(fd).to_string();
        let (_, address, port) = told.iter().find(|(key, ..)| *key == cookie).unwrap();
        (address.as_bool(), port.as_bool())
    };
    let by_bpf = told(&["--owners", "bpf"]);
    let all: Vec<_> = [&shared, &plain, &address, &port].map(|fd| find(&by_bpf, fd)).into();
    let (no, yes) = (Some(false), Some(true));
    assert_eq!(all, [(no, no), (no, no), (yes, no), (no, yes)]);
    let by_proc = told(&["--owners", "proc"]);
    assert_eq!(find(&by_proc, &port), (None, None), "nobody told");
    // Where it is asked for by name the way is taken that tells.
    let ran = run(&mut sockeye(&["--json", "reuse_port = true"])).ok();
    let document: Value = serde_json::from_str(&ran).unwrap();
    let sockets = document["sockets"].as_array().unwrap();
    assert_eq!(sockets.len(), 1);
    assert_eq!(sockets[0]["cookie"], cookie(&port).to_string());
}

/// A listener with options that are set before it binds.
fn socket_with(options: impl FnOnce(&std::os::fd::OwnedFd)) -> std::os::fd::OwnedFd {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with};
    let fd = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    options(&fd);
    bind(&fd, &std::net::SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listen(&fd, 1).unwrap();
    fd
}

fn nothing_promised() {
    let mut command: Command = sockeye(&["events", "--owners", "proc", "--for", "3s", "tcp"]);
    let ran = run(&mut command);
    let says = "what lives shorter than the interval can be missed, but for the end of TCP and UDP sockets";
    assert!(ran.stderr().contains(says), "{}", ran.stderr());
    let ran = run(&mut sockeye(&["events", "--source", "procfs", "--for", "3s", "tcp"]));
    assert!(
        ran.stderr().contains("what lives shorter than the interval can be missed\n"),
        "{}",
        ran.stderr()
    );
}
