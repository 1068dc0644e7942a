//! Listeners that share a port: whose they are, and which of them takes what would reach another.
//!
//! It says nothing and remembers nothing; `facts` does.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::is_judged;
use crate::model::{Life, NetnsId, Protocol, Reach, Row, Socket, SystemBytes, Uid};
use crate::store::Table;

/// A port of a namespace.
pub(super) type Place = (NetnsId, Protocol, u16);

/// Where a listener stands; `None` for what is not judged.
pub(super) fn place(socket: &Socket) -> Option<Place> {
    let local = socket.ends.local().filter(|_| is_judged(socket))?;
    Some((socket.key.netns, socket.protocol, local.port))
}

/// Whose a listener is, as far as that can be seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Party<'a> {
    uid: Option<Uid>,
    /// What its owners run; `None` where that cannot be seen of each that is known by name.
    exes: Option<BTreeSet<&'a SystemBytes>>,
}

impl<'a> Party<'a> {
    pub(super) fn of(socket: &'a Socket) -> Self {
        let path = |exe: &'a crate::model::Executable| &exe.path;
        let exes = socket.owners.known().and_then(|set| {
            set.shown().map(|owner| owner.process.exe.as_ref().map(path)).collect::<Option<BTreeSet<_>>>()
        });
        Self { uid: socket.uid, exes }
    }

    /// True when these are certainly two: other users made the sockets, or no program holds both.
    pub(super) fn is_other(&self, than: &Self) -> bool {
        let users_differ = self.uid.zip(than.uid).is_some_and(|(one, other)| one != other);
        let programs = self.exes.as_ref().zip(than.exes.as_ref());
        users_differ || programs.is_some_and(|(one, other)| one.is_disjoint(other))
    }
}

/// The listeners of some ports, by whose they are.
pub(super) struct Neighbourhood<'a> {
    ports: BTreeMap<Place, BTreeMap<Party<'a>, Vec<&'a Row>>>,
    /// Ports where a listener was missing from the last reading. It may be gone, or skipped.
    unsure: BTreeSet<Place>,
}

impl<'a> Neighbourhood<'a> {
    /// Who is at the ports where these listen.
    pub(super) fn around(listeners: &[&Row], table: &'a Table) -> Self {
        let mut ports: BTreeMap<Place, BTreeMap<Party<'a>, Vec<&'a Row>>> =
            listeners.iter().filter_map(|row| Some((place(&row.socket)?, BTreeMap::new()))).collect();
        let mut unsure = BTreeSet::new();
        if ports.is_empty() {
            return Self { ports, unsure };
        }
        for row in table.open() {
            let Some(at) = place(&row.socket) else { continue };
            let Some(parties) = ports.get_mut(&at) else { continue };
            if row.life() == Life::Open {
                parties.entry(Party::of(&row.socket)).or_default().push(row);
            } else {
                unsure.insert(at);
            }
        }
        Self { ports, unsure }
    }

    /// True when somebody may be there who was not looked at.
    pub(super) fn is_unsure(&self, socket: &Socket) -> bool {
        place(socket).is_some_and(|at| self.unsure.contains(&at))
    }

    /// The listeners of others that something reaches which would reach this one, too.
    pub(super) fn strangers_of(&self, socket: &'a Socket) -> impl Iterator<Item = (&'a Row, Ordering)> {
        let own = Party::of(socket);
        let parties = place(socket).and_then(|at| self.ports.get(&at));
        let others = parties.into_iter().flatten().filter(move |(party, _)| party.is_other(&own));
        others
            .flat_map(|(_, rows)| rows.iter().copied())
            .filter(|row| row.socket.key != socket.key && !share_a_process(&row.socket, socket))
            .filter_map(|row| Some((row, narrowness(socket, &row.socket)?)))
    }
}

/// A server that changed its user after its first bind is no stranger to itself, as ntpd does.
fn share_a_process(one: &Socket, other: &Socket) -> bool {
    let Some((one, other)) = one.owners.known().zip(other.owners.known()) else { return false };
    let ids: BTreeSet<_> = one.ids().collect();
    other.ids().any(|id| ids.contains(&id))
}

/// Which of two listeners of one port is bound more narrowly and so takes what reaches both; equal where
/// neither is. `None` where nothing reaches both, or all get a copy, as of multicast.
///
/// An exact address comes before the wildcard, then a bound device, then IPv4 before a socket that serves
/// both versions (`__inet_lookup_listener`, `compute_score` in `net/ipv4/inet_hashtables.c` and `udp.c`).
fn narrowness(one: &Socket, other: &Socket) -> Option<Ordering> {
    let (a, b) = (one.ends.local()?.addr, other.ends.local()?.addr);
    let (here, there) = (a.to_canonical(), b.to_canonical());
    if one.interface.zip(other.interface).is_some_and(|(one, other)| one != other) {
        return None;
    }
    let do_overlap = match (here.is_unspecified(), there.is_unspecified()) {
        (false, false) => here == there,
        (true, false) => serves(one, there),
        (false, true) => serves(other, here),
        (true, true) => [IpAddr::V4([0; 4].into()), IpAddr::V6([0; 16].into())]
            .iter()
            .any(|version| serves(one, *version) && serves(other, *version)),
    };
    if !do_overlap || here.is_multicast() || there.is_multicast() {
        return None;
    }
    let rank = |addr: IpAddr, plain: IpAddr, socket: &Socket| {
        (!plain.is_unspecified(), socket.interface.is_some(), addr.is_ipv4())
    };
    Some(rank(a, here, one).cmp(&rank(b, there, other)))
}

/// Whether a wildcard bind serves the IP version of an address, as far as that was told.
fn serves(wildcard: &Socket, addr: IpAddr) -> bool {
    match wildcard.reach() {
        Some(Reach::Both) => true,
        Some(Reach::V4) => addr.is_ipv4(),
        Some(Reach::V6) | None => addr.is_ipv6(),
    }
}
