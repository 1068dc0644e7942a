//! Which row is the other end of a connection: looked up in a table, said only where it is certain.
//!
//! Pure, and kept nowhere: a listing that does not ask pays nothing, and no row has room for the
//! answer. Nothing here asks who owns a socket.

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
        PAIRED.contains(&socket.protocol).then(|| Self::Inet {
            netns: socket.key.netns,
            protocol: socket.protocol,
            local: plain(local),
            remote: plain(remote),
        })
    }
}

/// True for a socket that may have an address which is not this host's.
fn is_transparent(socket: &Socket) -> bool {
    let options = socket.details.as_ref().and_then(|details| details.options);
    options.is_some_and(|options| options.0 & Options::TRANSPARENT != 0)
}

/// True when nothing speaks against it that the two are connected. A socket is not connected to
/// itself; equal addresses behind two interfaces (VRF, link-local) are of different networks. A proxy that
/// stands between two others in their names has two transparent sockets, each the mirror of the other.
fn fits(one: &Socket, other: &Socket) -> bool {
    let apart = one.family != Family::Unix
        && matches!((one.interface, other.interface), (Some(one), Some(other)) if one != other);
    // The first is looked at by who asks in any case; the details of the other would have to be fetched.
    one.key != other.key && !apart && !(is_transparent(one) && is_transparent(other))
}

/// The open rows of a table by the end that each is.
///
/// As many buckets as rows, side by side and without room between them: what a lookup touches stays in a
/// cache of the core for far more rows than a map would.
#[derive(Debug)]
pub struct Peers<'a> {
    rows: &'a [Row],
    /// Where each bucket begins among the seats, and where the last ends.
    starts: Vec<u32>,
    seats: Vec<Seat>,
    hasher: RandomState,
}

/// A row in its bucket. The tag is the part of its hash that the bucket does not tell, so that hardly any
/// row is looked at in vain.
#[derive(Clone, Copy, Debug, Default)]
struct Seat {
    tag: u32,
    place: u32,
}

impl<'a> Peers<'a> {
    fn of(rows: &'a [Row], wanted: impl Fn(&Socket) -> bool) -> Self {
        let hasher = RandomState::default();
        let end = |row: &Row| (row.is_open() && wanted(&row.socket)).then(|| End::of(&row.socket)).flatten();
        let ends: Vec<_> = rows.iter().map(|row| end(row).map(|end| hasher.hash_one(end))).collect();
        let mut starts = vec![0; rows.len() + 1];
        for hash in ends.iter().flatten() {
            starts[bucket(*hash, rows.len())] += 1;
        }
        let mut taken = 0;
        for start in &mut starts {
            taken += *start;
            *start = taken; // where it ends, until it is filled from there
        }
        let mut seats = vec![Seat::default(); taken as usize];
        for (hash, place) in ends.iter().zip(0..) {
            let Some(hash) = hash else { continue };
            let start = &mut starts[bucket(*hash, rows.len())];
            *start -= 1;
            seats[*start as usize] = Seat { tag: tag(*hash), place };
        }
        Self { rows, starts, seats, hasher }
    }

    /// The other end of a socket, when it is in the table; where several could be meant, none is.
    #[must_use]
    pub fn find(&self, socket: &Socket) -> Option<&'a Row> {
        let end = End::opposite(socket)?;
        self.among(self.likely(self.hasher.hash_one(end)), socket, end)
    }

    /// The place in the table of the other end of a socket, as [`find`](Self::find) finds it.
    #[must_use]
    pub fn place(&self, socket: &Socket) -> Option<u32> {
        let found = self.find(socket)?.socket.key;
        let at = self.rows.binary_search_by(|row| row.socket.key.cmp(&found)).ok()?;
        u32::try_from(at).ok()
    }

    /// The other ends of many. Each step is made for all before the next: what it touches lies anywhere in
    /// the memory, and so much of it is fetched at once.
    #[must_use]
    pub fn find_each(&self, rows: &[&Row]) -> Vec<Option<&'a Row>> {
        let end = |row: &&Row| End::opposite(&row.socket);
        let hashes: Vec<_> = rows.iter().map(|row| Some(self.hasher.hash_one(end(row)?))).collect();
        let likely: Vec<_> = hashes
            .into_iter()
            .map(|hash: Option<u64>| hash.map_or(&[][..], |hash| self.likely(hash)))
            .collect();
        let found = rows.iter().zip(likely).map(|(row, likely)| self.among(likely, &row.socket, end(row)?));
        found.collect()
    }

    /// The seats in the bucket of a hash, from the first one with its tag.
    fn likely(&self, hash: u64) -> &[Seat] {
        let at = bucket(hash, self.rows.len());
        let bounds = self.starts.get(at).zip(self.starts.get(at + 1));
        let seats =
            bounds.and_then(|(from, to)| self.seats.get(*from as usize..*to as usize)).unwrap_or_default();
        let first = seats.iter().position(|seat| seat.tag == tag(hash));
        &seats[first.unwrap_or(seats.len())..]
    }

    /// The one row among the likely ones that is this end.
    fn among(&self, likely: &[Seat], socket: &Socket, end: End) -> Option<&'a Row> {
        let rows = likely.iter().filter_map(|seat| self.rows.get(seat.place as usize));
        let mut found = rows.filter(|row| End::of(&row.socket) == Some(end));
        let first = found.next().filter(|row| fits(socket, &row.socket))?;
        found.next().is_none().then_some(first)
    }
}

/// The bucket of a hash among so many, by its upper half.
fn bucket(hash: u64, buckets: usize) -> usize {
    (((hash >> 32) * buckets as u64) >> 32) as usize
}

/// The lower half of a hash.
fn tag(hash: u64) -> u32 {
    let [a, b, c, d, ..] = hash.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

impl Table {
    /// The other ends, for looking up many.
    #[must_use]
    pub fn peers(&self) -> Peers<'_> {
        Peers::of(&self.rows, |_| true)
    }

    /// The same among the sockets of one family, without a look at the others.
    #[must_use]
    pub fn peers_among(&self, family: Family) -> Peers<'_> {
        Peers::of(&self.rows, |socket| socket.family == family)
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
        let rows: Vec<_> = table.rows.iter().collect();
        assert_eq!(peers.find_each(&rows).into_iter().map(cookie).collect::<Vec<_>>(), single);
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
        // A client of this host, whose connection the proxy took.
        assert_eq!(told(vec![towards.clone(), proxy(from.clone())]), [Some(2), Some(1)]);
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
    fn among_one_family_as_among_all() {
        let mut rows: Vec<_> = [unix(1, 2), unix(2, 1), unix(3, 1), tcp(4, A, B), tcp(5, B, A)]
            .into_iter()
            .map(Row::found)
            .collect();
        rows.sort_by_key(|row| row.socket.key);
        let table = Table { rows, ..Table::new(std::time::Duration::ZERO) };
        let (all, some) = (table.peers(), table.peers_among(Family::Unix));
        let places =
            |peers: &Peers<'_>| table.rows.iter().map(|row| peers.place(&row.socket)).collect::<Vec<_>>();
        assert_eq!(places(&all), [Some(1), Some(0), Some(0), Some(4), Some(3)]);
        assert_eq!(places(&some), [Some(1), Some(0), Some(0), None, None]);
    }

    #[test]
    fn a_socket_that_closed_is_nobodys_other_end() {
        let at = Stamp { mono: std::time::Duration::ZERO, wall: jiff::Timestamp::UNIX_EPOCH };
        let closed = History { life: Life::Closed { at }, ..History::default() };
        let rows = vec![Row::found(tcp(1, A, B)), Row::new(tcp(2, B, A), closed)];
        assert_eq!(told_of(rows), [None, Some(1)]);
    }
}
