//! Whether a table that cannot be listed has anything in it: the kernel's own counts.

use std::collections::HashMap;

use super::Wanted;
use crate::model::{Family, Protocol};
use crate::sys::procnet::{self, Whose};
use crate::wire::proc_protocols;

/// The counts of a namespace.
#[derive(Debug)]
pub(super) struct Counts(Option<HashMap<String, usize>>);

/// What the counts say about a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// The kernel has this protocol, and so many sockets of it.
    Sockets(usize),
    /// The kernel has no such protocol.
    NoProtocol,
    /// The counts could not be read, or do not name the protocol.
    Untold,
}

impl Counts {
    /// Reads the counts.
    pub(super) fn read(whose: Whose) -> Self {
        Self(procnet::table(whose, "protocols").ok().map(|text| proc_protocols::parse(&text)))
    }

    /// What they say about a table.
    pub(super) fn of(&self, table: Wanted) -> Count {
        let (Some(counts), Some(name)) = (&self.0, kernel_name(table)) else { return Count::Untold };
        counts.get(name).map_or(Count::NoProtocol, |sockets| Count::Sockets(*sockets))
    }
}

/// The kernel's name for the protocol of a table (`struct proto`). Unix sockets are of two, which
/// the table does not tell apart.
fn kernel_name((family, protocol): Wanted) -> Option<&'static str> {
    let v6 = family == Family::Inet6;
    Some(match protocol {
        Protocol::Tcp => {
            if v6 {
                "TCPv6"
            } else {
                "TCP"
            }
        }
        Protocol::Udp => {
            if v6 {
                "UDPv6"
            } else {
                "UDP"
            }
        }
        Protocol::UdpLite => {
            if v6 {
                "UDPLITEv6"
            } else {
                "UDP-Lite"
            }
        }
        Protocol::Raw => {
            if v6 {
                "RAWv6"
            } else {
                "RAW"
            }
        }
        Protocol::Icmp => {
            if v6 {
                "PINGv6"
            } else {
                "PING"
            }
        }
        Protocol::Sctp => {
            if v6 {
                "SCTPv6"
            } else {
                "SCTP"
            }
        }
        Protocol::Dccp => {
            if v6 {
                "DCCPv6"
            } else {
                "DCCP"
            }
        }
        Protocol::Mptcp => {
            if v6 {
                "MPTCPv6"
            } else {
                "MPTCP"
            }
        }
        Protocol::Smc => {
            if v6 {
                "SMC6"
            } else {
                "SMC"
            }
        }
        Protocol::Packet => "PACKET",
        Protocol::Netlink => "NETLINK",
        Protocol::Vsock => "AF_VSOCK",
        Protocol::Xdp => "XDP",
        Protocol::Tipc => "TIPC",
        Protocol::L2cap => "L2CAP",
        Protocol::Rfcomm => "RFCOMM",
        Protocol::Sco => "SCO",
        Protocol::Hci => "HCI",
        Protocol::Unix | Protocol::Other => return None,
    })
}
