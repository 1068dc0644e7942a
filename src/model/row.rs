//! What is known of one socket over time: a line of the table.

use super::{Socket, Stamp};

/// Whether a socket still exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Present in the last reading that could have shown it.
    Open,
    /// Absent from the last such reading. It may have been skipped: dumps do that.
    Missed,
    /// Absent from two in a row.
    Closed { at: Stamp },
}

/// One socket over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub socket: Socket,
    pub life: Life,
    /// When it was first seen. `None` for a socket older than the watching: nobody knows.
    pub opened: Option<Stamp>,
    /// When its state or its owners last changed.
    pub changed: Option<Stamp>,
}

impl Row {
    /// True until the socket counts as closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !matches!(self.life, Life::Closed { .. })
    }
}
