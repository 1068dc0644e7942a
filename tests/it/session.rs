//! A program in a real terminal: what it shows, what is typed, and what it leaves behind.
//!
//! Conditions are awaited with a deadline; nothing sleeps for luck.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vt100::{Callbacks, MouseProtocolMode, Parser, Screen};

use crate::harness::eventually;

const PAUSE: Duration = Duration::from_millis(20);
/// 60 s of pauses. Not a time: a machine that stood still meanwhile is given what is left.
const PAUSES: usize = 3000;
/// So many pieces of output, for one that never stops writing.
const PIECES: usize = 1_000_000;
/// What leads the session, as a shell does for a user. When the leader ends the kernel hangs up, and what was
/// written last may be lost on its way (`__tty_hangup()`, `drivers/tty/tty_io.c`); so it stays until it is killed.
/// It is called with a directory and the program with its arguments.
const LEADER: &str = r#"
trap : INT QUIT
sh -c 'echo $$ >"$0/pid"; exec "$@"' "$0" "$@"
echo $? >"$0/code"
kill -STOP $$
"#;
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
    leader: Box<dyn Child + Send + Sync>,
    /// Where the leader writes down the program's `pid` and exit `code`.
    notes: TempDir,
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
        let notes = tempfile::tempdir().unwrap();
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", LEADER]);
        command.arg(notes.path());
        command.arg(program);
        command.args(args);
        command.cwd("."); // or it would start in the user's home, which not every user has
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR");
        command.env("SOCKEYE_CONFIG", ""); // that of this machine says nothing here
        command.env("SOCKEYE_STATE", "false"); // and nobody's dashboard begins or is left otherwise
        command.env_remove("RUST_BACKTRACE");
        let modes = modes(&*pair.master);
        let leader = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave); // so that reading ends with the leader
        let parser = Parser::new_with_callbacks(cells(size.rows), cells(size.cols), 0, Clipboard::default());
        let shown: Shown = Arc::new((Mutex::new(parser), Condvar::new()));
        let (mut output, seen) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&shown));
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let log = Arc::clone(&written);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let read = match output.read(&mut buffer) {
                    Ok(read @ 1..) => read,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    _ => break,
                };
                log.lock().unwrap().extend(&buffer[..read]);
                seen.0.lock().unwrap().process(&buffer[..read]);
                seen.1.notify_all();
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        Self { leader, notes, master: pair.master, keyboard, shown, written, modes }
    }

    pub(crate) fn dashboard() -> Self {
        let session = Self::start(env!("CARGO_BIN_EXE_sockeye"), &["top", "--interval", "200ms"]);
        session.wait_for("the first snapshot", |screen| screen.contents().contains("● live"));
        session
    }

    pub(crate) fn wait_for(&self, what: &str, mut holds: impl FnMut(&Screen) -> bool) {
        drop(self.waited_for(what, |parser| holds(parser.screen())));
    }

    fn waited_for(
        &self,
        what: &str,
        mut holds: impl FnMut(&Parser<Clipboard>) -> bool,
    ) -> MutexGuard<'_, Parser<Clipboard>> {
        let (mut parser, mut pauses, mut pieces) = (self.shown.0.lock().unwrap(), 0, 0);
        while pauses < PAUSES && pieces < PIECES {
            if holds(&parser) {
                return parser;
            }
            let (next, waited) = self.shown.1.wait_timeout(parser, PAUSE).unwrap();
            if waited.timed_out() {
                pauses += 1;
            } else {
                pieces += 1;
            }
            parser = next;
        }
        panic!("waited for {what} and saw\n{}\n{}", parser.screen().contents(), self.state());
    }

    /// What the program does, for who finds that it does not do what it should.
    fn state(&self) -> String {
        let said = |name: &str| fs::read_to_string(self.notes.path().join(name)).unwrap_or_default();
        let of = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", said("pid").trim()));
        let of = |name: &str| of(name).unwrap_or_else(|error| error.to_string());
        let written = self.written.lock().unwrap();
        let last = written[written.len().saturating_sub(200)..].escape_ascii();
        format!(
            "the program: {}\nin the kernel: {}\n{}\nexit code: {}\nwritten last: {last}",
            of("stat"),
            of("syscall"),
            of("stack"),
            said("code")
        )
    }

    /// Waits for something that was put into the clipboard, in base64.
    pub(crate) fn copied(&self) -> Vec<u8> {
        let mut parser = self.waited_for("the clipboard", |parser| !parser.callbacks().0.is_empty());
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
        self.said("pid")
    }

    /// A number that the leader writes down, a whole line.
    fn said(&self, name: &str) -> u32 {
        eventually(|| {
            let text = fs::read_to_string(self.notes.path().join(name)).unwrap_or_default();
            let number = text.strip_suffix('\n').map(|number| number.parse().unwrap());
            number.ok_or_else(|| format!("no {name} of the program, as yet\n{}", self.state()))
        })
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
        assert_eq!(self.said("code"), code, "{}", self.state());
        assert_eq!(modes(&*self.master), self.modes);
    }

    /// The terminal is set as it was before the start.
    pub(crate) fn has_its_modes_again(&self) {
        assert_eq!(modes(&*self.master), self.modes);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The program ends with it: the kernel hangs up.
        if let Some(pid) = self.leader.process_id().and_then(|pid| Pid::from_raw(pid.try_into().ok()?)) {
            kill_process(pid, Signal::KILL).ok();
        }
        drop(self.leader.wait());
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
