//! The terminal: taken, drawn on, and always given back.
//!
//! Whoever drops [`Terminal`], panics in any thread, or stops us finds the terminal as it was. It
//! knows nothing of what is drawn.

use std::fmt;
use std::io::{self, BufWriter, Stdout, Write as _};
use std::mem::ManuallyDrop;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use crossterm::style::force_color_output;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
    size,
};
use crossterm::{Command, cursor, execute};
use ratatui::Frame;
use ratatui::layout::{Position, Rect, Size};
use signal_hook::consts::SIGTSTP;

use super::TuiError;
use super::frames::Frames;
use super::input::Input;

/// True while the terminal is ours. Static, because a panic in any thread must find it.
static TAKEN: AtomicBool = AtomicBool::new(false);

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// The terminal while the dashboard has it.
pub(super) struct Terminal {
    /// Never dropped: it would complain of a terminal that is gone, and panic because nobody hears it. The cursor is
    /// shown by `give_back`.
    inner: ManuallyDrop<ratatui::Terminal<Frames<BufWriter<Stdout>>>>,
    previous_hook: Arc<Hook>,
    is_a_job: bool,
    mouse: bool,
}

/// Asks for presses, releases and the wheel (mode 1000 of xterm), in the coordinates of SGR (mode 1006).
/// crossterm's own command asks for every movement as well, and each would wake us.
struct EnableClicks;

impl Command for EnableClicks {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str("\x1b[?1000h\x1b[?1006h")
    }
}

impl Terminal {
    /// Takes the terminal. A panic in any thread gives it back first and is then told; `inputs`
    /// hears of it, because the dashboard cannot go on without its threads.
    pub(super) fn take(inputs: &Sender<Input>, (is_a_job, mouse): (bool, bool)) -> Result<Self, TuiError> {
        let failed = |source| TuiError::Terminal { operation: "take", source };
        // Fails without touching anything where there is no terminal.
        size().map_err(failed)?;
        // NO_COLOR is the theme's affair: crossterm would write an empty SGR for each colour, which
        // resets bold and reverse.
        force_color_output(true);
        let previous_hook: Arc<Hook> = Arc::from(std::panic::take_hook());
        let (hook, inputs) = (Arc::clone(&previous_hook), inputs.clone());
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            hook(info);
            drop(inputs.send(Input::Failed(TuiError::Panicked)));
        }));
        let backend = Frames::new(BufWriter::with_capacity(1 << 16, io::stdout()));
        let inner = ratatui::Terminal::new(backend);
        let inner = inner.inspect_err(|_| unhook(&previous_hook)).map_err(failed)?;
        let inner = ManuallyDrop::new(inner);
        let mut terminal = Self { inner, previous_hook, is_a_job, mouse };
        terminal.enter().map_err(failed)?;
        Ok(terminal)
    }

    fn enter(&mut self) -> io::Result<()> {
        TAKEN.store(true, Ordering::Release); // before: half taken is to be given back too
        enable_raw_mode()?;
        let out = self.inner.backend_mut();
        execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        if self.mouse {
            execute!(out, EnableClicks)?;
        }
        out.forget();
        // Not `clear`: it asks the terminal for the cursor, and the answer would go to the thread
        // that reads keys. `resize` forgets what was drawn just as well.
        let size = self.inner.size()?;
        self.inner.resize(Rect::from((Position::ORIGIN, size)))
    }

    pub(super) fn size(&self) -> Result<Size, TuiError> {
        self.inner.size().map_err(|source| TuiError::Terminal { operation: "measure", source })
    }

    /// Draws a frame in one piece; nothing where none of it changed.
    pub(super) fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> Result<(), TuiError> {
        if !TAKEN.load(Ordering::Acquire) {
            return Ok(()); // a panic gave it back; the queue holds the news
        }
        let failed = |source| TuiError::Terminal { operation: "draw on", source };
        self.inner.draw(render).map(drop).map_err(failed)
    }

    /// Sends a text to the terminal's clipboard (OSC 52). Whether it takes it, no terminal tells.
    pub(super) fn copy(&mut self, text: &str) -> Result<(), TuiError> {
        if !TAKEN.load(Ordering::Acquire) {
            return Ok(()); // a panic gave it back
        }
        let failed = |source| TuiError::Terminal { operation: "write to", source };
        execute!(self.inner.backend_mut(), CopyToClipboard::to_clipboard_from(text)).map_err(failed)
    }

    /// Takes the terminal again, from whatever state it is in, and forgets what was drawn.
    pub(super) fn retake(&mut self) -> Result<(), TuiError> {
        let failed = |source| TuiError::Terminal { operation: "take back", source };
        // crossterm believes that it is raw still, and a shell may have set it otherwise.
        disable_raw_mode().map_err(failed)?;
        self.enter().map_err(failed)
    }

    /// Gives the terminal to the shell and stops this process until the shell continues it. Without
    /// a shell nothing happens.
    pub(super) fn suspend(&mut self) -> Result<(), TuiError> {
        if !self.is_a_job {
            return Ok(());
        }
        give_back();
        let stopped = signal_hook::low_level::emulate_default_handler(SIGTSTP);
        self.retake()?;
        stopped.map_err(|source| TuiError::Terminal { operation: "suspend", source })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
        unhook(&self.previous_hook);
    }
}

/// Makes the hook that was there before the hook again.
fn unhook(previous: &Arc<Hook>) {
    // The hook of a panicking thread may not be changed; the program is ending anyway.
    if !std::thread::panicking() {
        let previous = Arc::clone(previous);
        std::panic::set_hook(Box::new(move |info| previous(info)));
    }
}

/// Gives the terminal back, once however often it is called. Every step is tried, whatever became
/// of the one before: there is nobody left to tell.
fn give_back() {
    if !TAKEN.swap(false, Ordering::AcqRel) {
        return;
    }
    let mut out = io::stdout();
    drop(execute!(out, EndSynchronizedUpdate, DisableMouseCapture, DisableBracketedPaste));
    drop(execute!(out, LeaveAlternateScreen, cursor::Show));
    drop(out.flush());
    drop(disable_raw_mode());
}
