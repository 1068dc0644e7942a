//! Which row is the other end of a connection: looked up in a table, said only where it is certain.
//!
//! Pure, and kept nowhere: a listing that does not ask pays nothing, and no row has room for the
//! answer. Nothing here asks who owns a socket.

use std::collections::HashMap;
use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;

use super::Table;
use crate::model::{Endpoint, Ends, Family, Inode, NetnsId, Options, Protocol, Row, Socket};

/// What names one end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum End {
    /// Inodes of sockets are of one counter for all namespaces (`fs/inode.c`, `get_next_ino`).
    Unix(Inode),
    /// IPv4-mapped addresses are plain IPv4 here: the two ends may be of different families.
    Inet { netns: NetnsId, protocol: Protocol, local: Endpoint, remote: Endpoint },
}

/// Protocols whose connections are one tuple, seen from both ends.
const PAIRED: [Protocol; 5] =
    [Protocol::Tcp, Protocol::Udp, Protocol::UdpLite, Protocol::Dccp, Protocol::Mptcp];

impl End {
    /// The end that a socket is.
    fn of(socket: &Socket) -> Option<Self> {
        match socket.ends {
            // Who writes a line of `/proc/net/unix` may give it any inode: those have no cookie.
            Ends::Unix { .. } => socket.inode.filter(|_| socket.key.cookie().is_some()).map(Self::Unix),
            Ends::Inet { local, remote: Some(remote) } => Self::inet(socket, local, remote),
            Ends::Inet { remote: None, .. } | Ends::Other { .. } => None,
        }
    }

    /// The end that a socket is connected to.
    fn opposite(socket: &Socket) -> Option<Self> {
        match socket.ends {
            Ends::Unix { peer, .. } => peer.map(Self::Unix),
            Ends::Inet { local, remote: Some(remote) } => Self::inet(socket, remote, local),
            Ends::Inet { remote: None, .. } | Ends::Other { .. } => None,
        }
    }

    fn inet(socket: &Socket, local: Endpoint, remote: Endpoint) -> Option<Self> {
        let plain = |end: Endpoint| Endpoint::new(end.addr.to_canonical(), end.port);
        let certain = PAIRED.contains(&socket.protocol) && !is_transparent(socket);
        certain.then(|| Self::Inet {
            netns: socket.key.netns,
            protocol: socket.protocol,
            local: plain(local),
            remote: plain(remote),
        })
    }
}

/// True for a socket that may have an address which is not this host's. A proxy that stands between
/// two others in their names has two such sockets, each the mirror of the other, and not connected.
fn is_transparent(socket: &Socket) -> bool {
    let options = socket.details.as_ref().and_then(|details| details.options);
    options.is_some_and(|options| options.0 & Options::TRANSPARENT != 0)
}

/// True when nothing speaks against it that the two are connected. A socket is not connected to
/// itself; equal addresses behind two interfaces (VRF, link-local) are of different networks.
fn fits(one: &Socket, other: &Socket) -> bool {
    let apart = one.family != Family::Unix
        && matches!((one.interface, other.interface), (Some(one), Some(other)) if one != other);
    one.key != other.key && !apart
}

/// The open rows of a table by the end that each is.
///
/// The key is a hash of the end, which takes a quarter of its room; what is found is compared.
#[derive(Debug)]
pub struct Peers<'a> {
    rows: &'a [Row],
    /// The place of the row; `None` where there are several, as of UDP sockets that share a port.
    places: HashMap<u64, Option<u32>, RandomState>,
    hasher: RandomState,
}

impl<'a> Peers<'a> {
    fn of(rows: &'a [Row]) -> Self {
        let hasher = RandomState::default();
        let mut places = HashMap::with_capacity_and_hasher(rows.len(), RandomState::default());
        for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.is_open()) {
            let Some(end) = End::of(&row.socket) else { continue };
            let place = u32::try_from(at).ok();
            places.entry(hasher.hash_one(end)).and_modify(|place| *place = None).or_insert(place);
        }
        Self { rows, places, hasher }
    }

    /// The other end of a socket, when it is in the table.
    #[must_use]
    pub fn find(&self, socket: &Socket) -> Option<&'a Row> {
        let end = End::opposite(socket)?;
        let at = self.places.get(&self.hasher.hash_one(end)).copied().flatten()?;
        let row = self.rows.get(at as usize)?;
        (End::of(&row.socket) == Some(end) && fits(socket, &row.socket)).then_some(row)
    }
}

impl Table {
    /// The other ends, for looking up many.
    #[must_use]
    pub fn peers(&self) -> Peers<'_> {
        Peers::of(&self.rows)
    }

    /// The other end of one socket. Walks over all rows and prepares nothing.
    #[must_use]
    pub fn peer(&self, socket: &Socket) -> Option<&Row> {
        let end = End::opposite(socket)?;
        let mut found = self.open().filter(|row| End::of(&row.socket) == Some(end));
        let first = found.next().filter(|row| fits(socket, &row.socket))?;
        found.next().is_none().then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        Basics, Cookie, Details, History, Identity, IfIndex, Life, PortRange, SocketKey, SocketType, Stamp,
        State,
    };

    fn socket(cookie: u64, family: Family, protocol: Protocol, ends: Ends) -> Socket {
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(cookie)) },
            family,
            protocol,
            kind: SocketType::Stream,
            state: State::Established,
            ends,
            inode: Inode::new(cookie),
        };
        Socket::new(basics, &PortRange::default())
    }

    fn inet(cookie: u64, protocol: Protocol, local: &str, remote: &str) -> Socket {
        let end = |text: &str| Endpoint::from(text.parse::<std::net::SocketAddr>().unwrap());
        let family = if local.starts_with('[') { Family::Inet6 } else { Family::Inet };
        socket(cookie, family, protocol, Ends::Inet { local: end(local), remote: Some(end(remote)) })
    }

    fn tcp(cookie: u64, local: &str, remote: &str) -> Socket {
        inet(cookie, Protocol::Tcp, local, remote)
    }

    /// A Unix socket, whose inode is its cookie here.
    fn unix(cookie: u64, peer: u64) -> Socket {
        let ends = Ends::Unix { name: None, peer: Inode::new(peer) };
        socket(cookie, Family::Unix, Protocol::Unix, ends)
    }

    /// The cookie of the other end of each, by both ways of looking.
    fn told(sockets: Vec<Socket>) -> Vec<Option<u64>> {
        told_of(sockets.into_iter().map(Row::found).collect())
    }

    fn told_of(mut rows: Vec<Row>) -> Vec<Option<u64>> {
        rows.sort_by_key(|row| row.socket.key);
        let table = Table { rows, ..Table::new(std::time::Duration::ZERO) };
        let cookie = |row: Option<&Row>| row.map(|row| row.socket.key.cookie().unwrap().0);
        let peers = table.peers();
        let many: Vec<_> = table.rows.iter().map(|row| cookie(peers.find(&row.socket))).collect();
        let single: Vec<_> = table.rows.iter().map(|row| cookie(table.peer(&row.socket))).collect();
        assert_eq!(many, single);
        many
    }

    #[test]
    fn both_ends_of_a_connection_know_each_other() {
        let pair = |protocol| vec![inet(1, protocol, A, B), inet(2, protocol, B, A)];
        assert_eq!(told(pair(Protocol::Tcp)), [Some(2), Some(1)]);
        assert_eq!(told(pair(Protocol::Udp)), [Some(2), Some(1)]);
        assert_eq!(told(pair(Protocol::Raw)), [None, None], "its ports are none");
        assert_eq!(told(vec![tcp(1, A, B), inet(2, Protocol::Udp, B, A)]), [None, None]);
        assert_eq!(told(vec![tcp(1, A, B), tcp(2, B, "127.0.0.1:3")]), [None, None]);
        assert_eq!(told(vec![tcp(1, A, B)]), [None]);
    }

    const A: &str = "127.0.0.1:5000";
    const B: &str = "127.0.0.1:80";

    #[test]
    fn mapped_addresses_are_those_that_they_map() {
        let server = tcp(2, "[::ffff:127.0.0.1]:80", "[::ffff:127.0.0.1]:5000");
        assert_eq!(told(vec![tcp(1, A, B), server]), [Some(2), Some(1)]);
        assert_eq!(told(vec![tcp(1, "[::1]:5000", "[::1]:80"), tcp(2, "127.0.0.1:80", A)]), [None, None]);
    }

    #[test]
    fn nobody_is_the_other_end_of_himself() {
        assert_eq!(told(vec![tcp(1, A, A)]), [None], "TCP may be connected to its own port");
        assert_eq!(told(vec![unix(1, 1)]), [None], "and a datagram socket to its own name");
    }

    #[test]
    fn where_several_could_be_meant_none_is() {
        let udp = |cookie, local, remote| inet(cookie, Protocol::Udp, local, remote);
        assert_eq!(told(vec![udp(1, A, B), udp(2, B, A), udp(3, B, A)]), [None, Some(1), Some(1)]);
    }

    #[test]
    fn networks_that_are_not_one_hold_no_connection() {
        let elsewhere = |mut socket: Socket| {
            socket.key.netns = NetnsId(2);
            socket
        };
        assert_eq!(told(vec![tcp(1, A, B), elsewhere(tcp(2, B, A))]), [None, None]);
        let behind = |index, mut socket: Socket| {
            socket.interface = IfIndex::new(index);
            socket
        };
        assert_eq!(told(vec![behind(2, tcp(1, A, B)), behind(3, tcp(2, B, A))]), [None, None]);
        assert_eq!(told(vec![behind(2, tcp(1, A, B)), tcp(2, B, A)]), [Some(2), Some(1)]);
        // Unix sockets know no networks.
        assert_eq!(told(vec![unix(1, 2), elsewhere(unix(2, 1))]), [Some(2), Some(1)]);
    }

    #[test]
    fn a_proxy_that_speaks_for_both_is_connected_to_itself_by_neither() {
        let proxy = |mut socket: Socket| {
            let options = Some(Options(Options::TRANSPARENT));
            socket.details = Some(Arc::new(Details { options, ..Details::default() }));
            socket
        };
        let (towards, from) =
            (tcp(1, "10.0.0.1:5000", "10.9.9.9:80"), tcp(2, "10.9.9.9:80", "10.0.0.1:5000"));
        assert_eq!(told(vec![towards.clone(), from.clone()]), [Some(2), Some(1)]);
        assert_eq!(told(vec![proxy(towards), proxy(from)]), [None, None]);
    }

    #[test]
    fn unix_sockets_by_their_inodes() {
        // Many datagram sockets are connected to one, which is connected to none.
        assert_eq!(
            told(vec![unix(1, 3), unix(2, 3), unix(3, 0), unix(4, 9)]),
            [Some(3), Some(3), None, None]
        );
        let mut forged = unix(2, 0);
        forged.key.id = Identity::Inode(Inode::new(2).unwrap());
        let rows = vec![Row::found(unix(1, 2)), Row::found(forged)];
        let table = Table { rows, ..Table::new(std::time::Duration::ZERO) };
        assert!(table.peers().find(&unix(1, 2)).is_none() && table.peer(&unix(1, 2)).is_none());
    }

    #[test]
    fn a_socket_that_closed_is_nobodys_other_end() {
        let at = Stamp { mono: std::time::Duration::ZERO, wall: jiff::Timestamp::UNIX_EPOCH };
        let closed = History { life: Life::Closed { at }, ..History::default() };
        let rows = vec![Row::found(tcp(1, A, B)), Row::new(tcp(2, B, A), closed)];
        assert_eq!(told_of(rows), [None, Some(1)]);
    }
}
