//! The filter in force, and what it said of each row.
//!
//! A row is judged once, and again when it changes: a frame judges nothing, and a reading only what is
//! not as it was. It knows neither what is being typed nor what is on the screen.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::engine::Snapshot;
use crate::filter::{Filter, Seen};
use crate::model::{SocketKey, Stamp, Subject};
use crate::store::Moment;

/// The filter in force.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    filter: Filter,
    /// It looks at ages, which change while the row does not.
    is_of_time: bool,
    verdicts: HashMap<SocketKey, bool, RandomState>,
    /// How often a row was judged.
    #[cfg(test)]
    pub(super) judged: usize,
}

impl Sieve {
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Lets these pass from now on.
    pub(super) fn put(&mut self, filter: Filter) {
        self.is_of_time = filter.needs().history;
        self.filter = filter;
        self.forget();
    }

    /// Forgets the verdicts that the snapshot made old. `before` is the moment shown until now.
    pub(super) fn refresh(&mut self, snapshot: &Snapshot, before: Option<&Moment>) {
        let names = |moment: Option<&Moment>| moment.map(|moment| moment.names.clone());
        // What closed leaves the table without a word; its verdict must not stay for ever.
        let stale = self.verdicts.len() > 2 * snapshot.table.rows().len() + 1_000;
        if stale || names(before) != names(snapshot.table.moment()) {
            self.forget();
        }
        for change in snapshot.changes.iter() {
            self.verdicts.remove(&change.socket.key);
        }
    }

    /// Forgets every verdict.
    pub(super) fn forget(&mut self) {
        self.verdicts = HashMap::default(); // gives the memory back
    }

    /// True when the row is one of those that are asked for.
    pub(super) fn passes(&mut self, subject: Subject<'_>, now: Stamp) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        let key = subject.row.socket.key;
        if let Some(verdict) = self.verdicts.get(&key) {
            return *verdict;
        }
        #[cfg(test)]
        {
            self.judged += 1;
        }
        let passes = self.filter.passes(&Seen { subject, now });
        if !self.is_of_time {
            self.verdicts.insert(key, passes);
        }
        passes
    }
}
