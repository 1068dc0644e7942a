//! Processes of other users: seen by root, missed with a reason by everybody else.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::Case;
use crate::document::{Document, Socket};
use crate::harness::{Holder, document, eventually, program, run};
use crate::stock::{Held, compare, inode, process, tcp_listener};

pub(crate) const CASES: &[Case] = &[
    ("others::a_stranger_sees_every_socket_and_admits_what_it_cannot_know", stranger),
    ("others::root_sees_the_owners_of_every_user", owners_of_every_user),
    ("others::five_hundred_owners_are_counted_and_sixty_four_shown", five_hundred_owners),
];

/// Nobody in particular.
pub(crate) const NOBODY: u32 = 65534;

/// A copy of the program where every user may run it.
pub(crate) struct PublicCopy {
    _dir: TempDir,
    path: PathBuf,
}

impl PublicCopy {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = dir.path().join("sockeye");
        fs::copy(env!("CARGO_BIN_EXE_sockeye"), &path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self { _dir: dir, path }
    }

    /// The program, to be run by nobody.
    pub(crate) fn by_nobody(&self, args: &[&str]) -> Command {
        let mut command = program(&self.path, args);
        command.uid(NOBODY).gid(NOBODY).current_dir("/");
        command
    }
}

fn listener() -> Held {
    Held::new("listener", tcp_listener("127.0.0.1:0", None, 3), |truth| {
        (truth.state, truth.role, truth.send_q) = ("listen".to_owned(), "listener".to_owned(), Some(3));
    })
}

fn stranger() {
    let mut held = listener();
    let ran = run(&mut PublicCopy::new().by_nobody(&["--json"]));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let told = Document::read(&ran.stdout);
    held.truth.owner_status = "denied".to_owned();
    (held.truth.owners, held.truth.owner_count) = (None, None);
    assert_eq!(
        told.by_cookie(held.cookie()).map(Socket::plain).as_ref(),
        Some(&held.truth),
        "the row is there, without its owner"
    );
    let owners = &told.coverage.owners;
    assert!(!told.coverage.complete && owners.processes_denied > 0, "{owners:?}");
    assert!(owners.unresolved.iter().any(|why| why.status == "denied" && why.count > 0), "{owners:?}");
    let notices = ran.stderr().lines().filter(|line| line.contains("run as root to see them"));
    assert_eq!(notices.count(), 1, "{}", ran.stderr());
    let ran = run(&mut PublicCopy::new().by_nobody(&["-tlnp"]));
    let local = format!("127.0.0.1:{}", held.port());
    let line = ran.stdout().lines().find(|line| line.contains(&local)).expect("it is listed");
    assert!(!line.contains("users:"), "{line}");
    // The kernel compares marks for administrators alone, and refuses the whole question of others.
    let either = format!("fwmark = 0x51 or sport = :{}", held.port());
    let ran = run(&mut PublicCopy::new().by_nobody(&["-tlnH", &either]));
    assert!(ran.stdout().contains(&local) && ran.stdout().lines().count() == 1, "{}", ran.stdout());
    assert_eq!((ran.code(), ran.stderr()), (0, ""));
}

fn owners_of_every_user() {
    let mut held = listener();
    let mut command = Command::new("cat");
    command.uid(NOBODY).gid(NOBODY).stdout(held.fd.try_clone().unwrap()).stderr(Stdio::null());
    let theirs = Holder::spawn(&mut command);
    drop(command); // it keeps the descriptor that it gives away
    let ours = Holder::start(held.fd.try_clone().unwrap(), Stdio::null());
    held.also_held_by(theirs.pid(), &[1]);
    held.also_held_by(ours.pid(), &[1]);
    let told = document(&["--json"]);
    compare(held.what, &told, told.by_cookie(held.cookie()).unwrap(), &held.truth);
    let owners = held.truth.owners.as_ref().unwrap();
    assert_eq!(owners.iter().filter(|owner| owner.uid == Some(NOBODY)).count(), 1, "the oracle itself");
}

/// The listener is held by the children alone, so nothing that this process forks can be counted.
fn five_hundred_owners() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let inode = inode(&listener);
    let fd = OwnedFd::from(listener);
    let holders: Vec<Holder> =
        (0..500).map(|_| Holder::start(fd.try_clone().unwrap(), Stdio::null())).collect();
    drop(fd);
    let found = eventually(|| {
        let told = document(&["--json", "-tl"]);
        let found = told.by_inode(inode).unwrap().clone();
        let count = found.owner_count;
        if count == Some(500) { Ok(found) } else { Err(format!("{count:?}")) }
    });
    let shown = found.owners.unwrap();
    let mut pids: Vec<u32> = holders.iter().map(Holder::pid).collect();
    pids.sort_unstable();
    let told: Vec<u32> = shown.iter().map(|owner| owner.pid).collect();
    assert_eq!(told, pids[..64], "the first by pid");
    assert!(shown.iter().all(|owner| owner.comm == process(pids[0], &[1]).comm && owner.fds == [1]));
}
