//! The live dashboard: listeners and connections, as they come and go.
//!
//! Layer 5. It shows what the engine publishes and asks nobody else: it reads no kernel, no clock
//! and no environment. State is in `app`, changed by `update` alone, and drawn by `view`.

mod action;
mod app;
mod around;
mod arrangement;
mod cell;
mod census;
mod clicking;
mod closely;
mod columns;
mod copying;
mod describe;
mod details;
mod export;
mod filtering;
mod grouping;
mod hands;
mod happening_cell;
mod help;
mod history;
mod input;
mod judged;
mod jumps;
mod kept;
mod key;
mod keymap;
mod layout;
mod line;
mod line_editor;
mod listing;
mod mark;
mod menu;
mod notice;
mod order;
mod palette;
mod pointer;
mod prompt;
#[doc(hidden)]
pub mod rehearsal;
mod sieve;
mod tally;
mod tally_cell;
mod tally_columns;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod timeline;
mod totals;
mod trail;
mod trend;
mod update;
mod view;
mod views;
mod wrap;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

use crate::engine::{Feed, PollerHandle};
use crate::filter::{Filter, FilterError};
use crate::model::Stamp;

use app::App;
pub use export::Export;
use input::Input;
pub use key::{Key, KeyError};
pub use keymap::{Clash, Keymap};
use prompt::Prompt;
use terminal::Terminal;
pub use theme::ColorChoice;
use theme::Look;
use update::{Effect, update};

/// Understands a filter: what it has to know of the machine comes from outside.
pub type Understand = Box<dyn Fn(&str) -> Result<Filter, FilterError>>;

/// Writes a file and tells what came of it in a few words.
pub type Write = Arc<dyn Fn(&Export) -> String + Send + Sync>;

/// How the dashboard is to look and to begin, and where it gets the time from.
pub struct Options {
    pub now: fn() -> Stamp,
    pub color: ColorChoice,
    /// No character outside ASCII, whatever names the system brings.
    pub ascii: bool,
    /// Somebody can continue what stops: Ctrl-Z works.
    pub is_a_job: bool,
    /// Clicks and the wheel are taken from the terminal, which selects text with Shift held down then.
    pub mouse: bool,
    pub keymap: Keymap,
    pub version: &'static str,
    pub understand: Understand,
    /// Writes what is exported, and says what came of it.
    pub export: Write,
    /// The filter that stands in the prompt at first. The poller is started with what it asks for.
    pub filter: String,
}

/// Takes the poller's feed; false when the dashboard is over.
pub type Deliver = Box<dyn FnMut(Feed) -> bool + Send>;

/// How the dashboard ended. The terminal is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The user quit.
    Quit,
    /// This signal came; exit with 128 and it.
    Signal(i32),
}

/// Why there is no dashboard, or none any more. The terminal is as it was.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    #[error("cannot {operation} the terminal")]
    Terminal { operation: &'static str, source: io::Error },
    #[error("cannot read keys from the terminal")]
    Keys { source: io::Error },
    #[error("cannot listen to signals")]
    Signals { source: io::Error },
    #[error("cannot start the thread for {name}")]
    Thread { name: &'static str, source: io::Error },
    #[error("cannot start the poller")]
    Poller { source: io::Error },
    #[error("a part of the program panicked; its message is above")]
    Panicked,
}

/// Runs the dashboard until the user quits or a signal ends it. `start` starts the poller and is
/// given the function that delivers its feed.
pub fn run(
    options: Options,
    start: impl FnOnce(Deliver) -> io::Result<PollerHandle>,
) -> Result<Ended, TuiError> {
    let (sender, inputs) = channel();
    let signals = input::watch_signals(&sender)?;
    let mut terminal = Terminal::take(&sender, (options.is_a_job, options.mouse))?;
    let look = Look::new(options.color, options.ascii);
    let prompt = Prompt::new(&options.filter, options.understand);
    let mut app = App::new(options.version, look, terminal.size()?, (options.now)(), prompt);
    app.keymap = options.keymap;
    terminal.draw(|frame| view::draw(&app, frame))?; // something to see while the kernel is read
    let poller = start(input::deliver(&sender)).map_err(|source| TuiError::Poller { source })?;
    input::read_keys(&sender)?;
    let ended = serve(&mut app, &mut terminal, &inputs, (options.now, &poller), (&options.export, sender));
    drop(terminal); // at once: the poller may be in the middle of a long reading
    drop(signals);
    drop(inputs);
    drop(poller);
    ended
}

/// The loop: waits, updates, draws. Everything that is queued is taken in before a frame is drawn.
fn serve(
    app: &mut App,
    terminal: &mut Terminal,
    inputs: &Receiver<Input>,
    (now, poller): (fn() -> Stamp, &PollerHandle),
    (export, told): (&Write, Sender<Input>),
) -> Result<Ended, TuiError> {
    let (mut asked, mut looked) = (app.ask(), None);
    loop {
        let first = match app.stays_true_for() {
            Some(rest) => match inputs.recv_timeout(rest) {
                Ok(input) => input,
                Err(RecvTimeoutError::Timeout) => Input::Tick,
                Err(RecvTimeoutError::Disconnected) => return Err(TuiError::Panicked),
            },
            None => inputs.recv().map_err(|_| TuiError::Panicked)?,
        };
        // Bounded by what is queued now: a flood of keys must not starve the screen.
        let queued: Vec<_> = std::iter::once(first).chain(inputs.try_iter().take(1000)).collect();
        for input in queued {
            for effect in update(app, input, now()) {
                match effect {
                    Effect::Repaint => terminal.retake()?,
                    Effect::Free(snapshot) => poller.give_back(*snapshot),
                    Effect::Copy(text) => terminal.copy(&text)?,
                    Effect::Export(order) => input::write(&told, (*order, export))?,
                    Effect::Suspend => terminal.suspend()?,
                    Effect::Quit(ended) => return Ok(ended),
                    Effect::Fail(error) => return Err(error),
                }
            }
        }
        if closely::wanted(app) != looked {
            looked = closely::wanted(app);
            poller.look_closely(looked);
        }
        if app.ask() != asked {
            asked = app.ask();
            poller.ask(asked);
        }
        terminal.draw(|frame| view::draw(app, frame))?;
    }
}
