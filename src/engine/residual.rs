//! Rows for sockets that no table lists: unbound ones, and families that the kernel lets nobody
//! dump. They are known by their descriptors alone.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::model::{
    Basics, Details, Ends, Family, Identity, Inode, PortRange, Protocol, SliceCoverage, Socket, SocketKey,
    SocketType, State,
};
use crate::owner::OwnerMap;
use crate::source::Reading;

/// Appends a row for each stray of the owner map that is in no table still.
///
/// A socket may have been opened after its table was read: strays are believed only when a second
/// look at the tables does not show them either, and they are there still.
pub(super) fn append(
    reading: &mut Reading,
    map: &OwnerMap,
    coverage: &mut SliceCoverage,
    look_again: impl FnOnce() -> Option<Reading>,
) {
    if map.strays().is_empty() {
        return;
    }
    let Some(second) = look_again() else { return };
    let late: HashSet<Inode, RandomState> = second.sockets.iter().filter_map(|socket| socket.inode).collect();
    // One that is gone by now was perhaps in no table because it was closed before the second look.
    let strays =
        map.strays().iter().filter(|(inode, stray)| !late.contains(inode) && stray.is_there(**inode));
    for (inode, stray) in strays {
        let basics = Basics {
            key: SocketKey { netns: stray.netns, id: Identity::Inode(*inode) },
            family: Family::Other,
            protocol: Protocol::Other,
            kind: SocketType::Unknown,
            state: State::Unknown,
            ends: Ends::Other { local: None, remote: None },
            inode: Some(*inode),
        };
        let details = Details { proto_name: stray.proto_name.clone(), ..Details::default() };
        reading
            .sockets
            .push(Socket { details: Some(Arc::new(details)), ..Socket::new(basics, &PortRange::default()) });
        coverage.rows += 1;
    }
}
