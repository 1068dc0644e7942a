//! The program itself in a terminal, with a load of real sockets: what it takes while each view is shown, and how
//! long a key takes until the screen shows it. It must not judge.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::net::sockopt::set_socket_linger;
use vt100::{Parser, Screen};

const SIZE: PtySize = PtySize { rows: 40, cols: 140, pixel_width: 0, pixel_height: 0 };
const DEADLINE: Duration = Duration::from_secs(30);
/// The first line that may be of the list.
const FIRST: u16 = 4;
/// What a view takes from the second reading on is what it takes.
const SETTLE: Duration = Duration::from_secs(3);

/// What the dashboard used meanwhile.
pub(crate) struct Used {
    /// Of one core.
    pub(crate) share: f64,
    pub(crate) resident_mib: u64,
}

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
        std::thread::sleep(SETTLE);
        let (start, before) = (now(), self.ticks()?);
        std::thread::sleep(span);
        let (ticks, passed) = (self.ticks()? - before, now() - start);
        let per_second = rustix::param::clock_ticks_per_second();
        #[expect(clippy::cast_precision_loss, reason = "a share has three digits")]
        let share = ticks as f64 / per_second as f64 / passed.as_secs_f64();
        Ok(Used { share, resident_mib: self.resident_kib()? / 1_024 })
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
        std::thread::sleep(SETTLE);
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

    fn proc(&self, file: &str) -> anyhow::Result<String> {
        let pid = self.child.process_id().context("it has ended")?;
        Ok(fs::read_to_string(format!("/proc/{pid}/{file}"))?)
    }

    /// Ticks in user mode and in the kernel (proc(5)).
    fn ticks(&self) -> anyhow::Result<u64> {
        let stat = self.proc("stat")?;
        let (_, fields) = stat.rsplit_once(") ").context("no stat")?;
        let times = fields.split(' ').skip(11).take(2);
        Ok(times.map(str::parse::<u64>).sum::<Result<u64, _>>()?)
    }

    fn resident_kib(&self) -> anyhow::Result<u64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
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

#[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
fn now() -> Instant {
    Instant::now()
}

/// Opens and closes connections until it is dropped.
pub(crate) struct Churn {
    ends: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Churn {
    /// So many a second, half of them opened and half closed.
    pub(crate) fn start(a_second: u32) -> anyhow::Result<Self> {
        const STEP: Duration = Duration::from_millis(50);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let at = listener.local_addr()?;
        let ends = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ends);
        // Two sockets of each connection.
        let each = a_second / 4 / 20;
        let thread = std::thread::spawn(move || {
            let mut held = std::collections::VecDeque::new();
            while !ended.load(Ordering::Relaxed) {
                for _ in 0..each {
                    let (Ok(one), Ok((other, _))) = (TcpStream::connect(at), listener.accept()) else {
                        return;
                    };
                    // Without it they stay for a minute in TIME-WAIT.
                    let is_reset = |end| set_socket_linger(end, Some(Duration::ZERO)).is_ok();
                    if !(is_reset(&one) && is_reset(&other)) {
                        return;
                    }
                    held.push_back((one, other));
                }
                while held.len() > 5 * each as usize {
                    held.pop_front();
                }
                std::thread::sleep(STEP);
            }
        });
        Ok(Self { ends, thread: Some(thread) })
    }
}

impl Drop for Churn {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        drop(self.thread.take().map(std::thread::JoinHandle::join));
    }
}
