//! What the kernel told by itself between two readings.

use super::{Ending, Socket, SocketKey, Stamp};

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

    /// Takes out all that is about sockets of which that holds.
    #[must_use]
    pub fn take_of(&mut self, holds: impl Fn(&SocketKey) -> bool) -> Self {
        Self {
            begun: self.begun.extract_if(.., |begun| holds(&begun.socket.key)).collect(),
            ended: self.ended.extract_if(.., |socket| holds(&socket.key)).collect(),
            ends: self.ends.extract_if(.., |end| holds(&end.socket.key)).collect(),
        }
    }

    /// Puts back what was taken out.
    pub fn put_back(&mut self, taken: Self) {
        let later = std::mem::replace(self, taken);
        self.begun.extend(later.begun);
        self.ended.extend(later.ended);
        self.ends.extend(later.ends);
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
