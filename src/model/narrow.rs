//! The part of a filter that the kernel judges itself, so that it tells fewer sockets.

use std::sync::Arc;

use super::{Protocol, State};

/// Which sockets of TCP, UDP and UDP-Lite the kernel shall tell. It may let too many pass, never too
/// few: who asks judges again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrow {
    pub states: Vec<State>,
    /// A program in the bytecode of `linux/inet_diag.h`; empty when it lets all pass.
    pub code: Arc<[u8]>,
}

impl Narrow {
    /// True for a protocol whose tables it can narrow.
    #[must_use]
    pub fn concerns(protocol: Protocol) -> bool {
        matches!(protocol, Protocol::Tcp | Protocol::Udp | Protocol::UdpLite)
    }
}
