//! Between two readings: what the kernel tells by itself of sockets that close, and BPF of those that begin.
//!
//! Layer 3. It says what it heard, once, and keeps nothing: what a socket was before is known from readings,
//! whose business this is not. What it missed is an event, too, never silence.

mod turns;

pub use turns::{Running, Subjects, Turn, Turns, What, Whose, Word};

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::time::Duration;

use crate::model::{Family, NetnsId, PortRange, Protocol, Socket};
use crate::sys::destroyed::{DestroyedSocket, Heard, ListenError};
use crate::sys::procnet;
use crate::wire::{Context, WireError, inet_destroy, netlink};

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A socket is gone. It has its last counts and no owner, user or inode; of TCP not the state in which it
    /// was.
    Closed(Box<Socket>),
    /// Others closed that nobody will be told of: more came than was read in time.
    Lost,
    /// A message that cannot be understood.
    Malformed(WireError),
    /// Nothing within the time.
    Nothing,
}

/// True for a table of whose sockets the kernel tells the end.
#[must_use]
pub fn is_told(table: (Family, Protocol)) -> bool {
    inet_destroy::GROUPS.iter().any(|(known, _)| *known == table)
}

/// Listens for sockets that close.
#[derive(Debug)]
pub struct Closes {
    socket: DestroyedSocket,
    netns: NetnsId,
    ephemeral: PortRange,
    waiting: VecDeque<Notice>,
}

impl Closes {
    /// Begins to listen for sockets of these tables, in the network namespace of the calling thread, which is
    /// `netns`. Tables of which the kernel tells nothing are passed over.
    pub fn open(netns: NetnsId, tables: &[(Family, Protocol)]) -> Result<Self, ListenError> {
        let wanted = inet_destroy::GROUPS.iter().filter(|(table, _)| tables.contains(table));
        let groups = wanted.fold(0, |mask, (_, group)| mask | group);
        let socket = DestroyedSocket::open(groups)?;
        Ok(Self {
            socket,
            netns,
            ephemeral: procnet::ephemeral_ports().unwrap_or_default(),
            waiting: VecDeque::new(),
        })
    }

    /// What can be waited at.
    #[must_use]
    pub fn descriptor(&self) -> &OwnedFd {
        self.socket.descriptor()
    }

    /// What was heard next, within that time.
    pub fn next(&mut self, patience: Duration) -> Result<Notice, ListenError> {
        if let Some(waiting) = self.waiting.pop_front() {
            return Ok(waiting);
        }
        // Family and protocol are told by each message.
        let context =
            Context { ephemeral: self.ephemeral, ..Context::new(self.netns, Family::Inet, Protocol::Tcp) };
        match self.socket.hear(patience)? {
            Heard::Nothing => Ok(Notice::Nothing),
            Heard::Lost => Ok(Notice::Lost),
            Heard::Messages(bytes) => {
                for message in netlink::messages(bytes) {
                    match message.and_then(|message| inet_destroy::decode(&message, &context)) {
                        Ok(Some(socket)) => self.waiting.push_back(Notice::Closed(Box::new(socket))),
                        Ok(None) => {}
                        Err(error) => self.waiting.push_back(Notice::Malformed(error)),
                    }
                }
                Ok(self.waiting.pop_front().unwrap_or(Notice::Nothing))
            }
        }
    }
}
