//! The dashboard in a terminal: what it takes while a view is shown, and how long a key takes until the screen
//! shows it. It must not judge.

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::{Parser, Screen};

use crate::report::Used;
use crate::used::{self, now};

const SIZE: PtySize = PtySize { rows: 40, cols: 140, pixel_width: 0, pixel_height: 0 };
const DEADLINE: Duration = Duration::from_secs(30);
/// The first line that may be of the list.
const FIRST: u16 = 4;
/// What a view takes from the second reading on is what it takes.
pub(crate) const SETTLE: Duration = Duration::from_secs(3);

/// The program in a terminal.
pub(crate) struct Dashboard {
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn std::io::Write + Send>,
    shown: Arc<(Mutex<Parser>, Condvar)>,
}

impl Dashboard {
    /// Starts it, and waits for its first reading.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let pair = native_pty_system().openpty(SIZE)?;
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_sockeye"));
        command.args(["top", "--interval", "1s"]);
        command.cwd(".");
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env("SOCKEYE_CONFIG", "");
        command.env("SOCKEYE_STATE", "false");
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let cells = |count| NonZeroU16::new(count).unwrap_or(NonZeroU16::MIN);
        let parser = Parser::new(cells(SIZE.rows), cells(SIZE.cols), 0);
        let shown = Arc::new((Mutex::new(parser), Condvar::new()));
        let (mut output, seen) = (pair.master.try_clone_reader()?, Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut buffer = [0; 1 << 13];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                seen.0.lock().unwrap_or_else(PoisonError::into_inner).process(&buffer[..read]);
                seen.1.notify_all();
            }
        });
        let keyboard = pair.master.take_writer()?;
        let dashboard = Self { child, _master: pair.master, keyboard, shown };
        dashboard.wait("the first reading", |screen| screen.contents().contains("live"))?;
        Ok(dashboard)
    }

    /// What it uses in so many seconds while a view is shown.
    pub(crate) fn watch(&mut self, view: &str, span: Duration) -> anyhow::Result<Used> {
        self.press(view)?;
        std::thread::sleep(SETTLE.min(span));
        used::by(self.child.process_id().context("it has ended")?, span)
    }

    /// How long each of so many keys takes until the screen shows it: the selection moves, or a letter of a filter
    /// is there. They come at any moment of a poll.
    pub(crate) fn keys(&mut self, count: usize) -> anyhow::Result<[Vec<Duration>; 2]> {
        let (mut moved, mut typed) = (Vec::new(), Vec::new());
        for at in 0..count {
            let before = self.look(selected);
            // It may have been followed to the top, where nothing is above it.
            let has_above = before.is_some_and(|row| row > FIRST + 2);
            let key = if at % 40 >= 20 && has_above { "k" } else { "j" };
            moved.push(self.time(key, |screen| selected(screen) != before)?);
            rest(at);
        }
        self.press("/")?;
        self.wait("the line of the filter", |screen| !screen.hide_cursor())?;
        for at in 0..count {
            let text = ["d", "p", "o", "r", "t", " ", ">", "9"];
            let before = self.look(Screen::cursor_position);
            let key = text.get(at % (text.len() + 1)).unwrap_or(&"\x15");
            typed.push(self.time(key, |screen| screen.cursor_position() != before)?);
            rest(at);
        }
        self.press("\x15\r")?;
        Ok([moved, typed])
    }

    fn time(&mut self, key: &str, holds: impl FnMut(&Screen) -> bool) -> anyhow::Result<Duration> {
        let start = now();
        self.press(key)?;
        self.wait("a key to be shown", holds)?;
        Ok(now() - start)
    }

    fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.keyboard.write_all(keys.as_bytes())?;
        Ok(self.keyboard.flush()?)
    }

    fn look<T>(&self, what: impl FnOnce(&Screen) -> T) -> T {
        what(self.shown.0.lock().unwrap_or_else(PoisonError::into_inner).screen())
    }

    fn wait(&self, what: &str, mut holds: impl FnMut(&Screen) -> bool) -> anyhow::Result<()> {
        let guard = self.shown.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shown.1.wait_timeout_while(guard, DEADLINE, |parser| !holds(parser.screen()));
        let (parser, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            bail!("waited for {what} and saw\n{}", parser.screen().contents());
        }
        Ok(())
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        // Ctrl-C ends it; whoever does not is ended.
        if self.press("\x03").is_err() || self.wait("its end", |screen| !screen.alternate_screen()).is_err() {
            drop(self.child.kill());
        }
        drop(self.child.wait());
    }
}

/// The line that is shown in reverse below the head.
fn selected(screen: &Screen) -> Option<u16> {
    (FIRST..SIZE.rows - 4).find(|row| screen.cell(*row, 4).is_some_and(vt100::Cell::inverse))
}

/// Between two keys some time passes, which is in no step with the polls.
fn rest(at: usize) {
    std::thread::sleep(Duration::from_millis(20 + (at as u64 * 37) % 83));
}
