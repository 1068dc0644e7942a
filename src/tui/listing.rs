//! Which rows a view shows, and in which order: indices into the table.
//!
//! Made when something changed, never while drawing.

use std::cmp::Ordering;
use std::time::Duration;

use crate::model::{Life, Protocol, Row, Stamp, Value};
use crate::store::Moment;

use super::app::View;
use super::columns::Column;
use super::mark::{self, Mark};
use super::sieve::Sieve;

/// By which column rows are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    pub(super) column: usize,
    /// Against the direction that is natural for the column.
    pub(super) reversed: bool,
}

/// The rows of one view, and counts over all.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Indices into the rows of the table, in the order of the screen.
    pub(super) index: Vec<u32>,
    /// Open sockets in each view, without hidden ones, whatever the filter says.
    pub(super) open: [usize; 2],
    /// Unix sockets in each view that are hidden.
    pub(super) hidden: [usize; 2],
    /// Open sockets in this view that the filter lets through.
    pub(super) matched: usize,
    /// Open sockets in the other view that the filter lets through; counted where this one shows none.
    pub(super) elsewhere: usize,
    /// When marks end, on the monotonic clock, ascending.
    ends: Vec<Duration>,
}

/// What a listing is made from.
pub(super) struct Wish<'a> {
    pub(super) view: View,
    pub(super) unix: bool,
    pub(super) now: Stamp,
    pub(super) columns: &'a [Column],
    pub(super) sort: Sort,
}

impl Listing {
    /// The rows that are wished for.
    pub(super) fn new(rows: &[Row], moment: &Moment, wish: &Wish<'_>, sieve: &mut Sieve) -> Self {
        let mut listing = Self::default();
        for (at, row) in (0u32..).zip(rows) {
            if long_gone(row, &wish.now) {
                continue;
            }
            let view = View::of(row);
            if row.socket.protocol == Protocol::Unix && !wish.unix {
                listing.hidden[view.number()] += usize::from(row.is_open());
                continue;
            }
            listing.open[view.number()] += usize::from(row.is_open());
            if view != wish.view || !sieve.passes(moment.subject(row), wish.now) {
                continue;
            }
            listing.matched += usize::from(row.is_open());
            listing.ends.extend(Mark::ends(row, &wish.now));
            listing.index.push(at);
        }
        if listing.index.is_empty() && !sieve.filter().is_empty() {
            let others = rows.iter().filter(|row| row.is_open() && View::of(row) != wish.view);
            let shown = others.filter(|row| row.socket.protocol != Protocol::Unix || wish.unix);
            listing.elsewhere = shown.filter(|row| sieve.passes(moment.subject(row), wish.now)).count();
        }
        listing.ends.sort_unstable();
        listing.ends.dedup();
        listing.sort(rows, moment, wish);
        listing
    }

    /// How long until the next mark ends.
    pub(super) fn next_end(&self, now: &Stamp) -> Option<Duration> {
        self.ends.iter().find(|end| **end > now.mono).map(|end| end.saturating_sub(now.mono))
    }

    /// Rows that compare equal keep the order of their keys, so that nothing jumps.
    fn sort(&mut self, rows: &[Row], moment: &Moment, wish: &Wish<'_>) {
        let Some(column) = wish.columns.get(wish.sort.column) else { return };
        let down = column.descending != wish.sort.reversed;
        let value = |at: u32, key: usize| {
            rows.get(at as usize).map_or(Value::Null, |row| column.sort_value(key, &moment.subject(row)))
        };
        let mut keyed: Vec<(Value<'_>, u32)> = self.index.iter().map(|at| (value(*at, 0), *at)).collect();
        keyed.sort_by(|(a, at_a), (b, at_b)| {
            (1..column.sort.len()).fold(directed(a, b, down), |order, key| {
                order.then_with(|| directed(&value(*at_a, key), &value(*at_b, key), down))
            })
        });
        self.index.clear();
        self.index.extend(keyed.into_iter().map(|(_, at)| at));
    }
}

/// The unknown comes last in both directions.
fn directed(a: &Value<'_>, b: &Value<'_>, down: bool) -> Ordering {
    let order = a.compare(b);
    if down && !is_unknown(a) && !is_unknown(b) { order.reverse() } else { order }
}

fn is_unknown(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Owner(owners) => owners.known().is_none(),
        _ => false,
    }
}

/// The table may keep closed rows longer than they are to be shown.
fn long_gone(row: &Row, now: &Stamp) -> bool {
    matches!(row.life(), Life::Closed { at } if now.since(&at) >= mark::LASTS)
}
