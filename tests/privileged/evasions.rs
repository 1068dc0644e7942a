//! Whoever wants to listen unseen: each of the ways that are known to work against other watchers raises its alert.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::net::{AddressFamily, SocketType};
use serde_json::Value;

use crate::Case;
use crate::follower::Follower;
use crate::harness::{Holder, Ran, eventually, run, sockeye};
use crate::hidden::{Hider, Role, roles};
use crate::namespaces::in_namespace;
use crate::raw;
use crate::stock::{cookie, tcp_listener};

pub(crate) const CASES: &[Case] = &[
    ("evasions::another_file_at_the_path_of_a_service", || in_namespace(another_file)),
    ("evasions::a_listener_that_a_thread_alone_holds", || in_namespace(|| hidden_by("thread"))),
    ("evasions::a_listener_of_a_process_without_its_first_thread", || in_namespace(|| hidden_by("zombie"))),
    ("evasions::a_namespace_in_which_nobody_stays", || in_namespace(hidden_namespace)),
    ("evasions::a_mount_over_the_process", || in_namespace(behind_a_mount)),
    ("evasions::a_packet_socket_with_a_filter", || in_namespace(filtered_packets)),
];

pub(crate) const RING: &[Case] =
    &[("evasions::a_listener_that_a_ring_alone_holds", || in_namespace(|| hidden_by("ring")))];

/// A policy in a directory of its own.
struct Policy {
    dir: tempfile::TempDir,
    path: PathBuf,
}

impl Policy {
    fn new(entries: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("policy.toml");
        fs::write(&path, format!("version = 1\n{entries}")).unwrap();
        Self { dir, path }
    }

    fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// What a check by it tells, and how that ends.
    fn check(&self) -> (Vec<Value>, i32) {
        alerts(&run(&mut sockeye(&["check", "--json", "--policy", self.path()])))
    }
}

fn alerts(ran: &Ran) -> (Vec<Value>, i32) {
    let lines = ran.stdout().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    (lines.filter(|line| line["type"] == "alert").collect(), ran.code())
}

/// A program of this user at a path, which plays a role there.
fn program(command: &mut Command) -> Holder {
    Holder::spawn(command.env(roles::ROLE, "service").stdout(Stdio::null()))
}

/// Its file has the path of the service, in namespaces that any user can make.
fn another_file() {
    let dir = tempfile::tempdir().unwrap();
    let [service, other] = ["service", "other"].map(|name| dir.path().join(name));
    for program in [&service, &other] {
        fs::copy(std::env::current_exe().unwrap(), program).unwrap();
    }
    let policy = Policy::new(&format!(
        "[[expect]]\nprotocol = \"tcp\"\nport = {}\nscope = \"any\"\nexe = {:?}\n",
        roles::SERVED,
        service.to_str().unwrap()
    ));
    let check = || {
        eventually(|| {
            let tcp = fs::read_to_string("/proc/thread-self/net/tcp").unwrap();
            if tcp.contains(" 0A ") { Ok(()) } else { Err("nobody listens yet".to_owned()) }
        });
        policy.check()
    };
    {
        let _service = program(&mut Command::new(&service));
        let (alerts, code) = check();
        assert_eq!((alerts.len(), code), (0, 0), "{alerts:?}");
    }
    let script = format!("mount --bind {0} {1} && exec {1}", other.display(), service.display());
    let mut command = Command::new("unshare");
    let feigned = program(command.args(["-Ur", "-m", "--propagation", "private", "sh", "-c", &script]));
    let (alerts, code) = check();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!((code, &alert["alert"]), (1, &"unexpected-listener".into()));
    assert_eq!(alert["exe"], service.to_str().unwrap(), "the kernel says so");
    assert_eq!(alert["pid"], feigned.pid());
    let why = format!("the file that it runs is another one than {} of this system", service.display());
    assert_eq!(alert["reason"], why);
}

fn hidden_by(role: &str) {
    let hider = Hider::start(role);
    let (alerts, code) = Policy::new("").check();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!(
        (code, &alert["alert"], &alert["severity"]),
        (1, &"unexpected-listener".into(), &"high".into())
    );
    assert_eq!((&alert["pid"], &alert["socket"]["inode"]), (&hider.pid().into(), &hider.inode().into()));
}

fn hidden_namespace() {
    let policy = Policy::new("");
    let mut watch = sockeye(&["watch", "--json", "--all-netns", "--policy", policy.path()]);
    let follower = Follower::start_saying(&mut watch, "sockeye: watching");
    let (role, [_, netns, port]) = Role::start("thread-namespaces", Stdio::inherit());
    let line = follower.tells(&["\"alert\":\"unexpected-listener\"", &format!("\"local_port\":{port},")]);
    let alert: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&alert["pid"], &alert["socket"]["netns"]), (&role.pid().into(), &netns.into()), "{line}");
}

fn behind_a_mount() {
    let listener = tcp_listener("127.0.0.1:0", None, 1);
    let key = cookie(&listener).to_string();
    let holder = Holder::start(listener, Stdio::null());
    let policy = Policy::new("[[expect]]\nprotocol = \"tcp\"\nport = \"any\"\nscope = \"any\"\n");
    let nothing = policy.dir.path();
    let script = format!("mount --bind {} /proc/{} && exec \"$@\"", nothing.display(), holder.pid());
    let mut command = Command::new("unshare");
    command.args(["-m", "--propagation", "private", "sh", "-c", &script, "sh"]);
    command.args([env!("CARGO_BIN_EXE_sockeye"), "check", "--json", "--policy", policy.path()]);
    let (alerts, code) = alerts(&run(command.env("SOCKEYE_CONFIG", "")));
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!((code, &alert["alert"]), (1, &"proc-covered".into()), "{alert}");
    assert_eq!((&alert["socket"]["cookie"], &alert["pid"]), (&key.into(), &holder.pid().into()));
}

/// As those do that wait for a magic packet: nothing listens.
fn filtered_packets() {
    let policy = Policy::new("");
    let mut watch = sockeye(&["watch", "--json", "--policy", policy.path()]);
    let follower = Follower::start_saying(&mut watch, "sockeye: watching");
    // Without a protocol it gets nothing yet: no packet comes before the filter is there (packet(7)).
    let family = AddressFamily::PACKET;
    let socket = raw::open(family.as_raw(), SocketType::RAW.as_raw(), 0).unwrap();
    // IPv4, UDP, and 0x7255 at the beginning of what that carries.
    let steps: [(u16, u8, u8, u32); 9] = [
        (0x28, 0, 0, 12),
        (0x15, 0, 6, 0x0800),
        (0x30, 0, 0, 23),
        (0x15, 0, 4, 17),
        (0xb1, 0, 0, 14),
        (0x48, 0, 0, 22),
        (0x15, 0, 1, 0x7255),
        (0x06, 0, 0, u32::MAX),
        (0x06, 0, 0, 0),
    ];
    let steps = steps.map(|(code, jt, jf, k)| libc::sock_filter { code, jt, jf, k });
    // struct sock_fprog (linux/filter.h)
    let mut program = (steps.len() as u64).to_ne_bytes();
    program[2..].fill(0);
    let program = [program, (steps.as_ptr() as u64).to_ne_bytes()].concat();
    raw::set(&socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program).unwrap();
    let all = u16::to_be(3).to_ne_bytes(); // ETH_P_ALL
    let place = raw::Bytes::new(family.as_raw(), &[&all, &[0; 16]]);
    rustix::net::bind(&socket, &place).unwrap();
    let line = follower.tells(&["\"alert\":\"raw-socket-opened\""]);
    let alert: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(alert["pid"], std::process::id(), "{line}");
    let reason = alert["reason"].as_str().unwrap();
    assert!(reason.contains("9 instructions, which ask for IPv4, IP protocol udp, 0x7255 "), "{reason}");
}
