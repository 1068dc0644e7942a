//! What is told, through BPF, of UDP sockets that bind: servers that no reading ever had, whose they are, and that
//! nobody who merely asks is taken for one. In network namespaces of their own, where nothing else happens.

use std::collections::{BTreeMap, BTreeSet};
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::Case;
use crate::document::Event;
use crate::follower::Follower;
use crate::harness::{eventually, sockeye};
use crate::hearing::each_is_told;
use crate::names::{Cgroup, mounted};
use crate::namespaces::in_namespace;
use crate::stock::cookie;

pub(crate) const CASES: &[Case] = &[
    ("binds::no_udp_server_is_too_short_for_events", || in_namespace(short_events)),
    ("binds::no_udp_server_is_too_short_for_watch", || in_namespace(short_alerts)),
    ("binds::who_asks_is_no_server", || in_namespace(clients)),
    ("binds::what_found_no_room_is_counted_and_answered_with_a_reading", || in_namespace(lost)),
    ("binds::the_ports_are_those_of_the_namespace", || in_namespace(elsewhere)),
];

pub(crate) const CONTAINED: &[Case] =
    &[("binds::a_container_hears_of_its_own_processes_alone", || in_namespace(contained))];

/// Shorter than any reading: an interval is far longer.
const LIVES: Duration = Duration::from_millis(5);
const MANY: u16 = 200;
/// Below all that the kernel chooses from.
const PORT: u16 = 5300;

/// What is said once it is heard.
const READY: &str = "told as it binds";

fn events(interval: &str, args: &[&str]) -> Follower {
    let all = [&["events", "--json", "--interval", interval], args].concat();
    Follower::start_saying(&mut sockeye(&all), READY)
}

/// UDP-Lite (udplite(7)).
fn lite(port: u16) -> OwnedFd {
    use rustix::net::{AddressFamily, Protocol, SocketFlags, SocketType, bind, socket_with};
    let number = Protocol::from_raw(std::num::NonZero::new(136).unwrap());
    let fd = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, Some(number)).unwrap();
    bind(&fd, &std::net::SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
    fd
}

/// Has servers bind one after the other that live five thousandths of a second each, and returns their cookies.
fn open_and_close() -> BTreeSet<String> {
    let one = |at: u16| {
        let port = PORT + at;
        let server = match at % 4 {
            0 => lite(port),
            1 => UdpSocket::bind(("::1", port)).unwrap().into(),
            2 => UdpSocket::bind(("::", port)).unwrap().into(),
            _ => UdpSocket::bind(("127.0.0.1", port)).unwrap().into(),
        };
        let cookie = cookie(&server).to_string();
        sleep(LIVES);
        cookie
    };
    (0..MANY).map(one).collect()
}

/// The lines but for those that say this; at least so many. A reading that hints brought may catch one in its 5 ms:
/// then it is told twice.
fn lines(follower: &Follower, count: usize, but: &str) -> Vec<String> {
    eventually(|| {
        let lines = follower.lines().into_iter().filter(|line| !line.contains(but));
        let lines: Vec<_> = lines.collect();
        if lines.len() < count {
            Err(format!("{} of {count}: {:?}", lines.len(), lines.last()))
        } else {
            Ok(lines)
        }
    })
}

const OPENED: &str = "\"event\":\"opened\"";
const GONE: &str = "\"alert\":\"listener-closed\"";

fn event(line: &str) -> Event {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn short_events() {
    let follower = events("10s", &["udp or udplite"]);
    let cookies = open_and_close();
    let told = lines(&follower, MANY.into(), OPENED);
    let mut seen = BTreeMap::new();
    for line in &told {
        let event = event(line);
        let socket = &event.socket;
        assert_eq!(
            (&*event.event, &*socket.state, &*socket.role),
            ("closed", "unconnected", "listener"),
            "{line}"
        );
        let owner = &socket.owners.as_ref().unwrap()[0];
        assert_eq!(owner.pid, std::process::id(), "{line}");
        assert!(owner.exe.is_some() && socket.uid == Some(0), "{line}");
        assert_eq!((socket.user.as_deref(), owner.user.as_deref()), (Some("root"), Some("root")), "{line}");
        let lived = event.duration_ms.unwrap();
        assert!(Duration::from_millis(lived) >= LIVES && socket.opened_at.is_some(), "{line}");
        seen.insert(socket.cookie.clone().unwrap(), socket.protocol.clone());
    }
    assert_eq!(seen.keys().cloned().collect::<BTreeSet<_>>(), cookies, "every one, and each once");
    assert_eq!(told.len(), usize::from(MANY));
    let of_lite = seen.values().filter(|protocol| *protocol == "udplite").count();
    assert_eq!(of_lite, usize::from(MANY / 4));
}

fn watch(policy: &str) -> Follower {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), policy).unwrap();
    let path = file.path().to_str().unwrap();
    let mut command = sockeye(&["watch", "--json", "--cooldown", "0", "--interval", "10s", "--policy", path]);
    Follower::start_saying(&mut command, "UDP as it binds, both as they end")
}

fn short_alerts() {
    let follower = watch("version = 1\n");
    let cookies = open_and_close();
    let told = lines(&follower, MANY.into(), GONE);
    assert_eq!(cookies.len(), usize::from(MANY));
    each_is_told(&told, &cookies);
}

/// Sockets that the kernel gives a port, because they send, connect, or leave it the choice: the program of the bind
/// sees the last of them alone, and it is on a port of the range.
fn ask() -> Vec<(String, &'static str, bool)> {
    let socket = || {
        use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
        socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None).unwrap()
    };
    let nobody = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let sends = socket();
    rustix::net::sendto(&sends, b"x", rustix::net::SendFlags::empty(), &nobody).unwrap();
    let connects = socket();
    rustix::net::connect(&connects, &nobody).unwrap();
    let binds = OwnedFd::from(UdpSocket::bind("127.0.0.1:0").unwrap());
    let all = [(sends, "client", false), (connects, "connection", false), (binds, "client", true)];
    sleep(LIVES);
    all.map(|(fd, role, is_told)| (cookie(fd).to_string(), role, is_told)).into()
}

fn clients() {
    let (follower, watch) = (events("10s", &["udp"]), watch("version = 1\n"));
    let asked = ask();
    let server = UdpSocket::bind(("127.0.0.1", PORT)).unwrap();
    let of_server = cookie(&server).to_string();
    drop(server);
    let told = lines(&follower, asked.len() + 1, OPENED);
    // A reading that hints brought may have caught any of them, and then knows who held it.
    let read = follower.lines().into_iter().filter(|line| line.contains(OPENED));
    let read: BTreeSet<_> = read.filter_map(|line| event(&line).socket.cookie).collect();
    for (cookie, role, is_told) in asked {
        let line = told.iter().find(|line| line.contains(&format!("\"cookie\":\"{cookie}\""))).unwrap();
        let socket = event(line).socket;
        assert_eq!(socket.role, role, "{line}");
        assert!(socket.owners.is_some() == is_told || read.contains(&cookie), "{line}");
    }
    let alerts = lines(&watch, 1, GONE);
    assert!(alerts[0].contains(&format!("\"cookie\":\"{of_server}\"")), "{}", alerts[0]);
    assert_eq!(alerts.len(), 1);
}

/// A port is one of a server, or not, by the range of the namespace that the socket is in.
fn elsewhere() {
    let follower = events("1s", &["--all-netns", "udp"]);
    let (told, come) = std::sync::mpsc::channel();
    in_namespace(move || {
        std::fs::write("/proc/sys/net/ipv4/ip_local_port_range", "5000 5009").unwrap();
        let _stays = UdpSocket::bind("127.0.0.1:5100").unwrap();
        // Its table is to be read before: what is there then was there.
        for _ in 0..40 {
            for (port, role) in [(5005, "client"), (40_001, "listener")] {
                let socket = UdpSocket::bind(("127.0.0.1", port)).unwrap();
                told.send((cookie(&socket).to_string(), role)).unwrap();
            }
            sleep(Duration::from_millis(100));
        }
    });
    let roles: BTreeMap<String, &str> = come.try_iter().collect();
    let seen = eventually(|| {
        let mut seen = BTreeSet::new();
        for line in follower.lines() {
            let Event { event, socket, .. } = event(&line);
            let Some(role) = socket.cookie.as_ref().and_then(|cookie| roles.get(cookie)) else { continue };
            assert_eq!((&*event, &*socket.role), ("closed", *role), "{line}");
            assert_eq!(socket.owners.unwrap()[0].pid, std::process::id());
            seen.insert(*role);
        }
        if seen.len() == 2 { Ok(seen) } else { Err(format!("{seen:?}")) }
    });
    assert_eq!(seen, BTreeSet::from(["client", "listener"]));
}

/// Stops a process, and waits until no thread of it runs any more.
fn stop(pid: Pid) {
    kill_process(pid, Signal::STOP).unwrap();
    eventually(|| {
        for task in std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_pid())).unwrap() {
            let stat = std::fs::read_to_string(task.unwrap().path().join("stat")).unwrap();
            if !stat.rsplit_once(')').unwrap().1.trim_start().starts_with('T') {
                return Err(stat);
            }
        }
        Ok(())
    });
}

/// Records that found no room are counted, and what is there is told by the reading that follows.
fn lost() {
    const FLOOD: u64 = 6000;
    let follower = events("1h", &[&format!("udp and sport = {PORT}")]);
    let pid = Pid::from_child(&follower.child);
    stop(pid);
    let (first, ports) = (PORT + 1, 400);
    for at in 0..FLOOD {
        let port = first + u16::try_from(at).unwrap() % ports;
        drop(UdpSocket::bind(("127.0.0.1", port)).unwrap());
    }
    let stays = UdpSocket::bind(("127.0.0.1", PORT)).unwrap();
    kill_process(pid, Signal::CONT).unwrap();
    let opened = follower.tells(&["\"event\":\"opened\"", &format!("\"cookie\":\"{}\"", cookie(&stays))]);
    assert_eq!(event(&opened).socket.owners.unwrap()[0].pid, std::process::id(), "by the reading");
    let coverage: Value = eventually(|| {
        let coverage: Value = serde_json::from_str(&follower.coverage().unwrap()).unwrap();
        if coverage["coverage"]["hearing"]["words_lost"] == 0 {
            Err(coverage.to_string())
        } else {
            Ok(coverage)
        }
    });
    let hearing = &coverage["coverage"]["hearing"];
    // A megabyte of records of 112 bytes, each with a header of eight: two for each of the flood, and the last one.
    let room = (1 << 20) / 120;
    let lost = hearing["words_lost"].as_u64().unwrap();
    assert!((2 * FLOOD + 1 - lost).abs_diff(room) <= 1, "{hearing}");
    assert!(hearing["overruns"].as_u64() >= Some(1), "{hearing}");
    assert!(follower.says("more happened at once than could be told").contains("sockeye: "));
}

/// Who sees a part of the cgroups as all of them gets programs for that part.
fn contained() {
    let cgroup = Cgroup::new("contained");
    let path = mounted().unwrap().join(cgroup.told().trim_start_matches('/'));
    let inside = "mount -t cgroup2 none /sys/fs/cgroup && exec \"$@\"";
    let outside =
        format!("echo $$ > {}/cgroup.procs && exec unshare -C -m sh -c '{inside}' sh \"$@\"", path.display());
    let mut command = Command::new("sh");
    command.args(["-c", &outside, "sh"]).arg(env!("CARGO_BIN_EXE_sockeye"));
    command.args(["events", "--json", "--interval", "100ms", "udp"]).env("SOCKEYE_CONFIG", "");
    let follower =
        Follower::start_saying(&mut command, "UDP is told as it binds (only of processes of this container)");
    let server = |port: u16| cookie(UdpSocket::bind(("127.0.0.1", port)).unwrap()).to_string();
    let outside = server(PORT);
    let back = std::fs::read_to_string("/proc/self/cgroup").unwrap();
    let back = back.lines().find_map(|line| line.strip_prefix("0::/")).unwrap().to_owned();
    cgroup.enter(std::process::id());
    let inside = server(PORT + 1);
    std::fs::write(mounted().unwrap().join(back).join("cgroup.procs"), std::process::id().to_string())
        .unwrap();
    let owners = |cookie: &str| {
        event(&follower.tells(&[&format!("\"cookie\":\"{cookie}\"")]))
            .socket
            .owners
            .map(|owners| owners[0].pid)
    };
    assert_eq!(owners(&inside), Some(std::process::id()));
    assert_eq!(owners(&outside), None, "nobody told of that one but as it ended");
}
