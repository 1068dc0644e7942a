//! Where sockets are read from: netlink, `/proc/net`, a library that knows other systems, or a script.
//!
//! Layer 3. A source reads everything that is wanted and says what it could not: partial success
//! is normal, silence about it is a bug. It knows no filter and no owner (a script excepted: it
//! tells its owners and its time itself).

mod place;
#[cfg(any(feature = "portable", not(linux)))]
pub mod portable;
mod protocols;
pub mod scenario;
mod stand_in;
mod tables;

#[cfg(linux)]
mod along;
#[cfg(linux)]
mod crosscheck;
#[cfg(linux)]
mod decoder;
#[cfg(linux)]
pub mod namespaces;
#[cfg(linux)]
pub mod netlink;
#[cfg(linux)]
mod numbers;
#[cfg(linux)]
pub mod procfs;
#[cfg(linux)]
mod question;
#[cfg(linux)]
mod second_look;

pub use tables::{RESIDUAL, everything};

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{
    Ask, Closely, Family, Host, KernelUse, Names, NamespaceCoverage, Narrow, NetnsCoverage, NetnsFound,
    NetnsId, OwnerCoverage, Protocol, SliceCoverage, SliceStatus, Socket, Stamp, Usages,
};

/// A family and a protocol: one table of the kernel.
pub type Wanted = (Family, Protocol);

/// One way of reading the socket table.
pub trait SocketSource: Send {
    /// Asks for other details from the next reading on. A source that has all or none of them at
    /// no cost need not listen.
    fn ask(&mut self, _ask: Ask) {}

    /// Says of which socket the details are wanted, too. A source that has them in any case need not listen.
    fn look_closely(&mut self, _closely: Option<Closely>) {}

    /// Says which sockets are enough from the next reading on, `None` for all. A source may tell more.
    fn narrow(&mut self, _narrow: Option<Narrow>) {}

    /// Reads the wanted tables. Never fails as a whole for a table's sake: what went wrong with
    /// one stands in its coverage.
    fn read(&mut self, wanted: &[Wanted]) -> Result<Reading, SourceError>;

    /// What the kernel says that it has sockets for itself in these namespaces of the last reading. It
    /// proves nothing where it is silent; a source that cannot ask says nothing.
    fn kernel_uses(&mut self, _places: &BTreeSet<NetnsId>) -> Vec<(NetnsId, Vec<KernelUse>)> {
        Vec::new()
    }
}

/// The same of the namespace that the calling thread is in.
#[cfg(linux)]
fn kernel_uses_here(places: &BTreeSet<NetnsId>) -> Vec<(NetnsId, Vec<KernelUse>)> {
    let here = crate::sys::host::netns().ok().filter(|here| places.contains(here));
    here.map(|here| (here, crate::sys::kernel_uses::here())).into_iter().collect()
}

/// What a source read.
#[derive(Debug, Default)]
pub struct Reading {
    /// Each key at most once.
    pub sockets: Vec<Socket>,
    /// For each namespace that was read one for every wanted table, in the order asked for.
    pub slices: Vec<SliceCoverage>,
    pub namespaces: NamespaceCoverage,
    /// Names of namespaces and interfaces: only who is in a namespace can ask for the latter.
    pub names: Names,
    /// The surroundings, when the source brings its own.
    pub stage: Option<Stage>,
}

impl Reading {
    /// A reading of the namespace that sockeye is in, which looks at no other.
    fn of_own(id: NetnsId) -> Self {
        let own = NetnsCoverage { id, name: None, found: NetnsFound::Own, status: SliceStatus::Ok };
        let namespaces = NamespaceCoverage { list: vec![own], ..NamespaceCoverage::default() };
        Self { namespaces, ..Self::default() }
    }

    /// Tells the ports that the kernel hands out in a namespace, where that is known.
    fn tell_ports(&mut self, place: place::Place) {
        self.names.ephemeral.extend(place.ephemeral.map(|range| (place.netns, range)));
    }

    /// Names the interfaces of the sockets from that place on, which must be those of the namespace
    /// that the calling thread is in.
    #[cfg(linux)]
    fn name_interfaces(&mut self, from: usize) {
        let mut lookup = crate::sys::interfaces::Interfaces::default();
        for socket in &self.sockets[from..] {
            let Some(index) = socket.interface else { continue };
            let key = (socket.key.netns, index);
            if !self.names.interfaces.contains_key(&key)
                && let Some(name) = lookup.name(index)
            {
                self.names.interfaces.insert(key, name);
            }
        }
    }
}

/// What a script knows besides sockets. Its sockets carry their owners already.
#[derive(Clone, Debug)]
pub struct Stage {
    pub taken: Stamp,
    pub host: Arc<Host>,
    pub names: Arc<Names>,
    pub owners: OwnerCoverage,
    pub usages: Usages,
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error(transparent)]
    Netns(#[from] crate::sys::host::NetnsError),
    #[cfg(linux)]
    #[error("cannot start the thread that enters namespaces: {0}")]
    Thread(std::io::Error),
    #[cfg(linux)]
    #[error(transparent)]
    Pick(#[from] namespaces::PickError),
}

/// Appends the sockets of one table, each key once. Of rows that the kernel repeated the later
/// one is kept. Counts them in the table's coverage.
fn keep(mut sockets: Vec<Socket>, coverage: &mut SliceCoverage, reading: &mut Reading) {
    let read = sockets.len();
    // Sorts small keys and then moves each socket once.
    sockets.sort_by_cached_key(|socket| socket.key);
    sockets.dedup_by(|later, kept| {
        let same = later.key == kept.key;
        if same {
            std::mem::swap(later, kept);
        }
        same
    });
    coverage.rows = sockets.len();
    coverage.repeated = read - sockets.len();
    if reading.sockets.is_empty() {
        reading.sockets = sockets; // the first table is often the largest
    } else {
        reading.sockets.append(&mut sockets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Basics, Ends, Identity, Inode, NetnsId, PortRange, Queues, Slice, SocketKey, SocketType, State,
        UnixName,
    };

    fn unix(inode: u64, name: &str, queue: u32) -> Socket {
        let inode = Inode::new(inode).unwrap();
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Inode(inode) },
            family: Family::Unix,
            protocol: Protocol::Unix,
            kind: SocketType::Stream,
            state: State::Listen,
            ends: Ends::Unix { name: Some(UnixName::Path(name.into())), peer: None },
            inode: Some(inode),
        };
        let queues = Queues { recv: Some(queue), send: None };
        Socket { queues, ..Socket::new(basics, &PortRange::default()) }
    }

    fn kept(sockets: Vec<Socket>) -> (Vec<Socket>, SliceCoverage) {
        let slice = Slice { netns: NetnsId(1), family: Family::Unix, protocol: Protocol::Unix };
        let mut coverage = SliceCoverage::new(slice, "procfs");
        let mut reading = Reading::default();
        keep(sockets, &mut coverage, &mut reading);
        (reading.sockets, coverage)
    }

    #[test]
    fn of_a_repeated_row_the_later_one_is_kept_and_counted() {
        let (sockets, coverage) = kept(vec![unix(1, "/a", 0), unix(2, "/b", 0), unix(1, "/a", 5)]);
        assert_eq!(sockets, [unix(1, "/a", 5), unix(2, "/b", 0)]);
        assert_eq!((coverage.rows, coverage.repeated, coverage.status), (2, 1, SliceStatus::Ok));
    }
}
