//! The holders of each socket, brought together, and what they say about it: kept from poll to poll.
//! Nothing is scanned here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::Stray;
use crate::model::{Family, Inode, Name, NoOwner, OwnerCoverage, OwnerSet, Owners, Socket, State};

/// Who holds each socket that was asked for.
#[derive(Debug)]
pub struct OwnerSets {
    /// `None` for a socket that nobody was found to hold.
    known: HashMap<Inode, Option<Arc<OwnerSet>>, RandomState>,
    strays: BTreeMap<Inode, Stray>,
    coverage: OwnerCoverage,
}

impl OwnerSets {
    pub(super) fn new(
        known: HashMap<Inode, Option<Arc<OwnerSet>>, RandomState>,
        strays: BTreeMap<Inode, Stray>,
        coverage: OwnerCoverage,
    ) -> Self {
        Self { known, strays, coverage }
    }

    /// The holders of a socket.
    pub(super) fn known(&self, inode: Inode) -> Option<&Arc<OwnerSet>> {
        self.known.get(&inode)?.as_ref()
    }

    /// True when all of these were asked for.
    #[must_use]
    pub fn cover(&self, sockets: &[Socket]) -> bool {
        sockets.iter().filter_map(|socket| socket.inode).all(|inode| self.known.contains_key(&inode))
    }

    /// The sockets that were found beside the wanted ones.
    #[must_use]
    pub fn strays(&self) -> &BTreeMap<Inode, Stray> {
        &self.strays
    }

    /// Gives every socket its owners, or the reason why it has none, and says how that went.
    #[must_use]
    pub fn assign(&self, sockets: &mut [Socket]) -> OwnerCoverage {
        let all_read = self.coverage.denied == 0 && self.coverage.reason.is_none();
        let not_found = if all_read { NoOwner::Nobody } else { NoOwner::Denied };
        for socket in sockets.iter_mut() {
            socket.owners = match socket.inode {
                _ if is_kernels(socket) => Owners::Unknown(NoOwner::Kernel),
                None => Owners::Unknown(without_file(socket)),
                Some(inode) => match self.known(inode) {
                    // Shared, not moved: one socket may stand in two tables of the kernel.
                    Some(set) => Owners::Known(Arc::clone(set)),
                    None if is_hearsay(socket) => Owners::Unknown(NoOwner::Unverified),
                    None => Owners::Unknown(not_found),
                },
            };
        }
        let OwnerCoverage { resolved, unresolved, .. } = super::tally(self.coverage.method, sockets);
        OwnerCoverage { resolved, unresolved, ..self.coverage.clone() }
    }
}

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
        _ => NoOwner::Orphan,
    }
}
