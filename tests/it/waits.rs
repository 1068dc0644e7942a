//! `wait-for` and `assert`: what scripts wait for, on sockets that come and go while they do, and on scripts.

use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, getsockname, listen, socket_with};

use crate::document::Document;
use crate::harness::{Ran, assert_harmless, eventually, finish, run, sockeye};
use crate::refused::run_refused;

const DASHBOARD: &str = "scenario:tests/scenarios/dashboard.toml";
const FILTER: &str = "scenario:tests/scenarios/filter.toml";
const BLIND: &str = "scenario:tests/scenarios/blind.toml";

/// A socket that has its port, and does not listen yet.
fn bound() -> (OwnedFd, u16) {
    let socket = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
    let local = SocketAddrV4::try_from(getsockname(&socket).unwrap()).unwrap();
    (socket, local.port())
}

/// A `wait-for` that has read once at least, and waits.
fn waiting(args: &[&str]) -> Child {
    let mut command = sockeye(&[&["wait-for"], args].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let tasks = format!("/proc/{}/task", child.id());
    // It sleeps once for each reading, and whenever it listens in vain.
    let slept = |status: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.is_some_and(|count| count.trim().parse::<u32>().unwrap() > 4)
    };
    eventually(|| {
        let tasks = fs::read_dir(&tasks).into_iter().flatten().filter_map(Result::ok);
        let status = tasks.filter_map(|task| fs::read_to_string(task.path().join("status")).ok());
        let poller = |status: &String| status.starts_with("Name:\tpoller\n") && slept(status);
        status.into_iter().any(|status| poller(&status)).then_some(()).ok_or("it does not poll".to_owned())
    });
    assert!(child.try_wait().unwrap().is_none(), "there is something to wait for");
    child
}

fn ran(args: &[&str]) -> Ran {
    let ran = run(&mut sockeye(args));
    assert_harmless("stdout", &ran.stdout);
    assert_harmless("stderr", &ran.stderr);
    ran
}

#[test]
fn a_listener_is_waited_for_and_its_end_too() {
    let (socket, port) = bound();
    let filter = format!("tcp port={port} listening");
    let begins = waiting(&[&filter, "--timeout", "1h", "--interval", "50ms"]);
    listen(&socket, 5).unwrap();
    let ran = finish(begins);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let lines: Vec<_> = ran.stdout().lines().collect();
    let [header, line] = lines[..] else { panic!("{lines:?}") };
    assert!(header.starts_with("Netid State ") && line.contains(&format!("127.0.0.1:{port} ")), "{lines:?}");
    assert!(line.contains(&format!("pid={}", std::process::id())), "{line}");

    // The kernel tells everybody what it closes: there is no other reading in that time.
    let ends = waiting(&[&filter, "--gone", "--timeout", "1h", "--interval", "1h"]);
    drop(socket);
    let ran = finish(ends);
    assert_eq!((ran.code(), ran.stdout()), (0, ""), "{}", ran.stderr());
}

#[test]
fn as_many_as_are_asked_for() {
    let first = TcpListener::bind("127.83.7.1:0").unwrap();
    let args = ["tcp src 127.83.7.1 and listening", "--count", "2", "--json"];
    let waits = waiting(&[&args[..], &["--timeout", "1h"]].concat());
    let second = TcpListener::bind("127.83.7.1:0").unwrap();
    let ran = finish(waits);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let mut ports: Vec<_> = Document::read(&ran.stdout).sockets.iter().map(|it| it.local_port).collect();
    let mut expected = [&first, &second].map(|it| Some(u32::from(it.local_addr().unwrap().port())));
    ports.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ports, expected);
}

/// Its fourth sample lacks the old listener for the second time; the third one opens the door.
#[test]
fn a_script_is_waited_for_and_time_runs_out() {
    let passes =
        [("--gone", "1 is there"), ("--count=2", "expected at least 2 sockets that pass, 1 is there")];
    for (args, code, stdout, stderr) in [
        (&["tcp port = 4444"][..], 0, ":4444 ", ""),
        (&["tcp port = 4444", "-q"], 0, "", ""),
        (&["new and listening and port = 4444"], 0, ":4444 ", ""),
        (&["tcp port = 3000", "--gone"], 0, "", ""),
        (&["tcp port = 22", passes[0].0], 1, ":22 ", passes[0].1),
        (&["tcp port = 22", passes[1].0], 1, ":22 ", passes[1].1),
        (&["tcp port = 22", passes[1].0, "-q"], 1, "", ""),
        (&["tcp port = 1"], 1, "", "time is over, 200ms: expected a socket that passes, none is there\n"),
        (&["tcp port = 1", "-q"], 1, "", ""),
        // Of the tables for UDP one cannot be read in the end.
        (&["udp port = 1"], 3, "", "none is there, as far as could be seen\nhint: "),
        (&["udp port = 1", "-q"], 3, "", "udp on IPv6 could not be read"),
        (&["tcp and proc = nobody", "--gone"], 3, "", " sockets that cannot be said"),
    ] {
        // Time enough for what comes, however busy the machine is.
        let timeout = if code == 0 { "1h" } else { "200ms" };
        let fixed = ["wait-for", "--source", DASHBOARD, "--interval", "10ms", "--timeout", timeout];
        let ran = ran(&[&fixed, args].concat());
        assert_eq!(ran.code(), code, "{args:?}: {ran:?}");
        assert!(
            ran.stdout().contains(stdout) && ran.stdout().is_empty() == stdout.is_empty(),
            "{args:?}: {ran:?}"
        );
        assert!(ran.stderr().contains(stderr), "{args:?}: {}", ran.stderr());
        assert!(!args.contains(&"-q") || code == 3 || ran.stderr().is_empty(), "{args:?}: {}", ran.stderr());
    }
}

#[test]
fn one_look_says_whether_it_is_so() {
    for (args, code, stdout, stderr) in [
        (&["tcp port = 22"][..], 0, ":22 ", "sockeye: expected a socket that passes, 1 is there\n"),
        (&["tcp port = 22", "-q"], 0, "", ""),
        (&["tcp port = 22", "--none"], 1, ":22 ", "expected no socket that passes, 1 is there\n"),
        (&["tcp port = 22", "--none", "-q"], 1, "", ""),
        (
            &["tcp port = 22", "--count", "2"],
            1,
            ":22 ",
            "expected at least 2 sockets that pass, 1 is there\n",
        ),
        (&["tcp port = 23", "--none"], 0, "", "expected no socket that passes, none is there\n"),
        (&["tcp port = 23"], 1, "", "expected a socket that passes, none is there\n"),
        // Whose the socket is may not be read; nobody's is the one that is not there.
        (&["tcp port = 22 and proc = sshd"], 3, "", "and of 1 socket that cannot be said\n"),
        (&["tcp port = 22 and proc = sshd", "--none"], 3, "", "and of 1 socket that cannot be said\n"),
        (&["tcp port = 22 and proc = sshd", "-q"], 3, "", "and of 1 socket that cannot be said\n"),
        (&["tcp port = 23 and proc = sshd", "--none"], 0, "", "none is there\n"),
    ] {
        let ran = ran(&[&["assert", "--source", BLIND], args].concat());
        assert_eq!(ran.code(), code, "{args:?}: {ran:?}");
        assert!(
            ran.stdout().contains(stdout) && ran.stdout().is_empty() == stdout.is_empty(),
            "{args:?}: {ran:?}"
        );
        assert!(ran.stderr().contains(stderr), "{args:?}: {}", ran.stderr());
        assert!(!args.contains(&"-q") || code == 3 || ran.stderr().is_empty(), "{args:?}: {}", ran.stderr());
    }
    // As grep does, which knows no third answer.
    for (filter, code) in [("tcp port = 22 and proc = sshd", 2), ("tcp port = 23 and proc = sshd", 1)] {
        assert_eq!(ran(&["-q", "--source", BLIND, filter]).code(), code, "{filter}");
    }
}

#[test]
fn what_passes_is_printed_as_in_a_listing() {
    for form in [&[][..], &["--json"]] {
        let listed = ran(&[&["--source", FILTER, "tcp and listening"], form].concat()).ok();
        for command in ["assert", "wait-for"] {
            let args = [&[command, "--source", FILTER, "tcp and listening"], form].concat();
            // Who waits hears, too, and says so; a listing is one look.
            let told = ran(&args).ok();
            let hears = told.find("\"hearing\":{").zip(told.find(",\"losses\":"));
            let told = hears.map_or(told.clone(), |(from, to)| {
                format!("{}\"hearing\":null{}", &told[..from], &told[to..])
            });
            assert_eq!(told, listed, "{args:?}");
        }
    }
    // A document is one, whatever passes.
    let none = ran(&["assert", "--source", FILTER, "tcp port = 4", "--none", "--json"]).ok();
    assert!(Document::read(none.as_bytes()).sockets.is_empty());
}

#[test]
fn mistakes_are_told_before_anything_is_read() {
    for (args, says) in [
        (&["wait-for", "prot = 80"][..], "   1 | prot = 80\n     | ^^^^ there is no such field"),
        (&["assert", "prot = 80"], "   1 | prot = 80\n     | ^^^^ there is no such field"),
        (&["wait-for", "tcp and unix"], "exclude each other"),
        (&["assert", "new"], "a single look knows no ages"),
        (&["wait-for", "tcp", "--timeout", "soon"], "500ms"),
        (&["wait-for", "tcp", "--gone", "--count", "2"], "cannot be used with"),
        (&["assert", "tcp", "--none", "--count", "2"], "cannot be used with"),
        (&["assert", "tcp", "--count", "0"], "0"),
        (&["assert", "tcp", "-q", "--json"], "cannot be used with"),
        (&["wait-for"], "FILTER"),
        (&["assert"], "FILTER"),
    ] {
        let ran = ran(args);
        assert_eq!((ran.code(), ran.stdout()), (2, ""), "{args:?}");
        assert!(ran.stderr().contains(says), "{args:?}: {}", ran.stderr());
    }
}

#[test]
fn an_unreadable_table_is_neither_empty_nor_gone() {
    for args in [
        &["wait-for", "--timeout", "50ms"][..],
        &["wait-for", "--timeout", "50ms", "--gone"],
        &["wait-for", "--timeout", "50ms", "--gone", "-q"],
        &["assert"],
        &["assert", "--none"],
        &["assert", "--none", "-q"],
    ] {
        let ran = run_refused(1, sockeye(&[args, &["--source", "netlink", "tcp port = 1"]].concat()));
        assert_eq!((ran.code(), ran.stdout()), (3, ""), "{args:?}: {}", ran.stderr());
        assert!(ran.stderr().contains("tcp, tcp on IPv6 could not be read: "), "{args:?}: {}", ran.stderr());
        assert!(ran.stderr().contains(", as far as could be seen\n"), "{args:?}: {}", ran.stderr());
    }
}
