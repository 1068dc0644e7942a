//! Bytes to model: netlink messages, `/proc/net/*` and `/proc/PID/*` text.
//!
//! Layer 1, pure. Decoders check every length, accept kernel structs that are shorter or longer
//! than today's, never panic, and never read anything themselves. What they cannot understand is
//! an error with a name, for the caller to count.

pub mod bluetooth_name;
pub mod btf;
pub mod cgroup_path;
pub mod docker_proxy;
pub mod generic_netlink;
pub mod http;
pub mod inet_destroy;
pub mod inet_details;
pub mod inet_diag;
pub mod line;
pub mod link;
pub mod netlink;
pub mod netlink_diag;
pub mod nftables;
pub mod packet_diag;
pub mod proc_bluetooth;
pub mod proc_cgroup;
pub mod proc_fdinfo;
pub mod proc_inet;
pub mod proc_mountinfo;
pub mod proc_net_dev;
pub mod proc_netlink;
pub mod proc_nfs;
pub mod proc_packet;
pub mod proc_pid;
pub mod proc_protocols;
pub mod proc_sctp;
pub mod proc_snmp;
pub mod proc_sockstat;
pub mod proc_unix;
pub mod sctp;
pub mod services;
mod show_request;
pub mod smc_diag;
pub mod socket_state;
pub mod socket_unit;
pub mod task_file;
pub mod tipc_diag;
pub mod unix_diag;
pub mod vsock_diag;
pub mod xdp_diag;

use std::sync::Arc;

use crate::model::{Details, Family, NetnsId, PortRange, Protocol};

/// Why bytes from the kernel could not be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("a message of {got} bytes where {want} are needed")]
    Short { got: usize, want: usize },
    #[error("a length field of {0} that does not fit its message")]
    Length(usize),
    #[error("address family {0}, which was not asked for")]
    Family(u8),
    #[error("socket state {0}, which this version does not know")]
    State(u8),
    #[error("protocol {0}, which was not asked for")]
    Protocol(u32),
    #[error("socket type {0}, which this version does not know")]
    Type(u8),
    #[error("a line that is not of the expected form")]
    Line,
}

/// What a message does not say itself: where it was asked for, and what was asked.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    pub netns: NetnsId,
    pub family: Family,
    pub protocol: Protocol,
    /// The ports that the namespace hands out unasked.
    pub ephemeral: PortRange,
    /// The number of `DCCP_PARTOPEN`: 14, and 13 before Linux 6.8 ([`from_dccp`](crate::model::State::from_dccp)).
    pub dccp_partopen: u8,
    /// Whether details are wanted. Some come unasked; keeping them costs more than all the rest.
    pub details: bool,
}

impl Context {
    /// All that is told of a table, by the ports and the numbers that a kernel has unless something is known of it.
    #[must_use]
    pub const fn new(netns: NetnsId, family: Family, protocol: Protocol) -> Self {
        Self { netns, family, protocol, ephemeral: PortRange::USUAL, dccp_partopen: 14, details: true }
    }

    /// The details of a socket, where they are wanted and there are any.
    fn kept(&self, details: Details) -> Option<Arc<Details>> {
        (self.details && details != Details::default()).then(|| Arc::new(details))
    }
}

#[cfg(test)]
impl Context {
    /// Where the decoders' tests ask: in namespace 1, for everything, with the kernel's own range.
    const fn of(family: Family, protocol: Protocol) -> Self {
        Self::new(NetnsId(1), family, protocol)
    }
}

/// A struct from the front of bytes that may be longer.
fn prefix<T: zerocopy::FromBytes + zerocopy::Immutable + zerocopy::KnownLayout>(
    bytes: &[u8],
) -> Result<(T, &[u8]), WireError> {
    T::read_from_prefix(bytes).map_err(|_| WireError::Short { got: bytes.len(), want: size_of::<T>() })
}

/// A native `u32` from the front of an attribute.
fn number(payload: &[u8]) -> Option<u32> {
    payload.first_chunk().copied().map(u32::from_ne_bytes)
}

/// A `u16` in network order from the front of an attribute.
fn port(payload: &[u8]) -> Option<u16> {
    payload.first_chunk().copied().map(u16::from_be_bytes)
}

/// A name without the NUL that ends it.
fn name(payload: &[u8]) -> &[u8] {
    payload.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// The native `u32` at an index of an attribute that is an array of them.
fn number_at(payload: &[u8], index: usize) -> Option<u32> {
    payload.get(index * 4..).and_then(number)
}
