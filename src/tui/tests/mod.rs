//! The dashboard against a script: every action, and whole screens.

mod acting;
mod actions;
mod appearance;
mod approving;
mod arrangement;
mod bindings;
mod clicks;
mod copying;
mod diagnosis;
mod dialog;
mod events;
mod explanation;
mod exporting;
mod filtering;
mod groups;
mod guard;
mod header;
mod headings;
mod kept;
mod kin;
mod listing;
mod many;
mod other_ends;
mod palette;
mod pictures;
mod remembering;
mod saved;
mod screens;
mod svg;
mod tallies;
mod trail;

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;

use super::app::App;
use super::input::Input;
use super::prompt::Prompt;
use super::theme::{ColorChoice, Look};
use super::update::{Effect, relist, update};
use super::view;
use crate::engine::{Feed, OwnerAsk, Sampler, Snapshot};
use crate::filter::{Filter, FilterError, Vocabulary};
use crate::model::{PortRange, Sample, Stamp};
use crate::source::everything;
use crate::source::scenario::Scenario;
use crate::store::Table;
use crate::text;

const SCRIPT: &str = include_str!("../../../tests/scenarios/dashboard.toml");

/// A dashboard that is fed by the script, without terminal and without clock.
struct Stage {
    app: App,
    sampler: Sampler,
    table: Arc<Table>,
    generation: u64,
    /// The dashboard's clock: that of the script, until a test turns it on.
    now: Stamp,
}

/// Understands a filter on a machine that knows no services.
pub(super) fn understand(text: &str) -> Result<Filter, FilterError> {
    Filter::parse(text, &Vocabulary { services: &|_| Vec::new(), ephemeral: &PortRange::default })
}

impl Stage {
    fn new(width: u16, height: u16) -> Self {
        Self::with_look(width, height, Look::new(ColorChoice::Ansi16, false))
    }

    fn with_look(width: u16, height: u16, look: Look) -> Self {
        Self::playing(SCRIPT, width, height, look)
    }

    fn playing(script: &str, width: u16, height: u16, look: Look) -> Self {
        Self::asking("", script, Size { width, height }, look)
    }

    /// With a filter from the beginning.
    fn asking(filter: &str, script: &str, size: Size, look: Look) -> Self {
        let source = Box::new(Scenario::parse(script).unwrap());
        let now = Stamp { mono: Duration::ZERO, wall: jiff::Timestamp::UNIX_EPOCH };
        Self {
            app: App::new("0.0.0", look, size, now, Prompt::new(filter, Box::new(understand))),
            sampler: Sampler::new(source, everything(), OwnerAsk::NOTHING),
            table: Arc::new(Table::new(Duration::from_secs(3))),
            generation: 0,
            now,
        }
    }

    /// Plays the whole script: one of each mark is in sight.
    fn played(width: u16, height: u16) -> Self {
        let mut stage = Self::new(width, height);
        stage.polls(4);
        stage
    }

    fn polls(&mut self, times: usize) {
        for _ in 0..times {
            let sample = self.sampler.take().unwrap();
            self.feed(sample);
        }
    }

    fn feed(&mut self, sample: Sample) {
        let snapshot = self.snapshot(sample);
        self.send(Input::Feed(Feed::Snapshot(snapshot)));
    }

    /// What the poller would publish of this sample.
    fn snapshot(&mut self, sample: Sample) -> Snapshot {
        self.now = sample.taken;
        let (table, changes) = self.table.apply(sample);
        self.table = Arc::new(table);
        self.generation += 1;
        Snapshot {
            table: Arc::clone(&self.table),
            changes: changes.into(),
            asked: self.sampler.asked(),
            generation: self.generation,
            took: Duration::from_micros(8_400),
            interval: Duration::from_secs(1),
            due: Duration::from_secs(1),
            hints_lost: 0,
        }
    }

    fn send(&mut self, input: Input) -> Vec<Effect> {
        update(&mut self.app, input, self.now)
    }

    fn code(&mut self, code: KeyCode) -> Vec<Effect> {
        self.send(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    fn keys(&mut self, keys: &str) {
        for c in keys.chars() {
            self.code(KeyCode::Char(c));
        }
    }

    fn ctrl(&mut self, c: char) -> Vec<Effect> {
        self.send(Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)))
    }

    /// Lets time pass without news.
    fn wait(&mut self, seconds: f64) {
        self.now.mono += Duration::from_secs_f64(seconds);
        self.send(Input::Tick);
    }

    /// Makes the lines anew: a test changed by what they are made.
    fn relist(&mut self) {
        relist(&mut self.app);
        self.send(Input::Tick);
    }

    fn buffer(&self) -> Buffer {
        let Size { width, height } = self.app.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view::draw(&self.app, frame)).unwrap().buffer.clone()
    }

    /// The screen as lines.
    fn screen(&self) -> String {
        let buffer = self.buffer();
        let line = |y| {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(text::width(symbol).max(1)).unwrap();
            }
            line.trim_end().to_owned()
        };
        (0..buffer.area.height).map(|y| line(y) + "\n").collect()
    }

    /// The local ends of the listed rows, in the order of the screen.
    fn listed(&self) -> Vec<String> {
        let pool = self.app.pool();
        let local = |at: &u32| pool.get(*at).unwrap().socket.ends.local();
        let local = |at| local(at).map_or("-".into(), |end| end.to_string());
        self.app.listing.index.iter().map(local).collect()
    }

    fn selected(&self) -> String {
        self.listed()[self.app.pane().cursor].clone()
    }
}
