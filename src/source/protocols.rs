//! Whether a table that cannot be listed has anything in it: the kernel's own counts.

use std::collections::HashMap;

use super::Wanted;
use crate::model::{Family, Protocol, SliceStatus};
use crate::sys::procnet::{self, Whose};
use crate::wire::proc_protocols;

/// The counts of a namespace.
#[derive(Debug, Default)]
pub(super) struct Counts(Option<HashMap<String, usize>>);

/// What the counts say about a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// The kernel has this protocol, and so many sockets of it.
    Sockets(usize),
    /// The kernel has no such protocol.
    NoProtocol,
    /// The kernel has this protocol, and counts no sockets of it.
    Uncounted,
    /// The counts could not be read, or do not name the protocol.
    Untold,
}

impl Counts {
    /// Reads the counts.
    pub(super) fn read(whose: Whose) -> Self {
        Self(procnet::table(whose, "protocols").ok().map(|text| proc_protocols::parse(&text)))
    }

    /// How many sockets of a table's protocol there are, where that is told.
    pub(super) fn number(&self, table: Wanted) -> Option<usize> {
        match self.of(table) {
            Count::Sockets(number) => Some(number),
            Count::NoProtocol | Count::Uncounted | Count::Untold => None,
        }
    }

    /// What they say about a table.
    pub(super) fn of(&self, table: Wanted) -> Count {
        let (Some(counts), Some(name)) = (&self.0, kernel_name(table)) else { return Count::Untold };
        match counts.get(name) {
            None => Count::NoProtocol,
            Some(0) if !is_counted(table.1) => Count::Uncounted,
            Some(sockets) => Count::Sockets(*sockets),
        }
    }
}

/// False for the protocols whose sockets the kernel never counts (no `sock_prot_inuse_add`), so
/// that 0 stands there whatever is open; MPTCP began to count after Linux 6.1.
fn is_counted(protocol: Protocol) -> bool {
    !matches!(
        protocol,
        Protocol::Vsock
            | Protocol::Tipc
            | Protocol::L2cap
            | Protocol::Rfcomm
            | Protocol::Sco
            | Protocol::Hci
            | Protocol::Mptcp
    )
}

/// What is known of a table that the kernel does not list: its own count may still tell.
pub(super) fn unlisted(count: Count) -> SliceStatus {
    match count {
        Count::NoProtocol => SliceStatus::Unsupported("this kernel has no such protocol".to_owned()),
        Count::Sockets(0) => SliceStatus::Fallback("by the kernel's own count there are none".to_owned()),
        Count::Sockets(some) => SliceStatus::Unlisted(format!(
            "by the kernel's own count there are {some}, but it lists them nowhere"
        )),
        Count::Uncounted => {
            SliceStatus::Unlisted("the kernel keeps no text table of them, and no count".to_owned())
        }
        Count::Untold => SliceStatus::Failed("the kernel neither lists nor counts them".to_owned()),
    }
}

/// The kernel's name for the protocol of a table (`struct proto`). Unix sockets are of two, which
/// the table does not tell apart.
fn kernel_name((family, protocol): Wanted) -> Option<&'static str> {
    let (v4, v6) = match protocol {
        Protocol::Tcp => ("TCP", "TCPv6"),
        Protocol::Udp => ("UDP", "UDPv6"),
        Protocol::UdpLite => ("UDP-Lite", "UDPLITEv6"),
        Protocol::Raw => ("RAW", "RAWv6"),
        Protocol::Icmp => ("PING", "PINGv6"),
        Protocol::Sctp => ("SCTP", "SCTPv6"),
        Protocol::Dccp => ("DCCP", "DCCPv6"),
        Protocol::Mptcp => ("MPTCP", "MPTCPv6"),
        Protocol::Smc => ("SMC", "SMC6"),
        Protocol::Packet => ("PACKET", "PACKET"),
        Protocol::Netlink => ("NETLINK", "NETLINK"),
        Protocol::Vsock => ("AF_VSOCK", "AF_VSOCK"),
        Protocol::Xdp => ("XDP", "XDP"),
        Protocol::Tipc => ("TIPC", "TIPC"),
        Protocol::L2cap => ("L2CAP", "L2CAP"),
        Protocol::Rfcomm => ("RFCOMM", "RFCOMM"),
        Protocol::Sco => ("SCO", "SCO"),
        Protocol::Hci => ("HCI", "HCI"),
        Protocol::Unix | Protocol::Other => return None,
    };
    Some(if family == Family::Inet6 { v6 } else { v4 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_of_a_protocol_that_is_not_counted_proves_nothing() {
        let counts =
            ["AF_VSOCK", "XDP", "MPTCP", "TIPC"].map(|name| (name.to_owned(), usize::from(name == "MPTCP")));
        let counts = Counts(Some(HashMap::from(counts)));
        for (table, count) in [
            ((Family::Xdp, Protocol::Xdp), Count::Sockets(0)),
            ((Family::Vsock, Protocol::Vsock), Count::Uncounted),
            ((Family::Tipc, Protocol::Tipc), Count::Uncounted),
            ((Family::Inet, Protocol::Mptcp), Count::Sockets(1)),
            ((Family::Smc, Protocol::Smc), Count::NoProtocol),
            ((Family::Unix, Protocol::Unix), Count::Untold),
        ] {
            assert_eq!(counts.of(table), count, "{table:?}");
        }
        assert!(!unlisted(Count::Uncounted).proves_absence() && !unlisted(Count::Uncounted).is_blind());
    }
}
