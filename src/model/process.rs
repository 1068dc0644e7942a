//! Processes, and who owns a socket.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Fd, Pid, SystemBytes, Uid};

/// The identity of a process: pids are reused, so the start time belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId {
    pub pid: Pid,
    /// Clock ticks after boot (field 22 of `/proc/PID/stat`, proc(5)). Compare only within one
    /// view of `/proc`: a time namespace shifts it.
    pub start: u64,
}

/// The file that a process runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Executable {
    /// As `/proc/PID/exe` reads; the suffix ` (deleted)` is cut off only where the link count
    /// proves it, because a file may really be called that.
    pub path: SystemBytes,
    /// True when the file has no name left in the file system.
    pub deleted: bool,
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
}

/// One process that holds a socket, and through which descriptors.
///
/// Most sockets have one owner with one descriptor: lists of that length need no room of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub process: Arc<Process>,
    /// The thread that holds it, where that has descriptors apart from its process (`unshare(2)`,
    /// `CLONE_FILES`).
    pub thread: Option<Pid>,
    /// True when it has no descriptor of its own for the socket: it registered it with an `io_uring`
    /// instance and closed it. Such a socket is numbered within the instance, so the descriptors are
    /// those of the instance.
    pub ring: bool,
    /// Ascending.
    pub fds: SmallVec<[Fd; 2]>,
}

/// Every process that holds a socket, ordered by pid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerSet {
    /// At most [`OwnerSet::SHOWN`], never empty.
    pub shown: SmallVec<[Owner; 1]>,
    /// How many there are, exactly.
    pub count: usize,
}

impl OwnerSet {
    /// How many owners of one socket are kept in full; the count is exact beyond it.
    pub const SHOWN: usize = 64;

    /// The processes that are kept, as identities.
    pub fn ids(&self) -> impl Iterator<Item = ProcessId> + '_ {
        self.shown.iter().map(|owner| owner.process.id)
    }
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
    Known(Arc<OwnerSet>),
    Unknown(NoOwner),
}

impl Owners {
    /// The set, when it is known.
    #[must_use]
    pub fn known(&self) -> Option<&OwnerSet> {
        match self {
            Self::Known(set) => Some(set),
            Self::Unknown(_) => None,
        }
    }

    /// The first of them, by which a socket is named and sorted.
    #[must_use]
    pub fn first(&self) -> Option<&Owner> {
        self.known().and_then(|set| set.shown.first())
    }

    /// The word used in JSON and filters (`owner_status`).
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Known(_) => "known",
            Self::Unknown(why) => why.word(),
        }
    }

    /// True when both name the same processes, or none for whatever reason.
    ///
    /// Descriptors and process details do not count: a server that duplicates a descriptor has not
    /// given its socket to anybody, and losing sight of an owner is no change of owner.
    #[must_use]
    pub fn same_processes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(a), Self::Known(b)) => a.count == b.count && a.ids().eq(b.ids()),
            (Self::Unknown(_), Self::Unknown(_)) => true,
            (Self::Known(_), Self::Unknown(why)) | (Self::Unknown(why), Self::Known(_)) => {
                matches!(why, NoOwner::NotScanned | NoOwner::Denied | NoOwner::Unverified)
            }
        }
    }
}
