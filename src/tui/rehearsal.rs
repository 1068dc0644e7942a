//! The dashboard without terminal, poller and clock, for whoever measures it.
//!
//! It goes the same ways as the real one: what comes in goes through `update`, and frames through `view`. It
//! must not reach into the state.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

use super::app::App;
use super::input::Input;
use super::prompt::Prompt;
use super::theme::{ColorChoice, Look};
use super::update::{Effect, update};
use super::{Understand, view};
use crate::engine::{Feed, Snapshot};
use crate::model::Stamp;

/// A dashboard that is fed by hand.
pub struct Rehearsal {
    app: App,
    terminal: Terminal<TestBackend>,
    now: Stamp,
}

impl Rehearsal {
    /// An empty one. `None` for a size that no terminal has.
    #[must_use]
    pub fn new((width, height): (u16, u16), now: Stamp, understand: Understand) -> Option<Self> {
        let look = Look::new(ColorChoice::Ansi16, false);
        let prompt = Prompt::new("", understand);
        let app = App::new(env!("CARGO_PKG_VERSION"), look, Size { width, height }, now, prompt);
        let terminal = Terminal::new(TestBackend::new(width, height)).ok()?;
        Some(Self { app, terminal, now })
    }

    /// Takes a snapshot in, at the moment of its reading. Returns what is no longer shown, which the poller frees.
    pub fn feed(&mut self, snapshot: Snapshot) -> Option<Snapshot> {
        if let Some(moment) = snapshot.table.moment() {
            self.now = moment.taken;
        }
        self.send(Input::Feed(Feed::Snapshot(snapshot))).into_iter().find_map(|effect| match effect {
            Effect::Free(snapshot) => Some(*snapshot),
            _ => None,
        })
    }

    /// Presses the keys of these characters; a control character is its key with Ctrl.
    pub fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            let event = match key {
                '\r' => KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE),
                '\t' => KeyEvent::new(KeyCode::Tab, KeyModifiers::NONE),
                '\x1b' => KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE),
                '\x01'..='\x1a' => {
                    let letter = char::from(b'a' + (key as u8 - 1));
                    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
                }
                _ => KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE),
            };
            self.send(Input::Key(event));
        }
    }

    /// Draws a frame into memory.
    pub fn draw(&mut self) -> bool {
        self.terminal.draw(|frame| view::draw(&self.app, frame)).is_ok()
    }

    /// How many lines the list has.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.app.listing.len()
    }

    /// The column that the list is sorted by.
    #[must_use]
    pub fn order(&self) -> &'static str {
        let pane = self.app.pane();
        pane.columns.get(pane.sort.column).map_or("", |column| column.key)
    }

    fn send(&mut self, input: Input) -> Vec<Effect> {
        update(&mut self.app, input, self.now)
    }
}
