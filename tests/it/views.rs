//! The views of the dashboard in a real terminal, on sockets of this process.
//!
//! Each test has loopback addresses of its own and filters for them.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use vt100::Screen;

use crate::session::Session;

fn line(screen: &Screen, with: &str) -> Option<String> {
    screen.rows(0, 200).find(|row| row.contains(with))
}

/// The words of the first line below the heads.
fn first_row(screen: &Screen, head: &str) -> Vec<String> {
    let rows: Vec<String> = screen.rows(0, 200).collect();
    let heads = rows.iter().position(|row| row.contains(head) && !row.contains("sorted by"));
    let row = heads.and_then(|at| rows.get(at + 1)).cloned().unwrap_or_default();
    row.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn from_a_process_to_its_sockets_to_what_happened_to_them() {
    let listener = TcpListener::bind("127.82.1.1:0").unwrap();
    let local = listener.local_addr().unwrap().to_string();
    let mut session = Session::dashboard();
    session.press("/src 127.82.1.1\r3");
    let pid = std::process::id().to_string();
    session.wait_for("this process with one listener", |screen| {
        let row = first_row(screen, "PROCESS");
        row.contains(&pid) && screen.contents().contains("1 listener")
    });
    session.press("\r");
    session.wait_for("its listener", |screen| {
        screen.contents().contains(&format!("filter pid = {pid}")) && line(screen, &local).is_some()
    });
    session.press("\x1b");
    session.wait_for("no filter", |screen| !screen.contents().contains("filter pid"));
    session.press("/src 127.82.1.1\r6");
    session.wait_for("the events", |screen| screen.contents().contains("WHEN"));
    let other = TcpListener::bind("127.82.1.1:0").unwrap();
    let second = other.local_addr().unwrap().to_string();
    session
        .wait_for("that it opened", |screen| line(screen, &second).is_some_and(|row| row.contains("opened")));
    drop(other);
    session.wait_for("that it closed after a while", |screen| {
        first_row(screen, "WHEN").join(" ").contains("closed after")
    });
    session.press("q");
    session.ends_with(0);
}

/// Sends until it is dropped, a bounded number of times.
struct Talk {
    ends: Arc<AtomicBool>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Talk {
    fn between(from: &str, to: &TcpListener) -> Self {
        let socket =
            rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::STREAM, None)
                .unwrap();
        let from: std::net::SocketAddr = format!("{from}:0").parse().unwrap();
        rustix::net::bind(&socket, &from).unwrap();
        rustix::net::connect(&socket, &to.local_addr().unwrap()).unwrap();
        let mut client = TcpStream::from(socket);
        let (mut server, _) = to.accept().unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&ends);
        let sender = thread::spawn(move || {
            for _ in 0..60_000 {
                if told.load(Ordering::Relaxed) || client.write_all(&[7; 4096]).is_err() {
                    return;
                }
                thread::sleep(std::time::Duration::from_millis(1)); // a load, and no waiting for luck
            }
        });
        let reader = thread::spawn(move || {
            let mut buffer = [0; 8_192];
            while server.read(&mut buffer).is_ok_and(|read| read > 0) {}
        });
        Self { ends, threads: vec![sender, reader] }
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().unwrap();
        }
    }
}

#[test]
fn a_peer_has_its_direction_and_its_rate() {
    let listener = TcpListener::bind("127.82.2.1:0").unwrap();
    let talk = Talk::between("127.82.2.9", &listener);
    let mut session = Session::dashboard();
    session.press("/dst 127.82.2.9\r4");
    session.wait_for("one that came in, and how fast", |screen| {
        let row = first_row(screen, "NETWORK");
        let counted = row.iter().take(4).map(String::as_str).collect::<Vec<_>>();
        counted == ["127.82.2.9", "1", "1", "0"]
            && row.get(5).is_some_and(|unit| unit == "MB" || unit == "kB")
    });
    session.press("\r");
    session.wait_for("the connection and its rate", |screen| {
        screen.contents().contains("filter dst = 127.82.2.9")
            && line(screen, "127.82.2.9:").is_some_and(|row| row.contains(" MB ") || row.contains(" kB "))
    });
    drop(talk);
    session.press("q");
    session.ends_with(0);
}
