//! Who holds what, as one scan saw it, and what that says about each socket. Nothing is scanned here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::model::{
    Family, Fd, Inode, Name, NetnsId, NoOwner, Owner, OwnerCoverage, OwnerSet, Owners, Pid, Process, Socket,
    State, SystemBytes,
};
use crate::sys::netns::Donor;

/// Who holds what, as one scan saw it.
#[derive(Debug, Default)]
pub struct OwnerMap {
    /// For each socket inode its holders, ordered by pid.
    pub(super) holders: HashMap<Inode, Vec<Owner>, RandomState>,
    /// Sockets that nobody asked about, by inode.
    pub(super) strays: BTreeMap<Inode, Stray>,
    pub(super) processes: usize,
    pub(super) denied: usize,
    pub(super) reason: Option<String>,
}

/// A socket that a descriptor refers to, but no table lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The namespace of the process that holds it.
    pub(super) netns: NetnsId,
    /// Where it was seen.
    pub(super) pid: Pid,
    pub(super) fd: Fd,
    /// What the file system calls its protocol (`system.sockprotoname`, `net/socket.c`).
    pub proto_name: Option<SystemBytes>,
}

impl Stray {
    /// The namespace that it belongs to, which need not be that of its holder; that one, where the
    /// socket may not be asked.
    #[must_use]
    pub fn home(&self) -> NetnsId {
        let asked = Donor::open(self.pid).and_then(|donor| donor.socket_netns(self.fd));
        asked.map_or(self.netns, |namespace| namespace.id())
    }

    /// True while the descriptor through which it was seen still refers to it.
    #[must_use]
    pub fn is_there(&self, inode: Inode) -> bool {
        crate::sys::procdir::fd_link(self.pid, self.fd)
            .is_ok_and(|link| crate::wire::proc_pid::socket_link(&link) == Some(inode))
    }
}

impl OwnerMap {
    /// Notes that a process holds a socket. Calls must come in the order of pids.
    pub(super) fn add(&mut self, inode: Inode, process: &Arc<Process>, fd: Fd) {
        let holders = self.holders.entry(inode).or_default();
        match holders.last_mut() {
            Some(last) if last.process.id == process.id => last.fds.push(fd),
            _ => holders.push(Owner { process: Arc::clone(process), fds: vec![fd] }),
        }
    }

    /// The sockets that were found beside the wanted ones.
    #[must_use]
    pub fn strays(&self) -> &BTreeMap<Inode, Stray> {
        &self.strays
    }

    /// Gives every socket its owners, or the reason why it has none, and says how that went.
    #[must_use]
    pub fn assign(self, sockets: &mut [Socket]) -> OwnerCoverage {
        let all_read = self.denied == 0 && self.reason.is_none();
        let not_found = if all_read { NoOwner::Nobody } else { NoOwner::Denied };
        let sets: HashMap<Inode, Arc<OwnerSet>, RandomState> =
            self.holders.into_iter().map(|(inode, holders)| (inode, Arc::new(set(holders)))).collect();
        for socket in sockets.iter_mut() {
            socket.owners = match socket.inode {
                _ if is_kernels(socket) => Owners::Unknown(NoOwner::Kernel),
                None => Owners::Unknown(without_file(socket)),
                Some(inode) => match sets.get(&inode) {
                    // Shared, not moved: one socket may stand in two tables of the kernel.
                    Some(set) => Owners::Known(Arc::clone(set)),
                    None if is_hearsay(socket) => Owners::Unknown(NoOwner::Unverified),
                    None => Owners::Unknown(not_found),
                },
            };
        }
        OwnerCoverage {
            processes: self.processes,
            denied: self.denied,
            reason: self.reason,
            ..super::tally("procfs", sockets)
        }
    }
}

fn set(mut holders: Vec<Owner>) -> OwnerSet {
    let count = holders.len();
    for owner in &mut holders {
        owner.fds.sort_unstable();
    }
    holders.truncate(OwnerSet::SHOWN);
    OwnerSet { shown: holders, count }
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
