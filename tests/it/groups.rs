//! What is counted together in the dashboard, on real processes with real sockets: children of this one.
//!
//! Each test has loopback addresses of its own and filters for them.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use vt100::Screen;

use crate::session::Session;

/// A child with a socket in place of its standard input, ended when it is dropped.
struct Holder(Child);

impl Holder {
    fn of(socket: impl Into<OwnedFd>, program: &str, argument: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(argument).stdin(Stdio::from(socket.into())).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Busy for a bounded number of rounds, which the test does not wait for.
const BUSY: &[&str] = &["-c", "i=0; while [ $i -lt 200000000 ]; do i=$((i+1)); done"];
const IDLE: &[&str] = &["600"];

fn row(screen: &Screen, with: &str) -> Option<String> {
    screen.rows(0, 200).find(|row| row.contains(with))
}

/// The share of a core in the row of a process: in front of its memory, which is a number and a unit.
fn cpu(screen: &Screen, pid: &str) -> Option<f64> {
    let row = row(screen, &format!(" {pid} "))?;
    let words: Vec<&str> = row.split_whitespace().collect();
    words.get(words.len().checked_sub(3)?)?.replace(',', "").parse().ok()
}

#[test]
fn a_busy_process_takes_time_and_an_idle_one_none_and_both_fold_into_their_user() {
    let listener = |port: u16| TcpListener::bind(("127.84.1.1", port)).unwrap();
    let busy = Holder::of(listener(0), "sh", BUSY);
    let idle = Holder::of(listener(0), "sleep", IDLE);
    let mut session = Session::dashboard();
    session.press("/src 127.84.1.1\r3");
    session.wait_for("both, and what they take", |screen| {
        let shown = row(screen, "CPU %").is_some_and(|heads| heads.trim_end().ends_with("MEMORY"));
        let (busy, idle) = (cpu(screen, &busy.pid()), cpu(screen, &idle.pid()));
        shown && busy.is_some_and(|cpu| cpu > 0.0) && idle == Some(0.0)
    });
    let is_group = |screen: &Screen, glyph: &str| {
        row(screen, "(2)").is_some_and(|row| row.trim_start().starts_with(glyph))
    };
    session.press("bbb");
    session.wait_for("their user", |screen| screen.contents().contains("by user") && is_group(screen, "▸"));
    session.press("\x1b[C"); // right
    session.wait_for("both below it", |screen| {
        is_group(screen, "▾") && [&busy, &idle].iter().all(|it| cpu(screen, &it.pid()).is_some())
    });
    session.press("h");
    session.wait_for("the user alone", |screen| is_group(screen, "▸") && cpu(screen, &idle.pid()).is_none());
    session.press("b*"); // by parent, and its branches
    session.wait_for("the tree, folded", |screen| {
        screen.contents().contains("by parent") && cpu(screen, &idle.pid()).is_none()
    });
    session.press("q");
    session.ends_with(0);
}

#[test]
fn a_unix_socket_tells_the_process_at_its_other_end() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let child = Holder::of(theirs, "sleep", IDLE);
    let mut session = Session::dashboard();
    session.press(&format!("/pid = {}\r5", child.pid()));
    let own = format!(" {} ", std::process::id());
    session.wait_for("this process beside the child", |screen| {
        let row = row(screen, &format!("sleep {}", child.pid()));
        row.is_some_and(|row| row.contains(&own)) && screen.contents().contains("talks to ")
    });
    drop(ours);
    session.wait_for("that nobody is there any more", |screen| {
        row(screen, &format!("sleep {}", child.pid())).is_some_and(|row| row.contains(" nobody "))
    });
    session.press("q");
    session.ends_with(0);
}
