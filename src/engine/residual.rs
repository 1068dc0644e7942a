//! Rows for sockets that no table lists: unbound ones, and families that the kernel lets nobody
//! dump. They are known by their descriptors alone.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::model::{
    Basics, Details, Ends, Identity, Inode, NetnsId, PortRange, Slice, SliceCoverage, SliceStatus, Socket,
    SocketKey, SocketType, State,
};
use crate::owner::{OwnerMap, Stray};
use crate::source::{RESIDUAL, Reading};

/// Appends a row for each stray of the owner map that is in no table of these namespaces.
///
/// A socket may have been opened after its table was read: strays are believed only when a second
/// look at the tables does not show them either, and they are there still.
pub(super) fn append(
    reading: &mut Reading,
    map: &OwnerMap,
    places: &[NetnsId],
    look_again: impl FnOnce() -> Option<Reading>,
) {
    if map.strays().is_empty() {
        return;
    }
    let Some(second) = look_again() else { return };
    let late: HashSet<Inode, RandomState> = second.sockets.iter().filter_map(|socket| socket.inode).collect();
    for (inode, stray) in map.strays().iter().filter(|(inode, _)| !late.contains(inode)) {
        let home = stray.home();
        // One that is gone by now was perhaps in no table because it was closed before the second look.
        if places.contains(&home) && stray.is_there(*inode) {
            reading.sockets.push(row(*inode, home, stray));
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
