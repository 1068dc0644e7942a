//! Where an owner comes from: its parents, terminal, session and login, against what `/proc` says.

use std::fs::{self, OpenOptions};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Child, Command, Stdio};

use portable_pty::{PtySize, native_pty_system};
use rustix::fs::OFlags;

use crate::document::{Named, Owner};
use crate::harness::{Holder, document, eventually};
use crate::stock::cookie;

/// The owner with that pid, in the listing by this way.
fn owner(cookie: u64, pid: u32, way: &[&str]) -> Option<Owner> {
    let told = document(&[&["--json", "-tl"], way].concat());
    let row = told.by_cookie(cookie).expect("it is listed").clone();
    row.owners.into_iter().flatten().find(|owner| owner.pid == pid)
}

fn status(pid: u32, key: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    text.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim().to_owned()
}

/// Every process above this one, up to the one that has no parent here.
fn above(pid: u32) -> Vec<Named> {
    let mut line = Vec::new();
    let mut next: u32 = status(pid, "PPid:").parse().unwrap();
    while next != 0 {
        let comm = fs::read_to_string(format!("/proc/{next}/comm")).unwrap();
        line.push(Named { pid: next, comm: comm.trim_end_matches('\n').to_owned(), comm_hex: None });
        next = status(next, "PPid:").parse().unwrap();
    }
    line
}

/// The user that logged in, as it is written.
fn login(pid: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/loginuid")).ok()?;
    text.trim().parse().ok().filter(|uid| *uid != u32::MAX)
}

/// The session's leader; the kernel writes 0 for one that is in an outer pid namespace.
fn session(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_comm = stat.rsplit_once(") ").unwrap().1;
    after_comm.split(' ').nth(3).unwrap().parse().ok().filter(|leader| *leader != 0)
}

#[test]
fn a_child_of_this_test_comes_from_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let cookie = cookie(&listener);
    let holder = Holder::start(OwnedFd::from(listener), Stdio::null());
    let told = owner(cookie, holder.pid(), &[]).unwrap();
    let parents = told.parents.unwrap();
    let all = above(holder.pid());
    assert_eq!(parents[0].pid, std::process::id());
    assert!(all.starts_with(&parents), "{parents:?} {all:?}");
    let origins = ["systemd", "sshd", "conmon", "login", "cron", "screen", "containerd-shim", "tmux: server"];
    let last = parents.last().unwrap();
    let known = last.pid == 1 || origins.iter().any(|origin| last.comm.starts_with(origin));
    assert!(known || parents.len() == 16 || parents.len() == all.len(), "{parents:?} of {all:?}");
    assert_eq!(told.login_uid, login(holder.pid()));
    assert_eq!(told.session_id, session(holder.pid()));
}

/// A process that is ended when the test does.
struct Leader(Child);

impl Drop for Leader {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_session_on_a_terminal_of_its_own() {
    let pair = native_pty_system().openpty(PtySize::default()).unwrap();
    let path = pair.master.tty_name().unwrap();
    let noctty = i32::try_from(OFlags::NOCTTY.bits()).unwrap();
    let terminal = OpenOptions::new().read(true).write(true).custom_flags(noctty).open(&path).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let cookie = cookie(&listener);
    let mut command = Command::new("setsid");
    command.args(["--ctty", "cat"]).stdin(terminal).stdout(OwnedFd::from(listener)).stderr(Stdio::null());
    let leader = Leader(command.spawn().unwrap());
    drop(command);
    let pid = leader.0.id();
    eventually(|| match status(pid, "Name:") {
        name if name == "cat" => Ok(()),
        name => Err(name),
    });
    for way in [&["--owners", "proc"][..], &[]] {
        let told = owner(cookie, pid, way).unwrap();
        assert_eq!(told.tty.as_deref(), path.strip_prefix("/dev").unwrap().to_str(), "{told:?}");
        assert_eq!(told.session_id, Some(pid));
        assert_eq!(told.parents.unwrap()[0].pid, std::process::id());
    }
}
