//! One socket, as one reading of the kernel told it.

use super::{Ends, IfIndex, Inode, Owners, Reach, Scope, SocketKey, Uid};

/// The address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    Inet,
    Inet6,
    Unix,
}

impl Family {
    /// Every family that sockeye reads.
    pub const ALL: [Self; 3] = [Self::Inet, Self::Inet6, Self::Unix];

    /// The word used in JSON and filters.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Inet => "inet",
            Self::Inet6 => "inet6",
            Self::Unix => "unix",
        }
    }
}

/// The protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    Tcp,
    Udp,
    Unix,
}

impl Protocol {
    /// Every protocol that sockeye reads.
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Unix];

    /// The word used in JSON, filters and policy files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Unix => "unix",
        }
    }
}

/// The socket type (socket(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SocketType {
    Stream,
    Dgram,
    Seqpacket,
}

impl SocketType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::Stream, Self::Dgram, Self::Seqpacket];

    /// The word used in JSON and filters.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Dgram => "dgram",
            Self::Seqpacket => "seqpacket",
        }
    }
}

/// The state, one vocabulary for every protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Listen,
    Established,
    SynSent,
    SynRecv,
    FinWait1,
    FinWait2,
    TimeWait,
    CloseWait,
    LastAck,
    Closing,
    /// A TCP socket with neither name nor peer.
    Closed,
    /// A datagram or Unix socket that is connected to nobody.
    Unconnected,
    /// A TCP socket that is bound but neither listens nor connects.
    Bound,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 13] = [
        Self::Listen,
        Self::Established,
        Self::SynSent,
        Self::SynRecv,
        Self::FinWait1,
        Self::FinWait2,
        Self::TimeWait,
        Self::CloseWait,
        Self::LastAck,
        Self::Closing,
        Self::Closed,
        Self::Unconnected,
        Self::Bound,
    ];

    /// The word used in JSON and filters.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Established => "established",
            Self::SynSent => "syn-sent",
            Self::SynRecv => "syn-recv",
            Self::FinWait1 => "fin-wait-1",
            Self::FinWait2 => "fin-wait-2",
            Self::TimeWait => "time-wait",
            Self::CloseWait => "close-wait",
            Self::LastAck => "last-ack",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Unconnected => "unconnected",
            Self::Bound => "bound",
        }
    }

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

/// What a socket is there for, as far as its state can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Waits for others to come: a listening stream, or a datagram socket on a port of its own.
    Listener,
    /// Has a peer, or had one.
    Connection,
    /// An unconnected UDP socket on an ephemeral port: asks others and waits for the answer.
    Client,
    /// Neither: unnamed, or bound and idle.
    Idle,
}

impl Role {
    /// The word used in JSON and filters.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Listener => "listener",
            Self::Connection => "connection",
            Self::Client => "client",
            Self::Idle => "idle",
        }
    }

    /// The role of a socket. `ephemeral` is the namespace's port range for unasked binds
    /// (`net.ipv4.ip_local_port_range`); the kernel keeps no record of who chose a port, so for
    /// UDP the range is the best evidence there is. A TCP listener is one on any port.
    #[must_use]
    pub fn of(protocol: Protocol, state: State, ends: &Ends, ephemeral: &PortRange) -> Self {
        match (protocol, state) {
            (_, State::Listen) => Self::Listener,
            (Protocol::Udp, State::Unconnected) => match ends.local() {
                Some(local) if local.port == 0 => Self::Idle,
                Some(local) if ephemeral.contains(local.port) => Self::Client,
                _ => Self::Listener,
            },
            (_, State::Closed | State::Unconnected | State::Bound) => Self::Idle,
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
    /// True when the port lies inside.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

impl Default for PortRange {
    /// The kernel's default ephemeral range (ip(7)).
    fn default() -> Self {
        Self { first: 32768, last: 60999 }
    }
}

/// How full the queues are. Bytes, except on a listener: there `recv` counts connections that wait
/// to be accepted and `send` is the most that may (`tcp_diag_get_info`). `None` when not told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Queues {
    pub recv: Option<u32>,
    pub send: Option<u32>,
}

/// What the kernel's timer on a TCP socket is waiting for (`idiag_timer`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimerKind {
    Retransmit,
    KeepAlive,
    TimeWait,
    WindowProbe,
}

impl TimerKind {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Retransmit => "retransmit",
            Self::KeepAlive => "keepalive",
            Self::TimeWait => "time-wait",
            Self::WindowProbe => "window-probe",
        }
    }

    /// `idiag_timer` of `inet_diag_msg`; 0 means no timer runs.
    #[must_use]
    pub fn from_diag(raw: u8) -> Option<Self> {
        match raw {
            1 => Some(Self::Retransmit),
            2 => Some(Self::KeepAlive),
            3 => Some(Self::TimeWait),
            4 => Some(Self::WindowProbe),
            _ => None,
        }
    }
}

/// A running TCP timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timer {
    pub kind: TimerKind,
    /// Milliseconds until it fires.
    pub expires_ms: u32,
    /// How often it fired for the segment or probe in question.
    pub retransmits: u8,
}

/// One socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    pub key: SocketKey,
    pub family: Family,
    pub protocol: Protocol,
    pub kind: SocketType,
    pub state: State,
    pub role: Role,
    pub ends: Ends,
    /// `None` when no file refers to the socket, as in TIME-WAIT or before accept(2).
    pub inode: Option<Inode>,
    /// `None` together with the inode: the kernel then writes 0, which is not root.
    pub uid: Option<Uid>,
    pub interface: Option<IfIndex>,
    pub queues: Queues,
    pub timer: Option<Timer>,
    /// `IPV6_V6ONLY`; `None` where it does not apply or was not told.
    pub v6only: Option<bool>,
    pub owners: Owners,
}

impl Socket {
    /// How far the bind reaches; `None` for what is not an internet socket.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        self.ends.local().map(|local| Scope::of(local.addr))
    }

    /// Which IP versions the bind serves; `None` for what is not an internet socket, or unknown.
    #[must_use]
    pub fn reach(&self) -> Option<Reach> {
        self.ends.local().and_then(|local| Reach::of(local.addr, self.v6only))
    }

    /// True when others can come to it: invariantly the sockets that a policy judges.
    #[must_use]
    pub fn is_listener(&self) -> bool {
        self.role == Role::Listener
    }

    /// The table of the kernel that it was read from.
    #[must_use]
    pub fn slice(&self) -> super::Slice {
        super::Slice { netns: self.key.netns, family: self.family, protocol: self.protocol }
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
        ] {
            assert_eq!(Role::of(protocol, state, &ends(port), &range), role, "{protocol:?} {state:?} {port}");
        }
    }

    #[test]
    fn unknown_kernel_states_are_not_invented() {
        assert_eq!(State::from_tcp(0), None);
        assert_eq!(State::from_tcp(14), None);
        assert_eq!(State::from_udp(10), None);
    }
}
