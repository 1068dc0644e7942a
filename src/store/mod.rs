//! What is known over time: samples in, a table and its changes out.
//!
//! Layer 1, pure. [`Table::apply`] is the only way forward: live polls, scripts, tests, alerts and
//! every output go through it, so they cannot disagree. It never asks the time (the sample brings
//! it) and never looks at a filter: what is hidden on a screen is still watched.

mod aftermath;
mod ending;
mod holder;
mod load;
mod merge;
mod peers;
mod recent;
#[cfg(test)]
mod tests;

pub use aftermath::{Aftermath, aftermath};
pub use ending::ended;
pub use holder::{Holder, holders};
pub use load::{Load, Loads};
pub use peers::Peers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use self::recent::Recent;
use crate::model::{
    Change, Coverage, Extent, Host, Names, NamespaceCoverage, Row, Sample, Slice, Socket, SocketKey, Stamp,
    Subject,
};

/// Every socket that is open, and those that closed a moment ago.
#[derive(Clone, Debug)]
pub struct Table {
    /// Sorted by key.
    rows: Vec<Row>,
    /// The slices that have been read whole at least once.
    known: BTreeMap<Slice, Known>,
    keep_closed: Duration,
    recent: Recent,
    moment: Option<Moment>,
}

/// How a slice was read that has been read whole.
#[derive(Clone, Copy, Debug)]
struct Known {
    source: &'static str,
    /// When it was last read, if it was whole: every socket in it was counted then.
    counted: Option<Stamp>,
}

/// The facts of the last sample that are not about single sockets.
#[derive(Clone, Debug)]
pub struct Moment {
    pub taken: Stamp,
    /// What the sample was about; the rest is as the one before said.
    pub extent: Extent,
    pub host: Arc<Host>,
    pub names: Arc<Names>,
    pub coverage: Coverage,
    /// How much the processes take that hold sockets; empty when nobody asked.
    pub loads: Arc<Loads>,
}

impl Table {
    /// An empty table that keeps closed rows for `keep_closed`.
    #[must_use]
    pub fn new(keep_closed: Duration) -> Self {
        Self {
            rows: Vec::new(),
            known: BTreeMap::new(),
            keep_closed,
            recent: Recent::default(),
            moment: None,
        }
    }

    /// The table of a single sample, in which nothing has happened: for one look. The same as
    /// [`apply`](Self::apply) makes of an empty table, without the news that everything is there.
    #[must_use]
    pub fn of(mut sample: Sample) -> Self {
        // Each table of the kernel came sorted: a stable sort merges such runs.
        sample.sockets.sort_by_key(|socket| socket.key);
        let rows = std::mem::take(&mut sample.sockets).into_iter().map(Row::found).collect();
        Self { rows, ..Self::new(Duration::ZERO).apply(sample).0 }
    }

    /// Takes in the next sample. Returns the next table, and what happened, ordered by socket key. What is not
    /// of the sample is copied: whoever still shows this table can keep it.
    ///
    /// - A socket that is missing counts as closed when it was missing twice in a row from readings
    ///   that prove absence: `sock_diag` dumps skip live rows now and then.
    /// - One that the kernel said it destroyed counts as closed when it is missing once. It need not be: what
    ///   enters TIME-WAIT is destroyed, too, and stays. One that no reading ever had is told as closed, by what
    ///   the kernel said of it. So is one that began between readings and that no reading had after that.
    /// - A slice that was not read whole proves nothing: its rows stay as they were.
    /// - A slice that is read whole for the first time, or by another source than before, is a new
    ///   beginning: its sockets are [`Found`](crate::model::ChangeKind::Found), not opened.
    /// - A glance at listeners ([`Extent::Listeners`]) proves nothing by what it does not have: it changes, adds what
    ///   was heard to begin, and ends what the kernel said that it destroyed. It must [fit](Self::fits).
    #[must_use]
    pub fn apply(&self, mut sample: Sample) -> (Self, Vec<Change>) {
        let mut changes = Vec::new();
        let (sockets, heard) = (std::mem::take(&mut sample.sockets), std::mem::take(&mut sample.heard));
        let recent = self.recent.with(heard.begun, heard.ends);
        let is_whole = sample.extent == Extent::All;
        let rules = merge::Rules {
            now: sample.taken,
            keep_closed: self.keep_closed,
            extent: sample.extent,
            whole: whole(&sample.coverage).collect(),
            namespaces: &sample.coverage.namespaces,
            known: &self.known,
            recent: &recent,
            ended: heard.ended.into_iter().map(|socket| (socket.key, socket)).collect(),
        };
        let rows = merge::merge(&self.rows, sockets, &rules, &mut changes);
        let gone = rules.not_yet_destroyed(&changes);
        let known = if is_whole { self.known_after(&sample, &rows) } else { self.known.clone() };
        let moment = self.moment_of(sample);
        let over: BTreeSet<SocketKey> =
            changes.iter().filter(|it| it.kind.is_end()).map(|it| it.socket.key).collect();
        let has = |key: &SocketKey| rows.binary_search_by(|row| row.socket.key.cmp(key)).is_ok();
        // After a glance the word is all that tells whose one is.
        let is_settled = |key: &SocketKey| over.contains(key) || (is_whole && has(key));
        let recent = recent.aged(moment.taken, is_whole, gone, is_settled);
        (Self { rows, known, keep_closed: self.keep_closed, recent, moment: Some(moment) }, changes)
    }

    /// What is known of slices after that reading of all.
    fn known_after(&self, sample: &Sample, rows: &[Row]) -> BTreeMap<Slice, Known> {
        let mut known = self.known.clone();
        for read in &sample.coverage.slices {
            if let Some(before) = known.get_mut(&read.slice) {
                before.counted = None;
            }
        }
        let counted = Some(sample.taken);
        known.extend(whole(&sample.coverage).map(|(slice, source)| (slice, Known { source, counted })));
        forget_the_gone(&mut known, rows, &sample.coverage.namespaces);
        known
    }

    /// What is not about single sockets. A glance has names for fewer, and says nothing of what could not be read.
    fn moment_of(&self, sample: Sample) -> Moment {
        let Sample { taken, extent, host, names, coverage, .. } = sample;
        match &self.moment {
            Some(before) if extent == Extent::Listeners => Moment {
                taken,
                extent,
                host,
                names: Arc::new(before.names.and(&names)),
                coverage: Coverage { hearing: coverage.hearing, ..before.coverage.clone() },
                loads: Arc::clone(&before.loads),
            },
            before => {
                let none = Arc::default();
                let before = before.as_ref().map_or(&none, |moment| &moment.loads);
                let loads = Arc::new(load::loads(before, &sample.usages));
                Moment { taken, extent, host, names, coverage, loads }
            }
        }
    }

    /// True when a glance is of what this table is made of: every table that it looked at was read whole before, and by
    /// the source that it was read by now. Otherwise the same sockets may have other names.
    #[must_use]
    pub fn fits(&self, glance: &Coverage) -> bool {
        let by = |slice| self.known.get(slice).map(|known| known.source);
        glance.slices.iter().all(|read| read.status.proves_absence() && by(&read.slice) == Some(read.source))
    }

    /// True for a socket that was read or heard to be one that others may call.
    #[must_use]
    pub fn is_listener(&self, key: &SocketKey) -> bool {
        let row = self.row(key).map(|row| &row.socket);
        row.or_else(|| self.recent.socket(key)).is_some_and(Socket::is_listener)
    }

    /// Every row, closed ones included, sorted by key.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows of sockets that still exist.
    pub fn open(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_open())
    }

    /// The row of a socket.
    #[must_use]
    pub fn row(&self, key: &SocketKey) -> Option<&Row> {
        self.place(key).map(|at| &self.rows[at])
    }

    /// Where the row of a socket is among the rows.
    #[must_use]
    pub fn place(&self, key: &SocketKey) -> Option<usize> {
        self.rows.binary_search_by(|row| row.socket.key.cmp(key)).ok()
    }

    /// The facts of the last sample; `None` before the first.
    #[must_use]
    pub fn moment(&self) -> Option<&Moment> {
        self.moment.as_ref()
    }
}

/// The slices that were read whole, and by which source.
fn whole(coverage: &Coverage) -> impl Iterator<Item = (Slice, &'static str)> {
    let whole = coverage.slices.iter().filter(|read| read.status.proves_absence());
    whole.map(|read| (read.slice, read.source))
}

/// Forgets the slices of namespaces that are gone, once their last row is: containers come and go
/// for as long as somebody watches.
fn forget_the_gone(known: &mut BTreeMap<Slice, Known>, rows: &[Row], now: &NamespaceCoverage) {
    known.retain(|slice, _| {
        !now.is_gone(slice.netns) || {
            let first = rows.partition_point(|row| row.socket.key.netns < slice.netns);
            rows.get(first).is_some_and(|row| row.socket.key.netns == slice.netns)
        }
    });
}

impl Moment {
    /// The row with the names for its numbers, as field extractors want it.
    #[must_use]
    pub fn subject<'a>(&'a self, row: &'a Row) -> Subject<'a> {
        Subject { row, names: &self.names, candidates: &self.coverage.owners.candidates, peer: None }
    }
}
