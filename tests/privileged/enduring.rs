//! A watch on a machine in trouble: without descriptors, too slow for its interval, among processes by the thousand.
//! It goes on, says so, and takes nothing for gone that it could not see.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use serde_json::Value;
use tempfile::TempDir;

use crate::Case;
use crate::follower::Follower;
use crate::harness::{eventually, sockeye, wait};
use crate::namespaces::in_namespace;

pub(crate) const CASES: &[Case] = &[
    ("enduring::without_descriptors_alerts_go_on_and_nothing_is_taken_for_gone", || in_namespace(starved)),
    ("enduring::listeners_among_thousands_of_short_processes_have_their_owner", || in_namespace(forks)),
];

/// Cases that need a tracer.
pub(crate) const TRACED: &[Case] =
    &[("enduring::readings_that_take_too_long_are_told_until_they_do_not", || in_namespace(slow))];

struct Watch {
    follower: Follower,
    dir: TempDir,
}

impl Watch {
    /// With sinks, in whose lines `DIR` stands for a directory of its own, where there is a program `hook`.
    fn start(interval: &str, sinks: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        fs::write(at("policy.toml"), "version = 1\n").unwrap();
        fs::write(at("sinks.toml"), format!("version = 1\n{}", sinks.replace("DIR", &at("")))).unwrap();
        fs::write(at("hook"), format!("#!/bin/sh\ncat >> {}\n", at("told"))).unwrap();
        fs::set_permissions(at("hook"), fs::Permissions::from_mode(0o755)).unwrap();
        let fixed = ["watch", "--json", "--cooldown", "0", "--interval", interval];
        let files =
            ["--policy", &at("policy.toml"), "--sinks", &at("sinks.toml"), "--store", &at("watch.db")];
        let mut command = sockeye(&[&fixed[..], &files].concat());
        let follower = Follower::start_saying(&mut command, "sockeye: alerts are kept in ");
        Self { follower, dir }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.follower.child)
    }

    /// The alert about a listener.
    fn tells_of(&self, listener: &TcpListener) -> Value {
        let line = self.follower.tells(&[&port(listener), "unexpected-listener"]);
        serde_json::from_str(&line).unwrap()
    }

    /// Waits until a file tells of it, too.
    fn comes_to(&self, name: &str, listener: &TcpListener) {
        eventually(|| match fs::read_to_string(self.at(name)).unwrap_or_default() {
            text if text.contains(&port(listener)) => Ok(()),
            text => Err(text),
        });
    }

    /// The number that the text file tells, once it is so.
    fn shows(&self, sample: &str, is_it: impl Fn(f64) -> bool) {
        eventually(|| {
            let text = fs::read_to_string(self.at("watch.prom")).unwrap_or_default();
            let told = text.lines().find_map(|line| line.strip_prefix(sample)?.trim().parse().ok());
            if told.is_some_and(&is_it) { Ok(()) } else { Err(format!("{sample}: {told:?}")) }
        });
    }
}

fn port(listener: &TcpListener) -> String {
    format!("\"local_port\":{},", listener.local_addr().unwrap().port())
}

fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

const TEXTFILE: &str = "[[sink]]\nkind = \"textfile\"\npath = \"DIR/watch.prom\"\n";
const HOOK: &str = "[[sink]]\nkind = \"exec\"\ncommand = [\"DIR/hook\"]\n";

fn starved() {
    let watch = Watch::start("200ms", &[TEXTFILE, HOOK].concat());
    let before = listen();
    watch.comes_to("told", &before);
    let usual = getrlimit(Resource::Nofile);
    // What is open stays so, and nothing can be opened.
    let none = Rlimit { current: Some(3), ..usual };
    prlimit(Some(watch.pid()), Resource::Nofile, none).unwrap();
    watch.follower.says("Too many open files");
    let meanwhile = listen();
    let alert = watch.tells_of(&meanwhile);
    assert_eq!(alert["pid"], std::process::id(), "BPF tells who it was: {alert}");
    watch.follower.says("alerts cannot be delivered to exec");
    prlimit(Some(watch.pid()), Resource::Nofile, usual).unwrap();
    watch.follower.says("every table can be read again");
    watch.follower.says("alerts are delivered to exec again");
    watch.comes_to("told", &meanwhile);
    watch.shows("sockeye_watch_readings_total{result=\"partial\"}", |count| count >= 1.0);
    watch.shows("sockeye_watch_sink_failures_total{sink=\"exec\"}", |count| count >= 1.0);
    watch.shows("sockeye_watch_sink_waiting_alerts{sink=\"exec\"}", |count| count == 0.0);
    // All that was said is said by now: this one comes last.
    let last = listen();
    watch.tells_of(&last);
    let lines = watch.follower.lines();
    let others: Vec<_> =
        lines.iter().filter(|line| !line.contains("\"alert\":\"unexpected-listener\"")).collect();
    assert!(others.is_empty(), "nothing closed, and every owner is known: {others:?}");
    drop(before);
}

/// How many short processes there are, of which each of two threads has one at a time.
const PROCESSES: usize = 3000;

fn forks() {
    let watch = Watch::start("200ms", TEXTFILE);
    let run = || {
        for _ in 0..PROCESSES / 2 {
            Command::new("/bin/true").stdin(Stdio::null()).status().unwrap();
        }
    };
    let listeners = std::thread::scope(|scope| {
        let storm = [scope.spawn(run), scope.spawn(run)];
        let mut listeners = Vec::new();
        while listeners.len() < 20 || !storm.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            let listener = listen();
            let alert = watch.tells_of(&listener);
            assert_eq!(alert["pid"], std::process::id(), "{alert}");
            assert!(alert["exe"].is_string(), "{alert}");
            listeners.push(listener);
        }
        listeners
    });
    let lines = watch.follower.lines();
    let alerts = lines.iter().filter(|line| line.contains("\"type\":\"alert\"")).count();
    assert_eq!(alerts, listeners.len(), "of each once, and of nothing else: {lines:?}");
    watch.shows("sockeye_watch_readings_total{result=\"failed\"}", |count| count == 0.0);
    let said = watch.follower.said();
    assert!(
        !said.iter().any(|line| line.contains("failed") || line.contains("could not be read")),
        "{said:?}"
    );
}

/// A tracer that makes every question to the kernel take longer than the interval. It lets go when it ends.
fn slow() {
    let watch = Watch::start("500ms", TEXTFILE);
    let pid = watch.follower.child.id().to_string();
    let calls = "sendto,recvfrom,recvmsg,getdents64";
    let inject = format!("inject={calls}:delay_exit=200000");
    let trace = format!("trace={calls}");
    let mut strace = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject, "-p", &pid])
        .spawn()
        .unwrap();
    let said = watch.follower.says("longer than the interval of 500ms: the next one follows after ");
    kill_process(Pid::from_child(&strace), Signal::TERM).unwrap();
    wait(&mut strace);
    watch.follower.says("readings keep to the interval of 500ms again");
    watch.shows("sockeye_watch_overruns_total", |count| count >= 1.0);
    let all = watch.follower.said();
    assert_eq!(all.iter().filter(|line| **line == said).count(), 1, "once: {all:?}");
    watch.tells_of(&listen());
}
