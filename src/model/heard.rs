//! What the kernel told by itself between two readings.

use super::{Ending, Socket, Stamp};

/// What was heard since the reading before. All of it is a hint: what is there, the reading tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Those that began to listen or to call.
    pub begun: Vec<Begun>,
    /// Those that it destroyed, before this reading began: what it told of each then.
    pub ended: Vec<Socket>,
    /// How others ended, and when.
    pub ends: Vec<End>,
}

impl Heard {
    /// How much it is.
    #[must_use]
    pub fn len(&self) -> usize {
        self.begun.len() + self.ended.len() + self.ends.len()
    }

    /// True when nothing was heard.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A socket that began to listen or to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    pub at: Stamp,
    /// Its owner is the process that had it do so: through which descriptor nobody told. Its port is 0 where
    /// the kernel had not chosen one yet.
    pub socket: Socket,
}

/// The end of a listener or of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub at: Stamp,
    /// As it was just before: the kernel wipes some as it destroys them.
    pub socket: Socket,
    /// How it ended, where that is told.
    pub ending: Option<Ending>,
}
