//! Everything that can happen to the dashboard, in one queue, and the threads that fill it.
//!
//! The threads only read and send. They end when nobody listens any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use crossterm::event::{self, Event, KeyEvent, MouseEvent};
use ratatui::layout::Size;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use crate::engine::Feed;
use crate::engine::acting::Report;

use super::{Deliver, Export, TuiError, Write, Written};

/// One thing that happened.
#[derive(Debug)]
pub(super) enum Input {
    Feed(Feed),
    Key(KeyEvent),
    Mouse(MouseEvent),
    Paste(String),
    Resize(Size),
    /// The time that the screen stays true is over.
    Tick,
    /// Somebody sent SIGTSTP.
    Stop,
    /// We were stopped and go on.
    Continued,
    /// A signal that ends us.
    Signal(i32),
    /// What came of an order.
    Acted(Box<Report>),
    /// What came of writing the policy.
    Amended(Box<Written>),
    Failed(TuiError),
    /// What came of writing a file.
    Exported(String),
}

/// The function that brings the poller's feed into the queue.
pub(super) fn deliver(inputs: &Sender<Input>) -> Deliver {
    let inputs = inputs.clone();
    Box::new(move |feed| inputs.send(Input::Feed(feed)).is_ok())
}

/// Writes a file while the dashboard goes on: a disk may keep one waiting.
pub(super) fn write(inputs: &Sender<Input>, (export, write): (Export, &Write)) -> Result<(), TuiError> {
    let (inputs, write) = (inputs.clone(), Arc::clone(write));
    // Nobody may listen any more.
    spawn("export", move || drop(inputs.send(Input::Exported(write(&export)))))
}

/// Starts reading keys.
pub(super) fn read_keys(inputs: &Sender<Input>) -> Result<(), TuiError> {
    let inputs = inputs.clone();
    // Nobody joins this thread: it sits in read(2) until the next key, and then finds the queue
    // closed.
    spawn("keys", move || {
        let last = Farewell(inputs);
        loop {
            let input = match event::read() {
                Ok(Event::Key(key)) => Input::Key(key),
                Ok(Event::Paste(text)) => Input::Paste(text),
                Ok(Event::Resize(width, height)) => Input::Resize(Size { width, height }),
                Ok(Event::Mouse(mouse)) => Input::Mouse(mouse),
                Ok(Event::FocusGained | Event::FocusLost) => continue,
                Err(source) => Input::Failed(TuiError::Keys { source }),
            };
            if matches!(input, Input::Failed(_)) || last.0.send(input).is_err() {
                return;
            }
        }
    })
}

/// Says that no more keys will come, however the reader ended: a dashboard without keys must not
/// stay for ever.
struct Farewell(Sender<Input>);

impl Drop for Farewell {
    fn drop(&mut self) {
        let ended = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        drop(self.0.send(Input::Failed(TuiError::Keys { source: ended })));
    }
}

/// Signals go through the queue as long as this lives; then they do again what they do by default.
pub(super) struct SignalWatch {
    handle: signal_hook::iterator::Handle,
    default_again: Arc<AtomicBool>,
}

/// Starts listening to signals.
pub(super) fn watch_signals(inputs: &Sender<Input>) -> Result<SignalWatch, TuiError> {
    let failed = |source| TuiError::Signals { source };
    let default_again = Arc::new(AtomicBool::new(false));
    let impatient = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        flag::register_conditional_default(signal, Arc::clone(&impatient)).map_err(failed)?;
    }
    // Of a terminal that goes away both the kernel and the shell tell: that is nobody who asks twice, and writing to
    // such a terminal fails at once.
    for signal in [SIGTERM, SIGHUP, SIGINT] {
        flag::register_conditional_default(signal, Arc::clone(&default_again)).map_err(failed)?;
    }
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT]).map_err(failed)?;
    let handle = signals.handle();
    let inputs = inputs.clone();
    spawn("signals", move || {
        for signal in signals.forever() {
            let input = match signal {
                SIGTSTP => Input::Stop,
                SIGCONT => Input::Continued,
                ending => {
                    // Who asks twice must not depend on a loop that may hang in a dead terminal.
                    impatient.fetch_or(ending != SIGHUP, Ordering::Release);
                    Input::Signal(ending)
                }
            };
            if inputs.send(input).is_err() {
                return;
            }
        }
    })?;
    Ok(SignalWatch { handle, default_again })
}

impl Drop for SignalWatch {
    fn drop(&mut self) {
        self.default_again.store(true, Ordering::Release);
        self.handle.close();
    }
}

fn spawn(name: &'static str, run: impl FnOnce() + Send + 'static) -> Result<(), TuiError> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(run)
        .map(drop)
        .map_err(|source| TuiError::Thread { name, source })
}
