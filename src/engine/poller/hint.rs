//! What is heard between readings, and how much it hurries. Who hears decides nothing about sockets; the store does.

use std::time::Duration;

use crate::model::{Begun, End, Hearing, Socket};

/// What is heard between two readings.
#[derive(Debug)]
pub enum Hint {
    /// A socket began to listen or to call.
    Began(Box<Begun>),
    /// A listener or a connection ended.
    Turned(Box<End>),
    /// The kernel destroyed a socket.
    Ended(Box<Socket>),
    /// There was more than could be told; so many words of BPF, or 0 where nobody counted.
    Lost(u64),
    /// BPF tells nothing any more.
    NoWords(String),
    /// Nothing is told of ends any more.
    NoEnds(String),
    /// Nothing within the time.
    Nothing,
}

/// Waits for what is heard next, that long; `None` when nothing will be heard any more.
pub type Hear = Box<dyn FnMut(Duration) -> Option<Hint> + Send>;

/// Who hears, and how it is answered.
pub struct Listening {
    /// `None` where nobody tells anything.
    pub hear: Option<Hear>,
    /// What is told of.
    pub told: Hearing,
    pub hurry: Hurry,
}

/// After what a reading follows soon. Otherwise it comes on time, unless there is too much to keep until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hurry {
    ForNothing,
    /// Listeners that begin or end, for which a glance is enough; whatever ends, where nobody tells of beginnings.
    ForListeners,
    ForAll,
}
