//! How many sockets the kernel counts itself, in one network namespace.

/// The counts of one protocol by IP version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InUse {
    pub v4: u64,
    pub v6: u64,
}

/// What `/proc/net/sockstat`, `sockstat6` and `snmp` tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelCounts {
    /// Sockets of every kind.
    pub used: u64,
    pub raw: InUse,
    pub udp: InUse,
    /// Those that listen or are connected.
    pub tcp: InUse,
    /// Queues of fragments.
    pub frag: InUse,
    /// TCP sockets of all network namespaces, for which memory is held.
    pub tcp_allocated: u64,
    /// Connections that no file refers to, of all network namespaces.
    pub tcp_orphaned: u64,
    pub tcp_time_wait: u64,
    pub tcp_established: u64,
}
