//! Rows for sockets that no table lists: unbound ones, and families that the kernel lets nobody
//! dump. They are known by their descriptors alone.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::model::{
    Basics, Details, Ends, Family, Identity, Inode, NetnsId, PortRange, Protocol, Slice, SliceCoverage,
    SliceStatus, Socket, SocketKey, SocketType, State,
};
use crate::owner::{OwnerSets, Stray};
use crate::source::{RESIDUAL, Reading};

/// What may be in no table and is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<'a> {
    /// The namespaces to which it belongs; none where nothing is looked for.
    pub(super) places: &'a [NetnsId],
    /// Everything, or nothing but what listeners of L2CAP accepted.
    all: bool,
}

impl<'a> Sought<'a> {
    /// Everything where that was asked; where there are sockets of L2CAP, those that their own table lacks.
    pub(super) fn of(places: &'a [NetnsId], all: bool, reading: &Reading) -> Self {
        let is_used = |read: &SliceCoverage| read.slice.protocol == Protocol::L2cap && read.rows > 0;
        let any = all || reading.slices.iter().any(is_used);
        Self { places: if any { places } else { &[] }, all }
    }

    /// What a scan saw of it.
    pub(super) fn among(self, sets: &OwnerSets) -> BTreeMap<Inode, Stray> {
        let is_sought = |(_, stray): &(&Inode, &Stray)| self.all || is_accepted(stray);
        let strays = sets.strays().iter().filter(is_sought);
        strays.map(|(inode, stray)| (*inode, stray.clone())).collect()
    }
}

/// True for what a listener of L2CAP accepted, if it is in no table: those are linked to no list
/// (`l2cap_sock_new_connection_cb`, `net/bluetooth/l2cap_sock.c`).
fn is_accepted(stray: &Stray) -> bool {
    stray.proto_name.as_ref().is_some_and(|name| name.as_bytes() == b"L2CAP")
}

/// A socket that is in no table, and the namespace that it belongs to.
#[derive(Debug)]
struct Residual {
    inode: Inode,
    netns: NetnsId,
    stray: Stray,
}

/// What scans for owners saw and tables do not list.
///
/// A socket may have been opened after its table was read: a stray is believed only when tables that were read after it
/// was seen do not show it either.
#[derive(Debug, Default)]
pub(super) struct Unlisted {
    /// They are in no table.
    residual: Vec<Residual>,
    /// The tables that would tell have not been read yet.
    unsettled: BTreeMap<Inode, Stray>,
}

impl Unlisted {
    /// The strays that are in no table of these namespaces, by a second look at these.
    pub(super) fn at_once(
        strays: BTreeMap<Inode, Stray>,
        places: &[NetnsId],
        look_again: impl FnOnce() -> Option<Reading>,
    ) -> Self {
        let mut unlisted = Self { residual: Vec::new(), unsettled: strays };
        if let Some(second) = (!unlisted.unsettled.is_empty()).then(look_again).flatten() {
            unlisted.settle(&second.sockets, places);
        }
        Self { unsettled: BTreeMap::new(), ..unlisted }
    }

    /// Takes in the tables of the next reading: that is the second look where readings follow each other.
    pub(super) fn settle(&mut self, sockets: &[Socket], places: &[NetnsId]) {
        let strays = std::mem::take(&mut self.unsettled);
        if strays.is_empty() {
            return;
        }
        let listed: HashSet<Inode, RandomState> = sockets.iter().filter_map(|socket| socket.inode).collect();
        let unlisted = strays.into_iter().filter(|(inode, _)| !listed.contains(inode));
        let residual = unlisted.map(|(inode, stray)| Residual { inode, netns: stray.home(), stray });
        self.residual.extend(residual.filter(|residual| places.contains(&residual.netns)));
    }

    /// The same after another scan, which saw these.
    pub(super) fn after(mut self, strays: BTreeMap<Inode, Stray>, places: &[NetnsId]) -> Self {
        self.unsettled = strays;
        self.residual.retain_mut(|known| {
            let seen = self.unsettled.remove(&known.inode).filter(|_| places.contains(&known.netns));
            seen.map(|stray| known.stray = stray).is_some()
        });
        self
    }

    /// Appends a row for each that is there, and in no table, still.
    pub(super) fn append(&self, reading: &mut Reading) {
        let mut rows = Vec::new();
        for Residual { inode, netns, stray } in &self.residual {
            // One that is gone was perhaps in no table because it was closed before the second look.
            let listed = || reading.sockets.iter().any(|socket| socket.inode == Some(*inode));
            if stray.is_there(*inode) && !listed() {
                rows.push(row(*inode, *netns, stray));
            }
        }
        // Those of the residual table come last.
        rows.sort_by_key(|socket| (socket.family, socket.protocol) == RESIDUAL);
        for socket in &rows {
            let told = reading.slices.iter_mut().find(|read| read.slice == socket.slice());
            if let Some(read) = told {
                read.rows += 1;
            }
        }
        reading.sockets.append(&mut rows);
    }
}

/// What is known of a socket that no table lists.
fn row(inode: Inode, netns: NetnsId, stray: &Stray) -> Socket {
    let accepted = is_accepted(stray);
    let (family, protocol) = if accepted { (Family::Bluetooth, Protocol::L2cap) } else { RESIDUAL };
    let basics = Basics {
        key: SocketKey { netns, id: Identity::Inode(inode) },
        family,
        protocol,
        kind: SocketType::Unknown,
        state: State::Unknown,
        ends: Ends::Other { local: None, remote: None },
        inode: Some(inode),
    };
    let proto_name = stray.proto_name.clone().filter(|_| !accepted);
    let details = Details { proto_name, ..Details::default() };
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::MetadataExt as _;

    use super::*;
    use crate::model::{Fd, Pid};
    use crate::sys::host;

    /// A socket of this process, as a scan sees it.
    fn stray(socket: &TcpListener) -> (Inode, Stray) {
        let fd = socket.as_raw_fd();
        let file = std::fs::metadata(format!("/proc/self/fd/{fd}")).unwrap();
        let stray = Stray::seen(host::netns().unwrap(), Pid(std::process::id()), Fd(fd.cast_unsigned()));
        (Inode::new(file.ino()).unwrap(), stray)
    }

    fn rows(unlisted: &Unlisted, sockets: &[Socket]) -> Vec<Inode> {
        let mut reading = Reading { sockets: sockets.to_vec(), ..Reading::default() };
        unlisted.append(&mut reading);
        reading.sockets[sockets.len()..].iter().filter_map(|socket| socket.inode).collect()
    }

    #[test]
    fn a_stray_is_told_once_tables_that_were_read_later_lack_it() {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let (inode, seen) = stray(&socket);
        let (places, strays) = ([seen.home()], BTreeMap::from([(inode, seen.clone())]));
        let listed = [row(inode, places[0], &seen)];

        let first = Unlisted::at_once(strays.clone(), &places, || Some(Reading::default()));
        assert_eq!(rows(&first, &[]), [inode], "the second look lacks it");
        assert!(rows(&first, &listed).is_empty());
        let found = Unlisted::at_once(strays.clone(), &places, || {
            Some(Reading { sockets: listed.to_vec(), ..Reading::default() })
        });
        assert!(rows(&found, &[]).is_empty(), "it was opened after the first");

        let mut next = Unlisted::default().after(strays.clone(), &places);
        assert!(rows(&next, &[]).is_empty(), "it may have been opened since");
        next.settle(&listed, &places);
        assert!(rows(&next, &[]).is_empty(), "and was");
        let mut next = next.after(strays.clone(), &places);
        next.settle(&[], &places);
        assert_eq!(rows(&next, &[]), [inode]);
        let next = next.after(strays.clone(), &places);
        assert_eq!(rows(&next, &[]), [inode], "what was settled stays so");
        assert!(rows(&next.after(BTreeMap::new(), &places), &[]).is_empty(), "until it is seen no more");

        let mut l2cap = seen.clone();
        l2cap.proto_name = Some("L2CAP".into());
        let mut unlisted = Unlisted::at_once(strays.clone(), &places, || Some(Reading::default()));
        unlisted.residual.push(Residual { inode, netns: places[0], stray: l2cap });
        let slice = Slice { netns: places[0], family: Family::Bluetooth, protocol: Protocol::L2cap };
        let table = SliceCoverage { rows: 4, ..SliceCoverage::new(slice, "procfs") };
        let mut reading = Reading { slices: vec![table], ..Reading::default() };
        unlisted.append(&mut reading);
        let protocols: Vec<_> = reading.sockets.iter().map(|socket| socket.protocol).collect();
        assert_eq!((&protocols[..], reading.slices[0].rows), (&[Protocol::L2cap, Protocol::Other][..], 5));
        assert_eq!(coverage(places[0], &reading.sockets, None).rows, 1);

        let mut elsewhere = Unlisted::default().after(strays.clone(), &places);
        elsewhere.settle(&[], &[]);
        assert!(rows(&elsewhere, &[]).is_empty(), "its tables were not read");
    }
}
