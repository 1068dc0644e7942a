//! The holders of each socket, brought together, and what they say about it: kept from poll to poll.
//! Nothing is scanned here.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use foldhash::fast::RandomState;

use super::{OwnerMap, Stray, Wanted};
use crate::model::{Family, Inode, Name, NoOwner, OwnerCoverage, Owners, Socket, State};
use crate::sys::threads::together;

/// Who holds each socket.
#[derive(Debug)]
pub struct OwnerSets {
    pub(super) map: OwnerMap,
    /// Where the holders of each socket begin.
    pub(super) first: HashMap<Inode, usize, RandomState>,
    /// What was told already and takes room, to be told again.
    pub(super) kept: HashMap<Inode, Owners, RandomState>,
}

impl OwnerSets {
    /// Makes ready for telling the same again: a set that is as it was `before` stays the same in
    /// memory, so that nobody has to compare it.
    #[must_use]
    pub fn kept(mut self, before: Option<Self>) -> Self {
        let before = before.map(|before| before.kept).unwrap_or_default();
        for (inode, first) in &self.first {
            let owners = self.map.owners(*first);
            if matches!(owners, Owners::Set(_)) {
                let same = before.get(inode).filter(|known| **known == owners).cloned();
                self.kept.insert(*inode, same.unwrap_or(owners));
            }
        }
        self
    }

    /// True when only new sockets were looked for, and the rest taken from the scan before.
    #[must_use]
    pub fn tell_news_alone(&self) -> bool {
        self.map.news_alone
    }

    /// The sockets that nobody was seen to hold, but for those of the kernel.
    pub(super) fn missing(&self, sockets: &[Socket]) -> Wanted {
        let unheld = |socket: &&Socket| socket.inode.is_some_and(|inode| !self.first.contains_key(&inode));
        let missing = sockets.iter().filter(unheld).filter(|socket| !is_kernels(socket));
        missing.filter_map(|socket| socket.inode).collect()
    }

    /// The sockets that were found beside the wanted ones.
    #[must_use]
    pub fn strays(&self) -> &BTreeMap<Inode, Stray> {
        &self.map.strays
    }

    /// Gives every socket its owners, or the reason why it has none, and says how that went.
    #[must_use]
    pub fn assign(&self, sockets: &mut [Socket]) -> OwnerCoverage {
        let workers = sockets.len() / WORTH_A_THREAD;
        let parts = Mutex::new(sockets.chunks_mut(PART));
        let next = || parts.lock().unwrap_or_else(PoisonError::into_inner).next();
        together(workers, || {
            while let Some(part) = next() {
                self.assign_part(part);
            }
        });
        let coverage = &self.map.coverage;
        let OwnerCoverage { resolved, unresolved, .. } = super::tally(coverage.method, sockets);
        OwnerCoverage { resolved, unresolved, ..coverage.clone() }
    }

    fn assign_part(&self, sockets: &mut [Socket]) {
        let not_found = self.not_found();
        for socket in sockets {
            let first = socket.inode.and_then(|inode| self.first.get(&inode));
            socket.reuse = first.and_then(|first| self.map.reuse(*first));
            socket.owners = match socket.inode {
                _ if is_kernels(socket) => Owners::Unknown(NoOwner::Kernel),
                None => Owners::Unknown(without_file(socket)),
                Some(inode) => match self.of(inode) {
                    Some(owners) => owners,
                    None if is_hearsay(socket) => Owners::Unknown(NoOwner::Unverified),
                    None => Owners::Unknown(not_found),
                },
            };
        }
    }

    /// What is said of a socket that nobody was seen to hold.
    fn not_found(&self) -> NoOwner {
        let OwnerCoverage { denied, reason, candidates, .. } = &self.map.coverage;
        match () {
            () if *denied > 0 || reason.is_some() => NoOwner::Denied,
            () if self.map.outside => NoOwner::OtherPidns,
            () if !candidates.is_empty() => NoOwner::InFlight,
            () => NoOwner::Nobody,
        }
    }

    fn of(&self, inode: Inode) -> Option<Owners> {
        let made = || self.first.get(&inode).map(|first| self.map.owners(*first));
        self.kept.get(&inode).cloned().or_else(made)
    }
}

/// Fewer sockets than this get their owners sooner than a thread starts.
const WORTH_A_THREAD: usize = 10_000;
/// What one thread takes at once.
const PART: usize = 5_000;

/// True for a socket that the kernel opened for itself: netlink tells by its port id
/// (`netlink_kernel_create`).
fn is_kernels(socket: &Socket) -> bool {
    matches!(socket.ends.names().0, Some(Name::Netlink { port: 0, .. }))
}

/// True for a row of `/proc/net/unix`: a name with a newline makes a row of its own there, so that
/// only a descriptor proves what it says. It is the same whether every process could be read or not:
/// a row that nothing confirms may be forged.
fn is_hearsay(socket: &Socket) -> bool {
    socket.family == Family::Unix && socket.key.cookie().is_none()
}

/// Why a socket that no file refers to has no owner: its state tells.
fn without_file(socket: &Socket) -> NoOwner {
    match socket.state {
        // The text has rows without inode for connections that wait for a listener, for no others.
        _ if is_hearsay(socket) && socket.waits_for.is_none() => NoOwner::Unverified,
        State::SynRecv => NoOwner::Handshake,
        // CLOSE-WAIT too: the peer may close before the connection is accepted.
        State::Established | State::CloseWait => NoOwner::AcceptQueue,
        // Closing would have ended the listening, and released the port.
        State::Listen | State::Unconnected if matches!(socket.family, Family::Inet | Family::Inet6) => {
            NoOwner::Kernel
        }
        _ => NoOwner::Orphan,
    }
}
