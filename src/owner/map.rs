//! Who holds what, as one scan saw it: plain numbers, in the order in which they were seen. Nothing is
//! scanned here, and nothing judged.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::{OwnerSets, Wanted};
use crate::model::{Fd, Held, Inode, NetnsId, OwnerCoverage, Owners, Pid, Process, Reuse, SystemBytes};
use crate::sys::donor::Donor;
use crate::sys::netns::Task;
use crate::sys::procdir;

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
    /// The processes in which a plain scan saw a ring, or a socket that nobody asked about: a harder
    /// look need not ask others whether they have any.
    pub(super) noted: HashSet<Pid, RandomState>,
    /// True when only new sockets were looked for.
    pub(super) news_alone: bool,
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
    /// What it tells of the socket.
    reuse: Option<Reuse>,
}

/// A process of an [`OwnerMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holder(u32);

/// A socket that a descriptor refers to, but no table lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stray {
    /// The namespace of the process that holds it.
    pub(super) netns: NetnsId,
    /// In whose descriptor table it was seen, and at which place.
    pub(super) seat: Task,
    pub(super) fd: Fd,
    /// What the file system calls its protocol (`system.sockprotoname`, `net/socket.c`).
    pub proto_name: Option<SystemBytes>,
}

impl Stray {
    #[cfg(test)]
    pub(crate) fn seen(netns: NetnsId, pid: Pid, fd: Fd) -> Self {
        Self { netns, seat: Task::first(pid), fd, proto_name: None }
    }

    /// The namespace that it belongs to, which need not be that of its holder; that one, where the
    /// socket may not be asked.
    #[must_use]
    pub fn home(&self) -> NetnsId {
        let asked = Donor::open(self.seat).and_then(|donor| donor.socket_netns(self.fd));
        asked.map_or(self.netns, |namespace| namespace.id())
    }

    /// True while the descriptor through which it was seen still refers to it.
    #[must_use]
    pub fn is_there(&self, inode: Inode) -> bool {
        procdir::refers_to(self.seat.tid, self.fd, inode)
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
        self.holdings.push(Holding { inode, process, thread, ring: false, fd, reuse: None });
    }

    /// Notes what the last descriptor tells of its socket.
    pub(super) fn note_reuse(&mut self, reuse: Option<Reuse>) {
        if let Some(held) = self.holdings.last_mut() {
            held.reuse = reuse;
        }
    }

    /// Notes that a process holds a socket through a ring with which it is registered.
    pub(super) fn hold_in_ring(&mut self, inode: Inode, holder: Holder, thread: Option<Pid>, ring: Fd) {
        self.hold(inode, holder, thread, ring);
        if let Some(held) = self.holdings.last_mut() {
            held.ring = true;
        }
    }

    /// Those of these sockets that nobody was seen to hold.
    pub(super) fn left_of(&self, mut missing: Wanted) -> Wanted {
        for held in &self.holdings {
            missing.remove(&held.inode);
        }
        missing
    }

    /// The descriptors of sockets that are held more than once.
    pub(super) fn shared(&mut self) -> Vec<(Pid, Fd, Inode)> {
        self.sort();
        let several = self.holdings.chunk_by(|a, b| a.inode == b.inode).filter(|held| held.len() > 1);
        let pid = |held: &Holding| self.processes[held.process as usize].id.pid;
        several.flatten().map(|held| (pid(held), held.fd, held.inode)).collect()
    }

    /// The descriptors in the tables of processes that refer to one of these sockets.
    pub(super) fn descriptors(&self, of: &Wanted) -> HashSet<(Pid, Fd), RandomState> {
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
        self.noted.extend(other.noted);
    }

    /// Brings the holders of each socket together.
    #[must_use]
    pub fn settle(mut self) -> OwnerSets {
        self.sort();
        let held = self.holdings.chunk_by(|a, b| a.inode == b.inode);
        let mut first = HashMap::with_capacity_and_hasher(self.holdings.len(), RandomState::default());
        let mut at = 0;
        for held in held {
            first.insert(held[0].inode, at);
            at += held.len();
        }
        OwnerSets { map: self, first, kept: HashMap::default() }
    }

    /// Puts the holders of each socket side by side, the oldest process first, then by thread and descriptor.
    fn sort(&mut self) {
        if !self.processes.is_sorted_by_key(|process| process.id.age()) {
            let mut order: Vec<_> = (0u32..).zip(&self.processes).map(|(at, p)| (p.id.age(), at)).collect();
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

    /// Whether others may bind to the address of a socket, the first of whose holders stands there.
    pub(super) fn reuse(&self, first: usize) -> Option<Reuse> {
        self.holdings[first].reuse
    }

    /// The owners of a socket, the first of whom stands there.
    pub(super) fn owners(&self, first: usize) -> Owners {
        let held = &self.holdings[first..];
        let end = held.iter().position(|other| other.inode != held[0].inode).unwrap_or(held.len());
        let process = |held: &Holding| Arc::clone(&self.processes[held.process as usize]);
        if let [Holding { thread: 0, ring: false, fd, .. }] = held[..end] {
            return Owners::One { process: process(&held[0]), fd };
        }
        let owner = |held: &[Holding]| Held {
            process: process(&held[0]),
            thread: Some(Pid(held[0].thread)).filter(|thread| thread.0 != 0),
            ring: held[0].ring,
            fds: held.iter().map(|held| held.fd).collect(),
        };
        let holder = |held: &Holding| (held.process, held.thread, held.ring);
        let holders = held[..end].chunk_by(|a, b| holder(a) == holder(b));
        Owners::of(holders.map(owner).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProcessId;

    #[test]
    fn the_oldest_holder_comes_first_whatever_its_pid() {
        let inode = Inode::new(7).unwrap();
        let mut map = OwnerMap::new("procfs");
        for (pid, start) in [(20, 300), (30, 100), (40, 300)] {
            let process = Process::named(ProcessId { pid: Pid(pid), start }, "p".into());
            let holder = map.holder(Arc::new(process));
            map.hold(inode, holder, None, Fd(3));
        }
        let owners = map.settle().map.owners(0);
        let pids: Vec<u32> = owners.known().unwrap().ids().map(|id| id.pid.0).collect();
        assert_eq!(pids, [30, 20, 40]);
    }
}
