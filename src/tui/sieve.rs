//! The filter in force, and what it said of each row.
//!
//! A row is judged once, and again when it changes: a frame judges nothing, and a reading only what is
//! not as it was. It knows neither what is being typed nor what is on the screen.

use std::num::NonZero;

use crate::engine::Snapshot;
use crate::filter::{Filter, Seen};
use crate::model::{Row, Stamp, Subject};
use crate::store::Moment;

/// So many rows are judged while a thread is started.
const SHARE: usize = 5_000;

/// The filter in force.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    filter: Filter,
    /// It looks at ages, which change while the row does not.
    is_of_time: bool,
    /// What it said of the rows of the table that is shown, by their places; `None` before it was asked.
    verdicts: Vec<Option<bool>>,
    /// How often a row was judged.
    #[cfg(test)]
    pub(super) judged: usize,
}

impl Sieve {
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// True where what passes changes with the time.
    pub(super) fn is_of_time(&self) -> bool {
        self.is_of_time
    }

    /// Lets these pass from now on.
    pub(super) fn put(&mut self, filter: Filter) {
        self.is_of_time = filter.needs().history;
        self.filter = filter;
        self.forget();
    }

    /// Goes on to another snapshot, and forgets what it made old. `before` is the one shown until now.
    pub(super) fn refresh(&mut self, snapshot: &Snapshot, before: Option<&Snapshot>) {
        let names = |snapshot: &Snapshot| snapshot.table.moment().map(|moment| moment.names.clone());
        let Some(before) = before.filter(|before| names(before) == names(snapshot)) else {
            return self.forget();
        };
        if !self.verdicts.is_empty() {
            self.verdicts = moved(&self.verdicts, before.table.rows(), snapshot.table.rows());
        }
        for change in snapshot.changes.iter() {
            if let Some(verdict) =
                snapshot.table.place(&change.socket.key).and_then(|at| self.verdicts.get_mut(at))
            {
                *verdict = None;
            }
        }
    }

    /// Forgets every verdict.
    pub(super) fn forget(&mut self) {
        self.verdicts = Vec::new(); // gives the memory back
    }

    /// Judges the rows that are wanted and were not judged yet. The cores share the work where there is much of it:
    /// somebody types, and waits.
    pub(super) fn judge(
        &mut self,
        rows: &[Row],
        moment: &Moment,
        now: Stamp,
        is_wanted: impl Fn(&Row) -> bool + Sync,
    ) {
        if self.filter.is_empty() {
            return;
        }
        if self.is_of_time {
            self.verdicts.clear(); // those of another time
        }
        self.verdicts.resize(rows.len(), None);
        #[cfg(test)]
        let before = self.verdicts.iter().flatten().count();
        let filter = &self.filter;
        let judge = &|rows: &[Row], verdicts: &mut [Option<bool>]| {
            for (row, verdict) in rows.iter().zip(verdicts) {
                if verdict.is_none() && is_wanted(row) {
                    *verdict = Some(filter.passes(&Seen { subject: moment.subject(row), now }));
                }
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let share = rows.len().div_ceil(cores).max(SHARE);
        std::thread::scope(|scope| {
            let mut parts = rows.chunks(share).zip(self.verdicts.chunks_mut(share));
            let own = parts.next();
            for (rows, verdicts) in parts {
                scope.spawn(move || judge(rows, verdicts));
            }
            if let Some((rows, verdicts)) = own {
                judge(rows, verdicts);
            }
        });
        #[cfg(test)]
        {
            self.judged += self.verdicts.iter().flatten().count() - before;
        }
    }

    /// True when the row is one of those that are asked for. `at` is its place in the table that is shown.
    pub(super) fn passes(&mut self, at: usize, subject: Subject<'_>, now: Stamp) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        if let Some(Some(verdict)) = self.verdicts.get(at) {
            return *verdict;
        }
        #[cfg(test)]
        {
            self.judged += 1;
        }
        let passes = self.filter.passes(&Seen { subject, now });
        if let Some(verdict) = self.verdicts.get_mut(at) {
            *verdict = Some(passes);
        }
        passes
    }
}

/// What was said of rows, at their places in another table. Both are sorted by key.
fn moved(verdicts: &[Option<bool>], before: &[Row], now: &[Row]) -> Vec<Option<bool>> {
    let mut old = before.iter().zip(verdicts).peekable();
    let place = |row: &Row| {
        let key = &row.socket.key;
        while old.next_if(|(before, _)| before.socket.key < *key).is_some() {}
        old.next_if(|(before, _)| before.socket.key == *key).and_then(|(_, verdict)| *verdict)
    };
    now.iter().map(place).collect()
}
