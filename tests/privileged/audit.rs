//! What acts leave in the system's log: also those that were refused.

use std::net::TcpListener;
use std::os::unix::net::UnixDatagram;
use std::process::Command;

use rustix::net::sockopt::set_socket_reuseport;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with};
use tempfile::TempDir;

use crate::Case;
use crate::harness::{Holder, program, run};
use crate::namespaces::in_namespace;
use crate::session::Session;
use crate::stock::tcp_listener;

pub(crate) const CASES: &[Case] = &[
    ("audit::a_socket_that_is_not_even_tried_is_told", || in_namespace(shared)),
    ("audit::a_signal_is_told_when_it_was_sent", || in_namespace(signals)),
];

/// A `/dev` with a log of its own, for what is started there.
struct Log {
    dir: TempDir,
    taken: UnixDatagram,
}

/// Makes it of `$0`, in a mount namespace of its own, and runs the rest.
const SCRIPT: &str = r#"set -e; d="$0/dev"; mkdir "$d"; mount -t tmpfs none "$d"; mkdir "$d/pts"
    touch "$d/null" "$d/tty" "$d/log"; mount --bind /dev/null "$d/null"; mount --bind /dev/tty "$d/tty"
    mount --bind "$0/log" "$d/log"; mount --rbind /dev/pts "$d/pts"; mount --rbind "$d" /dev; exec "$@""#;

impl Log {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let taken = UnixDatagram::bind(dir.path().join("log")).unwrap();
        taken.set_nonblocking(true).unwrap();
        Self { dir, taken }
    }

    /// The arguments of unshare(1) that run sockeye there.
    fn words<'a>(&'a self, args: &[&'a str]) -> Vec<&'a str> {
        drop(std::fs::remove_dir(self.dir.path().join("dev")));
        let dir = self.dir.path().to_str().unwrap();
        let first = ["--mount", "sh", "-c", SCRIPT, dir, env!("CARGO_BIN_EXE_sockeye")];
        [&first[..], args].concat()
    }

    fn run(&self, args: &[&str]) -> i32 {
        let unshare = ["/usr/bin/unshare", "/bin/unshare"].map(std::path::Path::new);
        let unshare = unshare.into_iter().find(|path| path.exists()).unwrap();
        run(&mut program(unshare, &self.words(args))).code()
    }

    /// What was logged since it was asked last, without who and whose process.
    fn lines(&self) -> Vec<String> {
        let mut buffer = [0; 4096];
        let mut lines = Vec::new();
        while let Ok(read) = self.taken.recv(&mut buffer) {
            let line = std::str::from_utf8(&buffer[..read]).unwrap();
            let (head, line) = line.split_once("act=").unwrap();
            assert!(head.starts_with("<85>sockeye[") && head.contains("]: uid=0 login="), "{head}");
            lines.push(line.to_owned());
        }
        lines
    }
}

fn member(at: std::net::SocketAddr) -> TcpListener {
    let fd = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    set_socket_reuseport(&fd, true).unwrap();
    bind(&fd, &at).unwrap();
    listen(&fd, 8).unwrap();
    fd.into()
}

const WHY: &str = "result=refused reason=\"others share its address (SO_REUSEPORT)";

fn shared() {
    let log = Log::new();
    let at = "127.0.0.1:8085".parse().unwrap();
    let _members = [member(at), member(at)];
    let alone = tcp_listener("127.0.0.1:8086", None, 1);
    assert_eq!(log.run(&["-K", "-tl", "--yes"]), 2);
    let told = log.lines();
    assert_eq!(told.len(), 3, "{told:#?}");
    let refused = |line: &&String| line.contains("local=127.0.0.1:8085") && line.contains(WHY);
    assert_eq!(told.iter().filter(refused).count(), 2, "{told:#?}");
    assert!(told[2].contains("local=127.0.0.1:8086") && told[2].ends_with("result=closed"), "{told:#?}");
    drop(alone);
    let args = log.words(&["-K", "-tl", "sport = 8085"]);
    let session = Session::start("unshare", &args);
    session.wait_for("the refusals", |screen| screen.contents().matches("refused tcp").count() == 2);
    session.ends_with(2);
    assert_eq!(log.lines(), [""; 0], "there was nothing to ask, and nobody said yes");

    let args = log.words(&["top", "--interval", "200ms", "port = 8085"]);
    let mut session = Session::start("unshare", &args);
    session.wait_for("a member", |screen| screen.contents().contains("127.0.0.1:8085"));
    session.press("x");
    session.wait_for("the question", |screen| screen.contents().contains("y yes"));
    assert_eq!(log.lines(), [""; 0]);
    session.press("y");
    session.wait_for("the refusal", |screen| screen.contents().contains("refused tcp 127.0.0.1:8085"));
    let told = log.lines();
    assert!(told.len() == 1 && refused(&&told[0]), "{told:#?}");
    session.press("q");
    session.ends_with(0);
}

fn signals() {
    let log = Log::new();
    let mut command = Command::new("cat");
    let holder = Holder::spawn(command.stdout(tcp_listener("127.0.0.1:8087", None, 1)));
    drop(command); // it would hold the listener here, too
    assert_eq!(log.run(&["kill", "--dry-run", "8087"]), 0);
    assert_eq!(log.lines(), [""; 0]);
    assert_eq!(log.run(&["kill", "--yes", "8087"]), 0);
    let says = format!("signal signal=TERM pid={} comm=\"cat\" result=ended", holder.pid());
    assert_eq!(log.lines(), [says]);
}
