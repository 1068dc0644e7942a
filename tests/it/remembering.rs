//! The dashboard begins as it was left: the program in a terminal, with a state directory of the test's own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vt100::{Parser, Screen};

use crate::harness::{run, sockeye};
use crate::session::Session;
use crate::stock::write_file;

const SCRIPT: &str = "scenario:tests/scenarios/dashboard.toml";

/// Somebody who runs the dashboard more than once.
struct User(TempDir);

impl User {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("sockeye/dashboard.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// What is there was written by somebody.
    fn has(&self, text: &str) {
        fs::create_dir_all(self.file().parent().unwrap()).unwrap();
        write_file(&self.file(), text);
    }

    /// The dashboard, which remembers as it does for everybody.
    fn dashboard(&self, args: &[&str]) -> Session {
        let home = format!("XDG_STATE_HOME={}", self.0.path().display());
        let program = env!("CARGO_BIN_EXE_sockeye");
        let args = [&["-u", "SOCKEYE_STATE", &home, program, "top", "--source", SCRIPT], args].concat();
        let session = Session::start("env", &args);
        session.wait_for("the first snapshot", |screen| screen.contents().contains("● live"));
        session
    }
}

fn shows(screen: &Screen, text: &str) -> bool {
    screen.contents().contains(text)
}

/// The line of the filter is there.
fn has_filter(screen: &Screen) -> bool {
    screen.rows(0, 200).any(|row| row.starts_with(" filter "))
}

/// Waits until all of these are in sight.
fn sees(session: &Session, all: &[&str]) {
    session.wait_for(&all.join(", "), |screen| all.iter().all(|text| shows(screen, text)));
}

fn quit(mut session: Session) {
    session.press("q");
    session.ends_with(0);
}

#[test]
fn arranged_left_and_begun_again() {
    let user = User::new();
    let mut session = user.dashboard(&[]);
    session.press("2/tcp\r");
    session.press("buser\r");
    session.press("Cuid\r\x13\x1b"); // a column, and the order by it
    sees(&session, &["filter tcp", "UID", "sorted by UID", "▾ USER deploy"]);
    quit(session);
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!((mode(&user.file()), mode(user.file().parent().unwrap())), (0o600, 0o700));
    let written = user.text();
    let session = user.dashboard(&[]);
    sees(
        &session,
        &["filter tcp", "UID", "sorted by UID", "▾ USER deploy", "the filter is that of last time"],
    );
    let inode = fs::metadata(user.file()).unwrap().ino();
    quit(session);
    assert_eq!(
        (user.text(), fs::metadata(user.file()).unwrap().ino()),
        (written, inode),
        "nothing was changed"
    );
    let mut session = user.dashboard(&[]);
    session.press("\x1b");
    session.wait_for("no filter", |screen| !has_filter(screen));
    session.press("/\x1b[A"); // the one before
    sees(&session, &["filter tcp", "Enter keep"]);
    session.press("\x03");
    session.ends_with(0);
}

#[test]
fn whatever_ends_it() {
    for (signal, code) in [(Signal::TERM, 128 + 15), (Signal::HUP, 128 + 1), (Signal::INT, 128 + 2)] {
        let user = User::new();
        let mut session = user.dashboard(&[]);
        session.press("5");
        sees(&session, &["OTHER END"]);
        session.signal(signal);
        session.ends_with(code);
        assert!(user.text().contains("view = \"unix\""), "{}", user.text());
    }
}

/// The kernel tells of a lost terminal, and a shell does once more.
#[test]
fn a_terminal_that_goes_away() {
    let user = User::new();
    let pair = native_pty_system().openpty(PtySize { rows: 40, cols: 140, ..PtySize::default() }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_sockeye"));
    command.args(["top", "--source", SCRIPT]);
    command.cwd(".");
    command.env("TERM", "xterm-256color");
    command.env("SOCKEYE_CONFIG", "");
    command.env_remove("SOCKEYE_STATE");
    command.env("XDG_STATE_HOME", user.0.path());
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let (mut output, mut keyboard) =
        (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
    let mut parser = Parser::new(NonZeroU16::new(40).unwrap(), NonZeroU16::new(140).unwrap(), 0);
    for (keys, text) in [("", "● live"), ("5", "OTHER END")] {
        keyboard.write_all(keys.as_bytes()).unwrap();
        while !shows(parser.screen(), text) {
            let mut bytes = [0; 4096];
            let read = output.read(&mut bytes).unwrap();
            parser.process(&bytes[..read]);
        }
    }
    let pid = Pid::from_raw(child.process_id().unwrap().try_into().unwrap()).unwrap();
    drop((output, keyboard, pair.master));
    // It may have ended by then, and nobody else has its number before it is waited for.
    kill_process(pid, Signal::HUP).ok();
    child.wait().unwrap();
    assert!(user.text().contains("view = \"unix\""), "{}", user.text());
}

#[test]
fn nothing_is_written_where_nothing_is_changed_or_nobody_wants_it() {
    let user = User::new();
    quit(user.dashboard(&[]));
    assert!(!user.file().exists());
    let mut session = user.dashboard(&["--no-state"]);
    session.press("5T");
    sees(&session, &["OTHER END"]);
    quit(session);
    assert_eq!(fs::read_dir(user.0.path()).unwrap().count(), 0);
    user.has("version = 1\nview = \"unix\"\n");
    let session = user.dashboard(&["--no-state"]);
    sees(&session, &["EXECUTABLE"]);
    session.wait_for("the listeners", |screen| !shows(screen, "OTHER END"));
    quit(session);
}

#[test]
fn arguments_count_more_and_are_not_remembered() {
    let user = User::new();
    let before = "version = 1\nview = \"connections\"\nfilter = \"udp\"\ntheme = \"light\"\n";
    user.has(before);
    let mut session = user.dashboard(&["--theme", "dark", "tcp"]);
    sees(&session, &["filter tcp", "REMOTE"]);
    session.press("1");
    session.wait_for("the listeners", |screen| !shows(screen, "REMOTE"));
    quit(session);
    let written = user.text();
    for line in ["view = \"listeners\"", "filter = \"udp\"", "theme = \"light\""] {
        assert!(written.contains(line), "{line}:\n{written}");
    }
    let session = user.dashboard(&[""]);
    session.wait_for("no filter", |screen| shows(screen, "EXECUTABLE") && !has_filter(screen));
    quit(session);
    assert!(user.text().contains("filter = \"udp\""), "{}", user.text());
}

#[test]
fn two_at_once_keep_what_each_changed() {
    let user = User::new();
    let (mut first, mut second) = (user.dashboard(&[]), user.dashboard(&[]));
    first.press("2/tcp\r");
    second.press("T3b");
    sees(&first, &["filter tcp"]);
    sees(&second, &["UNIT"]);
    quit(first);
    quit(second);
    let written = user.text();
    for line in ["view = \"processes\"", "filter = \"tcp\"", "theme = \"dark\"", "[views.processes]"] {
        assert!(written.contains(line), "{line}:\n{written}");
    }
}

#[test]
fn a_view_is_saved_and_called_up_in_another_run() {
    let user = User::new();
    let mut session = user.dashboard(&[]);
    session.press("2/port = 80\rbuser\rVmy web\r");
    sees(&session, &["view my web saved"]);
    session.press("1\x1b");
    session.wait_for("the listeners", |screen| shows(screen, "EXECUTABLE") && !has_filter(screen));
    quit(session);
    assert!(user.text().contains("[saved.\"my web\"]"), "{}", user.text());
    let mut session = user.dashboard(&[]);
    session.press("v");
    sees(&session, &["my web Connections, filter port = 80, grouped by user"]);
    session.press("\r");
    sees(&session, &["filter port = 80", "USER www-data"]);
    session.press("1\x1b");
    session.wait_for("the listeners", |screen| shows(screen, "EXECUTABLE") && !has_filter(screen));
    session.press(":my w\r");
    sees(&session, &["filter port = 80", "USER www-data"]);
    session.press("v\x04\x04"); // Ctrl-D, twice
    sees(&session, &["view my web deleted"]);
    quit(session);
    assert!(!user.text().contains("saved"), "{}", user.text());
}

#[test]
fn one_begins_with_a_view_by_its_name() {
    let user = User::new();
    let text =
        "version = 1\n\n[saved.web]\nview = \"connections\"\nfilter = \"port = 80\"\ngroup = \"user\"\n";
    user.has(text);
    let session = user.dashboard(&["--view", "web"]);
    sees(&session, &["filter port = 80", "USER www-data"]);
    quit(session);
    let session = user.dashboard(&["--view", "unix"]);
    sees(&session, &["OTHER END"]);
    quit(session);
    let session = user.dashboard(&["--no-state", "--view", "unix"]);
    sees(&session, &["OTHER END"]);
    quit(session);
    assert_eq!(user.text(), text, "nothing was changed by hand");
    for (name, args, says) in [
        ("wbe", &[][..], "there is no view wbe: did you mean web?"),
        ("what ever", &[], "there is no view what ever: there are web, listeners, connections, "),
        ("ab\u{1b}", &["--no-state"], "there is no view ab\\x1b: this run remembers nothing, by --no-state"),
    ] {
        let ran =
            run(sockeye(&[&["top", "--view", name], args].concat()).env("XDG_STATE_HOME", user.0.path()));
        assert_eq!((ran.code(), ran.stdout()), (2, ""), "before the terminal is touched");
        assert!(ran.stderr().contains(says), "{}", ran.stderr());
    }
    user.has("viev");
    let ran = run(sockeye(&["top", "--view", "web"]).env("XDG_STATE_HOME", user.0.path()));
    assert!(ran.stderr().contains("there is no view web: nothing is remembered: "), "{}", ran.stderr());
}

#[test]
fn what_cannot_be_used_is_told_and_left_alone() {
    for (text, says) in [
        ("version = 1\nviev = \"unix\"\n", "line 2: unknown field `viev`"),
        ("\u{1b}[2J", "line 1: "),
        ("version = 9\n", "is of a newer sockeye (version 9"),
    ] {
        let user = User::new();
        user.has(text);
        let mut session = user.dashboard(&[]);
        sees(&session, &["nothing is remembered: ", says]);
        session.press("5");
        sees(&session, &["OTHER END"]);
        quit(session);
        assert_eq!(user.text(), text);
    }
    let user = User::new();
    user.has("version = 1\n");
    fs::rename(user.file(), user.0.path().join("elsewhere")).unwrap();
    symlink("../elsewhere", user.file()).unwrap();
    let mut session = user.dashboard(&[]);
    sees(&session, &["dashboard.toml: it is a link"]);
    session.press("5");
    sees(&session, &["OTHER END"]);
    quit(session);
    assert_eq!(user.text(), "version = 1\n");
}

#[test]
fn where_nothing_can_be_written_that_is_told_at_the_end() {
    let user = User::new();
    write_file(&user.0.path().join("sockeye"), ""); // in the place of the directory
    let mut session = user.dashboard(&[]);
    session.press("5");
    sees(&session, &["OTHER END"]);
    session.press("q");
    sees(&session, &["how the dashboard was left is not remembered: "]);
    session.ends_with(0);
}
