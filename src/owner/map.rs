//! Who holds what, as one scan saw it: plain numbers, in the order in which they were seen. Nothing is
//! scanned here, and nothing judged.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::OwnerSets;
use crate::model::{Fd, Held, Inode, NetnsId, OwnerCoverage, Owners, Pid, Process, SystemBytes};
use crate::sys::netns::Donor;

/// Who holds what, as one scan saw it.
#[derive(Debug, Default)]
pub struct OwnerMap {
    processes: Vec<Arc<Process>>,
    holdings: Vec<Holding>,
    /// Sockets that nobody asked about, by inode.
    pub(super) strays: BTreeMap<Inode, Stray>,
    pub(super) coverage: OwnerCoverage,
}

/// One descriptor that refers to a socket. Plain numbers: there are as many as sockets, and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Holding {
    inode: Inode,
    /// Which of the processes.
    process: u32,
    thread: Option<Pid>,
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
        self.holdings.push(Holding { inode, process, thread, fd });
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
    }

    /// The owners of a socket, the first of whom stands there.
    pub(super) fn owners(&self, first: usize) -> Owners {
        let held = &self.holdings[first..];
        let end = held.iter().position(|other| other.inode != held[0].inode).unwrap_or(held.len());
        let process = |held: &Holding| Arc::clone(&self.processes[held.process as usize]);
        if let [Holding { thread: None, fd, .. }] = held[..end] {
            return Owners::One { process: process(&held[0]), fd };
        }
        let owner = |held: &[Holding]| Held {
            process: process(&held[0]),
            thread: held[0].thread,
            fds: held.iter().map(|held| held.fd).collect(),
        };
        let holders = held[..end].chunk_by(|a, b| (a.process, a.thread) == (b.process, b.thread));
        Owners::of(holders.map(owner).collect())
    }
}
