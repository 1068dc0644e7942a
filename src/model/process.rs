//! Processes, and who owns a socket.

use std::sync::Arc;

use super::{Fd, Lineage, Pid, Published, SystemBytes, Uid, Workload};

/// The identity of a process: pids are reused, so the start time belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId {
    pub pid: Pid,
    /// Clock ticks after boot (field 22 of `/proc/PID/stat`, proc(5)). Compare only within one
    /// view of `/proc`: a time namespace shifts it.
    pub start: u64,
}

impl ProcessId {
    /// Orders processes by age, the oldest first. Who opened a socket is at least as old as those who have it by
    /// inheritance, such as a child between fork(2) and execve(2).
    #[must_use]
    pub fn age(self) -> (u64, Pid) {
        (self.start, self.pid)
    }
}

/// The file that a process runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Executable {
    /// As `/proc/PID/exe` reads; the suffix ` (deleted)` is cut off only where the link count
    /// proves it, because a file may really be called that.
    pub path: SystemBytes,
    /// True when the file has no name left in the file system.
    pub deleted: bool,
    /// Which file it is; `None` where nobody asked. What others call it depends on the mounts that the process sees.
    pub file: Option<FileId>,
}

/// A file of this system, whatever it is called (stat(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    pub device: u64,
    pub inode: u64,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Located {
    At(FileId),
    Nothing,
    /// It may not be looked at.
    Unseen,
}

/// A process that owns a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub id: ProcessId,
    /// The thread group leader's name, at most 15 bytes for a user process, chosen by itself.
    pub comm: SystemBytes,
    /// `None` when it may not be read: that needs the right to trace the process.
    pub exe: Option<Executable>,
    /// The arguments; `None` when unreadable, empty for a process that overwrote them.
    pub cmdline: Option<Vec<SystemBytes>>,
    /// The effective user.
    pub uid: Option<Uid>,
    /// What the security module calls it (as `SELinux` or `AppArmor` do); `None` without one.
    pub security: Option<SystemBytes>,
    /// When it started.
    pub started: Option<jiff::Timestamp>,
    /// What it is part of; `None` when its cgroup may not be read.
    pub workload: Option<Arc<Workload>>,
    /// Where it comes from; `None` when nobody asked, or it may not be read.
    pub lineage: Option<Arc<Lineage>>,
    /// What it passes on to a container; `None` for nearly all processes.
    pub publishes: Option<Box<Published>>,
}

impl Process {
    /// A process of which no more is known than who it is, and what it calls itself.
    #[must_use]
    pub fn named(id: ProcessId, comm: SystemBytes) -> Self {
        Self {
            id,
            comm,
            exe: None,
            cmdline: None,
            uid: None,
            security: None,
            workload: None,
            lineage: None,
            publishes: None,
            started: None,
        }
    }
}

/// One process that holds a socket, and through which descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner<'a> {
    pub process: &'a Arc<Process>,
    /// The thread that holds it, where that has descriptors apart from its process (`unshare(2)`,
    /// `CLONE_FILES`).
    pub thread: Option<Pid>,
    /// True when it has no descriptor of its own for the socket: it registered it with an `io_uring`
    /// instance and closed it. Such a socket is numbered within the instance, so the descriptors are
    /// those of the instance.
    pub ring: bool,
    /// Ascending, never empty.
    pub fds: &'a [Fd],
}

/// An [`Owner`] as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub process: Arc<Process>,
    pub thread: Option<Pid>,
    pub ring: bool,
    pub fds: Vec<Fd>,
}

/// Every process that holds a socket, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerSet {
    first: Held,
    /// At most [`OwnerSet::SHOWN`] less one.
    others: Box<[Held]>,
    /// How many there are, exactly.
    count: usize,
}

impl OwnerSet {
    /// How many owners of one socket are kept in full; the count is exact beyond it.
    pub const SHOWN: usize = 64;
}

/// Why a socket has no owner to show. Unknown is a value with a reason: invariant 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoOwner {
    /// Nobody asked for owners.
    NotScanned,
    /// Some processes may not be read, and none of the others holds it.
    Denied,
    /// Every process was read and none holds it.
    Nobody,
    /// The same, but some descriptor is on its way between processes (`SCM_RIGHTS`), and nothing
    /// tells to what it refers. The processes through which it may go are
    /// [`OwnerCoverage::candidates`](super::OwnerCoverage::candidates).
    InFlight,
    /// Every process of this pid namespace was read and none holds it. Processes outside of it
    /// cannot be seen.
    OtherPidns,
    /// An established connection that waits in a listener's queue for accept(2).
    AcceptQueue,
    /// Closed by its process; the kernel finishes the connection alone.
    Orphan,
    /// A handshake that the kernel has not finished.
    Handshake,
    /// The kernel's own, by positive evidence: a netlink socket with port id 0, or an internet socket
    /// without a file that listens, or receives datagrams from anybody: closing would have ended that.
    Kernel,
    /// A row of `/proc/net/unix` that no descriptor confirms: whoever names a socket can begin rows
    /// of its own there.
    Unverified,
}

impl NoOwner {
    /// True when it was looked for and somebody may have it, or have had it just before.
    #[must_use]
    pub fn is_in_vain(self) -> bool {
        matches!(self, Self::Nobody | Self::InFlight | Self::OtherPidns | Self::Denied)
    }

    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::NotScanned,
        Self::Denied,
        Self::Nobody,
        Self::InFlight,
        Self::OtherPidns,
        Self::AcceptQueue,
        Self::Orphan,
        Self::Handshake,
        Self::Kernel,
        Self::Unverified,
    ];

    /// Every word of `owner_status`: known, and every reason.
    pub fn statuses() -> impl Iterator<Item = &'static str> {
        std::iter::once("known").chain(Self::ALL.into_iter().map(Self::word))
    }

    /// True when a process may hold the socket and could not be seen to; false for what no process
    /// holds.
    #[must_use]
    pub fn is_gap(self) -> bool {
        match self {
            Self::NotScanned
            | Self::Denied
            | Self::Nobody
            | Self::InFlight
            | Self::OtherPidns
            | Self::Unverified => true,
            Self::AcceptQueue | Self::Orphan | Self::Handshake | Self::Kernel => false,
        }
    }

    /// The word used in JSON and filters (`owner_status`).
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotScanned => "not-scanned",
            Self::Denied => "denied",
            Self::Nobody => "none",
            Self::InFlight => "in-flight",
            Self::OtherPidns => "other-pidns",
            Self::AcceptQueue => "accept-queue",
            Self::Orphan => "orphan",
            Self::Handshake => "handshake",
            Self::Kernel => "kernel",
            Self::Unverified => "unverified",
        }
    }

    /// A sentence fragment that a person understands, to follow the socket.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotScanned => "owners were not looked up",
            Self::Denied => "its process may not be read by this user",
            Self::Nobody => "no process holds it: it belongs to the kernel, or is hidden",
            Self::InFlight => "no process holds it: it may be on its way between processes (SCM_RIGHTS)",
            Self::OtherPidns => {
                "no process of this pid namespace holds it, and processes outside of it cannot be seen"
            }
            Self::AcceptQueue => "waits to be accepted by its listener",
            Self::Orphan => "closed by its process, the kernel finishes it",
            Self::Handshake => "handshake not finished",
            Self::Kernel => "the kernel's own",
            Self::Unverified => "nothing but a line of text that any user can forge tells of it",
        }
    }
}

/// Who owns a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owners {
    /// One process with one descriptor, as most sockets of a large table have it: no room is taken
    /// beside the socket's own.
    One {
        process: Arc<Process>,
        fd: Fd,
    },
    /// Any other number.
    Set(Arc<OwnerSet>),
    Unknown(NoOwner),
}

/// The owners of a socket that are known, of whatever number.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    first: Owner<'a>,
    others: &'a [Held],
    count: usize,
}

impl<'a> Known<'a> {
    /// The first of them, by which a socket is named and sorted.
    #[must_use]
    pub fn first(self) -> Owner<'a> {
        self.first
    }

    /// How many there are, exactly.
    #[must_use]
    pub fn count(self) -> usize {
        self.count
    }

    /// How many there are beyond those that are kept.
    #[must_use]
    pub fn beyond(self) -> usize {
        self.count - 1 - self.others.len()
    }

    /// Those that are kept, at least one, the oldest first.
    pub fn shown(self) -> impl Iterator<Item = Owner<'a>> {
        std::iter::once(self.first).chain(self.others.iter().map(Held::view))
    }

    /// Those that are kept, as identities.
    pub fn ids(self) -> impl Iterator<Item = ProcessId> + use<'a> {
        self.shown().map(|owner| owner.process.id)
    }
}

impl Held {
    fn view(&self) -> Owner<'_> {
        Owner { process: &self.process, thread: self.thread, ring: self.ring, fds: &self.fds }
    }
}

impl Owners {
    /// These, the oldest first, of which the first are kept; nobody when there are none.
    #[must_use]
    pub fn of(all: Vec<Held>) -> Self {
        let count = all.len();
        let mut all = all.into_iter();
        let Some(first) = all.next() else { return Self::Unknown(NoOwner::Nobody) };
        match (&first, count) {
            (Held { process, thread: None, ring: false, fds }, 1) if fds.len() == 1 => {
                Self::One { process: Arc::clone(process), fd: fds[0] }
            }
            _ => {
                let others = all.take(OwnerSet::SHOWN - 1).collect();
                Self::Set(Arc::new(OwnerSet { first, others, count }))
            }
        }
    }

    /// The owners, or why none is known.
    pub fn found(&self) -> Result<Known<'_>, NoOwner> {
        match self {
            Self::One { process, fd } => {
                let first = Owner { process, thread: None, ring: false, fds: std::slice::from_ref(fd) };
                Ok(Known { first, others: &[], count: 1 })
            }
            Self::Set(set) => Ok(Known { first: set.first.view(), others: &set.others, count: set.count }),
            Self::Unknown(why) => Err(*why),
        }
    }

    /// The owners, when they are known.
    #[must_use]
    pub fn known(&self) -> Option<Known<'_>> {
        self.found().ok()
    }

    /// The first of them.
    #[must_use]
    pub fn first(&self) -> Option<Owner<'_>> {
        self.known().map(Known::first)
    }

    /// The word used in JSON and filters (`owner_status`).
    #[must_use]
    pub fn status(&self) -> &'static str {
        self.found().map_or_else(NoOwner::word, |_| "known")
    }

    /// True when both name the same processes, or none for whatever reason.
    ///
    /// Descriptors and process details do not count: a server that duplicates a descriptor has not
    /// given its socket to anybody, and losing sight of an owner is no change of owner.
    #[must_use]
    pub fn same_processes(&self, other: &Self) -> bool {
        match (self.known(), other.known()) {
            (Some(a), Some(b)) => a.count() == b.count() && a.ids().eq(b.ids()),
            (None, None) => true,
            (Some(_), None) => other.is_out_of_sight(),
            (None, Some(_)) => self.is_out_of_sight(),
        }
    }

    /// True when there may well be owners that nobody could see.
    fn is_out_of_sight(&self) -> bool {
        matches!(self, Self::Unknown(NoOwner::NotScanned | NoOwner::Denied | NoOwner::Unverified))
    }
}
