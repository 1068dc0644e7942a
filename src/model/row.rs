//! What is known of one socket over time: a line of the table.

use std::time::Duration;

use super::{Ending, Socket, Stamp};

/// Whether a socket still exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Life {
    /// Present in the last reading that could have shown it.
    #[default]
    Open,
    /// Absent from the last such reading. It may have been skipped: dumps do that.
    Missed,
    /// Absent from two in a row.
    Closed { at: Stamp },
}

/// What happened to a socket while it was watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    pub life: Life,
    /// When it was first seen. `None` for a socket older than the watching: nobody knows.
    pub opened: Option<Stamp>,
    /// When its state or its owners last changed.
    pub changed: Option<Stamp>,
    /// How it ended, once it is closed and where that is known.
    pub ending: Option<Ending>,
    /// How fast bytes went through it between the last two readings, where it counts them.
    pub rate: Option<Rate>,
}

/// How fast bytes went through a socket, by its own counters: bytes a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub sent: u64,
    pub received: u64,
}

impl Rate {
    /// The rate between two readings of one socket. `None` for one that does not count bytes.
    #[must_use]
    pub fn between(before: &Socket, now: &Socket, elapsed: Duration) -> Option<Self> {
        let ((sent_before, received_before), (sent, received)) = (before.bytes()?, now.bytes()?);
        let nanos = Some(elapsed.as_nanos()).filter(|nanos| *nanos > 0)?;
        let rate = |before: u64, now: u64| {
            let rate = u128::from(now.saturating_sub(before)) * 1_000_000_000 / nanos;
            u64::try_from(rate).unwrap_or(u64::MAX)
        };
        Some(Self { sent: rate(sent_before, sent), received: rate(received_before, received) })
    }

    /// In both directions.
    #[must_use]
    pub fn both(self) -> u64 {
        self.sent.saturating_add(self.received)
    }
}

/// One socket over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub socket: Socket,
    /// `None` while nothing has happened, as to most of a large table: it would be half of the row.
    history: Option<Box<History>>,
}

impl Row {
    /// A socket, and what happened to it.
    #[must_use]
    pub fn new(socket: Socket, history: History) -> Self {
        Self { socket, history: (history != History::default()).then(|| Box::new(history)) }
    }

    /// A socket that was there when the watching began.
    #[must_use]
    pub fn found(socket: Socket) -> Self {
        Self { socket, history: None }
    }

    /// What happened to it.
    #[must_use]
    pub fn history(&self) -> History {
        self.history.as_deref().copied().unwrap_or_default()
    }

    /// Whether it still exists.
    #[must_use]
    pub fn life(&self) -> Life {
        self.history.as_deref().map_or(Life::Open, |history| history.life)
    }

    /// True until the socket counts as closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.life(), Life::Closed { .. })
    }
}
