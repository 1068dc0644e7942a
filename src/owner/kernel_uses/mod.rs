//! Sockets that the kernel opened for itself: nobody holds them, and the kernel tells elsewhere that it
//! has a socket in just that place.
//!
//! A place proves it only where no other socket can be, or is. Where a hidden process may be connected
//! to the same end, every process must have been looked into. What nothing proves stays as it was.
//! Nothing is read here.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use foldhash::fast::RandomState;

use crate::model::{
    Endpoint, Ends, Family, KernelUse, NetnsId, NoOwner, Owners, Protocol, Reach, Seat, Socket, SocketKey,
    SystemBytes,
};

/// What the kernel tells of each namespace.
pub(super) type Told = Vec<(NetnsId, Vec<KernelUse>)>;

/// How long an answer holds. A socket that is the kernel's never becomes another's, so what is kept only
/// grows old in its words; what was asked about in vain is asked about again.
const REST: Duration = Duration::from_secs(10);

/// The kernel's own sockets, by evidence, kept from reading to reading.
#[derive(Debug, Default)]
pub struct KernelUses {
    known: BTreeMap<SocketKey, SystemBytes>,
    in_vain: HashSet<SocketKey, RandomState>,
    /// Until when it holds but for new sockets.
    until: Duration,
}

impl KernelUses {
    /// Gives the kernel what is its own of the sockets without holder, and says what it uses each for.
    /// The kernel is asked, about these namespaces, only when a socket is left that it was not asked
    /// about of late.
    #[must_use]
    pub fn settle(
        &mut self,
        sockets: &mut [Socket],
        now: Duration,
        ask: impl FnOnce(&BTreeSet<NetnsId>) -> Told,
    ) -> BTreeMap<SocketKey, SystemBytes> {
        let left: Vec<usize> = (0..sockets.len()).filter(|at| may_be_kernels(&sockets[*at])).collect();
        if left.is_empty() {
            *self = Self::default();
            return BTreeMap::new();
        }
        let asked = |at: &usize| {
            let key = &sockets[*at].key;
            self.known.contains_key(key) || self.in_vain.contains(key)
        };
        if now >= self.until || !left.iter().all(asked) {
            let places = left.iter().map(|at| sockets[*at].key.netns).collect();
            let known = Spots::new(&ask(&places), sockets).of(sockets, &left);
            let in_vain = left.iter().map(|at| sockets[*at].key).filter(|key| !known.contains_key(key));
            self.in_vain = in_vain.collect();
            (self.known, self.until) = (known, now + REST);
        }
        let mut told = BTreeMap::new();
        for at in left {
            let socket = &mut sockets[at];
            if let Some(what) = self.known.get(&socket.key) {
                socket.owners = Owners::Unknown(NoOwner::Kernel);
                told.insert(socket.key, what.clone());
            }
        }
        told
    }

    /// Gives the kernel what was its own when it was asked last.
    pub fn recall(&self, sockets: &mut [Socket]) {
        for socket in sockets.iter_mut().filter(|socket| self.known.contains_key(&socket.key)) {
            if may_be_kernels(socket) {
                socket.owners = Owners::Unknown(NoOwner::Kernel);
            }
        }
    }
}

/// True for a socket that nobody was seen to hold, of a kind that the kernel opens. Where processes may not
/// be read most sockets are so; then only those are looked at whose place alone may prove it.
fn may_be_kernels(socket: &Socket) -> bool {
    let Owners::Unknown(why) = socket.owners else { return false };
    let of_kind = match (why, socket.protocol) {
        (NoOwner::Nobody | NoOwner::InFlight | NoOwner::OtherPidns, Protocol::Tcp | Protocol::Udp) => true,
        (NoOwner::Denied, Protocol::Udp) => Spot::port_of(socket).is_some(),
        _ => false,
    };
    of_kind && socket.inode.is_some()
}

/// A place within a namespace where the kernel has a socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Spot {
    /// A UDP port of every address.
    Port(u16, Family),
    /// Both ends of TCP.
    Tcp(Ends),
    /// The other end.
    Peer(Endpoint),
}

impl Spot {
    /// The port of a UDP socket that hears everybody. Bound to an interface it could have a neighbour.
    fn port_of(socket: &Socket) -> Option<Self> {
        let Ends::Inet { local, remote: None } = socket.ends else { return None };
        let everybody = local.addr.is_unspecified() && socket.interface.is_none();
        (socket.protocol == Protocol::Udp && everybody).then_some(Self::Port(local.port, socket.family))
    }

    /// The places of a socket.
    fn all_of(socket: &Socket) -> [Option<Self>; 3] {
        let tcp = (socket.protocol == Protocol::Tcp).then(|| Self::Tcp(socket.ends.clone()));
        let carries = matches!(socket.protocol, Protocol::Tcp | Protocol::Udp);
        let peer = socket.ends.remote().filter(|_| carries).map(Self::Peer);
        [Self::port_of(socket), tcp, peer]
    }

    /// The places where a use has its sockets.
    fn of_use(seat: &Seat) -> Vec<Self> {
        let port = |port: u16, families: &[Family]| {
            families.iter().map(|family| Self::Port(port, *family)).collect()
        };
        match seat {
            Seat::Port { port: number, versions: Reach::V4 } => port(*number, &[Family::Inet]),
            Seat::Port { port: number, versions: Reach::V6 } => port(*number, &[Family::Inet6]),
            Seat::Port { port: number, versions: Reach::Both } => {
                port(*number, &[Family::Inet, Family::Inet6])
            }
            Seat::Ends(ends) => vec![Self::Tcp(ends.clone())],
            Seat::Peer(end) => vec![Self::Peer(*end)],
        }
    }
}

/// What was told of a place.
#[derive(Debug)]
struct Claim {
    what: SystemBytes,
    /// How many uses there are: tunnels of one port share a socket.
    uses: usize,
    /// How many sockets there are, held or not.
    sockets: usize,
}

/// The places where the kernel has sockets.
#[derive(Debug, Default)]
struct Spots(HashMap<(NetnsId, Spot), Claim, RandomState>);

impl Spots {
    fn new(told: &Told, sockets: &[Socket]) -> Self {
        let mut spots = Self::default();
        for (netns, uses) in told {
            for one in uses {
                spots.add(*netns, one);
            }
        }
        for socket in sockets.iter().filter(|socket| socket.protocol == Protocol::Smc) {
            beneath(socket).for_each(|one| spots.add(socket.key.netns, &one));
        }
        if !spots.0.is_empty() {
            for socket in sockets {
                for spot in Spot::all_of(socket).into_iter().flatten() {
                    if let Some(claim) = spots.0.get_mut(&(socket.key.netns, spot)) {
                        claim.sockets += 1;
                    }
                }
            }
        }
        spots
    }

    fn add(&mut self, netns: NetnsId, one: &KernelUse) {
        for spot in Spot::of_use(&one.seat) {
            let new = || Claim { what: one.what.clone(), uses: 0, sockets: 0 };
            self.0.entry((netns, spot)).or_insert_with(new).uses += 1;
        }
    }

    /// What proves these of the sockets the kernel's.
    fn of(&self, sockets: &[Socket], left: &[usize]) -> BTreeMap<SocketKey, SystemBytes> {
        let proof = |socket: &Socket| {
            let mut spots = Spot::all_of(socket).into_iter().flatten();
            spots.find_map(|spot| self.proof(socket, &spot)).map(|what| (socket.key, what))
        };
        left.iter().filter_map(|at| proof(&sockets[*at])).collect()
    }

    fn proof(&self, socket: &Socket, spot: &Spot) -> Option<SystemBytes> {
        let claim = self.0.get(&(socket.key.netns, spot.clone()))?;
        let proven = match spot {
            Spot::Port(..) => claim.sockets == 1,
            Spot::Tcp(_) => claim.sockets <= claim.uses,
            Spot::Peer(_) => socket.owners == Owners::Unknown(NoOwner::Nobody),
        };
        let more = match (spot, claim.uses - 1) {
            (Spot::Port(..), 1) => " and 1 other".to_owned(),
            (Spot::Port(..), more @ 2..) => format!(" and {more} others"),
            _ => String::new(),
        };
        proven.then(|| [claim.what.as_bytes(), more.as_bytes()].concat().into())
    }
}

/// The TCP socket beneath one of SMC, which carries the handshake, and everything where SMC is not spoken
/// (`smc_create`, `net/smc/af_smc.c`). A wildcard may be one of either version.
fn beneath(socket: &Socket) -> impl Iterator<Item = KernelUse> {
    let ends = match &socket.ends {
        Ends::Inet { local, remote: None } if local.port != 0 && local.addr.is_unspecified() => {
            let any = [IpAddr::from(Ipv4Addr::UNSPECIFIED), Ipv6Addr::UNSPECIFIED.into()];
            any.map(|addr| Ends::Inet { local: Endpoint::new(addr, local.port), remote: None }).to_vec()
        }
        Ends::Inet { local, .. } if local.port != 0 => vec![socket.ends.clone()],
        _ => Vec::new(),
    };
    ends.into_iter()
        .map(|ends| KernelUse { what: "TCP beneath an SMC socket".into(), seat: Seat::Ends(ends) })
}
