//! What is told of who holds sockets on request alone: threads, and contexts of sockets.

use std::collections::BTreeMap;

use super::{Fd, Inode, Pid, ProcessId, SystemBytes};

/// A thread of a process that holds sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    pub tid: Pid,
    /// Its own name, at most 15 bytes, chosen by itself.
    pub comm: SystemBytes,
    /// What the security module calls it; `None` without one.
    pub security: Option<SystemBytes>,
    /// The sockets in a descriptor table of its own; `None` where it has that of its process.
    pub own: Option<BTreeMap<Inode, Vec<Fd>>>,
}

/// What is told of who holds sockets, beside their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Every thread, by ascending id; `None` when nobody asked. A process that is missing could not be
    /// looked into any more.
    pub threads: Option<BTreeMap<ProcessId, Vec<Thread>>>,
    /// Contexts of processes are told.
    pub contexts: bool,
    /// Contexts of sockets, by the label of their inodes; `None` when nobody asked.
    pub sockets: Option<BTreeMap<Inode, SystemBytes>>,
}
