//! What happened to a socket between two samples.

use super::{Owners, Socket, State};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was there when the watching began, or when a table that could not be read before could
    /// be read for the first time. It is no news.
    Found,
    /// It was not there before.
    Opened,
    /// It is gone: missing from two readings that would have shown it.
    Closed,
    /// It came and went between two readings, neither of which had it: what the kernel told of it is all there is.
    Passed,
    /// Its state changed.
    State { from: State },
    /// Other processes hold it now.
    Owners { from: Owners },
    /// Addresses, queues, uid or anything else that is no event by itself.
    Details,
}

impl ChangeKind {
    /// True when the socket is not there any more.
    #[must_use]
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Closed | Self::Passed)
    }
}

/// One event in the life of one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub kind: ChangeKind,
    /// The socket after the change; on [`ChangeKind::Closed`] and [`ChangeKind::Passed`] as it was last.
    pub socket: Socket,
}
