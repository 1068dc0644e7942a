//! What the main thread of the dashboard does, one piece at a time, on readings that are made up: no poller, no
//! terminal. It must not judge.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use sockeye::engine::Snapshot;
use sockeye::filter::{Filter, Vocabulary};
use sockeye::model::{Ask, PortRange};
use sockeye::store::Table;
use sockeye::tui::rehearsal::Rehearsal;

use crate::made::{Machine, stamp};

/// A piece of work, and every time that it took.
pub(crate) struct Measured {
    pub(crate) what: String,
    pub(crate) took: Vec<Duration>,
}

/// The sizes of the terminals.
const SIZES: [(u16, u16); 2] = [(140, 40), (220, 60)];
/// The keys of the views, and how many columns are in sight to sort by.
const VIEWS: [(&str, &str, usize); 7] = [
    ("1", "Listeners", 8),
    ("2", "Connections", 9),
    ("3", "Processes", 8),
    ("4", "Peers", 6),
    ("5", "Unix", 6),
    ("6", "Events", 0),
    ("7", "Namespaces", 0),
];
/// Filters as they are typed.
const TYPED: [&str; 3] = ["nginx", "proc = java and dport > 9000", "src 10.0.0.1"];

/// A machine that is polled, and a dashboard that shows it.
struct Stage {
    machine: Machine,
    changes: usize,
    table: Table,
    generation: u64,
    dashboard: Rehearsal,
}

impl Stage {
    fn new(rows: usize, changes: usize, size: (u16, u16)) -> anyhow::Result<Self> {
        let understand = |text: &str| {
            Filter::parse(text, &Vocabulary { services: &|_| Vec::new(), ephemeral: &PortRange::default })
        };
        let dashboard =
            Rehearsal::new(size, stamp(0), Box::new(understand)).context("no terminal in memory")?;
        let table = Table::new(Duration::from_secs(3));
        let machine = Machine::new(rows);
        let mut stage = Self { machine, changes, table, generation: 0, dashboard };
        for _ in 0..2 {
            let snapshot = stage.poll();
            stage.dashboard.feed(snapshot);
        }
        Ok(stage)
    }

    /// What the poller would publish next.
    fn poll(&mut self) -> Snapshot {
        let sample = self.machine.poll(self.changes);
        let (table, changes) = self.table.apply(sample);
        self.table = table;
        self.generation += 1;
        Snapshot {
            table: Arc::new(self.table.clone()),
            changes: changes.into(),
            asked: Ask::EVERYTHING,
            generation: self.generation,
            took: Duration::from_millis(9),
            interval: Duration::from_secs(1),
            due: Duration::from_secs(1),
            hints_lost: 0,
        }
    }
}

/// Measures everything with so many sockets, of which so many change from poll to poll.
pub(crate) fn measure(
    rows: usize,
    changes: usize,
    rounds: usize,
    mut tell: impl FnMut(Measured),
) -> anyhow::Result<()> {
    let mut stage = Stage::new(rows, changes, SIZES[0])?;
    for (key, view, _) in VIEWS {
        stage.dashboard.press(key);
        let took = (0..rounds).map(|_| {
            let snapshot = stage.poll();
            let mut shown = None;
            let took = time(|| shown = stage.dashboard.feed(snapshot));
            drop(shown); // which is the poller's affair
            took
        });
        tell(Measured { what: format!("{view}: a reading comes in"), took: took.collect() });
    }
    for (key, view, _) in VIEWS {
        let other = if key == "1" { "2" } else { "1" };
        let took = (0..rounds).map(|_| {
            stage.dashboard.press(other);
            time(|| stage.dashboard.press(key))
        });
        tell(Measured { what: format!("{view}: shown"), took: took.collect() });
    }
    sorted(&mut stage, rounds, &mut tell);
    filtered(&mut stage, rounds, &mut tell);
    stage.dashboard.press("2");
    let took = (0..rounds * 10).map(|_| time(|| stage.dashboard.press("j"))).collect();
    tell(Measured { what: "the selection moves".to_owned(), took });
    for size in SIZES {
        frames(&mut Stage::new(rows, changes, size)?, size, rounds, &mut tell);
    }
    Ok(())
}

fn sorted(stage: &mut Stage, rounds: usize, tell: &mut impl FnMut(Measured)) {
    for (key, view, columns) in VIEWS {
        stage.dashboard.press(key);
        for _ in 0..columns {
            let mut took = vec![time(|| stage.dashboard.press("s"))];
            took.extend((1..rounds.div_ceil(3)).map(|_| time(|| stage.dashboard.press("r"))));
            let by = stage.dashboard.order().to_owned();
            tell(Measured { what: format!("{view}: sorted by {by}"), took });
        }
    }
}

fn filtered(stage: &mut Stage, rounds: usize, tell: &mut impl FnMut(Measured)) {
    for (key, view) in [("2", "Connections"), ("3", "Processes")] {
        stage.dashboard.press(key);
        for text in TYPED {
            let mut took = Vec::new();
            for _ in 0..rounds.div_ceil(5) {
                stage.dashboard.press("/");
                for letter in text.chars() {
                    let letter = letter.to_string();
                    took.push(time(|| stage.dashboard.press(&letter)));
                }
                stage.dashboard.press("\x15\r");
            }
            tell(Measured { what: format!("{view}: a letter of the filter {text}"), took });
        }
    }
}

fn frames(stage: &mut Stage, (width, height): (u16, u16), rounds: usize, tell: &mut impl FnMut(Measured)) {
    for (key, view, _) in VIEWS {
        stage.dashboard.press(key);
        let took = (0..rounds * 10).map(|_| time(|| stage.dashboard.draw())).collect();
        tell(Measured { what: format!("{view}: a frame of {width}x{height}"), took });
    }
    stage.dashboard.press("2\r");
    let took = (0..rounds * 10).map(|_| time(|| stage.dashboard.draw())).collect();
    tell(Measured { what: format!("details: a frame of {width}x{height}"), took });
}

#[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed()
}
