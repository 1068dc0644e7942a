//! Who holds it: every reason on a scenario to the letter, and on sockets that the test opens itself.

use std::fmt::Write as _;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Stdio;

use crate::document::Who;
use crate::harness::{Holder, Ran, assert_harmless, eventually, run, sockeye};
use crate::refused::run_refused;
use crate::stock::{cookie, write_file};

const SCENARIO: &str = "scenario:tests/scenarios/who.toml";

fn who(args: &[&str]) -> Ran {
    run(&mut sockeye(&[&["who"], args].concat()))
}

/// Each answer as it is told, one after the other.
fn read(ran: &Ran) -> Vec<Who> {
    let lines = ran.stdout().lines();
    let all: Vec<Who> = lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert!(all.iter().all(|who| (who.schema, &*who.r#type) == (1, "who")));
    all
}

#[test]
fn every_reason_in_words() {
    let mut told = String::new();
    let targets = [
        "22",
        "4444",
        "8080",
        "8443",
        "631",
        "4789",
        "9000",
        "9100",
        "6666",
        r"/run/\x1b[2Jbus",
        "pid:31288",
        "10.0.0.5:22",
        "[::1]:6666",
        "127.0.0.1:6666",
        "sshd",
        "pid:4",
        "81",
    ];
    for target in targets {
        let ran = who(&[target, "--source", SCENARIO]);
        assert_harmless(target, &ran.stdout);
        assert_eq!(ran.stderr(), "", "{target}");
        writeln!(told, "$ sockeye who {target}    exit {}\n{}", ran.code(), ran.stdout()).unwrap();
    }
    insta::assert_snapshot!("reasons", told);
}

#[test]
fn several_targets_are_held_when_each_is() {
    for (targets, code) in [(&["22", "4444"][..], 0), (&["22", "81"], 1), (&["81"], 1)] {
        let ran = who(&[targets, &["--source", SCENARIO]].concat());
        assert_eq!(ran.code(), code, "{targets:?}");
        let ran = who(&[targets, &["--json", "--source", SCENARIO]].concat());
        let held: Vec<_> = read(&ran).iter().map(|who| (who.target.clone(), who.held)).collect();
        let expected: Vec<_> = targets.iter().map(|it| ((*it).to_owned(), *it != "81")).collect();
        assert_eq!((ran.code(), held), (code, expected));
    }
}

#[test]
fn json_has_the_sockets_and_who_calls() {
    let ran = who(&["22", r"/run/\x1b[2Jbus", "8443", "9000", "--json", "--source", SCENARIO]);
    assert_harmless("json", &ran.stdout);
    let [ssh, bus, published, over] = read(&ran).try_into().unwrap();
    let cookies: Vec<_> = ssh.sockets.iter().map(|socket| socket.cookie.as_deref().unwrap()).collect();
    assert_eq!(cookies, ["1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!((ssh.connections.count, ssh.connections.time_wait), (5, 1));
    let callers: Vec<_> =
        ssh.connections.peers.iter().map(|it| (it.address.as_deref().unwrap(), it.count)).collect();
    assert_eq!(callers, [("203.0.113.9", 3), ("2001:db8::9", 1), ("10.0.0.1", 1)]);
    assert_eq!(bus.target, r"/run/\\x1b[2Jbus", "as it was typed");
    assert_eq!(bus.connections.peers[0].pid, Some(6666));
    assert_eq!(bus.connections.peers[0].comm.as_deref(), Some(r"\x1b[2J\u{202e}x\nsshd"));
    assert!(published.held && published.sockets.is_empty() && published.published.unwrap().len() == 1);
    assert!(!over.held && over.sockets.len() == 1 && over.packages.is_empty());
}

#[test]
fn an_owner_that_may_not_be_read_holds_it_all_the_same() {
    let ran = who(&["22", "--source", "scenario:tests/scenarios/blind.toml"]);
    assert_eq!(ran.code(), 0);
    let says = "tcp 0.0.0.0:22 is held by a process of uid 0 that may not be read by this user\n";
    assert!(ran.stdout().starts_with(says), "{}", ran.stdout());
    assert!(ran.stderr().contains("owners of 1 socket are missing"), "{}", ran.stderr());
    let ran = who(&["pid:812", "--source", "scenario:tests/scenarios/blind.toml"]);
    assert_eq!((ran.code(), ran.stdout()), (1, "process 812 holds no socket, as far as this user may see\n"));
}

/// A script of so many TCP sockets in that state at a port, each with a peer of its own.
fn many(listener: bool, state: &str, count: usize) -> String {
    let mut script = String::new();
    let mut names = Vec::new();
    if listener {
        script +=
            "[socket.l]\ncookie = 999\nprotocol = \"tcp\"\nstate = \"listen\"\nlocal = \"0.0.0.0:9000\"\n";
        names.push("\"l\"".to_owned());
    }
    for at in 1..=count {
        writeln!(
            script,
            "[socket.s{at}]\ncookie = {at}\nprotocol = \"tcp\"\nstate = \"{state}\"\nlocal = \"10.0.0.5:9000\"\nremote = \"10.0.1.{at}:40000\"\n"
        )
        .unwrap();
        names.push(format!("\"s{at}\""));
    }
    format!("{script}[[sample]]\nat = 0\nsockets = [{}]\n", names.join(", "))
}

#[test]
fn many_are_counted_and_the_first_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("many.toml");
    let source = format!("scenario:{}", file.to_str().unwrap());
    write_file(&file, many(false, "time-wait", 12));
    let ran = who(&["9000", "--source", &source]);
    let says = "tcp port 9000: nobody listens\n  12 connections linger in TIME-WAIT, which keeps bind(2) from succeeding without SO_REUSEADDR\n";
    assert_eq!((ran.code(), ran.stdout()), (1, says));
    write_file(&file, many(true, "established", 13));
    let text = who(&["9000", "--source", &source]).ok();
    let line = text.lines().find(|line| line.contains("connections")).unwrap();
    assert!(line.starts_with("  13 connections: 1 from 10.0.1.1, 1 from 10.0.1.2, "), "{line}");
    assert!(line.ends_with(", 1 from 10.0.1.10, and 3 from 3 more peers"), "{line}");
    let told = read(&who(&["9000", "--json", "--source", &source]));
    assert_eq!(told[0].connections.peers.len(), 13, "all of them");
}

#[test]
fn own_sockets_are_told_with_their_callers() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let callers: Vec<_> = (0..3).map(|_| TcpStream::connect(at).unwrap()).collect();
    let accepted: Vec<_> = callers.iter().map(|_| listener.accept().unwrap().0).collect();
    let (pid, exe) = (std::process::id(), std::fs::read_link("/proc/self/exe").unwrap());
    for target in [at.port().to_string(), format!(":{}", at.port()), at.to_string()] {
        let ran = who(&[&target]);
        let text = ran.stdout();
        assert_eq!(ran.code(), 0, "{target}: {text}");
        assert!(text.starts_with(&format!("tcp {at} is held by ")), "{text}");
        assert!(text.contains(&format!(" {pid} of ")), "{text}");
        assert!(text.contains(&format!("\n    runs: {}\n", exe.to_str().unwrap())), "{text}");
        assert!(text.contains("bound to 127.0.0.1, reachable from this machine only"), "{text}");
        assert!(text.contains("\n  3 connections from 127.0.0.1\n"), "{text}");
        assert!(text.contains(", since 2"), "{text}");
    }
    let told = read(&who(&[&at.to_string(), "--json"])).pop().unwrap();
    assert_eq!((told.connections.count, told.connections.peers.len(), told.held), (3, 1, true));
    let cookies: Vec<_> = told.sockets.iter().filter_map(|socket| socket.cookie.clone()).collect();
    assert_eq!(cookies[0], cookie(&listener).to_string());
    for one in &accepted {
        assert!(cookies.contains(&cookie(one).to_string()));
    }
    let whole = read(&who(&[&format!("pid:{pid}"), "--json"])).pop().unwrap();
    let has = |wanted: u64| whole.sockets.iter().any(|it| it.cookie == Some(wanted.to_string()));
    assert!(has(cookie(&listener)) && callers.iter().all(|one| has(cookie(one))), "all that it holds");
}

#[test]
fn a_unix_socket_is_found_by_any_way_to_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let _listener = UnixListener::bind(&path).unwrap();
    let _client = UnixStream::connect(&path).unwrap();
    let way = dir.path().join("way");
    std::os::unix::fs::symlink(dir.path(), &way).unwrap();
    for typed in [path.clone(), way.join("socket")] {
        let text = who(&[typed.to_str().unwrap()]).ok();
        assert!(text.starts_with(&format!("unix {} is held by ", path.to_str().unwrap())), "{text}");
        assert!(text.contains("accept queue: 1 of "), "{text}");
    }
    let ran = who(&[dir.path().join("none").to_str().unwrap()]);
    assert_eq!(ran.code(), 1);
    assert!(ran.stdout().starts_with("nothing has the Unix socket /"), "{}", ran.stdout());
}

#[test]
fn what_lingers_in_time_wait_is_held_by_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let caller = TcpStream::connect(at).unwrap();
    let (accepted, _) = listener.accept().unwrap();
    accepted.shutdown(Shutdown::Write).unwrap(); // who closes first waits
    drop((accepted, listener));
    drop(caller);
    let port = at.port();
    eventually(|| {
        let ran = who(&[&port.to_string()]);
        let says =
            format!("tcp port {port}: nobody listens\n  1 connection lingers in TIME-WAIT, which keeps");
        let told = ran.code() == 1 && ran.stdout().starts_with(&says);
        if told { Ok(()) } else { Err(format!("{ran:?}")) }
    });
}

#[test]
fn a_port_that_nothing_has() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let says = format!("nothing has tcp or udp port {port}\n");
    // A fork of another test may hold it for an instant.
    eventually(|| {
        let ran = who(&[&port.to_string()]);
        if (ran.code(), ran.stdout()) == (1, &says) { Ok(()) } else { Err(format!("{ran:?}")) }
    });
}

#[test]
fn what_could_not_be_read_is_not_called_free() {
    let ran = run_refused(1, sockeye(&["who", "1", "--source", "netlink"]));
    let says = "nothing has tcp or udp port 1, as far as the tables could be read\n";
    assert_eq!((ran.code(), ran.stdout()), (2, says), "{}", ran.stderr());
    let ran = run_refused(1, sockeye(&["who", "1", "--source", "netlink", "--json"]));
    let told = read(&ran).pop().unwrap();
    assert_eq!((ran.code(), told.held, told.coverage.complete), (2, false, false));
}

#[test]
fn the_package_is_told_where_dpkg_knows_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let holder = Holder::start(std::os::fd::OwnedFd::from(listener), Stdio::null());
    let told = read(&who(&[&port.to_string(), "--json"])).pop().unwrap();
    let package = told.packages.iter().find(|package| package.pid == holder.pid());
    let expected = Path::new("/var/lib/dpkg/info/coreutils.list").exists().then_some("coreutils");
    assert_eq!(package.map(|it| it.package.as_str()), expected);
    let text = who(&[&port.to_string()]).ok();
    assert_eq!(text.contains("/cat, of package coreutils\n"), expected.is_some(), "{text}");
}

#[test]
fn what_cannot_be_understood_is_refused_with_a_way_out() {
    for (args, says) in [
        (&["who"][..], &["TARGET"][..]),
        (&["who", ":htpps"], &["no service is called \"htpps\"", "did you mean :https?"]),
        (&["who", "localhost:80"], &["\"localhost\" is no address", "127.0.0.1:80"]),
        (&["who", "127.0.0.1"], &["has no port", "127.0.0.1:80"]),
        (&["who", "65536"], &["65536 is no port", "pid:65536"]),
        (&["who", "pid:nginx"], &["is no pid", "pid:812"]),
        (&["who", "\x1b:80"], &[r"\x1b"]),
        (&["-i", ":80"], &["a port stands right of a comparison", "sockeye who :80"]),
        (&["-nPiTCP:22"], &["sockeye who :22"]),
        (&["-tulpvn"], &["'-v'", "hint: without -v: sockeye -tulpn; "]),
    ] {
        let ran = run(&mut sockeye(args));
        assert_eq!((ran.code(), ran.stdout()), (2, ""), "{args:?}: {}", ran.stderr());
        assert_harmless("stderr", &ran.stderr);
        for part in says {
            assert!(ran.stderr().contains(part), "{args:?}: {part:?} is missing: {}", ran.stderr());
        }
    }
}

#[test]
fn the_answer_in_ascii_and_in_colour() {
    let ran = |args: &[&str]| who(&[args, &["22", "--source", SCENARIO]].concat()).ok();
    let ascii = ran(&["--ascii"]);
    assert!(ascii.is_ascii() && ascii.contains(" -> sshd 812"), "{ascii}");
    let coloured = ran(&["--color", "always"]);
    let headings: Vec<_> = coloured.lines().filter(|line| line.contains('\x1b')).collect();
    assert_eq!(headings[0], "\x1b[1mtcp [::]:22 is held by sshd 812\x1b[0m");
    assert_eq!(headings.len(), 2, "one for each paragraph: {headings:?}");
}

#[test]
fn what_is_wrong_is_told_with_the_evidence() {
    let source = "scenario:tests/scenarios/diagnosis.toml";
    let full = who(&["23", "--source", source]).ok();
    let [.., queue, exposed, deleted, _] = full.lines().collect::<Vec<_>>()[..] else { panic!("{full}") };
    assert_eq!(queue, "  accept queue: 6 of 5 wait to be accepted, full: callers are turned away");
    assert!(exposed.starts_with("  warning: port 23 is that of telnet, which does not encrypt"), "{full}");
    assert!(deleted.starts_with(r"  warning: sh\x1bop 2210 runs a file that was deleted"), "{full}");
    let silent = "\n  alarm: 2 connections, such as 127.0.0.1:5432 to 127.0.0.1:50002: the other end does not answer: 9 ";
    let fine = who(&["127.0.0.1:5432", "--source", source]).ok();
    assert!(fine.contains(silent) && !fine.contains("warning"), "{fine}");
    let call = who(&["41823", "--source", source]).ok();
    assert!(!call.contains("warning") && !call.contains("alarm"), "{call}");
}

#[test]
fn a_program_that_does_not_read_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (_accepted, _) = listener.accept().unwrap();
    // Until nobody takes any more: the window closes, and the kernel probes it.
    caller.set_nonblocking(true).unwrap();
    let plenty = vec![0; 1 << 16];
    eventually(|| {
        if std::io::Write::write(&mut caller, &plenty).is_ok() {
            return Err("it still takes some".to_owned());
        }
        let (near, far) = (caller.local_addr().unwrap(), caller.peer_addr().unwrap());
        let text = who(&[&near.to_string()]).ok();
        let says = format!(
            "\n  warning: {near} to {far}: the other end takes nothing: its receive window is closed, "
        );
        if text.contains(&says) { Ok(()) } else { Err(text) }
    });
}
