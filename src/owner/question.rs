//! What is asked of those who look for owners, and what they have in common.

use std::collections::HashSet;
use std::sync::Mutex;

use foldhash::fast::RandomState;

use super::{Facts, OwnerMap, Workloads};
use crate::model::{Inode, NetnsId, Socket};
use crate::sys::bpf::BpfError;

/// A set of sockets, by inode.
pub type Wanted = HashSet<Inode, RandomState>;

/// Whose holders are looked for, and how much is told of them.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub sockets: &'a [Socket],
    /// Their inodes.
    pub wanted: &'a Wanted,
    /// Of processes in these namespaces, sockets that are not among those are noted too.
    pub strays: &'a [NetnsId],
    pub facts: Facts,
    /// True when there are new sockets, and of the others nothing need be looked at again.
    pub news: bool,
    /// Shared by the threads that look: what a container is called is looked up once.
    pub workloads: &'a Mutex<Workloads>,
}

/// A way to look for the holders of sockets.
pub trait Scanner: Send {
    /// Looks once. What it remembers from one look to the next is its own affair.
    fn scan(&mut self, question: &Question<'_>) -> Result<OwnerMap, NoWay>;
}

/// This way leads nowhere, now and later: another one has to be taken.
#[derive(Debug, thiserror::Error)]
#[error("no BPF: {0}")]
pub struct NoWay(#[from] BpfError);
