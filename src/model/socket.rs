//! One socket, as one reading of the kernel told it.

use std::sync::Arc;

use super::words::words;
use super::{
    Counters, Details, Ends, Family, IfIndex, Inode, NoOwner, Owners, PortRange, Protocol, Reach, Role,
    Scope, SocketKey, SocketType, State, Uid,
};

/// How full the queues are. Bytes, except on a listener: there `recv` counts connections that wait
/// to be accepted and `send` is the most that may (`tcp_diag_get_info`). `None` when not told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Queues {
    pub recv: Option<u32>,
    pub send: Option<u32>,
}

words! {
    /// What the kernel's timer on a TCP socket is waiting for (`idiag_timer`).
    TimerKind {
        Retransmit = "retransmit",
        KeepAlive = "keepalive",
        TimeWait = "time-wait",
        WindowProbe = "window-probe",
    }
}

impl TimerKind {
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

/// Whether other sockets may bind to the address of this one (socket(7)). `sock_diag` does not tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reuse {
    /// `SO_REUSEADDR`.
    pub address: bool,
    /// `SO_REUSEPORT`.
    pub port: bool,
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
    /// Whether MPTCP is spoken; `None` where it does not apply.
    pub mptcp: Option<bool>,
    /// Whether others may bind to its address; `None` where it does not apply or nobody could look into the socket.
    pub reuse: Option<Reuse>,
    /// The listener in whose queue this connection waits to be accepted. Few wait, and every socket
    /// of a large table would pay for the room.
    pub waits_for: Option<Box<SocketKey>>,
    /// The bytes that went through it, where they were asked for without the details, which have them.
    pub counters: Option<Box<Counters>>,
    /// What goes beyond addresses and state; `None` when nobody asked for it.
    pub details: Option<Arc<Details>>,
    pub owners: Owners,
}

/// What every socket has; the rest of a [`Socket`] starts unknown.
#[derive(Clone, Debug)]
pub struct Basics {
    pub key: SocketKey,
    pub family: Family,
    pub protocol: Protocol,
    pub kind: SocketType,
    pub state: State,
    pub ends: Ends,
    pub inode: Option<Inode>,
}

impl Socket {
    /// A socket of which no more is known than its basics. `ephemeral` is the namespace's port
    /// range for unasked binds, from which the role follows.
    #[must_use]
    pub fn new(basics: Basics, ephemeral: &PortRange) -> Self {
        let Basics { key, family, protocol, kind, state, ends, inode } = basics;
        Self {
            key,
            family,
            protocol,
            kind,
            state,
            role: Role::of(protocol, state, &ends, ephemeral),
            ends,
            inode,
            uid: None,
            interface: None,
            queues: Queues::default(),
            timer: None,
            v6only: None,
            mptcp: None,
            reuse: None,
            waits_for: None,
            counters: None,
            details: None,
            owners: Owners::Unknown(NoOwner::NotScanned),
        }
    }

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

    /// On a stream listener: how many connections wait to be accepted, and how many may.
    #[must_use]
    pub fn accept_queue(&self) -> (Option<u32>, Option<u32>) {
        match self.state {
            State::Listen => (self.queues.recv, self.queues.send),
            _ => (None, None),
        }
    }

    /// Whether a stream listener takes no more connections for now; `None` for other sockets, and where
    /// that is not told. Full is more than may wait, not as much (`sk_acceptq_is_full`, `include/net/sock.h`).
    #[must_use]
    pub fn is_accept_queue_full(&self) -> Option<bool> {
        let (waiting, limit) = self.accept_queue();
        Some(waiting? > limit?)
    }

    /// The bytes that it has sent and received since it was made; `None` where its counters were not
    /// read, or it has none. TCP alone counts.
    #[must_use]
    pub fn bytes(&self) -> Option<(u64, u64)> {
        let told = || self.details.as_ref()?.tcp_info.as_ref()?.counters();
        self.counters.as_deref().copied().or_else(told).map(|counters| (counters.sent, counters.received))
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
