//! What BPF tells of TCP sockets as they begin to listen or to call, and of those that end in another way than by
//! their close: as it happens, in every network namespace.

use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::model::PortRange;
use crate::sys::bpf::{BpfError, SocketStates};
use crate::sys::procnet;
use crate::wire::WireError;
use crate::wire::socket_state;

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
pub struct States {
    program: SocketStates,
    ephemeral: PortRange,
}

impl States {
    /// Loads the program that tells, and begins to listen.
    pub fn open() -> Result<Self, BpfError> {
        let program = SocketStates::start()?;
        Ok(Self { program, ephemeral: procnet::ephemeral_ports().unwrap_or_default() })
    }

    /// What was told next, without waiting; `None` when nothing waits.
    pub fn hear(&mut self) -> Option<Word> {
        let record = self.program.hear()?;
        Some(match socket_state::decode(&record, &self.ephemeral) {
            Ok(turn) => Word::Turn(Box::new(turn)),
            Err(error) => Word::Malformed(error),
        })
    }

    /// True where others began or ended, since that was asked last, that nobody will be told of: more came than was
    /// read in time. It is a call, for when nothing waits any more.
    pub fn has_lost(&mut self) -> Result<bool, BpfError> {
        Ok(self.program.lost()? > 0)
    }

    /// Waits until something is told, here or at that descriptor, that long.
    pub fn wait(&self, or_at: Option<&OwnedFd>, patience: Duration) -> Result<(), BpfError> {
        self.program.wait(or_at, patience).map(drop).map_err(BpfError::Read)
    }
}
