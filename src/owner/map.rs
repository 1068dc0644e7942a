//! Who holds what, as one scan saw it, and what that says about each socket. Nothing is scanned here.

use std::collections::{BTreeMap, HashMap, HashSet};
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
    processes: Vec<Arc<Process>>,
    holdings: Vec<Holding>,
    /// Sockets that nobody asked about, by inode.
    pub(super) strays: BTreeMap<Inode, Stray>,
    pub(super) coverage: OwnerCoverage,
    /// True when there are processes outside of the pid namespace that was looked into.
    pub(super) outside: bool,
}

/// One descriptor that leads to a socket. Plain numbers: there are as many as sockets, and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Holding {
    inode: Inode,
    /// Which of the processes.
    process: u32,
    /// The thread with a table of its own; 0 for the table of the process.
    thread: u32,
    /// The descriptor is that of the ring with which the socket is registered.
    ring: bool,
    fd: Fd,
}

/// A process of an [`OwnerMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holder(u32);

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
    /// An empty map, to be filled in this way (`procfs`, `bpf`).
    pub(super) fn new(method: &'static str) -> Self {
        let coverage = OwnerCoverage { method, ..OwnerCoverage::default() };
        Self { coverage, ..Self::default() }
    }

    /// Notes a process that holds something.
    pub(super) fn holder(&mut self, process: Arc<Process>) -> Holder {
        self.processes.push(process);
        // A kernel has at most 2^22 processes.
        Holder(u32::try_from(self.processes.len() - 1).unwrap_or(u32::MAX))
    }

    /// Notes that a process, or a thread of it apart, holds a socket.
    pub(super) fn hold(&mut self, inode: Inode, Holder(process): Holder, thread: Option<Pid>, fd: Fd) {
        let thread = thread.map_or(0, |thread| thread.0);
        self.holdings.push(Holding { inode, process, thread, ring: false, fd });
    }

    /// Notes that a process holds a socket through a ring with which it is registered.
    pub(super) fn hold_in_ring(&mut self, inode: Inode, holder: Holder, thread: Option<Pid>, ring: Fd) {
        self.hold(inode, holder, thread, ring);
        if let Some(held) = self.holdings.last_mut() {
            held.ring = true;
        }
    }

    /// The wanted sockets that nobody was seen to hold, but for those of the kernel.
    pub(super) fn missing(&self, sockets: &[Socket]) -> HashSet<Inode, RandomState> {
        let theirs = sockets.iter().filter(|socket| !is_kernels(socket));
        let mut missing: HashSet<_, _> = theirs.filter_map(|socket| socket.inode).collect();
        for held in &self.holdings {
            missing.remove(&held.inode);
        }
        missing
    }

    /// The descriptors in the tables of processes that refer to one of these sockets.
    pub(super) fn descriptors(&self, of: &HashSet<Inode, RandomState>) -> HashSet<(Pid, Fd), RandomState> {
        let own = self.holdings.iter().filter(|held| held.thread == 0 && !held.ring);
        let pid = |held: &Holding| self.processes[held.process as usize].id.pid;
        own.filter(|held| of.contains(&held.inode)).map(|held| (pid(held), held.fd)).collect()
    }

    /// Takes in what another part of the same scan saw.
    pub(super) fn merge(&mut self, other: Self) {
        let Holder(offset) = Holder(u32::try_from(self.processes.len()).unwrap_or(u32::MAX));
        let moved = |held: Holding| Holding { process: held.process.saturating_add(offset), ..held };
        self.processes.extend(other.processes);
        self.holdings.extend(other.holdings.into_iter().map(moved));
        for (inode, stray) in other.strays {
            self.strays.entry(inode).or_insert(stray);
        }
        self.coverage.processes += other.coverage.processes;
        self.coverage.denied += other.coverage.denied;
        self.coverage.reason = self.coverage.reason.take().or(other.coverage.reason);
        self.coverage.covered.extend(other.coverage.covered);
    }

    /// The sockets that were found beside the wanted ones.
    #[must_use]
    pub fn strays(&self) -> &BTreeMap<Inode, Stray> {
        &self.strays
    }

    /// Gives every socket its owners, or the reason why it has none, and says how that went.
    #[must_use]
    pub fn assign(mut self, sockets: &mut [Socket]) -> OwnerCoverage {
        let not_found = self.not_found();
        self.sort();
        let mut first = HashMap::with_capacity_and_hasher(self.holdings.len(), RandomState::default());
        for (at, held) in self.holdings.iter().enumerate() {
            first.entry(held.inode).or_insert(at);
        }
        for socket in sockets.iter_mut() {
            socket.owners = match socket.inode {
                _ if is_kernels(socket) => Owners::Unknown(NoOwner::Kernel),
                None => Owners::Unknown(without_file(socket)),
                Some(inode) => match first.get(&inode) {
                    Some(at) => Owners::Known(Arc::new(self.set(inode, *at))),
                    None if is_hearsay(socket) => Owners::Unknown(NoOwner::Unverified),
                    None => Owners::Unknown(not_found),
                },
            };
        }
        let OwnerCoverage { resolved, unresolved, .. } = super::tally(self.coverage.method, sockets);
        OwnerCoverage { resolved, unresolved, ..self.coverage }
    }

    /// What is said of a socket that nobody was seen to hold.
    fn not_found(&self) -> NoOwner {
        let OwnerCoverage { denied, reason, candidates, .. } = &self.coverage;
        match () {
            () if *denied > 0 || reason.is_some() => NoOwner::Denied,
            () if self.outside => NoOwner::OtherPidns,
            () if !candidates.is_empty() => NoOwner::InFlight,
            () => NoOwner::Nobody,
        }
    }

    /// Puts the holders of each socket side by side, ordered by pid, thread and descriptor.
    fn sort(&mut self) {
        if !self.processes.is_sorted_by_key(|process| process.id) {
            let mut order: Vec<_> = (0u32..).zip(&self.processes).map(|(at, p)| (p.id, at)).collect();
            order.sort_unstable();
            let mut rank = vec![0; order.len()];
            for (now, (_, before)) in (0u32..).zip(&order) {
                rank[*before as usize] = now;
            }
            for held in &mut self.holdings {
                held.process = rank[held.process as usize];
            }
            self.processes = order.iter().map(|(_, at)| Arc::clone(&self.processes[*at as usize])).collect();
        }
        self.holdings.sort_unstable();
        self.holdings.dedup();
        self.coverage.covered.sort_unstable();
        self.coverage.covered.dedup();
    }

    /// The holders of a socket, the first of which is that one.
    fn set(&self, inode: Inode, first: usize) -> OwnerSet {
        let holder = |held: &Holding| (held.process, held.thread, held.ring);
        let same_holder = |a: &Holding, b: &Holding| holder(a) == holder(b);
        let held = &self.holdings[first..];
        let end = held.iter().position(|held| held.inode != inode).unwrap_or(held.len());
        let owner = |held: &[Holding]| Owner {
            process: Arc::clone(&self.processes[held[0].process as usize]),
            thread: Some(Pid(held[0].thread)).filter(|thread| thread.0 != 0),
            ring: held[0].ring,
            fds: held.iter().map(|held| held.fd).collect(),
        };
        let holders = || held[..end].chunk_by(same_holder);
        OwnerSet { shown: holders().take(OwnerSet::SHOWN).map(owner).collect(), count: holders().count() }
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
        // Closing would have ended the listening, and released the port.
        State::Listen | State::Unconnected if matches!(socket.family, Family::Inet | Family::Inet6) => {
            NoOwner::Kernel
        }
        _ => NoOwner::Orphan,
    }
}
