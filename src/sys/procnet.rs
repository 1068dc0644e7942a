//! Files below `/proc` that describe a network namespace: that of the calling thread, or that of
//! any task that can be seen.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;

use super::netns::Task;
use crate::model::{KernelCounters, KernelCounts, PortRange};
use crate::wire::{proc_snmp, proc_sockstat};

/// Whose namespace is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The one that the calling thread is in.
    Ours,
    /// The one that a task is in. This needs no right beyond seeing the task.
    Theirs(Task),
}

/// The whole text of a table, by the name of its file. Not from `/proc/net`, which is missing
/// where procfs is mounted with `subset=pid`.
pub fn table(whose: Whose, file: &str) -> io::Result<Vec<u8>> {
    let path = match whose {
        Whose::Ours => format!("/proc/thread-self/net/{file}"),
        Whose::Theirs(task) => format!("{}/net/{file}", task.dir()),
    };
    // procfs tells no sizes, so `fs::read` would begin with 32 bytes and double them; this is all of a small table.
    let mut text = Vec::with_capacity(1 << 13);
    File::open(path)?.read_to_end(&mut text)?;
    Ok(text)
}

/// How many sockets the kernel counts in the namespace of the calling thread. Where there is no IPv6 its
/// file is missing.
pub fn counts() -> io::Result<KernelCounts> {
    let [sockstat, snmp] = ["sockstat", "snmp"].map(|file| table(Whose::Ours, file));
    let sockstat6 = table(Whose::Ours, "sockstat6").unwrap_or_default();
    Ok(proc_sockstat::parse(&sockstat?, &sockstat6, &snmp?))
}

/// What the kernel has counted in the namespace of the calling thread.
pub fn counters() -> io::Result<KernelCounters> {
    let [snmp, netstat] = ["snmp", "netstat"].map(|file| table(Whose::Ours, file));
    Ok(proc_snmp::counters(&snmp?, &netstat?))
}

/// A number that tells namespaces apart for a reader who may not see their nsfs files: the inode of
/// a file in `/proc/PID/net`, of which every namespace has its own. procfs and nsfs number their
/// inodes from one counter (`proc_alloc_inum`), so it is never the number of another namespace.
pub fn stand_in(task: Task) -> io::Result<u64> {
    std::fs::metadata(task.dir() + "/net/dev").map(|meta| meta.ino())
}

/// The ports that the kernel of the calling thread's namespace hands out unasked
/// (`net.ipv4.ip_local_port_range`, ip(7)); `None` when it may not be read.
/// `/proc/sys/net` is that of the task that opens it, so it follows setns(2).
#[must_use]
pub fn ephemeral_ports() -> Option<PortRange> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut numbers = text.split_ascii_whitespace().map(str::parse);
    Some(PortRange { first: numbers.next()?.ok()?, last: numbers.next()?.ok()? })
}
