//! How the dashboard behaves towards its terminal: at once there, and not there at all where it cannot be.

use std::fs;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use sockeye::engine::{self, OwnerAsk, Sampler};
use sockeye::source::{Reading, SocketSource, SourceError, Wanted};
use sockeye::tui::{self, Ended};

use crate::harness::eventually;
use crate::pty::options;
use crate::session::Session;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sockeye");

/// Tells the child the name of a pipe; who reads it waits for who writes.
const GATE: &str = "GATE";

#[test]
fn the_first_frame_comes_before_the_first_reading() {
    let dir = tempfile::tempdir().unwrap();
    let gate = dir.path().join("gate");
    mknodat(CWD, &gate, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let this = std::env::current_exe().unwrap();
    let (told, this) = (format!("{GATE}={}", gate.display()), this.to_str().unwrap());
    let child = [&told, this, "--exact", "manners::child_reads_when_it_may", "--ignored", "--nocapture"];
    let mut session = Session::start("env", &child);
    session.wait_for("a frame", |screen| screen.contents().contains("q quit"));
    session.press("?");
    session.wait_for("the help", |screen| screen.contents().contains("go back to the list"));
    session.wait_for("that nothing was read", |screen| !screen.contents().contains("live"));
    session.press("?");
    fs::write(&gate, "").unwrap();
    session.wait_for("the reading", |screen| screen.contents().contains("● live"));
    session.press("q");
    session.wait_for("the verdict", |screen| screen.contents().contains("test result: ok"));
    session.ends_with(0);
}

struct Waits;

impl SocketSource for Waits {
    fn read(&mut self, _: &[Wanted]) -> Result<Reading, SourceError> {
        let (_, gate) = std::env::vars_os().find(|(name, _)| name == GATE).unwrap();
        drop(fs::read(gate));
        Ok(Reading::default())
    }
}

#[test]
#[ignore = "started by the_first_frame_comes_before_the_first_reading"]
fn child_reads_when_it_may() {
    let sampler = Sampler::new(Box::new(Waits), Vec::new(), OwnerAsk::NOTHING);
    let hour = Duration::from_hours(1);
    let ended = tui::run(options(), |_, deliver| engine::spawn(sampler, hour, hour, None, deliver));
    assert_eq!(ended.unwrap(), Ended::Quit);
}

#[test]
fn a_dumb_terminal_gets_a_table() {
    let session = Session::start("env", &["TERM=dumb", PROGRAM]);
    // Its first line may have left the screen by then.
    let written = eventually(|| {
        let written = session.written();
        let text = String::from_utf8_lossy(&written).into_owned();
        if text.contains("State") { Ok(written) } else { Err(text) }
    });
    session.ends_with(0);
    assert!(!written.contains(&0x1b), "{}", String::from_utf8_lossy(&written));
}
