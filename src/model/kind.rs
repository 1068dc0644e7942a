//! Which kind of socket: family, protocol, type. No numbers of the kernel but those of socket(2).

use super::words::words;

words! {
    /// The address family.
    Family {
        Inet = "inet",
        Inet6 = "inet6",
        Unix = "unix",
        Packet = "packet",
        Netlink = "netlink",
        Vsock = "vsock",
        Xdp = "xdp",
        Tipc = "tipc",
        Smc = "smc",
        Bluetooth = "bluetooth",
        /// A family that sockeye knows by name only.
        Other = "other",
    }
}

words! {
    /// The protocol.
    Protocol {
        Tcp = "tcp",
        Udp = "udp",
        UdpLite = "udplite",
        Raw = "raw",
        /// ICMP echo sockets ("ping sockets", icmp(7)).
        Icmp = "icmp",
        Sctp = "sctp",
        Dccp = "dccp",
        Mptcp = "mptcp",
        Unix = "unix",
        Packet = "packet",
        Netlink = "netlink",
        Vsock = "vsock",
        Xdp = "xdp",
        Tipc = "tipc",
        Smc = "smc",
        L2cap = "l2cap",
        Rfcomm = "rfcomm",
        Sco = "sco",
        Hci = "hci",
        /// A protocol that sockeye knows by name only.
        Other = "other",
    }
}

words! {
    /// The socket type (socket(2)).
    SocketType {
        Stream = "stream",
        Dgram = "dgram",
        Raw = "raw",
        Rdm = "rdm",
        Seqpacket = "seqpacket",
        Dccp = "dccp",
        Packet = "packet",
        /// The source does not tell it.
        Unknown = "unknown",
    }
}

impl SocketType {
    /// The type by its number in socket(2) (`include/linux/net.h`).
    #[must_use]
    pub fn from_raw(raw: u32) -> Option<Self> {
        match raw {
            1 => Some(Self::Stream),
            2 => Some(Self::Dgram),
            3 => Some(Self::Raw),
            4 => Some(Self::Rdm),
            5 => Some(Self::Seqpacket),
            6 => Some(Self::Dccp),
            10 => Some(Self::Packet),
            _ => None,
        }
    }
}
