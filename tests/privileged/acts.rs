//! What the dashboard does with the rights of root, and what it does not do with those of its file.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::Case;
use crate::harness::{Holder, eventually, run};
use crate::namespaces::in_namespace;
use crate::others::{NOBODY, PublicCopy};
use crate::session::Session;

pub(crate) const CASES: &[Case] = &[
    ("acts::a_connection_is_closed_and_its_listener_lives", || in_namespace(connection)),
    ("acts::only_the_thread_that_acts_keeps_the_right_to_signal_asleep", || in_namespace(asleep)),
];

pub(crate) const CAPABLE: &[Case] =
    &[("acts::what_a_program_may_by_its_file_its_user_may_not", || in_namespace(lent))];

const CAP_KILL: u64 = 1 << 5;

fn local(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

fn pair(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (caller, listener.accept().unwrap().0)
}

fn works((caller, server): &mut (TcpStream, TcpStream)) -> bool {
    caller.write_all(b"x").and_then(|()| server.read_exact(&mut [0])).is_ok()
}

fn dashboard(args: &[&str]) -> Session {
    let args = [&["top", "--interval", "200ms"], args].concat();
    let session = Session::start(env!("CARGO_BIN_EXE_sockeye"), &args);
    session.wait_for("the first snapshot", |screen| screen.contents().contains("● live"));
    session
}

fn connection() {
    let listener = TcpListener::bind(local(8081)).unwrap();
    let (mut first, mut second) = (pair(&listener), pair(&listener));
    let of_first = format!("sport = {}", first.0.local_addr().unwrap().port());
    let mut session = dashboard(&[&of_first]);
    session.press("2");
    session.wait_for("the connection", |screen| screen.contents().contains("127.0.0.1:8081"));
    session.press("x");
    session.wait_for("the question", |screen| {
        let text = screen.contents();
        text.contains("Close this socket?") && text.contains("y yes")
    });
    assert!(works(&mut first));
    session.press("y");
    session.wait_for("what came of it", |screen| screen.contents().contains("closed  tcp 127.0.0.1:"));
    assert!(!works(&mut first) && works(&mut second) && works(&mut pair(&listener)));
    session.press("q");
    session.ends_with(0);
}

/// The threads of a process by name, each with what it may by now and could.
fn threads(pid: u32) -> Vec<(String, [u64; 2])> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let told = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok());
    let field = |status: &str, name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned()
    };
    told.map(|status| {
        let sets = ["CapEff:", "CapPrm:"]
            .map(|name| u64::from_str_radix(&field(&status, name), 16).unwrap() & CAP_KILL);
        (field(&status, "Name:"), sets)
    })
    .collect()
}

fn asleep() {
    let mut command = Command::new("cat");
    command.uid(NOBODY);
    let holder = Holder::spawn(command.stdout(OwnedFd::from(TcpListener::bind(local(8082)).unwrap())));
    drop(command); // it would hold the listener here, too
    for args in [&["--read-only", "port = 8082"][..], &["port = 8082"]] {
        let mut session = dashboard(args);
        session.wait_for("the holder", |screen| screen.contents().contains(&format!("cat {}", holder.pid())));
        let may = args.len() == 1;
        let all = threads(session.pid());
        for (name, sets) in &all {
            assert_eq!(*sets, [0, if may && name == "acts" { CAP_KILL } else { 0 }], "{name} {args:?}");
        }
        assert_eq!(all.iter().any(|(name, _)| name == "acts"), may, "{all:?}");
        session.press("K");
        if may {
            session.wait_for("the question", |screen| screen.contents().contains("y yes"));
            session.press("y");
            session.wait_for("its end", |screen| screen.contents().contains("Its place is free."));
            assert!(threads(session.pid()).iter().all(|(_, [effective, _])| *effective == 0));
        }
        session.press("q");
        session.ends_with(0);
    }
}

/// Anybody may run a program that has rights by its file.
fn lent() {
    let listener = TcpListener::bind(local(8083)).unwrap();
    let mut connection = pair(&listener);
    let mut command = Command::new("cat");
    command.uid(1);
    let holder = Holder::spawn(command.stdout(OwnedFd::from(TcpListener::bind(local(8084)).unwrap())));
    let copy = PublicCopy::new();
    let program = copy.by_nobody(&[]).get_program().to_owned();
    let rights = "cap_kill,cap_net_admin,cap_dac_read_search,cap_sys_ptrace+ep";
    assert!(Command::new("setcap").arg(rights).arg(&program).status().unwrap().success());
    let ran = run(&mut copy.by_nobody(&["-K", "--yes", "-t", "sport = 8083"]));
    assert_eq!(ran.code(), 2, "{}", ran.stdout());
    assert!(ran.stdout().contains("closing sockets needs CAP_NET_ADMIN"), "{}", ran.stdout());
    assert!(works(&mut connection));
    let ran = run(&mut copy.by_nobody(&["kill", "8084", "--yes"]));
    assert_eq!(ran.code(), 2, "{}", ran.stdout());
    assert!(ran.stdout().contains("it is another user's, which needs root"), "{}", ran.stdout());
    let stat = || std::fs::read_to_string(format!("/proc/{}/stat", holder.pid())).unwrap();
    eventually(|| if stat().contains(") Z") { Err("it ended".to_owned()) } else { Ok(()) });
}
