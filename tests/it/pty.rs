//! The dashboard in a real terminal: what comes and goes, and that the terminal always comes back.
//!
//! Conditions are awaited with a deadline; nothing sleeps for luck. Each test has a loopback
//! address of its own and filters for it, so neither the host nor other tests get in the way.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use sockeye::engine::{self, OwnerAsk, Sampler};
use sockeye::source::{Reading, SocketSource, SourceError, Wanted};
use sockeye::tui::{self, ColorChoice, Ended, Options, TuiError};
use vt100::{Parser, Screen};

const DEADLINE: Duration = Duration::from_secs(20);
const SIZE: PtySize = PtySize { rows: 40, cols: 140, pixel_width: 0, pixel_height: 0 };

/// What the program wrote, as a terminal understands it.
type Shown = Arc<(Mutex<Parser>, Condvar)>;

/// A program in a terminal.
struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn std::io::Write + Send>,
    shown: Shown,
    /// The terminal's modes before the program started, printed: their type is not ours.
    modes: String,
}

impl Session {
    fn start(program: &str, args: &[&str]) -> Self {
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.cwd("."); // or it would start in the user's home, which not every user has
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR");
        command.env_remove("RUST_BACKTRACE");
        let modes = format!("{:?}", pair.master.get_termios().unwrap());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave); // so that reading ends with the child
        let shown: Shown =
            Arc::new((Mutex::new(Parser::new(cells(SIZE.rows), cells(SIZE.cols), 0)), Condvar::new()));
        let (mut output, seen) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                seen.0.lock().unwrap().process(&buffer[..read]);
                seen.1.notify_all();
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Self { child, master: pair.master, keyboard, shown, modes }
    }

    fn dashboard() -> Self {
        let session = Self::start(env!("CARGO_BIN_EXE_sockeye"), &["top", "--interval", "200ms"]);
        session.wait_for("the first snapshot", |screen| screen.contents().contains("● live"));
        session
    }

    fn wait_for(&self, what: &str, mut holds: impl FnMut(&Screen) -> bool) {
        let guard = self.shown.0.lock().unwrap();
        let waited = self.shown.1.wait_timeout_while(guard, DEADLINE, |parser| !holds(parser.screen()));
        let (parser, timeout) = waited.unwrap();
        assert!(!timeout.timed_out(), "waited for {what} and saw\n{}", parser.screen().contents());
    }

    /// Waits for a row that begins with the mark and shows the text.
    fn wait_for_row(&self, mark: &str, text: &str) {
        let begins = format!(" {mark} ");
        self.wait_for(&format!("a row marked {mark:?} with {text}"), |screen| {
            screen.rows(0, 200).any(|row| row.starts_with(&begins) && row.contains(text))
        });
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    fn resize(&self, rows: u16, cols: u16) {
        self.shown.0.lock().unwrap().screen_mut().set_size(cells(rows), cells(cols));
        self.master.resize(PtySize { rows, cols, ..SIZE }).unwrap();
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.process_id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits for the end, and for the terminal to be as it was before the start.
    fn ends_with(self, code: u32) {
        self.wait_for("the main screen, a cursor, and plain pastes", |screen| {
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
        // Not `wait`: a child that hangs must fail the test, and be ended by it.
        let mut killer = self.child.clone_killer();
        let (sender, ended) = std::sync::mpsc::channel();
        let mut child = self.child;
        std::thread::spawn(move || sender.send(child.wait()));
        let Ok(status) = ended.recv_timeout(DEADLINE) else {
            killer.kill().unwrap();
            panic!("the program does not end");
        };
        assert_eq!(status.unwrap().exit_code(), code);
        assert_eq!(format!("{:?}", self.master.get_termios().unwrap()), self.modes);
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

#[test]
fn sockets_come_and_go_before_the_eyes() {
    let mut session = Session::dashboard();
    session.press("/127.81.1.1");
    session.wait_for("the filter", |screen| screen.contents().contains("0 of"));
    session.press("\r");
    let listener = TcpListener::bind("127.81.1.1:0").unwrap();
    let local = listener.local_addr().unwrap().to_string();
    session.wait_for_row("+", &local);
    drop(listener);
    session.wait_for_row("-", &local);
    session.wait_for("the closed row to leave", |screen| !screen.contents().contains(&local));
    session.resize(30, 100);
    session.wait_for("the footer in the last of 30 lines", |screen| {
        screen.rows(0, 100).nth(29).is_some_and(|row| row.contains("q quit"))
    });
    session.press("q");
    session.ends_with(0);
}

#[test]
fn no_key_is_lost_in_a_resize() {
    let mut session = Session::dashboard();
    session.press("/");
    session.wait_for("the filter", |screen| screen.contents().contains(" of "));
    let typed = "the quick brown fox jumps over";
    for (width, (at, c)) in (100..).zip(typed.char_indices()) {
        session.resize(30, width);
        session.press(c.encode_utf8(&mut [0; 4]));
        let shown = format!("filter {}", typed[..=at].trim_end());
        session.wait_for("the key", |screen| screen.contents().contains(&shown));
    }
    session.press("\x03");
    session.ends_with(0);
}

#[test]
fn control_c_quits_while_the_filter_is_typed() {
    let mut session = Session::dashboard();
    session.press("/q");
    session.wait_for("the filter", |screen| screen.contents().contains("filter q"));
    session.press("\x03");
    session.ends_with(0);
}

#[test]
fn signals_give_the_terminal_back() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let session = Session::dashboard();
        session.signal(signal);
        session.ends_with(code);
    }
}

#[test]
fn a_paste_is_text_and_no_commands() {
    let mut session = Session::dashboard();
    session.press("\x1b[200~q\x1b[201~/\x1b[200~two\twords\r\n\x1b[201~");
    session.wait_for("the pasted filter", |screen| screen.contents().contains("filter two words"));
    session.press("\x03");
    session.ends_with(0);
}

#[test]
fn control_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() {
    let script = "set -m; \"$0\" top --interval 200ms; echo stopped; read go; fg; echo ended $?";
    let mut session = Session::start("sh", &["-c", script, env!("CARGO_BIN_EXE_sockeye")]);
    let dashboard = |screen: &Screen| screen.alternate_screen() && screen.contents().contains("● live");
    session.wait_for("the dashboard", dashboard);
    session.press("\x1a");
    session.wait_for("the shell", |screen| {
        !screen.alternate_screen() && !screen.hide_cursor() && screen.contents().contains("stopped")
    });
    assert_eq!(format!("{:?}", session.master.get_termios().unwrap()), session.modes);
    session.press("\r");
    session.wait_for("the dashboard again", dashboard);
    session.press("q");
    session.wait_for("the end", |screen| screen.contents().contains("ended 0"));
    session.ends_with(0);
}

#[test]
fn without_a_shell_to_return_to_nothing_stops() {
    let mut session = Session::dashboard();
    session.press("\x1a/still here");
    session.wait_for("the filter", |screen| screen.contents().contains("filter still here"));
    session.press("\x03");
    session.ends_with(0);
}

/// Runs one of the ignored tests below in a terminal of its own: panics cannot be asked for from
/// the program, so the library is made to panic from here.
fn child_test(name: &str) -> Session {
    let this = std::env::current_exe().unwrap();
    let name = format!("pty::{name}");
    Session::start(this.to_str().unwrap(), &["--exact", &name, "--ignored", "--nocapture"])
}

#[test]
fn a_panic_is_told_on_the_screen_that_was_there_before() {
    for (child, message) in [
        ("child_panics_in_its_own_thread", "told to panic while drawing is on"),
        ("child_panics_in_the_poller", "told to panic while polling"),
    ] {
        let session = child_test(child);
        session.wait_for("the message", |screen| {
            !screen.alternate_screen() && screen.contents().contains(message)
        });
        session.wait_for("the verdict", |screen| screen.contents().contains("test result: ok"));
        session.ends_with(0);
    }
}

fn options() -> Options {
    Options { now: sockeye::sys::clock::now, color: ColorChoice::Ansi16, ascii: false, version: "0" }
}

#[test]
#[ignore = "started by a_panic_is_told_on_the_screen_that_was_there_before"]
#[should_panic(expected = "told to panic while drawing is on")]
fn child_panics_in_its_own_thread() {
    let ended = tui::run(options(), |_| panic!("told to panic while drawing is on"));
    panic!("{ended:?}");
}

struct Panics;

impl SocketSource for Panics {
    fn read(&mut self, _: &[Wanted]) -> Result<Reading, SourceError> {
        panic!("told to panic while polling")
    }
}

#[test]
#[ignore = "started by a_panic_is_told_on_the_screen_that_was_there_before"]
fn child_panics_in_the_poller() {
    let sampler = Sampler::new(Box::new(Panics), Vec::new(), OwnerAsk::NOTHING);
    let second = Duration::from_secs(1);
    let ended: Result<Ended, TuiError> =
        tui::run(options(), |deliver| engine::spawn(sampler, second, second, deliver));
    assert!(matches!(ended, Err(TuiError::Panicked)), "{ended:?}");
}
