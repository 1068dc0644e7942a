//! What closed and is kept in sight on wish: a bounded memory of rows as they were last seen.
//!
//! Takes readings in and gives rows back. It knows no filter and draws nothing.

use std::collections::VecDeque;

use super::app::App;
use super::cell::Seen;
use super::update::relist;
use crate::engine::Snapshot;
use crate::model::{Life, Row};
use crate::text;

/// How many are kept.
const MOST: usize = 1_000;

/// The rows that closed, the latest last.
#[derive(Debug, Default)]
pub(super) struct Kept {
    rows: VecDeque<Row>,
    dropped: usize,
}

impl Kept {
    /// Those that the snapshot still has, to begin with.
    fn of(snapshot: &Snapshot) -> Self {
        let mut kept = Self::default();
        let closed = snapshot.table.rows().iter().filter(|row| is_closed(row));
        closed.for_each(|row| kept.push(row.clone()));
        kept
    }

    /// Takes in what a snapshot says of closing.
    pub(super) fn take(&mut self, snapshot: &Snapshot) {
        let closed = snapshot.changes.iter().filter(|change| change.kind.is_end());
        let rows = closed.filter_map(|change| snapshot.table.row(&change.socket.key));
        rows.filter(|row| is_closed(row)).for_each(|row| self.push(row.clone()));
    }

    fn push(&mut self, row: Row) {
        if self.rows.len() == MOST {
            self.rows.pop_front();
            self.dropped += 1;
        }
        self.rows.push_back(row);
    }

    /// How many were dropped because there were too many.
    pub(super) fn dropped(&self) -> usize {
        self.dropped
    }

    pub(super) fn get(&self, at: u32) -> Option<&Row> {
        self.rows.get(at as usize)
    }

    /// All with their places, the latest first.
    pub(super) fn all(&self) -> impl Iterator<Item = (u32, &Row)> {
        let places = (0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX)).rev();
        places.filter_map(|at| Some((at, self.get(at)?)))
    }
}

pub(super) fn is_closed(row: &Row) -> bool {
    matches!(row.life(), Life::Closed { .. })
}

/// Keeps what closes from now on, or lets go of all that was kept.
pub(super) fn switch(app: &mut App) {
    let remark = if app.kept.take().is_some() {
        "what closes leaves after three seconds again"
    } else {
        app.kept = Some(app.news.as_ref().map(|news| Kept::of(&news.snapshot)).unwrap_or_default());
        "what closes stays, below the others"
    };
    app.remark = Some((remark.to_owned(), app.now));
    relist(app);
}

/// How long it was there, and what went through it: `closed after 3m 12s, 1.8 MB out, 12 kB in`.
pub(super) fn epitaph(seen: &Seen<'_>) -> Option<String> {
    let row = seen.subject.row;
    let Life::Closed { at } = row.life() else { return None };
    let mut words = vec![match row.history().opened {
        Some(opened) => format!("closed after {}", text::span(at.since(&opened))),
        None => format!("closed {} ago", text::span(seen.now.since(&at))),
    }];
    if let Some((sent, received)) = row.socket.bytes().filter(|_| !row.socket.is_listener()) {
        words.push(format!("{} out", text::bytes(sent)));
        words.push(format!("{} in", text::bytes(received)));
    }
    Some(words.join(", "))
}
