//! A program in a real terminal: what it shows, what is typed, and what it leaves behind.
//!
//! Conditions are awaited with a deadline; nothing sleeps for luck.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use vt100::{Callbacks, MouseProtocolMode, Parser, Screen};

const DEADLINE: Duration = Duration::from_secs(20);
const SIZE: PtySize = PtySize { rows: 40, cols: 140, pixel_width: 0, pixel_height: 0 };

/// What the program wrote, as a terminal understands it.
type Shown = Arc<(Mutex<Parser<Clipboard>>, Condvar)>;

/// What a program puts there through the terminal (OSC 52), as it was sent.
#[derive(Default)]
struct Clipboard(Vec<u8>);

impl Callbacks for Clipboard {
    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        data.clone_into(&mut self.0);
    }
}

/// A program in a terminal.
pub(crate) struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn std::io::Write + Send>,
    shown: Shown,
    /// All that the program wrote.
    written: Arc<Mutex<Vec<u8>>>,
    /// The terminal's modes before the program started, printed: their type is not ours.
    modes: String,
}

impl Session {
    pub(crate) fn start(program: &str, args: &[&str]) -> Self {
        Self::start_in(program, args, SIZE.cols)
    }

    /// The same in a terminal of so many columns.
    pub(crate) fn start_in(program: &str, args: &[&str], cols: u16) -> Self {
        let size = PtySize { cols, ..SIZE };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.cwd("."); // or it would start in the user's home, which not every user has
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR");
        command.env("SOCKEYE_CONFIG", ""); // that of this machine says nothing here
        command.env("SOCKEYE_STATE", "false"); // and nobody's dashboard begins or is left otherwise
        command.env_remove("RUST_BACKTRACE");
        let modes = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave); // so that reading ends with the child
        let parser = Parser::new_with_callbacks(cells(size.rows), cells(size.cols), 0, Clipboard::default());
        let shown: Shown = Arc::new((Mutex::new(parser), Condvar::new()));
        let (mut output, seen) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&shown));
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let log = Arc::clone(&written);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                log.lock().unwrap().extend(&buffer[..read]);
                seen.0.lock().unwrap().process(&buffer[..read]);
                seen.1.notify_all();
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Self { child, master: pair.master, keyboard, shown, written, modes }
    }

    pub(crate) fn dashboard() -> Self {
        let session = Self::start(env!("CARGO_BIN_EXE_sockeye"), &["top", "--interval", "200ms"]);
        session.wait_for("the first snapshot", |screen| screen.contents().contains("● live"));
        session
    }

    pub(crate) fn wait_for(&self, what: &str, mut holds: impl FnMut(&Screen) -> bool) {
        let guard = self.shown.0.lock().unwrap();
        let waited = self.shown.1.wait_timeout_while(guard, DEADLINE, |parser| !holds(parser.screen()));
        let (parser, timeout) = waited.unwrap();
        assert!(!timeout.timed_out(), "waited for {what} and saw\n{}", parser.screen().contents());
    }

    /// Waits for something that was put into the clipboard, in base64.
    pub(crate) fn copied(&self) -> Vec<u8> {
        let guard = self.shown.0.lock().unwrap();
        let waited =
            self.shown.1.wait_timeout_while(guard, DEADLINE, |parser| parser.callbacks().0.is_empty());
        let (mut parser, timeout) = waited.unwrap();
        assert!(!timeout.timed_out(), "waited for the clipboard and saw\n{}", parser.screen().contents());
        std::mem::take(&mut parser.callbacks_mut().0)
    }

    /// Waits for a row that begins with the mark and shows the text.
    pub(crate) fn wait_for_row(&self, mark: &str, text: &str) {
        // What is in trouble has a glyph where it has no mark.
        let marks = if mark == " " { &[" ", "▲", "◆"][..] } else { &[mark] };
        let is_marked = |row: &str| marks.iter().any(|mark| row.starts_with(&format!(" {mark} ")));
        self.wait_for(&format!("a row marked {mark:?} with {text}"), |screen| {
            screen.rows(0, 200).any(|row| is_marked(&row) && row.contains(text))
        });
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    pub(crate) fn resize(&self, rows: u16, cols: u16) {
        self.shown.0.lock().unwrap().screen_mut().set_size(cells(rows), cells(cols));
        self.master.resize(PtySize { rows, cols, ..SIZE }).unwrap();
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// All that the program wrote so far.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.written.lock().unwrap().clone()
    }

    /// Waits for the end, and for the terminal to be as it was before the start.
    pub(crate) fn ends_with(self, code: u32) {
        self.wait_for("the main screen, a cursor, plain pastes, and no reports of clicks", |screen| {
            let is_plain = !screen.hide_cursor() && !screen.bracketed_paste() && clicks_are_its_own(screen);
            !screen.alternate_screen() && is_plain
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
        assert_eq!(modes(&*self.master), self.modes);
    }

    /// The terminal is set as it was before the start.
    pub(crate) fn has_its_modes_again(&self) {
        assert_eq!(modes(&*self.master), self.modes);
    }
}

/// The terminal keeps clicks to itself.
pub(crate) fn clicks_are_its_own(screen: &Screen) -> bool {
    screen.mouse_protocol_mode() == MouseProtocolMode::None
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}
