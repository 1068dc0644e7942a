//! How many sockets are in which state, and how that went lately.
//!
//! Counted when a reading comes, never while drawing. A bounded ring of counts; nothing is kept of single
//! sockets. Those between local processes have a view of their own and are not counted here.

use std::collections::VecDeque;

use crate::model::{Protocol, Row, State};

use super::theme::Look;
use super::trend;

/// As many as the header has cells for.
const MOST: usize = 8;

/// The states that a connection goes through, in the words of `ss`, the most important first.
const STATES: [(State, &str); 10] = [
    (State::Listen, "LISTEN"),
    (State::Established, "ESTAB"),
    (State::SynRecv, "SYN-RECV"),
    (State::SynSent, "SYN-SENT"),
    (State::CloseWait, "CLOSE-WAIT"),
    (State::TimeWait, "TIME-WAIT"),
    (State::FinWait1, "FIN-WAIT-1"),
    (State::FinWait2, "FIN-WAIT-2"),
    (State::LastAck, "LAST-ACK"),
    (State::Closing, "CLOSING"),
];

type Counts = [usize; STATES.len()];

/// The counts of the last readings, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Census {
    counts: VecDeque<Counts>,
}

/// One state: how many are in it, and how that went.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) word: &'static str,
    pub(super) now: usize,
    pub(super) graph: String,
}

impl Census {
    /// Counts what a reading brought.
    pub(super) fn take(&mut self, rows: &[Row]) {
        let mut counts = Counts::default();
        for row in rows.iter().filter(|row| row.is_open() && row.socket.protocol != Protocol::Unix) {
            if let Some(at) = STATES.iter().position(|(state, _)| *state == row.socket.state) {
                counts[at] += 1;
            }
        }
        if self.counts.len() == MOST {
            self.counts.pop_front();
        }
        self.counts.push_back(counts);
    }

    /// The states in which some socket is, or was a moment ago: none leaves before it was seen to be empty.
    pub(super) fn counted(&self, look: &Look) -> Vec<Counted> {
        let Some(last) = self.counts.back() else { return Vec::new() };
        let was_there = |at: &usize| self.counts.iter().any(|counts| counts[*at] > 0);
        let of = |at: usize| {
            let values: Vec<_> = self.counts.iter().map(|counts| u64::try_from(counts[at]).ok()).collect();
            Counted { word: STATES[at].1, now: last[at], graph: trend::spark(&values, look) }
        };
        (0..STATES.len()).filter(was_there).map(of).collect()
    }
}
