//! Newtypes for every number that names something, so that a pid is never taken for an inode.

/// A process id as seen from the reader's pid namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(pub u32);

/// A user id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub u32);

/// A file descriptor number inside some process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fd(pub u32);

/// A sockfs inode number, never 0: the kernel writes 0 for "no file", which is `None` here.
///
/// It joins a socket to the descriptors that refer to it and is good for nothing else: the counter
/// wraps, and a socket that lives on gains and loses its inode (`net/ipv4/inet_diag.c`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inode(std::num::NonZeroU64);

impl Inode {
    /// The inode, or `None` for the kernel's 0.
    #[must_use]
    pub fn new(raw: u64) -> Option<Self> {
        std::num::NonZeroU64::new(raw).map(Self)
    }

    /// The plain number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0.get()
    }
}

/// The kernel's own socket id (`SO_COOKIE`, `sock_diag`): 64 bits, never reused before a reboot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cookie(pub u64);

/// A network namespace: the inode of its nsfs file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetnsId(pub u64);

/// An interface index, never 0: 0 means "not bound to one", which is `None` here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IfIndex(std::num::NonZeroU32);

impl IfIndex {
    /// The index, or `None` for the kernel's 0.
    #[must_use]
    pub fn new(raw: u32) -> Option<Self> {
        std::num::NonZeroU32::new(raw).map(Self)
    }

    /// The plain number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

/// What tells one socket from every other within its namespace.
///
/// The cookie, wherever the kernel gives one. `/proc/net/*` gives none: there the inode stands in,
/// and for a socket without inode a hash of its protocol and addresses. A stand-in is never equal
/// to a cookie, so a table never mixes the two by accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    Cookie(Cookie),
    Inode(Inode),
    Tuple(u64),
}

/// The identity of a socket: invariant 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketKey {
    pub netns: NetnsId,
    pub id: Identity,
}

impl SocketKey {
    /// The cookie, when the source could give one.
    #[must_use]
    pub fn cookie(&self) -> Option<Cookie> {
        match self.id {
            Identity::Cookie(cookie) => Some(cookie),
            Identity::Inode(_) | Identity::Tuple(_) => None,
        }
    }
}
