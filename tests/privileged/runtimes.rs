//! Names of containers from a daemon that this test plays, at the place that `$DOCKER_HOST` tells.

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::Command;
use std::thread::{self, JoinHandle};

use serde_json::json;
use sockeye::engine::{OwnerAsk, OwnerChoice, Sampler};
use sockeye::model::{Ask, Family, Protocol};
use sockeye::owner::{Facts, RuntimePlaces};
use sockeye::source::netlink::Netlink;
use tempfile::TempDir;

use crate::Case;
use crate::document::{Container, Document};
use crate::harness::{Ran, eventually, run, sockeye};
use crate::names::{Cgroup, ID, found, listener, only_owner};
use crate::others::{NOBODY, PublicCopy};

pub(crate) const CASES: &[Case] = &[
    ("runtimes::nobody_is_asked_without_the_option", unasked),
    ("runtimes::docker_tells_name_and_image", told),
    ("runtimes::a_user_who_may_ask_docker_gets_names_without_owners", told_to_nobody),
    ("runtimes::a_daemon_that_never_answers_costs_one_question_and_no_socket", silent),
    ("runtimes::who_does_not_belong_to_root_is_not_spoken_to", foreign),
    ("runtimes::a_dashboard_asks_once", again_and_again),
];

struct Daemon {
    dir: TempDir,
    path: PathBuf,
    thread: JoinHandle<Vec<String>>,
}

impl Daemon {
    /// One that gives one answer, or none at all.
    fn new(says: Option<String>) -> Self {
        Self::of(0, says)
    }

    /// One whose process, not whose socket, is of this user.
    fn of(uid: u32, says: Option<String>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
        let path = dir.path().join("docker.sock");
        let bound = path.clone();
        let thread = thread::spawn(move || {
            // Of this thread alone. Who listens is who called listen(2), unix(7).
            rustix::thread::set_thread_uid(rustix::fs::Uid::from_raw(uid)).unwrap();
            serve(&UnixListener::bind(bound).unwrap(), says.as_deref())
        });
        eventually(|| UnixStream::connect(&path).map_err(|error| error.to_string()));
        chown(&path, Some(0), None).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        Self { dir, path, thread }
    }

    fn address(&self) -> String {
        format!("unix://{}", self.path.to_str().unwrap())
    }

    /// Every question that it was asked, each once the connection was closed by who asked.
    fn asked(self) -> Vec<String> {
        let mut stop = UnixStream::connect(&self.path).unwrap();
        stop.write_all(b"GET /stop HTTP/1.1\r\n\r\n").unwrap();
        let mut asked = self.thread.join().unwrap();
        assert_eq!(asked.remove(0), "", "the look whether it is there");
        drop(self.dir);
        asked
    }
}

/// Answers, or does not, one after the other. Says nothing to who says nothing.
fn serve(listener: &UnixListener, says: Option<&str>) -> Vec<String> {
    let mut asked = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 1024];
        let length = stream.read(&mut request).unwrap();
        let request = String::from_utf8_lossy(&request[..length]).into_owned();
        let target = request.split(' ').nth(1).unwrap_or_default().to_owned();
        if target == "/stop" {
            return asked;
        }
        asked.push(target);
        if let Some(says) = says.filter(|_| length > 0) {
            drop(stream.write_all(says.as_bytes()));
        }
        // Until the other side has hung up: nothing but that ends it.
        drop(stream.read_to_end(&mut Vec::new()));
    }
}

fn answer() -> String {
    let body = json!({"Id": ID, "Name": "/we\u{1b}b", "Config": {"Image": "nginx:1.27"}}).to_string();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn question() -> String {
    format!("/containers/{ID}/json")
}

fn named() -> Container {
    let (name, image) = (Some(r"we\x1bb".to_owned()), Some("nginx:1.27".to_owned()));
    Container { id: ID.to_owned(), runtime: "docker".to_owned(), name, image }
}

fn unnamed() -> Container {
    Container { name: None, image: None, ..named() }
}

fn listed(mut command: Command, daemon: &Daemon) -> (Document, Ran) {
    let ran = run(command.env("DOCKER_HOST", daemon.address()));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    (Document::read(&ran.stdout), ran)
}

const ASKING: &[&str] = &["--json", "-tl", "--ask-runtimes"];

fn unasked() {
    let cgroup = Cgroup::new(&format!("docker-{ID}.scope"));
    let (holder, port) = listener(&cgroup);
    let daemon = Daemon::new(Some(answer()));
    let (told, _) = listed(sockeye(&["--json", "-tl"]), &daemon);
    assert_eq!(only_owner(&found(&told, port), &holder).container, Some(unnamed()));
    assert_eq!(daemon.asked(), [""; 0]);
}

fn told() {
    let cgroup = Cgroup::new(&format!("docker-{ID}.scope"));
    let (holder, port) = listener(&cgroup);
    let daemon = Daemon::new(Some(answer()));
    let (told, ran) = eventually(|| {
        // It may have been too busy once. Then that is said.
        let (told, ran) = listed(sockeye(ASKING), &daemon);
        let silent = &told.coverage.owners.runtimes_silent;
        if silent.is_empty() { Ok((told, ran)) } else { Err(format!("{silent:?}")) }
    });
    let socket = found(&told, port);
    assert_eq!(only_owner(&socket, &holder).container, Some(named()));
    assert_eq!(socket.container.as_deref(), Some(r"we\x1bb"));
    assert!(!ran.stderr().contains("names of containers"), "{}", ran.stderr());
    let asked = daemon.asked();
    assert!(asked.iter().all(|asked| *asked == question()), "{asked:?}");
}

fn told_to_nobody() {
    let cgroup = Cgroup::new(&format!("docker-{ID}.scope"));
    let (_holder, port) = listener(&cgroup);
    let copy = PublicCopy::new();
    for uid in [0, NOBODY] {
        let daemon = Daemon::of(uid, Some(answer()));
        chown(&daemon.path, Some(uid), None).unwrap();
        let told = eventually(|| {
            let (told, _) = listed(copy.by_nobody(ASKING), &daemon);
            let silent = &told.coverage.owners.runtimes_silent;
            if silent.is_empty() { Ok(told) } else { Err(format!("{silent:?}")) }
        });
        let socket = found(&told, port);
        assert_eq!((socket.owners, socket.container.as_deref()), (None, Some(r"we\x1bb")), "{uid}");
    }
}

/// Two containers, so that the second question would be seen.
fn silent() {
    let others = "1".repeat(64);
    let cgroup = Cgroup::new(&format!("docker-{ID}.scope"));
    let other = Cgroup::new(&format!("docker-{others}.scope"));
    let (holder, port) = listener(&cgroup);
    let (other_holder, other_port) = listener(&other);
    let daemon = Daemon::new(None);
    let path = daemon.path.to_str().unwrap().to_owned();
    let (told, ran) = listed(sockeye(ASKING), &daemon);
    let reason = "it did not answer in time";
    for (port, holder, id) in [(port, &holder, ID), (other_port, &other_holder, &others)] {
        let expected = Container { id: id.to_owned(), ..unnamed() };
        assert_eq!(only_owner(&found(&told, port), holder).container, Some(expected));
    }
    let [silent] = &told.coverage.owners.runtimes_silent[..] else { panic!("{:?}", told.coverage.owners) };
    assert_eq!((silent.socket.as_str(), silent.reason.as_str()), (path.as_str(), reason));
    let notice = format!("sockeye: names of containers may be missing: {path}: {reason}");
    assert_eq!(ran.stderr().lines().filter(|line| *line == notice).count(), 1, "{}", ran.stderr());

    let doctor = run(sockeye(&["doctor", "--ask-runtimes"]).env("DOCKER_HOST", daemon.address())).ok();
    assert!(doctor.contains(&format!("names of containers not told by {path}: {reason}")), "{doctor}");
    // `asked` returns when each connection was closed, and one is all that either run made.
    let asked = daemon.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
}

fn foreign() {
    let cgroup = Cgroup::new(&format!("docker-{ID}.scope"));
    let (holder, port) = listener(&cgroup);
    let why = format!("it belongs to user {NOBODY}, who could tell anything");
    // The socket is somebody else's: not even called. Who listens is somebody else: not spoken to.
    for (listens, owns, calls) in [(0, NOBODY, vec![]), (NOBODY, 0, vec![""])] {
        let daemon = Daemon::of(listens, Some(answer()));
        chown(&daemon.path, Some(owns), None).unwrap();
        let (told, _) = listed(sockeye(ASKING), &daemon);
        assert_eq!(only_owner(&found(&told, port), &holder).container, Some(unnamed()), "{listens} {owns}");
        let reasons: Vec<_> = told.coverage.owners.runtimes_silent.iter().map(|one| &one.reason).collect();
        assert_eq!(reasons, [&why], "{listens} {owns}");
        assert_eq!(daemon.asked(), calls, "{listens} {owns}");
    }
}

fn again_and_again() {
    let cgroup = Cgroup::new(&format!("docker-{ID}.scope"));
    let (_holder, port) = listener(&cgroup);
    let daemon = Daemon::new(Some(answer()));
    let places = RuntimePlaces { docker_host: Some(daemon.path.clone()), runtime_dir: None };
    let sampler = || {
        let owners = OwnerAsk { choice: OwnerChoice::Proc, facts: Facts::All, live: true, by_bpf: false };
        let source = Box::new(Netlink::with_fallback(Ask::NOTHING));
        Sampler::new(source, vec![(Family::Inet, Protocol::Tcp)], owners).asking(Some(&places))
    };
    // A sampler that met a busy daemon would let it rest.
    let mut samplers = 0;
    let mut sampler = eventually(|| {
        samplers += 1;
        let mut sampler = sampler();
        let silent = sampler.take().unwrap().coverage.owners.silent_runtimes;
        if silent.is_empty() { Ok(sampler) } else { Err(format!("{silent:?}")) }
    });
    for _ in 0..3 {
        let sample = sampler.take().unwrap();
        let local = |socket: &sockeye::model::Socket| socket.ends.local().map(|local| local.port);
        let socket = sample.sockets.iter().find(|socket| local(socket) == Some(port)).unwrap();
        let owner = socket.owners.first().unwrap();
        let container = owner.process.workload.as_ref().unwrap().container.as_ref().unwrap();
        assert_eq!(container.label().as_bytes(), b"we\x1bb");
    }
    assert_eq!(daemon.asked(), vec![question(); samplers]);
}
