//! What the sockets of a table say of each other: made once for a table, asked for each row.
//!
//! Counts alone, in one pass; nothing is judged here.

use std::collections::HashMap;
use std::net::IpAddr;

use foldhash::fast::RandomState;

use crate::model::{
    Endpoint, Known, Names, NetnsId, PortRange, ProcessId, Protocol, Reach, Row, Socket, State,
};

type Map<K, V> = HashMap<K, V, RandomState>;

/// Who calls where: a local address, and the service that is called.
type Call = (NetnsId, IpAddr, Endpoint);

/// Counts over all open TCP sockets of a table.
#[derive(Clone, Debug, Default)]
pub struct Crowd {
    /// Handshakes that are not finished, by the port and the address that was called.
    handshakes: Map<(NetnsId, u16), Map<IpAddr, u64>>,
    /// How many connections may wait at a place, over all that listen there together.
    backlogs: Map<(NetnsId, Endpoint), Option<u64>>,
    /// Sockets that the other end closed, by who did not.
    close_waits: Map<ProcessId, u64>,
    /// Sockets on ports that the kernel hands out, TIME-WAIT included: each takes one.
    calls: Map<Call, u64>,
}

impl Crowd {
    /// Counts the open rows.
    #[must_use]
    pub fn of(rows: &[Row], names: &Names) -> Self {
        let mut crowd = Self::default();
        let tcp = rows.iter().filter(|row| row.socket.protocol == Protocol::Tcp && row.is_open());
        for socket in tcp.map(|row| &row.socket) {
            crowd.add(socket, names.ephemeral.get(&socket.key.netns));
        }
        crowd
    }

    /// Counts those of the open rows that have to do with one socket: of it alone this says what [`of`](Self::of)
    /// says of all.
    #[must_use]
    pub fn about(socket: &Socket, rows: &[Row], names: &Names) -> Self {
        let (netns, own) = (socket.key.netns, call(socket));
        let port = socket.ends.local().map(|local| local.port);
        let holds =
            |id: ProcessId| socket.owners.known().is_some_and(|known| known.ids().any(|one| one == id));
        let concerns = |other: &Socket| {
            let beside = match other.state {
                State::Listen | State::SynRecv => {
                    other.key.netns == netns && other.ends.local().map(|local| local.port) == port
                }
                State::CloseWait => other.owners.known().is_some_and(|known| known.ids().any(holds)),
                _ => false,
            };
            beside || (own.is_some() && call(other) == own)
        };
        let mut crowd = Self::default();
        let tcp = rows.iter().filter(|row| row.socket.protocol == Protocol::Tcp && row.is_open());
        for other in tcp.map(|row| &row.socket).filter(|other| concerns(other)) {
            crowd.add(other, names.ephemeral.get(&other.key.netns));
        }
        crowd
    }

    fn add(&mut self, socket: &Socket, range: Option<&PortRange>) {
        let Some(local) = socket.ends.local().map(plain) else { return };
        let netns = socket.key.netns;
        match socket.state {
            State::Listen => {
                let limit = socket.accept_queue().1.map(u64::from);
                let sum = self.backlogs.entry((netns, local)).or_insert(Some(0));
                *sum = sum.zip(limit).map(|(sum, limit)| sum + limit);
            }
            State::SynRecv => {
                let calls = self.handshakes.entry((netns, local.port)).or_default();
                *calls.entry(local.addr).or_default() += 1;
            }
            State::CloseWait => {
                for id in socket.owners.known().into_iter().flat_map(Known::ids) {
                    *self.close_waits.entry(id).or_default() += 1;
                }
            }
            _ => {}
        }
        if let Some(call) = call(socket).filter(|_| range.is_some_and(|range| range.contains(local.port))) {
            *self.calls.entry(call).or_default() += 1;
        }
    }

    /// Handshakes that a listener has not finished, and how many may wait there; `None` where the limit is
    /// not told. Of several listeners at one place both are of all together: which of them was called is
    /// not told.
    pub(super) fn handshakes(&self, listener: &Socket) -> Option<(u64, u64)> {
        let (netns, local) = (listener.key.netns, plain(listener.ends.local()?));
        let limit = self.backlogs.get(&(netns, local)).copied().flatten()?;
        let Some(called) = self.handshakes.get(&(netns, local.port)) else { return Some((0, limit)) };
        let has_own = |addr: IpAddr| self.backlogs.contains_key(&(netns, Endpoint::new(addr, local.port)));
        let is_heard = |addr: IpAddr| match (local.addr.is_unspecified(), listener.reach()) {
            (false, _) => addr == local.addr,
            (true, Some(Reach::Both)) => !has_own(addr),
            (true, Some(Reach::V4)) => addr.is_ipv4() && !has_own(addr),
            (true, Some(Reach::V6) | None) => addr.is_ipv6() && !has_own(addr),
        };
        let heard = called.iter().filter(|(addr, _)| is_heard(**addr));
        Some((heard.map(|(_, count)| count).sum(), limit))
    }

    /// How many sockets of a process the other end has closed and it has not.
    pub(super) fn close_waits(&self, process: ProcessId) -> u64 {
        self.close_waits.get(&process).copied().unwrap_or(0)
    }

    /// How many ports are taken by calls from the socket's address to the service that it calls.
    pub(super) fn calls(&self, socket: &Socket) -> u64 {
        call(socket).and_then(|call| self.calls.get(&call)).copied().unwrap_or(0)
    }

    /// Whether so many ports are taken by those calls that it is worth a look.
    #[must_use]
    pub fn is_called_often(&self, socket: &Socket) -> bool {
        self.calls(socket) >= OFTEN
    }
}

/// Fewer calls exhaust no range of ports that is of use.
const OFTEN: u64 = 16;

fn call(socket: &Socket) -> Option<Call> {
    let (local, remote) = (socket.ends.local()?, socket.ends.remote()?);
    Some((socket.key.netns, plain(local).addr, plain(remote)))
}

/// The same end with an IPv4-mapped address as plain IPv4.
fn plain(end: Endpoint) -> Endpoint {
    Endpoint::new(end.addr.to_canonical(), end.port)
}
