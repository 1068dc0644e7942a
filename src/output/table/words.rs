//! The words of `ss` for kinds of sockets and for their states.

use crate::model::{Protocol, Socket, SocketType, State};

/// The protocols in the order of `ss`, and its word for each.
pub(super) const NETIDS: &[(Protocol, &str)] = &[
    (Protocol::Netlink, "nl"),
    (Protocol::Packet, "p_raw"),
    (Protocol::Unix, "u_str"),
    (Protocol::Raw, "raw"),
    (Protocol::Icmp, "icmp"),
    (Protocol::Udp, "udp"),
    (Protocol::UdpLite, "udpl"),
    (Protocol::Tcp, "tcp"),
    (Protocol::Mptcp, "mptcp"),
    (Protocol::Dccp, "dccp"),
    (Protocol::Sctp, "sctp"),
    (Protocol::Tipc, "ti_st"),
    (Protocol::Vsock, "v_str"),
    (Protocol::Xdp, "xdp"),
    (Protocol::Smc, "smc"),
    (Protocol::L2cap, "l2cap"),
    (Protocol::Rfcomm, "rfcom"),
    (Protocol::Sco, "sco"),
    (Protocol::Hci, "hci"),
];

/// The word of `ss` for the kind of socket.
pub(super) fn netid_of(socket: &Socket) -> &'static str {
    match (socket.protocol, socket.kind) {
        (Protocol::Unix, SocketType::Dgram) => "u_dgr",
        (Protocol::Unix, SocketType::Seqpacket) => "u_seq",
        (Protocol::Packet, SocketType::Dgram) => "p_dgr",
        (Protocol::Vsock, SocketType::Dgram) => "v_dgr",
        (Protocol::Tipc, SocketType::Dgram) => "ti_dg",
        (Protocol::Tipc, SocketType::Rdm) => "ti_rd",
        (Protocol::Tipc, SocketType::Seqpacket) => "ti_sq",
        (protocol, _) => {
            NETIDS.iter().find(|(known, _)| *known == protocol).map_or("other", |(_, word)| word)
        }
    }
}

/// The word of `ss` for the state.
pub(super) fn state_of(state: State) -> &'static str {
    match state {
        State::Listen => "LISTEN",
        State::Established => "ESTAB",
        State::SynSent => "SYN-SENT",
        State::SynRecv => "SYN-RECV",
        State::FinWait1 => "FIN-WAIT-1",
        State::FinWait2 => "FIN-WAIT-2",
        State::TimeWait => "TIME-WAIT",
        State::CloseWait => "CLOSE-WAIT",
        State::LastAck => "LAST-ACK",
        State::Closing => "CLOSING",
        State::Closed | State::Unconnected | State::Bound => "UNCONN",
        State::Unknown => "?",
    }
}
