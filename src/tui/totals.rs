//! What goes through all sockets together, and how it went lately.
//!
//! A bounded ring of sums. Nothing is kept of single sockets, and a reading without rates is a gap.

use std::collections::VecDeque;

use crate::engine::Snapshot;
use crate::model::Rate;

use super::theme::Look;
use super::trend;

/// As many as the header has cells for.
const MOST: usize = 8;

/// The sums of the last readings, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Totals {
    sums: VecDeque<Option<Rate>>,
}

impl Totals {
    /// Takes in what a snapshot brought.
    pub(super) fn take(&mut self, snapshot: &Snapshot) {
        let rates = snapshot.table.rows().iter().filter_map(|row| row.history().rate);
        let sum = rates.reduce(|sum, rate| Rate {
            sent: sum.sent.saturating_add(rate.sent),
            received: sum.received.saturating_add(rate.received),
        });
        if self.sums.len() == MOST {
            self.sums.pop_front();
        }
        self.sums.push_back(sum);
    }

    /// The last sum; `None` where no rate is known.
    pub(super) fn now(&self) -> Option<Rate> {
        self.sums.back().copied().flatten()
    }

    /// How one direction went, as bars.
    pub(super) fn spark(&self, pick: fn(Rate) -> u64, look: &Look) -> String {
        let values: Vec<Option<u64>> = self.sums.iter().map(|sum| sum.map(pick)).collect();
        trend::spark(&values, look)
    }
}
