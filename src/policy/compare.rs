//! Expectations beside what listens: what is there as expected, what is gone, and what is otherwise.
//!
//! It judges nothing by itself: listeners are judged as `check` does.

use super::{Alert, Expectation, Policy, Verdict, Watcher, is_judged};
use crate::model::{Coverage, Row};
use crate::store::{Moment, Table};

/// What comparing told.
#[derive(Debug, Default)]
pub struct Comparison<'a> {
    /// Listeners that are expected, and by which entry.
    pub there: Vec<(&'a Row, &'a Expectation)>,
    /// Entries that no listener is like.
    pub gone: Vec<&'a Expectation>,
    /// The same, but not all of their tables could be read.
    pub not_seen: Vec<&'a Expectation>,
    /// What there is to say of each other listener, and the entry that came nearest to it.
    pub others: Vec<(Alert, Option<&'a Expectation>)>,
}

/// Compares the expectations with the open listeners. Rules say nothing of what should be there.
#[must_use]
pub fn compare<'a>(policy: &'a Policy, table: &'a Table, moment: &Moment) -> Comparison<'a> {
    let expectations = Policy { expectations: policy.expectations.clone(), ..Policy::default() };
    let mut comparison = Comparison::default();
    let mut nearest = Vec::new();
    for row in table.open().filter(|row| is_judged(&row.socket)) {
        match policy.judge(&row.socket, &moment.names) {
            Verdict::Expected(entry) => comparison.there.push((row, entry)),
            verdict => nearest.push(verdict.nearest()),
        }
    }
    // One for each that is not expected, in the order of the table.
    let alerts = Watcher::new(expectations).unexpected(table, moment);
    debug_assert_eq!(alerts.len(), nearest.len(), "each is judged once, in the same way");
    comparison.others = alerts.into_iter().zip(nearest).collect();
    for entry in &policy.expectations {
        if is_represented(entry, &comparison, moment) {
            continue;
        }
        let is_read = is_read(entry, &moment.coverage);
        let list = if is_read { &mut comparison.gone } else { &mut comparison.not_seen };
        list.push(entry);
    }
    comparison
}

/// True where a listener is as the entry says, even if another entry decided about it, or came nearest to it.
fn is_represented(entry: &Expectation, comparison: &Comparison<'_>, moment: &Moment) -> bool {
    let covers = |(row, _): &(&Row, &Expectation)| {
        matches!(entry.judge(&row.socket, &moment.names), Verdict::Expected(_))
    };
    let is_it = |(_, nearest): &(Alert, Option<&Expectation>)| {
        nearest.is_some_and(|nearest| std::ptr::eq(nearest, entry))
    };
    comparison.there.iter().any(covers) || comparison.others.iter().any(is_it)
}

/// True when nobody of whom the entry is can have been overlooked.
fn is_read(entry: &Expectation, coverage: &Coverage) -> bool {
    coverage.namespaces.is_whole() && coverage.gaps().all(|read| read.slice.protocol != entry.protocol)
}
