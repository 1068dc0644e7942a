//! What the sockets of one sample are to each other: pure, and said only where it is certain.
//!
//! - A connection that waits to be accepted waits in the queue of a listener.
//! - An MPTCP listener stands in two tables of the kernel; it is one socket.
//! - An MPTCP connection is carried by TCP sockets.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::model::{Ends, Inode, NetnsId, Protocol, Socket, SocketKey, State, UnixName};

/// Fills in the relations of all sockets.
pub(super) fn relate(sockets: &mut Vec<Socket>) {
    if sockets.iter().any(|socket| socket.protocol == Protocol::Mptcp) {
        join_mptcp(sockets);
    }
    if sockets.iter().any(waits) {
        name_listeners(sockets);
    }
}

/// True for a connection that no process has accepted yet.
fn waits(socket: &Socket) -> bool {
    socket.inode.is_none() && matches!(socket.state, State::Established | State::CloseWait)
}

fn name_listeners(sockets: &mut [Socket]) {
    let listeners = Listeners::of(sockets);
    let found: Vec<_> = sockets
        .iter()
        .enumerate()
        .filter(|(_, socket)| waits(socket))
        .filter_map(|(at, socket)| Some((at, listeners.find(socket)?)))
        .collect();
    for (at, listener) in found {
        sockets[at].waits_for = Some(Box::new(listener));
    }
}

/// Where connections arrive. `None` for an address with several listeners: which of a
/// `SO_REUSEPORT` group got the connection is not told.
#[derive(Default)]
struct Listeners<'a> {
    inet: HashMap<(NetnsId, Protocol, IpAddr, u16), Option<SocketKey>, RandomState>,
    unix: HashMap<(NetnsId, &'a UnixName), Option<SocketKey>, RandomState>,
}

impl<'a> Listeners<'a> {
    fn of(sockets: &'a [Socket]) -> Self {
        let mut listeners = Self::default();
        for socket in sockets.iter().filter(|socket| socket.state == State::Listen) {
            let netns = socket.key.netns;
            let known = match &socket.ends {
                Ends::Inet { local, .. } => listeners
                    .inet
                    .entry((netns, socket.protocol, local.addr, local.port))
                    .or_insert(Some(socket.key)),
                Ends::Unix { name: Some(name), .. } => {
                    listeners.unix.entry((netns, name)).or_insert(Some(socket.key))
                }
                Ends::Unix { name: None, .. } | Ends::Other { .. } => continue,
            };
            *known = known.filter(|known| *known == socket.key);
        }
        listeners
    }

    fn find(&self, socket: &Socket) -> Option<SocketKey> {
        let netns = socket.key.netns;
        if let Some(name) = socket.ends.unix_name() {
            return self.unix.get(&(netns, name)).copied().flatten();
        }
        let local = socket.ends.local()?;
        let at = |addr| self.inet.get(&(netns, socket.protocol, addr, local.port));
        // The most specific bind gets the connection (`inet_lookup_listener`).
        let plain = local.addr.to_canonical();
        let v4 = plain.is_ipv4().then_some(IpAddr::from(Ipv4Addr::UNSPECIFIED));
        let candidates = [local.addr, plain].into_iter().chain(v4).chain([Ipv6Addr::UNSPECIFIED.into()]);
        candidates.into_iter().find_map(at).copied().flatten()
    }
}

/// Marks TCP sockets that speak MPTCP, drops the second row of each listener, and tells each
/// connection which TCP sockets carry it.
fn join_mptcp(sockets: &mut Vec<Socket>) {
    let is = |socket: &Socket, protocol| socket.protocol == protocol;
    let listeners: HashSet<Inode> = sockets
        .iter()
        .filter(|socket| is(socket, Protocol::Mptcp) && socket.state == State::Listen)
        .filter_map(|socket| socket.inode)
        .collect();
    let mut carriers: HashMap<(NetnsId, u32), Vec<SocketKey>> = HashMap::new();
    let mut joined: HashSet<Inode> = HashSet::new();
    for socket in sockets.iter_mut().filter(|socket| is(socket, Protocol::Tcp)) {
        let subflow = socket.details.as_ref().and_then(|details| details.subflow.as_deref().copied());
        let listens = socket.inode.filter(|inode| listeners.contains(inode));
        joined.extend(listens);
        socket.mptcp = Some(subflow.is_some() || listens.is_some());
        if let Some(token) = subflow.and_then(|subflow| subflow.token_local) {
            carriers.entry((socket.key.netns, token)).or_default().push(socket.key);
        }
    }
    sockets.retain(|socket| {
        let second = socket.inode.is_some_and(|inode| joined.contains(&inode));
        !(is(socket, Protocol::Mptcp) && socket.state == State::Listen && second)
    });
    for socket in sockets.iter_mut().filter(|socket| is(socket, Protocol::Mptcp)) {
        socket.mptcp = Some(true);
        let Some(details) = &mut socket.details else { continue };
        let token = details.mptcp.as_ref().and_then(|mptcp| mptcp.token);
        let carried = token.and_then(|token| carriers.get(&(socket.key.netns, token)));
        if let (Some(keys), Some(mptcp)) = (carried, &mut Arc::make_mut(details).mptcp) {
            mptcp.subflows.clone_from(keys);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Basics, Cookie, Details, Endpoint, Family, Identity, MptcpDetails, PortRange, SocketType, Subflow,
    };

    fn socket(cookie: u64, protocol: Protocol, state: State, local: &str, inode: u64) -> Socket {
        let local: std::net::SocketAddr = local.parse().unwrap();
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(cookie)) },
            family: if local.is_ipv4() { Family::Inet } else { Family::Inet6 },
            protocol,
            kind: SocketType::Stream,
            state,
            ends: Ends::Inet { local: Endpoint::from(local), remote: None },
            inode: Inode::new(inode),
        };
        Socket::new(basics, &PortRange::default())
    }

    fn listener(cookie: u64, local: &str) -> Socket {
        socket(cookie, Protocol::Tcp, State::Listen, local, cookie)
    }

    #[test]
    fn a_waiting_connection_names_the_most_specific_listener() {
        for (listeners, local, found) in [
            (&["0.0.0.0:80"][..], "10.0.0.1:80", Some(1)),
            (&["0.0.0.0:80", "10.0.0.1:80"], "10.0.0.1:80", Some(2)),
            (&["[::]:80"], "[::1]:80", Some(1)),
            (&["[::]:80"], "[::ffff:10.0.0.1]:80", Some(1)),
            (&["0.0.0.0:80"], "[::1]:80", None),
            (&["0.0.0.0:81"], "10.0.0.1:80", None),
            (&["0.0.0.0:80", "0.0.0.0:80"], "10.0.0.1:80", None), // a group: nobody can tell
        ] {
            let mut all: Vec<_> = (1..).zip(listeners).map(|(cookie, at)| listener(cookie, at)).collect();
            all.push(socket(9, Protocol::Tcp, State::Established, local, 0));
            relate(&mut all);
            let told = all.last().unwrap().waits_for.as_ref().and_then(|key| key.cookie());
            assert_eq!(told, found.map(Cookie), "{listeners:?} {local}");
        }
    }

    #[test]
    fn accepted_connections_wait_for_nobody() {
        let mut all =
            vec![listener(1, "0.0.0.0:80"), socket(2, Protocol::Tcp, State::Established, "10.0.0.1:80", 7)];
        relate(&mut all);
        assert_eq!(all[1].waits_for, None);
    }

    #[test]
    fn mptcp_listeners_are_one_row_and_connections_know_their_carriers() {
        let with = |mut socket: Socket, details: Details| {
            socket.details = Some(Arc::new(details));
            socket
        };
        let flow = Subflow { token_local: Some(5), ..Subflow::default() };
        let mut all = vec![
            listener(1, "0.0.0.0:80"),
            listener(2, "0.0.0.0:81"),
            socket(3, Protocol::Mptcp, State::Listen, "0.0.0.0:80", 1),
            with(
                socket(4, Protocol::Mptcp, State::Established, "10.0.0.1:80", 40),
                Details {
                    mptcp: Some(Box::new(MptcpDetails { token: Some(5), ..Default::default() })),
                    ..Details::default()
                },
            ),
            with(
                socket(5, Protocol::Tcp, State::Established, "10.0.0.1:80", 50),
                Details { subflow: Some(Box::new(flow)), ..Details::default() },
            ),
        ];
        relate(&mut all);
        let told: Vec<_> = all.iter().map(|socket| (socket.key.cookie().unwrap().0, socket.mptcp)).collect();
        assert_eq!(told, [(1, Some(true)), (2, Some(false)), (4, Some(true)), (5, Some(true))]);
        let carried = all[2].details.as_ref().unwrap().mptcp.as_ref().unwrap();
        assert_eq!(carried.subflows, [all[3].key]);
    }
}
