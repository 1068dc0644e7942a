//! How large a load is and of what. Pure; it must not open anything.

use std::net::Ipv4Addr;

/// So many processes with so many connections each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) processes: u32,
    /// Of each process, both ends in it.
    pub(crate) connections: u32,
}

/// No load can be asked for that is larger than the last.
pub(crate) const SIZES: [Size; 8] = [
    Size { name: "small", processes: 0, connections: 0 },
    Size { name: "10", processes: 1, connections: 5 },
    Size { name: "100", processes: 5, connections: 10 },
    Size { name: "1k", processes: 10, connections: 50 },
    Size { name: "20k", processes: 100, connections: 100 },
    Size { name: "100k", processes: 1_100, connections: 45 },
    Size { name: "200k", processes: 1_100, connections: 91 },
    Size { name: "1M", processes: 5_500, connections: 91 },
];

/// What the processes of a load hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Connections between the ends of which one is accepted by a listener: the load that there always is.
    Tcp,
    /// As many Unix sockets, in connected pairs.
    Unix,
    /// As many UDP sockets, bound.
    Udp,
    /// As many listeners.
    Listeners,
    /// A thousand descriptors in each process that are no sockets.
    Files,
    /// A network of its own for each process, with ten connected sockets and a listener.
    Namespaces,
}

/// By the names that they are asked for with.
const KINDS: [(&str, Kind); 6] = [
    ("tcp", Kind::Tcp),
    ("unix", Kind::Unix),
    ("udp", Kind::Udp),
    ("listeners", Kind::Listeners),
    ("files", Kind::Files),
    ("namespaces", Kind::Namespaces),
];
/// How many processes hold files, and how many are in a network of their own, at least and at most.
const OF_FILES: [u32; 2] = [100, 1_000];
const NAMESPACES: [u32; 2] = [20, 200];
/// What each of them holds.
const FILES: u32 = 1_000;
const CONNECTIONS_APART: u32 = 5;

/// What one process of the load is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holding {
    pub(crate) kind: Kind,
    /// It has this address of 127.0.0.0/8 for itself, so that there are ports enough.
    pub(crate) address: Ipv4Addr,
    /// Of connections and pairs, of which each is two sockets; else of what it holds.
    pub(crate) count: u32,
}

impl Size {
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let known = || SIZES.map(|size| size.name).join(", ");
        let found = SIZES.iter().find(|size| size.name == name);
        found.copied().ok_or_else(|| format!("there is no size {name}: there are {}", known()))
    }

    /// TCP sockets of the load in its own network, all of which a listing has to list.
    pub(crate) fn tcp(&self, kinds: &[Kind]) -> u64 {
        let listeners = if kinds.contains(&Kind::Listeners) { self.sockets() } else { 0 };
        self.sockets() + u64::from(self.processes) + listeners
    }

    /// The connected ones.
    pub(crate) fn sockets(&self) -> u64 {
        2 * u64::from(self.processes) * u64::from(self.connections)
    }

    /// What each process holds.
    pub(crate) fn holdings(&self, kinds: &[Kind]) -> Vec<Holding> {
        let all = std::iter::once(Kind::Tcp).chain(kinds.iter().copied().filter(|kind| *kind != Kind::Tcp));
        all.flat_map(|kind| self.of_kind(kind)).collect()
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = Holding> + use<> {
        let (processes, count) = match kind {
            Kind::Tcp | Kind::Unix => (self.processes, self.connections),
            Kind::Udp | Kind::Listeners => (self.processes, 2 * self.connections),
            Kind::Files => (self.processes.clamp(OF_FILES[0], OF_FILES[1]), FILES),
            Kind::Namespaces => (self.processes.clamp(NAMESPACES[0], NAMESPACES[1]), CONNECTIONS_APART),
        };
        let first = Ipv4Addr::new(127, 77 + kind as u8, 0, 0).to_bits();
        (1..=processes).map(move |number| Holding {
            kind,
            address: Ipv4Addr::from_bits(first + number),
            count,
        })
    }
}

impl Kind {
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let known = || KINDS.map(|(name, _)| name).join(", ");
        let found = KINDS.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind).ok_or_else(|| format!("there is no load {name}: there are {}", known()))
    }

    pub(crate) fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl Holding {
    /// As [`Self::parse`] takes it.
    pub(crate) fn text(&self) -> String {
        format!("{},{},{}", self.kind.name(), self.address, self.count)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let mut part = || parts.next().ok_or(format!("{text} tells not what to hold"));
        let kind = Kind::named(part()?)?;
        let address = part()?.parse().map_err(|error| format!("{text}: {error}"))?;
        let count = part()?.parse().map_err(|error| format!("{text}: {error}"))?;
        Ok(Self { kind, address, count })
    }
}
