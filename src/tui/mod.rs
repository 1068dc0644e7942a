//! The live dashboard: listeners and connections, as they come and go.
//!
//! Layer 5. It shows what the engine publishes and asks nobody else: it reads no kernel, no clock
//! and no environment. State is in `app`, changed by `update` alone, and drawn by `view`.

mod acting;
mod action;
mod app;
mod appearance;
mod approving;
mod around;
mod arranged;
mod arrangement;
mod cell;
mod census;
mod clicking;
mod closely;
mod columns;
mod copying;
mod describe;
mod details;
mod dialog;
mod explanation;
mod export;
mod filtering;
mod fitting;
mod folding;
mod frames;
mod grouping;
mod guard;
mod hands;
mod happening_cell;
mod headings;
mod help;
mod history;
mod input;
mod judged;
mod jumps;
mod kept;
mod key;
mod keymap;
mod kin;
mod layout;
mod line;
mod line_editor;
mod listing;
mod mark;
mod menu;
mod motion;
mod network;
mod notice;
mod order;
mod other_ends;
mod outcome;
mod palette;
mod picker;
mod pointer;
mod possible;
mod prompt;
#[doc(hidden)]
pub mod rehearsal;
mod remembered;
mod remembering;
mod saved;
mod sieve;
mod standing;
mod tally;
mod tally_cell;
mod tally_columns;
mod tally_used;
mod tally_words;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod timeline;
mod totals;
mod trail;
mod tree;
mod trend;
mod update;
mod used;
mod view;
mod views;
mod way_in;
mod wrap;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

use crate::engine::acting::Order;
use crate::engine::{Feed, PollerHandle};
use crate::filter::{Filter, FilterError};
use crate::model::{Ask, Stamp};
use crate::output::doctor::Asker;

use acting::Acting;
pub use acting::Acts;
use app::App;
pub use approving::{Amendment, Refusal, TellWritten, WritePolicy, Written};
pub use export::Export;
use guard::Guard;
pub use guard::{PolicyFile, UnderstandPolicy};
use input::Input;
pub use key::{Key, KeyError};
pub use keymap::{Clash, Keymap};
use prompt::Prompt;
pub use remembered::{Arranged, Changes, Ordered, Remembered, SavedView};
use remembering::Given;
pub use remembering::{Keep, Memory};
use terminal::Terminal;
use theme::Look;
pub use theme::{ColorChoice, Theme};
use update::{Effect, update};

/// Understands a filter: what it has to know of the machine comes from outside.
pub type Understand = Box<dyn Fn(&str) -> Result<Filter, FilterError>>;

/// Writes a file and tells what came of it in a few words.
pub type Write = Arc<dyn Fn(&Export) -> String + Send + Sync>;

/// How the dashboard is to look and to begin, and where it gets the time from.
pub struct Options {
    pub now: fn() -> Stamp,
    /// Where somebody asks for one; else it is as it was left.
    pub theme: Option<Theme>,
    pub color: ColorChoice,
    /// No character outside ASCII, whatever names the system brings.
    pub ascii: bool,
    /// Somebody can continue what stops: Ctrl-Z works.
    pub is_a_job: bool,
    /// Clicks and the wheel are taken from the terminal, which selects text with Shift held down then.
    pub mouse: bool,
    pub keymap: Keymap,
    /// Who looks: what would mend a gap depends on it.
    pub asker: Asker,
    pub version: &'static str,
    pub understand: Understand,
    /// Who acts on sockets and on who holds them.
    pub acts: Acts,
    /// Writes what is exported, and says what came of it.
    pub export: Write,
    /// The filter that stands in the prompt at first, where somebody asks for one, or for none.
    pub filter: Option<String>,
    /// How it was left before.
    pub memory: Memory,
    /// The view to begin with, one of `Memory::views`, where somebody asks for one.
    pub view: Option<String>,
    /// What listeners are judged by; `None` where there is no place for a policy.
    pub policy: Option<PolicyFile>,
    /// Who writes it.
    pub write_policy: WritePolicy,
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

/// Runs the dashboard until the user quits or a signal ends it. `start` starts the poller: it is told what the first
/// reading is to bring, and given the function that delivers the feed.
pub fn run(
    options: Options,
    start: impl FnOnce(Ask, Deliver) -> io::Result<PollerHandle>,
) -> Result<Ended, TuiError> {
    let (sender, inputs) = channel();
    let signals = input::watch_signals(&sender)?;
    let mut terminal = Terminal::take(&sender, (options.is_a_job, options.mouse))?;
    let look = Look::themed(options.theme.unwrap_or_default(), options.color, options.ascii);
    let prompt = Prompt::new(options.filter.as_deref().unwrap_or_default(), options.understand);
    let mut app = App::new(options.version, look, terminal.size()?, (options.now)(), prompt);
    app.keymap = options.keymap;
    app.acting = Acting::of(&options.acts);
    app.asker = options.asker;
    app.guard = options.policy.map(Guard::new).unwrap_or_default();
    let view = options.view.as_deref();
    let given = Given { filter: options.filter.is_some(), theme: options.theme.is_some(), view };
    let before = remembering::begin(&mut app, &options.memory, given);
    terminal.draw(|frame| view::draw(&app, frame))?; // something to see while the kernel is read
    let asked = app.ask();
    let poller = start(asked, input::deliver(&sender)).map_err(|source| TuiError::Poller { source })?;
    input::read_keys(&sender)?;
    let outside = Outside {
        now: options.now,
        poller: &poller,
        acts: &options.acts,
        export: &options.export,
        write_policy: &options.write_policy,
        told: sender,
    };
    let ended = serve(&mut app, &mut terminal, &inputs, (&outside, asked));
    drop(outside);
    drop(terminal); // at once: the poller may be in the middle of a long reading
    if let Some(keep) = options.memory.keep {
        keep(&Changes { before, after: remembering::remembered(&app) });
    }
    drop(signals);
    drop(inputs);
    drop(poller);
    ended
}

/// Who does what the loop does not do itself.
struct Outside<'a> {
    now: fn() -> Stamp,
    poller: &'a PollerHandle,
    acts: &'a Acts,
    export: &'a Write,
    write_policy: &'a WritePolicy,
    /// Where it is told.
    told: Sender<Input>,
}

impl Outside<'_> {
    /// Gives an order to who acts. Nothing waits for it.
    fn order(&self, order: Order) {
        let told = self.told.clone();
        let tell = Box::new(move |report| drop(told.send(Input::Acted(Box::new(report)))));
        let taken = match self.acts {
            Acts::By(actor, _) => actor.order(order, tell),
            Acts::Removed | Acts::Refused(_) => false,
        };
        debug_assert!(taken, "who acts takes orders, and nothing is asked where nobody does");
    }

    /// Gives what the policy is to say to who writes it. Nothing waits for it.
    fn amend(&self, amendment: Amendment) {
        let told = self.told.clone();
        (self.write_policy)(
            amendment,
            Box::new(move |written| drop(told.send(Input::Amended(Box::new(written))))),
        );
    }
}

/// The loop: waits, updates, draws. Everything that is queued is taken in before a frame is drawn.
fn serve(
    app: &mut App,
    terminal: &mut Terminal,
    inputs: &Receiver<Input>,
    (outside, mut asked): (&Outside<'_>, Ask),
) -> Result<Ended, TuiError> {
    let mut looked = None;
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
            for effect in update(app, input, (outside.now)()) {
                match effect {
                    Effect::Repaint => terminal.retake()?,
                    Effect::Free(snapshot) => outside.poller.give_back(*snapshot),
                    Effect::Act(order) => outside.order(*order),
                    Effect::Amend(amendment) => outside.amend(*amendment),
                    Effect::Copy(text) => terminal.copy(&text)?,
                    Effect::Export(order) => input::write(&outside.told, (*order, outside.export))?,
                    Effect::Suspend => terminal.suspend()?,
                    Effect::Quit(ended) => return Ok(ended),
                    Effect::Fail(error) => return Err(error),
                }
            }
        }
        if closely::wanted(app) != looked {
            looked = closely::wanted(app);
            outside.poller.look_closely(looked);
        }
        if app.ask() != asked {
            asked = app.ask();
            outside.poller.ask(asked);
        }
        terminal.draw(|frame| view::draw(app, frame))?;
    }
}
