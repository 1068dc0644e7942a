//! What BPF tells as it happens, in every network namespace: of TCP sockets as they begin to listen or to call, and of
//! those that end in another way than by their close; of UDP sockets as they bind, and of those that named their port
//! as they end.

use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::sys::bpf::{BpfError, SocketEvents};
use crate::wire::WireError;
use crate::wire::socket_state;

pub use crate::sys::bpf::{Running, Subjects, Whose};
pub use crate::wire::socket_state::{Turn, What};

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    Turn(Box<Turn>),
    /// A record that cannot be understood.
    Malformed(WireError),
}

/// Listens for them.
#[derive(Debug)]
pub struct Turns {
    programs: SocketEvents,
}

impl Turns {
    /// Loads the programs that tell, and begins to listen. Nobody listens where none of them could be had.
    pub fn open(subjects: Subjects) -> Result<(Option<Self>, Running), BpfError> {
        let (programs, running) = SocketEvents::start(subjects)?;
        Ok(((!programs.is_silent()).then_some(Self { programs }), running))
    }

    /// What was told next, without waiting; `None` when nothing waits.
    pub fn hear(&mut self) -> Option<Word> {
        let record = self.programs.hear()?;
        Some(match socket_state::decode(&record) {
            Ok(turn) => Word::Turn(Box::new(turn)),
            Err(error) => Word::Malformed(error),
        })
    }

    /// How many others began or ended, since that was asked last, of which nobody will be told: more came than was read
    /// in time. It is a call, for when nothing waits any more.
    pub fn lost(&mut self) -> Result<u64, BpfError> {
        self.programs.lost()
    }

    /// Waits until something is told, here or at that descriptor, that long.
    pub fn wait(&self, or_at: Option<&OwnedFd>, patience: Duration) -> Result<(), BpfError> {
        self.programs.wait(or_at, patience).map(drop).map_err(BpfError::Read)
    }
}
