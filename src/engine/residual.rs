//! Rows for sockets that no table lists: unbound ones, and families that the kernel lets nobody
//! dump. They are known by their descriptors alone.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::model::{
    Basics, Details, Ends, Identity, Inode, NetnsId, PortRange, Slice, SliceCoverage, SliceStatus, Socket,
    SocketKey, SocketType, State,
};
use crate::owner::Stray;
use crate::source::{RESIDUAL, Reading};

/// A socket that is in no table, and the namespace that it belongs to.
#[derive(Debug)]
pub(super) struct Residual {
    inode: Inode,
    netns: NetnsId,
    stray: Stray,
}

/// The strays that are in no table of these namespaces indeed.
///
/// A socket may have been opened after its table was read: strays are believed only when a second
/// look at the tables does not show them either.
pub(super) fn confirm(
    strays: &BTreeMap<Inode, Stray>,
    places: &[NetnsId],
    look_again: impl FnOnce() -> Option<Reading>,
) -> Vec<Residual> {
    if strays.is_empty() {
        return Vec::new();
    }
    let Some(second) = look_again() else { return Vec::new() };
    let late: HashSet<Inode, RandomState> = second.sockets.iter().filter_map(|socket| socket.inode).collect();
    let residual = |(inode, stray): (&Inode, &Stray)| Residual {
        inode: *inode,
        netns: stray.home(),
        stray: stray.clone(),
    };
    let unlisted = strays.iter().filter(|(inode, _)| !late.contains(inode)).map(residual);
    unlisted.filter(|residual| places.contains(&residual.netns)).collect()
}

/// Appends a row for each that is there, and in no table, still.
pub(super) fn append(reading: &mut Reading, residual: &[Residual]) {
    for Residual { inode, netns, stray } in residual {
        // One that is gone was perhaps in no table because it was closed before the second look.
        let listed = || reading.sockets.iter().any(|socket| socket.inode == Some(*inode));
        if stray.is_there(*inode) && !listed() {
            reading.sockets.push(row(*inode, *netns, stray));
        }
    }
}

/// What is known of a socket that no table lists.
fn row(inode: Inode, netns: NetnsId, stray: &Stray) -> Socket {
    let (family, protocol) = RESIDUAL;
    let basics = Basics {
        key: SocketKey { netns, id: Identity::Inode(inode) },
        family,
        protocol,
        kind: SocketType::Unknown,
        state: State::Unknown,
        ends: Ends::Other { local: None, remote: None },
        inode: Some(inode),
    };
    let details = Details { proto_name: stray.proto_name.clone(), ..Details::default() };
    Socket { details: Some(Arc::new(details)), ..Socket::new(basics, &PortRange::default()) }
}

/// How far the rows of a namespace are all there are: not, when something could not be read.
pub(super) fn coverage(netns: NetnsId, sockets: &[Socket], gap: Option<&str>) -> SliceCoverage {
    let (family, protocol) = RESIDUAL;
    let slice = Slice { netns, family, protocol };
    let mut coverage = SliceCoverage::new(slice, "procfs");
    // They were appended last.
    let last = sockets.iter().rev().take_while(|socket| socket.protocol == protocol);
    coverage.rows = last.filter(|socket| socket.slice() == slice).count();
    if let Some(why) = gap {
        coverage.status = SliceStatus::Partial(why.to_owned());
    }
    coverage
}
