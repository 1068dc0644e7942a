//! Who holds it: the sockets that somebody asks about, brought together with what goes through them.
//!
//! Gathering is pure: a table and its moment in, groups out. Two faces show them, a text and JSON.
//! Nothing here reads or decides how a program ends.

mod json;
mod target;
mod text;
mod troubles;

pub(super) use json::WhoView;
pub use json::write_json;
pub use target::{FileOf, PORTED, Surroundings, Target, TargetError};
pub use text::write;

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::model::{
    Endpoint, Ends, Family, Known, Name, NetnsId, NoOwner, Owner, Process, ProcessId, Protocol,
    PublishedPort, Reach, Row, Socket, State, UnixName,
};
use crate::store::{Moment, Peers, Table};

/// The answer to one target.
#[derive(Debug)]
pub struct Who<'a> {
    pub target: &'a Target,
    pub groups: Vec<Group<'a>>,
    /// Rules that pass on what comes to the port from outside; `None` when they could not be read.
    pub rules: Option<Vec<&'a PublishedPort>>,
}

/// Sockets of one place, and what goes through it.
#[derive(Debug)]
pub struct Group<'a> {
    pub netns: NetnsId,
    pub protocol: Protocol,
    /// Those that wait for others, several when they share the place. Empty where nobody does.
    pub seats: Vec<&'a Row>,
    /// Connections of the seats; without seats whatever is there.
    pub through: Vec<&'a Row>,
    /// Of connections that are not over, most first.
    pub peers: Vec<(Peer<'a>, usize)>,
}

/// The other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer<'a> {
    /// A machine that called.
    Address(IpAddr),
    /// A service that was called.
    Service(Endpoint),
    /// A process of this machine. The bytes are what it calls itself.
    Process(ProcessId, &'a [u8]),
    Unknown,
}

/// Where a socket is, without its namespace and protocol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'a> {
    Inet(Family, Endpoint),
    Unix(&'a UnixName),
    Other(Option<Name>),
    /// A port, whatever the address: of what nobody listens for.
    Port(u16),
    Nowhere,
}

type Spot<'a> = (NetnsId, Protocol, Place<'a>);

impl<'a> Who<'a> {
    /// Gathers what is known about a target.
    #[must_use]
    pub fn of(target: &'a Target, table: &'a Table, moment: &'a Moment) -> Self {
        let meant = meant(target, table);
        let mut seats: BTreeMap<Spot<'a>, Group<'a>> = BTreeMap::new();
        for row in meant.iter().filter(|row| row.socket.is_listener()) {
            let spot = spot(&row.socket);
            seats.entry(spot).or_insert_with(|| Group::at(&row.socket)).seats.push(row);
        }
        for row in table.open().filter(|row| !row.socket.is_listener()) {
            let taken = seat_of(&row.socket).into_iter().find(|spot| seats.contains_key(spot));
            if let Some(group) = taken.and_then(|spot| seats.get_mut(&spot)) {
                group.through.push(row);
            }
        }
        let mut rest: BTreeMap<Spot<'a>, Group<'a>> = BTreeMap::new();
        for row in meant.into_iter().filter(|row| !row.socket.is_listener()) {
            if seat_of(&row.socket).iter().any(|spot| seats.contains_key(spot)) {
                continue;
            }
            let spot = loose_spot(&row.socket, target.is_process());
            rest.entry(spot).or_insert_with(|| Group::at(&row.socket)).through.push(row);
        }
        let others = table.peers();
        let mut groups: Vec<_> = seats.into_values().chain(rest.into_values()).collect();
        for group in &mut groups {
            group.count_peers(&others);
        }
        Self { target, groups, rules: rules(target, moment) }
    }

    /// True when somebody holds it: what is only left over, as TIME-WAIT is, holds nothing.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let passed_on = self.rules.as_ref().is_some_and(|rules| !rules.is_empty());
        passed_on || self.groups.iter().any(Group::is_held)
    }

    /// The processes that are told of, each once.
    pub fn processes(&self) -> impl Iterator<Item = &'a Process> {
        let all = self.groups.iter().flat_map(Group::owners);
        let once: BTreeMap<_, _> = all.map(|owner| (owner.process.id, owner.process.as_ref())).collect();
        once.into_values()
    }
}

impl<'a> Group<'a> {
    fn at(socket: &Socket) -> Self {
        let (netns, protocol) = (socket.key.netns, socket.protocol);
        Self { netns, protocol, seats: Vec::new(), through: Vec::new(), peers: Vec::new() }
    }

    /// The rows that say who holds the place.
    #[must_use]
    pub fn holding(&self) -> &[&'a Row] {
        if self.seats.is_empty() { &self.through } else { &self.seats }
    }

    /// Every owner of the place, each process once, by pid.
    #[must_use]
    pub fn owners(&self) -> Vec<Owner<'a>> {
        let known = self.holding().iter().filter_map(|row| row.socket.owners.known());
        let all: BTreeMap<_, _> =
            known.flat_map(Known::shown).map(|owner| (owner.process.id, owner)).collect();
        all.into_values().collect()
    }

    /// Owners of one socket beyond those that are kept.
    #[must_use]
    pub fn beyond(&self) -> usize {
        let known = self.holding().iter().filter_map(|row| row.socket.owners.known());
        known.map(Known::beyond).max().unwrap_or(0)
    }

    /// Connections that are not over.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.through.iter().filter(|row| is_connection(&row.socket)).count()
    }

    /// Connections that are over and linger.
    #[must_use]
    pub fn lingering(&self) -> usize {
        self.through.iter().filter(|row| row.socket.state == State::TimeWait).count()
    }

    /// How many of what goes through have no owner for this reason, and do not linger.
    #[must_use]
    pub fn without(&self, why: NoOwner) -> usize {
        let live = self.through.iter().filter(|row| row.socket.state != State::TimeWait);
        live.filter(|row| row.socket.owners.found().err() == Some(why)).count()
    }

    fn is_held(&self) -> bool {
        let holds = |row: &&Row| {
            let left = [NoOwner::Orphan, NoOwner::Handshake, NoOwner::AcceptQueue];
            let gone = row.socket.owners.found().err().is_some_and(|why| left.contains(&why));
            row.socket.state != State::TimeWait && !gone
        };
        !self.seats.is_empty() || self.through.iter().any(holds)
    }

    fn count_peers(&mut self, others: &Peers<'a>) {
        let mut counts: BTreeMap<Peer<'a>, usize> = BTreeMap::new();
        for row in self.through.iter().filter(|row| is_connection(&row.socket)) {
            let peer = match (&row.socket.ends, self.seats.is_empty()) {
                (Ends::Inet { remote: Some(end), .. }, false) => Peer::Address(end.addr.to_canonical()),
                (Ends::Inet { remote: Some(end), .. }, true) => {
                    Peer::Service(Endpoint::new(end.addr.to_canonical(), end.port))
                }
                _ => {
                    let other = others.find(&row.socket).and_then(|other| other.socket.owners.first());
                    other.map_or(Peer::Unknown, |other| {
                        Peer::Process(other.process.id, other.process.comm.as_bytes())
                    })
                }
            };
            *counts.entry(peer).or_default() += 1;
        }
        self.peers = counts.into_iter().collect();
        self.peers.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    }
}

/// True for what has a peer and is not over.
fn is_connection(socket: &Socket) -> bool {
    let connected = match &socket.ends {
        Ends::Inet { remote, .. } => remote.is_some(),
        Ends::Unix { .. } => socket.state == State::Established,
        Ends::Other { .. } => false,
    };
    connected && socket.state != State::TimeWait
}

/// The rows that a target means. Who asks for an address is answered by who listens on every address,
/// unless somebody listens on that one.
fn meant<'a>(target: &Target, table: &'a Table) -> Vec<&'a Row> {
    let mut meant: Vec<_> = table.open().filter(|row| target.means(&row.socket)).collect();
    if let Target::At(end) = target {
        let taken =
            |protocol| meant.iter().any(|row| row.socket.is_listener() && row.socket.protocol == protocol);
        let wide: Vec<_> =
            table.open().filter(|row| hears(&row.socket, *end) && !taken(row.socket.protocol)).collect();
        meant.extend(wide);
    }
    meant
}

/// True for a listener on every address that gets what is sent to this one.
fn hears(socket: &Socket, end: Endpoint) -> bool {
    let Some(local) = socket.ends.local() else { return false };
    let reach = socket.reach();
    let version = match end.addr.to_canonical() {
        IpAddr::V4(_) => matches!(reach, Some(Reach::V4 | Reach::Both)),
        // What is not told may be.
        IpAddr::V6(_) => local.addr.is_ipv6() && reach != Some(Reach::V4),
    };
    socket.is_listener()
        && PORTED.contains(&socket.protocol)
        && local.port == end.port
        && local.addr.to_canonical().is_unspecified()
        && version
        && !end.addr.is_unspecified()
}

/// Where a socket is.
fn spot(socket: &Socket) -> Spot<'_> {
    let place = match &socket.ends {
        Ends::Inet { local, .. } => Place::Inet(socket.family, *local),
        Ends::Unix { name: Some(name), .. } => Place::Unix(name),
        Ends::Unix { name: None, .. } => Place::Nowhere,
        Ends::Other { local, .. } => Place::Other(*local),
    };
    (socket.key.netns, socket.protocol, place)
}

/// Where the listener of a connection may be: at its own address first, as for the kernel.
fn seat_of(socket: &Socket) -> Vec<Spot<'_>> {
    let at = |place| (socket.key.netns, socket.protocol, place);
    match &socket.ends {
        Ends::Inet { local, remote: Some(_) } => {
            let every = match (local.addr, local.addr.to_canonical()) {
                (IpAddr::V4(_), _) => [std::net::Ipv4Addr::UNSPECIFIED.into(); 2],
                (IpAddr::V6(_), IpAddr::V4(_)) => [
                    std::net::Ipv4Addr::UNSPECIFIED.to_ipv6_mapped().into(),
                    std::net::Ipv6Addr::UNSPECIFIED.into(),
                ],
                (IpAddr::V6(_), _) => [std::net::Ipv6Addr::UNSPECIFIED.into(); 2],
            };
            let place = |addr| at(Place::Inet(socket.family, Endpoint::new(addr, local.port)));
            [local.addr, every[0], every[1]].map(place).into()
        }
        Ends::Unix { name: Some(name), .. } => vec![at(Place::Unix(name))],
        _ => Vec::new(),
    }
}

/// What belongs together where nobody waits: of processes all of a protocol, else what is at one port.
fn loose_spot(socket: &Socket, of_process: bool) -> Spot<'_> {
    let place = match &socket.ends {
        _ if of_process => Place::Nowhere,
        Ends::Inet { local, .. } => Place::Port(local.port),
        _ => spot(socket).2,
    };
    (socket.key.netns, socket.protocol, place)
}

/// The rules that pass on what comes to the ports that are asked about.
fn rules<'a>(target: &Target, moment: &'a Moment) -> Option<Vec<&'a PublishedPort>> {
    let all = moment.names.published.as_ref()?;
    let about = |rule: &&PublishedPort| match target {
        Target::Ports(ports) => rule.ports.is_some_and(|span| ports.iter().any(|port| span.holds(*port))),
        Target::At(end) => {
            rule.ports.is_some_and(|span| span.holds(end.port))
                && rule.host.is_none_or(|host| host.holds(end.addr.to_canonical()))
                && rule
                    .family
                    .is_none_or(|family| (family == Family::Inet) == end.addr.to_canonical().is_ipv4())
        }
        Target::Unix(..) | Target::Pid(_) | Target::Process(_) => false,
    };
    Some(all.iter().map(AsRef::as_ref).filter(about).collect())
}
