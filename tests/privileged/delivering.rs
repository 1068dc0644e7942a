//! A webhook that misbehaves in every way, beside places that do not: nothing is lost, and nobody else waits.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::Case;
use crate::follower::Follower;
use crate::harness::{eventually, sockeye};
use crate::http::request;
use crate::namespaces::in_namespace;

pub(crate) const CASES: &[Case] =
    &[("delivering::a_webhook_that_misbehaves_delays_and_loses_nothing", || in_namespace(misbehaving))];

/// A server that answers in these ways in turn until it is well, and notes what it took then.
struct Server {
    address: String,
    /// How many requests it has misbehaved to.
    turns: Arc<AtomicUsize>,
    well: Arc<AtomicBool>,
    took: Arc<Mutex<Vec<String>>>,
}

/// Ways to misbehave. Of the first nothing is heard, the last never ends; the redirect leads to the server itself,
/// where it would be taken.
const ILL: [&str; 5] = [
    "",
    "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 429 Too Many\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 302 Found\r\nLocation: /taken\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 503 Endless\r\nTransfer-Encoding: chunked\r\n\r\n",
];

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap().to_string(),
            turns: Arc::default(),
            well: Arc::default(),
            took: Arc::default(),
        };
        let (turns, well, took) =
            (Arc::clone(&server.turns), Arc::clone(&server.well), Arc::clone(&server.took));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (turns, well, took) = (Arc::clone(&turns), Arc::clone(&well), Arc::clone(&took));
                std::thread::spawn(move || answer(stream.unwrap(), &turns, &well, &took));
            }
        });
        server
    }
}

fn answer(mut stream: TcpStream, turns: &AtomicUsize, well: &AtomicBool, took: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let Some((first, body)) = request(&mut reader) else { return };
    assert!(first.starts_with("POST /hook "), "a redirect was followed: {first}");
    if well.load(Ordering::SeqCst) {
        took.lock().unwrap().push(body);
        drop(stream.write_all(b"HTTP/1.1 204 Taken\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        return;
    }
    let way = ILL[turns.fetch_add(1, Ordering::SeqCst) % ILL.len()];
    drop(stream.write_all(way.as_bytes()));
    if way.is_empty() {
        drop(stream.read(&mut [0])); // until the other side gives up
    } else if way.contains("Endless") {
        while stream.write_all(b"4\r\nmore\r\n").is_ok() {}
    }
}

fn port(listener: &TcpListener) -> String {
    format!("\"local_port\":{},", listener.local_addr().unwrap().port())
}

fn misbehaving() {
    let server = Server::start();
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let sinks = format!(
        "version = 1\n[[sink]]\nkind = \"file\"\npath = \"{}\"\n[[sink]]\nkind = \"webhook\"\nurl = \
         \"http://{}/hook\"\ntimeout = \"200ms\"\n",
        at("alerts.json"),
        server.address
    );
    fs::write(at("policy.toml"), "version = 1\n").unwrap();
    fs::write(at("sinks.toml"), sinks).unwrap();
    let args = ["watch", "--json", "--cooldown", "0", "--interval", "100ms", "--policy", &at("policy.toml")];
    let more = ["--sinks", &at("sinks.toml"), "--store", &at("watch.db")];
    let watch = Follower::start_saying(&mut sockeye(&[&args[..], &more].concat()), "sockeye: watching ");
    let mut opened = Vec::new();
    // Whatever the webhook does, the others are told meanwhile.
    eventually(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        watch.tells(&[&port(&listener), "unexpected-listener"]);
        eventually(|| match fs::read_to_string(at("alerts.json")).unwrap_or_default() {
            text if text.contains(&port(&listener)) => Ok(()),
            text => Err(text),
        });
        opened.push(listener);
        std::thread::sleep(Duration::from_millis(100)); // what is bounded is the number of listeners
        let turns = server.turns.load(Ordering::SeqCst);
        if turns >= ILL.len() { Ok(()) } else { Err(format!("{turns} answers")) }
    });
    watch.says("alerts cannot be delivered to webhook");
    assert_eq!(server.took.lock().unwrap().len(), 0);
    server.well.store(true, Ordering::SeqCst);
    watch.says("alerts are delivered to webhook again");
    let told: Vec<Value> = watch.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let alerts = told.iter().filter(|line| line["type"] == "alert");
    let ids: Vec<_> = alerts.map(|alert| alert["id"].as_str().unwrap().to_owned()).collect();
    let taken = eventually(|| {
        let taken: Vec<String> = server.took.lock().unwrap().clone();
        if taken.len() >= ids.len() { Ok(taken) } else { Err(format!("{} of {}", taken.len(), ids.len())) }
    });
    let of = |line: &String| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
    let taken: Vec<_> = taken.iter().map(of).collect();
    assert_eq!(taken[..ids.len()], ids, "all of them, in their order");
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), ids.len(), "none of them twice");
    kill_process(Pid::from_child(&watch.child), Signal::TERM).unwrap();
    watch.ends();
}
