//! What is known of one socket over time: a line of the table.

use super::{Socket, Stamp};

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
        self.history().life
    }

    /// True until the socket counts as closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.life(), Life::Closed { .. })
    }
}
