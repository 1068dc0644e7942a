//! Nobody hidden: a harder look for the holders that the plain scan of descriptors does not see.
//!
//! Three ways to hold a socket out of its sight: in the descriptor table of a single thread
//! ([`apart`](crate::sys::apart)), registered with `io_uring` ([`rings`]), and in a message that nobody has received
//! yet ([`in_flight`]). The first two tell whose it is. The third tells only through whom it may go.
//!
//! It is looked for when a socket is left without holder, and costs nothing else. It works after
//! either scanner, reads no socket table, and takes nothing back that a scanner found.

mod in_flight;
mod outside;
mod rings;
#[cfg(test)]
mod tests;
mod walk;

use super::{Facts, OwnerSets, Question, Wanted};
use crate::model::{Inode, Socket};
pub(super) use rings::is_one as is_ring;
use walk::Walk;

/// In so many sockets some are always closed between the table and the scan. There a socket is looked
/// for when it was left without holder twice in a row.
const MANY: usize = 20_000;
/// Nobody holds what the kernel opened for itself, such as the socket of a tunnel. What was looked for in
/// vain is looked for again after so many readings.
const PATIENCE: u8 = 10;

/// What is known from the readings before.
#[derive(Debug, Default)]
pub struct Hidden {
    /// Left without holder by the last reading.
    missing: Wanted,
    /// Looked for, and nothing was found, nor a candidate.
    in_vain: Wanted,
    /// Readings until those are looked for again.
    patience: u8,
}

impl Hidden {
    /// Looks for the holders of what is left without, and adds them.
    #[must_use]
    pub fn look(&mut self, mut sets: OwnerSets, question: &Question<'_>) -> OwnerSets {
        let missing = sets.missing(question.sockets);
        if missing.is_empty() {
            *self = Self::default();
            return sets;
        }
        sets.map.outside = outside::is_unseen(sets.map.coverage.method);
        // What BPF does not see by itself is registered with a ring, or in flight. To look at the
        // descriptors of so many sockets takes half as long as all the rest, too long for a plain table.
        let quick = sets.map.coverage.method == super::bpf::METHOD && question.facts == Facts::Names;
        let listens = |inode: Inode| {
            let is_it = |socket: &Socket| socket.inode == Some(inode) && socket.is_listener();
            !sets.map.outside && !quick && question.sockets.iter().any(is_it)
        };
        if self.is_due(&missing, question.sockets.len(), listens) {
            let mut map = sets.map;
            let left = Walk::over_all(&mut map, question, missing.clone());
            let in_vain = if map.coverage.candidates.is_empty() { left } else { Wanted::default() };
            (self.in_vain, self.patience) = (in_vain, PATIENCE);
            sets = map.settle();
        }
        self.missing = missing;
        sets
    }

    /// Whether it is time to look for any of these. Where there are many, a listener does not wait for
    /// its turn: it is open to others all the while.
    fn is_due(&mut self, missing: &Wanted, sockets: usize, listens: impl Fn(Inode) -> bool) -> bool {
        self.patience = self.patience.saturating_sub(1);
        if self.patience == 0 {
            self.in_vain.clear();
        }
        let stays = |inode: &Inode| sockets < MANY || self.missing.contains(inode) || listens(*inode);
        missing.iter().any(|inode| !self.in_vain.contains(inode) && stays(inode))
    }
}
