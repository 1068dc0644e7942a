//! The state of a socket, and the role that follows from it. Judges nothing.

use super::words::words;
use super::{Ends, Protocol};

words! {
    /// The state, one vocabulary for every protocol.
    State {
        Listen = "listen",
        Established = "established",
        SynSent = "syn-sent",
        SynRecv = "syn-recv",
        FinWait1 = "fin-wait-1",
        FinWait2 = "fin-wait-2",
        TimeWait = "time-wait",
        CloseWait = "close-wait",
        LastAck = "last-ack",
        Closing = "closing",
        /// A stream socket with neither name nor peer.
        Closed = "closed",
        /// A datagram or Unix socket that is connected to nobody.
        Unconnected = "unconnected",
        /// A stream socket that is bound but neither listens nor connects.
        Bound = "bound",
        /// The source does not tell it.
        Unknown = "unknown",
    }
}

impl State {
    /// A TCP state number (`include/net/tcp_states.h`), `None` for one that this kernel invented.
    #[must_use]
    pub fn from_tcp(raw: u8) -> Option<Self> {
        Some(match raw {
            1 => Self::Established,
            2 => Self::SynSent,
            3 | 12 => Self::SynRecv, // 12 is TCP_NEW_SYN_RECV, the request socket
            4 => Self::FinWait1,
            5 => Self::FinWait2,
            6 => Self::TimeWait,
            7 => Self::Closed,
            8 => Self::CloseWait,
            9 => Self::LastAck,
            10 => Self::Listen,
            11 => Self::Closing,
            13 => Self::Bound, // TCP_BOUND_INACTIVE, Linux 6.8
            _ => return None,
        })
    }

    /// The state of a DCCP socket (`enum dccp_state`, `linux/dccp.h`): as of TCP, and two behind those, which
    /// Linux 6.8 moved up by one. `DCCP_PARTOPEN` is 13, and 14 since: the caller's end of a connection until it
    /// hears more than an answer. `DCCP_PASSIVE_CLOSEREQ` comes after it: a caller whom the other end has asked to
    /// close. Nothing in a message tells the kernels apart.
    #[must_use]
    pub fn from_dccp(raw: u8, partopen: u8) -> Option<Self> {
        match raw.checked_sub(partopen) {
            Some(0) => Some(Self::Established),
            Some(1) => Some(Self::CloseWait),
            _ => Self::from_tcp(raw),
        }
    }

    /// The state of a UDP socket: the kernel uses `TCP_ESTABLISHED` and `TCP_CLOSE` for it.
    #[must_use]
    pub fn from_udp(raw: u8) -> Option<Self> {
        match raw {
            1 => Some(Self::Established),
            7 => Some(Self::Unconnected),
            _ => None,
        }
    }
}

words! {
    /// What a socket is there for, as far as its state can tell.
    Role {
        /// Waits for others to come: a listening stream, a datagram socket on a port of its own, or
        /// a socket that receives whatever passes (raw, packet, XDP).
        Listener = "listener",
        /// Has a peer, or had one.
        Connection = "connection",
        /// Asks others and waits for the answer: an unconnected UDP socket on an ephemeral port, a
        /// ping socket.
        Client = "client",
        /// Neither: unnamed, or bound and idle.
        Idle = "idle",
    }
}

impl Role {
    /// Why a socket has this role: a sentence fragment.
    #[must_use]
    pub fn reason(self, protocol: Protocol, state: State) -> &'static str {
        match (self, protocol, state) {
            (Self::Listener, _, State::Listen) => "it listens",
            (Self::Listener, Protocol::Udp | Protocol::UdpLite, State::Unknown) => {
                "on a port outside the ephemeral range, and whether it has a peer is not told"
            }
            (Self::Client, Protocol::Udp | Protocol::UdpLite, State::Unknown) => {
                "on a port of the ephemeral range, and whether it has a peer is not told"
            }
            (Self::Listener, Protocol::Udp | Protocol::UdpLite, _) => {
                "unconnected, on a port outside the ephemeral range"
            }
            (Self::Listener, ..) => "it receives whatever passes",
            (Self::Client, Protocol::Icmp, _) => "a ping socket",
            (Self::Client, ..) => "unconnected, on a port of the ephemeral range",
            (Self::Connection, ..) => "it has a peer",
            (Self::Idle, _, State::Unknown) => "its state is not told",
            (Self::Idle, ..) => "it neither listens nor has a peer",
        }
    }

    /// The role of a socket. `ephemeral` is the namespace's port range for unasked binds
    /// (`net.ipv4.ip_local_port_range`); the kernel keeps no record of who chose a port, so for
    /// UDP the range is the best evidence there is. A TCP listener is one on any port. A UDP socket
    /// of which a source cannot say whether it is connected is taken for unconnected: better a
    /// listener too many than one that no policy sees.
    #[must_use]
    pub fn of(protocol: Protocol, state: State, ends: &Ends, ephemeral: &PortRange) -> Self {
        match (protocol, state) {
            (_, State::Listen)
            | (Protocol::Raw | Protocol::Packet | Protocol::Xdp, State::Unconnected | State::Unknown)
            | (Protocol::Hci, State::Bound) => Self::Listener,
            (Protocol::Udp | Protocol::UdpLite, State::Unconnected | State::Unknown) => match ends.local() {
                Some(local) if local.port == 0 => Self::Idle,
                Some(local) if ephemeral.contains(local.port) => Self::Client,
                _ => Self::Listener,
            },
            (Protocol::Icmp, State::Unconnected) => Self::Client,
            (_, State::Closed | State::Unconnected | State::Bound | State::Unknown) => Self::Idle,
            _ => Self::Connection,
        }
    }
}

/// An inclusive range of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortRange {
    pub first: u16,
    pub last: u16,
}

impl PortRange {
    /// What the kernel hands out unless it is told otherwise (ip(7)).
    pub const USUAL: Self = Self { first: 32768, last: 60999 };

    /// True when the port lies inside.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

impl Default for PortRange {
    fn default() -> Self {
        Self::USUAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Endpoint;

    #[test]
    fn words_are_unique() {
        let mut words: Vec<_> = State::ALL.iter().map(|state| state.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), State::ALL.len());
    }

    #[test]
    fn role_of_udp_depends_on_the_port_range_of_tcp_it_does_not() {
        let range = PortRange { first: 32768, last: 60999 };
        let ends = |port| Ends::Inet { local: Endpoint::new([0, 0, 0, 0].into(), port), remote: None };
        for (protocol, state, port, role) in [
            (Protocol::Tcp, State::Listen, 40000, Role::Listener),
            (Protocol::Tcp, State::Bound, 80, Role::Idle),
            (Protocol::Tcp, State::TimeWait, 80, Role::Connection),
            (Protocol::Udp, State::Unconnected, 53, Role::Listener),
            (Protocol::Udp, State::Unconnected, 61000, Role::Listener),
            (Protocol::Udp, State::Unconnected, 32768, Role::Client),
            (Protocol::Udp, State::Unconnected, 60999, Role::Client),
            (Protocol::Udp, State::Unconnected, 0, Role::Idle),
            (Protocol::Udp, State::Established, 53, Role::Connection),
            (Protocol::Udp, State::Unknown, 53, Role::Listener),
            (Protocol::Udp, State::Unknown, 40000, Role::Client),
            (Protocol::Tcp, State::Unknown, 53, Role::Idle),
            (Protocol::Hci, State::Unknown, 0, Role::Idle),
            (Protocol::Hci, State::Bound, 0, Role::Listener),
        ] {
            assert_eq!(Role::of(protocol, state, &ends(port), &range), role, "{protocol:?} {state:?} {port}");
        }
    }

    #[test]
    fn unknown_kernel_states_are_not_invented() {
        assert_eq!(State::from_tcp(0), None);
        assert_eq!(State::from_tcp(14), None);
        let beyond = |partopen| [12, 13, 14, 15, 16, 17].map(|raw| State::from_dccp(raw, partopen));
        let [begun, open, closing, bound] =
            [State::SynRecv, State::Established, State::CloseWait, State::Bound].map(Some);
        assert_eq!(beyond(13), [begun, open, closing, None, None, None], "before Linux 6.8");
        assert_eq!(beyond(14), [begun, bound, open, closing, None, None]);
        assert_eq!(State::from_udp(10), None);
    }
}
