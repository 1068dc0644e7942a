//! How many sockets the kernel counts itself, and what happened to them, in one network namespace.

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

/// What the kernel has counted since the network namespace was made (`/proc/net/snmp` and `netstat`,
/// `net/ipv4/proc.c`). What this kernel does not count is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelCounters {
    /// TCP segments that were sent again (`Tcp RetransSegs`).
    pub retransmitted_segments: Option<u64>,
    /// How often a timer for such a segment fired (`TcpExt TCPTimeouts`).
    pub timeouts: Option<u64>,
    /// Connections that found the accept queue full (`TcpExt ListenOverflows`).
    pub listen_overflows: Option<u64>,
    /// Connections that a listener dropped, for this reason and all others (`TcpExt ListenDrops`).
    pub listen_drops: Option<u64>,
}
