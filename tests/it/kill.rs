//! `sockeye kill` on children of the test, each meant by its pid: a port would mean whatever another test forks
//! meanwhile. What is meant by its port has namespaces of its own among the privileged tests.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use crate::harness::{Holder, Ran, assert_harmless, run, sockeye};
use crate::validator::{assert_valid, validator};

/// A child that alone holds a listener, and where.
fn listening(command: &mut Command) -> (Holder, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let holder = Holder::spawn(command.stdout(OwnedFd::from(listener)));
    command.stdout(Stdio::null()); // or the command would keep it
    (holder, address)
}

fn kill(holder: &Holder, args: &[&str]) -> Ran {
    let pid = format!("pid:{}", holder.pid());
    run(&mut sockeye(&[&["kill", &pid], args].concat()))
}

fn lives(holder: &Holder) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", holder.pid())).unwrap();
    !stat.rsplit(')').next().unwrap().starts_with(" Z")
}

#[test]
fn it_ends_and_its_place_is_free() {
    let (holder, address) = listening(&mut Command::new("cat"));
    let ran = kill(&holder, &["--yes"]);
    assert_eq!(ran.code(), 0, "{ran:?}");
    let pid = holder.pid();
    let told: Vec<_> = ran.stdout().lines().collect();
    assert!(told[0].starts_with(&format!("ended    cat {pid} /")), "{told:?}");
    assert_eq!(told[1..], [format!("released tcp {address} listen")]);
    assert!(!lives(&holder));
    TcpListener::bind(address).unwrap();
}

#[test]
fn who_ignores_it_is_told_and_gets_another_one() {
    let (holder, address) = listening(Command::new("sh").args(["-c", "trap '' TERM; exec cat"]));
    // Until it is cat, it may not have come to ignore anything.
    crate::harness::eventually(|| {
        let comm = std::fs::read_to_string(format!("/proc/{}/comm", holder.pid())).unwrap();
        if comm == "cat\n" { Ok(()) } else { Err(comm) }
    });
    let ran = kill(&holder, &["--yes", "--wait", "50ms"]);
    assert_eq!(ran.code(), 2, "{}", ran.stdout());
    let told: Vec<_> = ran.stdout().lines().collect();
    assert!(told[0].starts_with("running  cat "), "{told:?}");
    assert!(told[0].ends_with(": it got TERM and runs still; --signal KILL ends it at once"), "{told:?}");
    assert!(told[1].starts_with(&format!("held     tcp {address} listen: still held by cat ")), "{told:?}");
    assert!(lives(&holder));
    let ran = kill(&holder, &["--yes", "--signal", "9"]);
    assert_eq!(ran.code(), 0, "{}", ran.stdout());
    assert!(!lives(&holder));
}

#[test]
fn nothing_is_sent_by_a_dry_run_or_without_a_yes() {
    let (holder, address) = listening(&mut Command::new("cat"));
    let ran = kill(&holder, &["--dry-run"]);
    assert_eq!(ran.code(), 0, "{ran:?}");
    assert!(ran.stdout().contains(&format!("\n  tcp {address} listen\n")), "{}", ran.stdout());
    assert!(ran.stdout().ends_with(": would get TERM\n"), "{}", ran.stdout());
    let ran = kill(&holder, &[]);
    assert_eq!((ran.code(), ran.stdout()), (2, ""));
    assert!(ran.stderr().contains("no terminal to ask on: add --yes"), "{}", ran.stderr());
    assert!(lives(&holder));
}

#[test]
fn what_does_not_end_is_sent_and_not_waited_for() {
    let (holder, _) = listening(&mut Command::new("cat"));
    let ran = kill(&holder, &["--yes", "-s", "SIGCONT", "--json"]);
    assert_eq!((ran.code(), ran.stdout().lines().count()), (0, 1), "{}", ran.stdout());
    assert!(ran.stdout().contains("\"result\":\"sent\"") && lives(&holder));
}

#[test]
fn json_keeps_to_its_schema() {
    let (holder, address) = listening(&mut Command::new("cat"));
    let (signalling, release) = (validator("signalling_line"), validator("release_line"));
    let read = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let ran = kill(&holder, &["--dry-run", "--json"]);
    let planned = read(ran.stdout());
    assert_valid(&signalling, "a plan", &planned);
    assert_eq!(planned["result"], "planned");
    let ran = kill(&holder, &["--yes", "--json"]);
    assert_eq!(ran.code(), 0);
    let lines: Vec<_> = ran.stdout().lines().map(read).collect();
    assert_eq!(lines.len(), 2);
    assert_valid(&signalling, "an end", &lines[0]);
    assert_valid(&release, "a release", &lines[1]);
    assert_eq!((&lines[0]["result"], &lines[0]["signal"]), (&"ended".into(), &"TERM".into()));
    assert_eq!((&lines[0]["process"]["pid"], &lines[0]["other_sockets"]), (&holder.pid().into(), &0.into()));
    assert_eq!(lines[1]["result"], "released");
    assert_eq!(lines[1]["place"], format!("tcp {address} listen"));
    assert!(lines[1]["there"].is_null());
}

#[test]
fn nobody_there_is_one_and_mistakes_are_two() {
    for (args, code, says) in [
        (&["kill", "pid:4194304", "--yes"][..], 1, "no process holds it"),
        (&["kill", "--yes"], 2, "TARGET|FILTER"),
        (&["kill", "80", "--yes", "-s", "CHLD"], 2, "expected one of TERM, KILL"),
        (&["kill", "80", "--yes", "--dry-run"], 2, "cannot be used with"),
        (&["kill", "prt = 80", "--yes"], 2, "did you mean"),
        (&["kill", " ", "--yes"], 2, "everybody"),
        (&["kill", "80", "--yes", "--owners", "none"], 2, "leave out --owners none"),
        (&["kill", "\x1b:80", "--yes"], 2, r"\x1b"),
        (&["kill", "22", "--yes", "--source", SCENARIO], 2, "add --dry-run"),
        (&["close", "--yes"], 2, "close alone would close every connection"),
        (&["close", "-t"], 2, "close asks before it closes anything"),
    ] {
        let ran = run(&mut sockeye(args));
        assert_eq!((ran.code(), ran.stdout()), (code, ""), "{args:?}: {}", ran.stderr());
        assert_harmless("stderr", &ran.stderr);
        assert!(ran.stderr().contains(says), "{args:?}: {}", ran.stderr());
    }
}

const SCENARIO: &str = "scenario:tests/scenarios/who.toml";

/// A script tells who would get it: of what units and containers they are, and what else they hold.
#[test]
fn plans_in_words() {
    use std::fmt::Write as _;
    let mut told = String::new();
    for target in
        ["22", "4444", "8080", "631", "6666", "pid:812", "sshd", "port = 22 and state established", "81"]
    {
        let ran = run(&mut sockeye(&["kill", target, "--dry-run", "--source", SCENARIO]));
        assert_harmless(target, &ran.stdout);
        writeln!(
            told,
            "$ sockeye kill '{target}' --dry-run    exit {}\n{}{}",
            ran.code(),
            ran.stderr(),
            ran.stdout()
        )
        .unwrap();
    }
    insta::assert_snapshot!("plans", told);
}

/// What manages them is stopped in their place: of a script it is told, and never done here.
#[test]
fn plans_to_stop_what_manages_them() {
    let stop = |args: &[&str]| {
        run(&mut sockeye(&[&["kill", "--stop", "--dry-run", "--source", SCENARIO], args].concat()))
    };
    let ran = stop(&["pid:812"]);
    assert_eq!(ran.code(), 0, "{ran:?}");
    let told: Vec<_> = ran.stdout().lines().collect();
    let last = told.len() - 3;
    assert_eq!(told[last], "systemctl stop ssh.service");
    assert!(told[last + 1].starts_with("  ends 1 process that holds "), "{told:?}");
    assert_eq!(told[last + 2], "planned  systemctl stop ssh.service: would be run");
    let ran = stop(&["pid:812", "--json"]);
    let line: serde_json::Value = serde_json::from_str(ran.stdout()).unwrap();
    assert_valid(&validator("stopping_line"), "a plan", &line);
    assert_eq!(
        (&line["result"], &line["command"]),
        (&"planned".into(), &"systemctl stop ssh.service".into())
    );
    let ran = stop(&["4444"]);
    assert_eq!((ran.code(), ran.stdout()), (2, ""));
    assert!(ran.stderr().contains(": nobody looks after it, as far as is known"), "{}", ran.stderr());
    let ran = run(&mut sockeye(&["kill", "80", "--stop", "--signal", "KILL", "--yes"]));
    assert!(ran.code() == 2 && ran.stderr().contains("cannot be used with"), "{}", ran.stderr());
}
