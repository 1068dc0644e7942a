//! How the socket that is inspected did lately: a ring of its numbers, and lines that draw them.
//!
//! Nothing is kept of other sockets. What was not read is a gap, and never a number.

use std::collections::VecDeque;
use std::time::Duration;

use crate::diagnosis::{Counts, Earlier};
use crate::engine::Snapshot;
use crate::model::{Life, Rate, Row, Socket, State, TcpInfoPlace};
use crate::text;

use super::theme::Look;

/// Two minutes at the usual interval.
const MOST: usize = 120;
/// What is recent: long enough for loss to show, short enough to be about now.
const RECENT: Duration = Duration::from_secs(10);
/// From zero to the largest.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII_BARS: [char; 8] = ['_', '.', ':', '-', '=', '+', '*', '#'];

/// What one reading told.
#[derive(Clone, Debug)]
struct Point {
    /// When, on the monotonic clock.
    at: Duration,
    counts: Counts,
    rate: Option<Rate>,
    rtt_us: Option<u64>,
    recv_q: Option<u64>,
}

/// The readings of one socket, the oldest first; `None` for a gap.
#[derive(Debug, Default)]
pub(super) struct Trend {
    points: VecDeque<Option<Point>>,
    /// The last reading that was looked at, by its number and moment.
    last: Option<(u64, Duration)>,
}

/// The numbers of one kind, with how they are said.
pub(super) struct Series {
    pub(super) name: &'static str,
    values: Vec<Option<u64>>,
    say: fn(u64, &Look) -> String,
}

impl Trend {
    /// Takes in what a snapshot says of the socket; `None` when it is not there. The same snapshot counts once.
    pub(super) fn record(&mut self, row: Option<&Row>, snapshot: &Snapshot) {
        let Some(moment) = snapshot.table.moment() else { return };
        let (number, at) = (snapshot.generation, moment.taken.mono);
        if self.last.is_some_and(|(last, _)| last == number) {
            return;
        }
        let patience = snapshot.interval.saturating_add(snapshot.due).saturating_add(snapshot.took);
        let skipped = self
            .last
            .is_some_and(|(last, before)| last + 1 != number || at.saturating_sub(before) > patience);
        self.last = Some((number, at));
        if skipped {
            self.push(None);
        }
        let seen = row.filter(|row| row.life() == Life::Open);
        self.push(seen.map(|row| Point::of(row, at)));
    }

    fn push(&mut self, point: Option<Point>) {
        // One gap is as long as another.
        if point.is_none() && self.points.back().is_none_or(Option::is_none) {
            return;
        }
        if self.points.len() == MOST {
            self.points.pop_front();
        }
        self.points.push_back(point);
    }

    /// The first reading of the recent past, to compare the last one with.
    pub(super) fn earlier(&self) -> Option<Earlier> {
        let last = self.points.back()?.as_ref()?;
        let recent = |point: &&Point| last.at.saturating_sub(point.at) <= RECENT && point.counts.are_known();
        let first = self.points.iter().flatten().find(recent)?;
        let ago = last.at.saturating_sub(first.at);
        (!ago.is_zero()).then_some(Earlier { counts: first.counts, ago })
    }

    /// Every kind of which at least two numbers are known, for a socket of that sort.
    pub(super) fn series(&self, socket: &Socket) -> Vec<Series> {
        let rate: fn(u64, &Look) -> String = |number, _| format!("{}/s", text::bytes(number));
        let bytes: fn(u64, &Look) -> String = |number, _| text::bytes(number);
        let amount: fn(u64, &Look) -> String = |number, _| number.to_string();
        let delay: fn(u64, &Look) -> String = |number, look| look.brief(Duration::from_micros(number));
        let of = |pick: fn(&Point) -> Option<u64>| {
            self.points.iter().map(|point| point.as_ref().and_then(pick)).collect::<Vec<_>>()
        };
        let listens = socket.state == State::Listen;
        let (arrived, queue) = if listens { ("accept queue", amount) } else { ("receive queue", bytes) };
        let mut all = vec![
            Series { name: "send rate", values: of(|point| Some(point.rate?.sent)), say: rate },
            Series { name: "receive rate", values: of(|point| Some(point.rate?.received)), say: rate },
            Series { name: "round trip", values: of(|point| point.rtt_us), say: delay },
            Series { name: "sent again", values: self.sent_again(), say: amount },
            Series { name: arrived, values: of(|point| point.recv_q), say: queue },
        ];
        if !listens {
            // Of a listener it is the limit, which does not move.
            all.push(Series { name: "send queue", values: of(|point| point.counts.send_q), say: bytes });
        }
        all.retain(|series| series.values.iter().flatten().count() > 1);
        all
    }

    /// Segments that were sent again from each reading to the next.
    fn sent_again(&self) -> Vec<Option<u64>> {
        let before = std::iter::once(None).chain(self.points.iter().map(Option::as_ref));
        let both = before.zip(&self.points).map(|(before, now)| before.zip(now.as_ref()));
        both.map(|both| both.and_then(|(before, now)| now.counts.since(&before.counts).retransmitted))
            .collect()
    }
}

impl Point {
    fn of(row: &Row, at: Duration) -> Self {
        let info = row.socket.details.as_deref().and_then(|details| details.tcp_info.as_ref());
        // A connection that has not measured one yet says 0.
        let rtt_us = info.and_then(|info| info.read(TcpInfoPlace::RTT)).filter(|rtt| *rtt > 0);
        let counts = Counts::of(&row.socket);
        let recv_q = row.socket.queues.recv.map(u64::from);
        Self { at, counts, rate: row.history().rate, rtt_us, recv_q }
    }
}

impl Series {
    /// The last number; `None` where it is a gap.
    pub(super) fn now(&self, look: &Look) -> Option<String> {
        self.values.last().copied().flatten().map(|number| (self.say)(number, look))
    }

    /// The largest number of those in the last so many cells.
    pub(super) fn most(&self, cells: usize, look: &Look) -> String {
        (self.say)(self.tail(cells).iter().flatten().copied().max().unwrap_or(0), look)
    }

    fn tail(&self, cells: usize) -> &[Option<u64>] {
        &self.values[self.values.len().saturating_sub(cells)..]
    }

    /// The last numbers as bars, in at most so many cells.
    pub(super) fn spark(&self, cells: usize, look: &Look) -> String {
        spark(self.tail(cells), look)
    }
}

/// Numbers as bars from zero to the largest of them, a space for a gap.
pub(super) fn spark(values: &[Option<u64>], look: &Look) -> String {
    let bars = if look.ascii { ASCII_BARS } else { BARS };
    let most = u128::from(values.iter().flatten().copied().max().unwrap_or(0));
    let bar = |value: &Option<u64>| match value {
        None => ' ',
        Some(0) => bars[0],
        // What is there is seen, however small.
        Some(number) => bars[usize::try_from(1 + u128::from(*number) * 6 / most).unwrap_or(7)],
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::ColorChoice;

    fn series(values: &[Option<u64>]) -> Series {
        Series { name: "", values: values.to_vec(), say: |number, _| number.to_string() }
    }

    #[test]
    fn bars_grow_from_zero_to_the_largest() {
        let look = |ascii| Look::new(ColorChoice::Monochrome, ascii);
        for (values, cells, unicode, ascii) in [
            (&[Some(0), Some(1), Some(50), None, Some(100)][..], 9, "▁▂▅ █", "_.= #"),
            (&[Some(0), Some(0)], 9, "▁▁", "__"),
            (&[Some(u64::MAX), Some(7)], 9, "█▂", "#."),
            (&[Some(900), Some(1), Some(2)], 2, "▅█", "=#"),
            (&[None], 9, " ", " "),
            (&[], 9, "", ""),
            (&[Some(1)], 0, "", ""),
        ] {
            let series = series(values);
            assert_eq!(series.spark(cells, &look(false)), unicode, "{values:?}");
            assert_eq!(series.spark(cells, &look(true)), ascii, "{values:?}");
        }
        assert_eq!(series(&[Some(3), None]).now(&look(true)), None, "a gap is no number");
    }
}
