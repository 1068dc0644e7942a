//! The stream of events: to the letter on a scenario, and on sockets that the test opens and closes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::document::{Event, moment};
use crate::follower::is_coverage;
use crate::harness::{assert_harmless, eventually, run, sockeye, wait};
use crate::stock::cookie;
use crate::validator::{assert_valid, validator};

const SCENARIO: &str = "scenario:tests/scenarios/dashboard.toml";

/// The lines of a run on the scenario that ends after so many events, and what it says on stderr.
fn played(count: usize, args: &[&str]) -> (String, String) {
    let count = count.to_string();
    let fixed = ["events", "--interval", "10ms", "--source", SCENARIO, "--count", &count];
    let ran = run(&mut sockeye(&[&fixed, args].concat()));
    assert_harmless("events", &ran.stdout);
    let stderr = ran.stderr().to_owned();
    let events = ran.ok();
    (events.split_inclusive('\n').filter(|line| !is_coverage(line)).collect(), stderr)
}

#[test]
fn what_is_heard_is_told_first() {
    let (coverages, coverage) = (validator("coverage_line"), |args: &[&str]| -> Value {
        let ran =
            run(&mut sockeye(&[&["events", "--json", "--count", "1", "--interval", "50ms"], args].concat()));
        serde_json::from_str(ran.ok().lines().next().unwrap()).unwrap()
    });
    let played = coverage(&["--source", SCENARIO]);
    assert_valid(&coverages, "events", &played);
    let hearing = &played["coverage"]["hearing"];
    assert_eq!(hearing["interval_ms"], 50);
    assert_eq!(hearing["promise"], "what lives shorter than the interval can be missed");
    for told in ["beginnings", "binds", "ends"] {
        assert_eq!(hearing[told]["status"], "failed");
        assert!(
            hearing[told]["reason"].as_str().unwrap().contains("only netlink names sockets"),
            "{hearing}"
        );
    }
    // One that opens and closes until it is told of.
    let is_over = AtomicBool::new(false);
    let real = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                drop(asking());
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        });
        let real = coverage(&["--owners", "proc", "udp"]);
        is_over.store(true, Ordering::Relaxed);
        real
    });
    assert_valid(&coverages, "events", &real);
    let hearing = &real["coverage"]["hearing"];
    assert_eq!(
        (&hearing["beginnings"], &hearing["ends"]["status"]),
        (&Value::Null, &"ok".into()),
        "no TCP is read"
    );
    assert_eq!(hearing["binds"]["reason"], "BPF is not to be used: --owners");
    let promise =
        "what lives shorter than the interval can be missed, but for the end of TCP and UDP sockets";
    assert_eq!(hearing["promise"], promise);
    assert_eq!((&hearing["overruns"], &hearing["words_lost"]), (&0.into(), &0.into()));
}

fn event(line: &str) -> Event {
    let event: Event = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!((event.schema, &*event.r#type), (1, "event"));
    moment(&event.at);
    event
}

#[test]
fn every_event_of_a_script() {
    let (lines, stderr) = played(9, &[]);
    insta::assert_snapshot!("events", lines);
    let first =
        "sockeye: watching 17 sockets, every 10ms; what lives shorter than the interval can be missed";
    assert_eq!(stderr.lines().next(), Some(first));
    let (json, _) = played(9, &["--json"]);
    let told: Vec<_> = json.lines().map(event).collect();
    let kinds: Vec<_> = told.iter().map(|it| (&*it.event, it.socket.cookie.as_deref().unwrap())).collect();
    let expected = [
        ("opened", "9"),
        ("opened", "5"),
        ("opened", "23"),
        ("opened", "26"),
        ("opened", "27"),
        ("changed", "4"),
        ("closed", "11"),
        ("changed", "21"),
        ("closed", "24"),
    ];
    assert_eq!(kinds, expected);
    assert_eq!((told[5].owners_changed, told[5].from_state.as_deref()), (true, None));
    assert_eq!((told[7].owners_changed, told[7].from_state.as_deref()), (false, Some("established")));
    assert!(told.iter().all(|it| it.duration_ms.is_none()), "what closed was there before");
}

#[test]
fn events_in_ascii_and_in_colour() {
    let (ascii, _) = played(9, &["--ascii"]);
    assert!(ascii.is_ascii() && ascii.contains(":80 -> 198.51.100.10:40002 "), "{ascii}");
    let args = ["events", "--interval", "10ms", "--source", SCENARIO, "--count", "9", "--color", "always"];
    let coloured = run(&mut sockeye(&args)).ok();
    for mark in ["\x1b[32m+ opened \x1b[0m", "\x1b[33m~ changed\x1b[0m", "\x1b[2m- closed \x1b[0m"] {
        assert!(coloured.contains(mark), "{coloured:?}");
    }
}

#[test]
fn filters_choose_among_events() {
    let cookies = |count, filter: &[&str]| -> Vec<String> {
        let (json, _) = played(count, &[&["--json"], filter].concat());
        json.lines().map(|line| event(line).socket.cookie.unwrap()).collect()
    };
    assert_eq!(cookies(4, &["tcp", "and", "listening"]), ["9", "5", "4", "11"]);
    assert_eq!(cookies(1, &["port = 4444"]), ["5"]);
    assert_eq!(cookies(3, &["new and not listening"]), ["23", "26", "27"]);
    assert_eq!(cookies(2, &["age < 1s and port = 80"]), ["23", "26"]);
    let (_, stderr) = played(1, &["port = 4444"]);
    assert!(stderr.starts_with("sockeye: watching 0 sockets, "), "{stderr}");
}

#[test]
fn it_ends_when_its_time_is_over() {
    let ran = run(&mut sockeye(&["events", "--for", "60ms", "--interval", "20ms", "port = 1"]));
    assert_eq!((ran.code(), ran.stdout()), (0, ""), "{}", ran.stderr());
}

#[test]
fn mistakes_are_refused_before_anything_is_read() {
    for (args, says) in [
        (&["--for", "soon"][..], "500ms"),
        (&["--count", "0"], "0"),
        (&["stat = listening"], "did you mean"),
        (&["tcp and unix"], "exclude each other"),
    ] {
        let ran = run(&mut sockeye(&[&["events"], args].concat()));
        assert_eq!((ran.code(), ran.stdout()), (2, ""), "{args:?}");
        assert!(ran.stderr().contains(says), "{args:?}: {}", ran.stderr());
    }
}

/// A running `sockeye events --json`, and what it told so far.
struct Stream {
    child: Child,
    told: Arc<Mutex<Vec<Event>>>,
}

impl Stream {
    /// Starts it and waits until it says that it watches.
    fn start() -> Self {
        Self::every("100ms")
    }

    /// The same, with a reading that often.
    fn every(interval: &str) -> Self {
        let mut child = started_at(interval, &["tcp", "or", "udp"]);
        let told = Arc::new(Mutex::new(Vec::new()));
        let (stdout, printed) = (BufReader::new(child.stdout.take().unwrap()), Arc::clone(&told));
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if !is_coverage(&line) {
                    printed.lock().unwrap().push(event(&line));
                }
            }
        });
        Self { child, told }
    }

    /// Waits for an event of the socket.
    fn until(&self, cookie: u64, kind: &str) -> Event {
        eventually(|| {
            let told = self.told.lock().unwrap();
            let is_it = |it: &&Event| it.event == kind && it.socket.cookie == Some(cookie.to_string());
            told.iter().find(is_it).cloned().ok_or_else(|| format!("{cookie} is not {kind}"))
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The program, when it has said that it watches.
fn started() -> Child {
    started_at("100ms", &["tcp"])
}

fn started_at(interval: &str, filter: &[&str]) -> Child {
    let mut command = sockeye(&[&["events", "--json", "--interval", interval], filter].concat());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    stderr.read_line(&mut first).unwrap();
    assert!(first.starts_with("sockeye: watching ") && first.contains(" lives shorter "), "{first}");
    std::thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(drop));
    child
}

#[test]
fn own_sockets_open_and_close() {
    let before = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut stream = Stream::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let of_listener = cookie(&listener);
    let opened = stream.until(of_listener, "opened");
    assert!(opened.socket.owners.unwrap().iter().any(|owner| owner.pid == std::process::id()));
    assert_eq!((opened.duration_ms, opened.bytes_sent), (None, None), "it is there");
    let mut caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    caller.write_all(b"hello").unwrap();
    let of_caller = cookie(&caller);
    stream.until(of_caller, "opened");
    // What opens now is read with the bytes that were sent before.
    let later = TcpListener::bind("127.0.0.1:0").unwrap();
    stream.until(cookie(&later), "opened");
    drop((caller, listener));
    let closed = stream.until(of_caller, "closed");
    assert_eq!((closed.bytes_sent, closed.bytes_received), (Some(5), Some(0)));
    assert!(closed.duration_ms.is_some_and(|span| span > 0));
    assert!(stream.until(of_listener, "closed").duration_ms.is_some());
    {
        let told = stream.told.lock().unwrap();
        let of_before = Some(cookie(&before).to_string());
        let mut of_before = told.iter().filter(|it| it.socket.cookie == of_before);
        // A fork of another test holds it for an instant, which is a change of owners.
        assert!(of_before.all(|it| it.event == "changed"), "what was there was not opened");
    }
    kill_process(Pid::from_child(&stream.child), Signal::TERM).unwrap();
    let status = wait(&mut stream.child);
    let by_signal = std::os::unix::process::ExitStatusExt::signal(&status);
    assert!(by_signal == Some(15) || status.code() == Some(143), "{status:?}");
}

/// What a socket sent between two readings is a rate, which a filter sees.
#[test]
fn rates_are_of_the_last_two_readings() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = Stream::start();
    // Bytes and change may fall into two intervals: then it is idle when it changes.
    let mut rates = (0..50).map(|_| {
        let mut caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut answerer, _) = listener.accept().unwrap();
        stream.until(cookie(&caller), "opened");
        caller.write_all(&[7; 10_000]).unwrap();
        std::io::Read::read_exact(&mut answerer, &mut [0; 10_000]).unwrap();
        caller.shutdown(std::net::Shutdown::Write).unwrap();
        let told = stream.until(cookie(&caller), "changed").socket;
        assert_eq!(told.receive_rate_bytes_per_s, Some(0));
        told.send_rate_bytes_per_s
    });
    let sent = rates.find(|rate| *rate != Some(0)).unwrap();
    assert!(sent.is_some_and(|rate| rate > 100), "10 kB in an interval: {sent:?}");
}

#[test]
fn a_close_is_told_before_the_next_reading_is_due() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut server = listener.accept().unwrap().0;
    let stream = Stream::every("1h");
    caller.write_all(&[1; 700]).unwrap();
    server.read_exact(&mut [0; 700]).unwrap();
    let (of_caller, of_listener) = (cookie(&caller), cookie(&listener));
    // The server is the one that stays in TIME-WAIT, and the end of its stream is counted.
    server.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(caller.read_to_end(&mut Vec::new()).unwrap(), 0);
    drop(caller);
    let closed = stream.until(of_caller, "closed");
    assert_eq!((closed.bytes_sent, closed.bytes_received), (Some(700), Some(1)), "sent since the reading");
    assert!(
        closed.socket.state != "closed" && closed.from_state.is_none(),
        "as it was last seen: {closed:?}"
    );
    assert!(closed.socket.owners.unwrap().iter().any(|owner| owner.pid == std::process::id()));
    drop(listener);
    assert_eq!(stream.until(of_listener, "closed").socket.state, "listen");
    // What came and went between two readings.
    let brief = asking();
    let of_brief = cookie(&brief);
    drop(brief);
    let closed = stream.until(of_brief, "closed");
    assert_eq!((closed.duration_ms, closed.socket.owners, closed.socket.inode), (None, None, None));
}

/// A UDP socket that gets its port because it connects: nobody tells of its beginning, whatever the rights.
fn asking() -> std::os::fd::OwnedFd {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};
    let fd = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None).unwrap();
    connect(&fd, &std::net::SocketAddr::from(([127, 0, 0, 1], 9))).unwrap();
    fd
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = started();
    drop(child.stdout.take());
    let _listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(wait(&mut child).code(), Some(0));
}
