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
        strays: &BTreeMap<Inode, Stray>,
        places: &[NetnsId],
        look_again: impl FnOnce() -> Option<Reading>,
    ) -> Self {
        let mut unlisted = Self { residual: Vec::new(), unsettled: strays.clone() };
        if let Some(second) = (!strays.is_empty()).then(look_again).flatten() {
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
    pub(super) fn after(mut self, strays: &BTreeMap<Inode, Stray>, places: &[NetnsId]) -> Self {
        self.unsettled.clone_from(strays);
        self.residual.retain_mut(|known| {
            let seen = self.unsettled.remove(&known.inode).filter(|_| places.contains(&known.netns));
            seen.map(|stray| known.stray = stray).is_some()
        });
        self
    }

    /// Appends a row for each that is there, and in no table, still.
    pub(super) fn append(&self, reading: &mut Reading) {
        for Residual { inode, netns, stray } in &self.residual {
            // One that is gone was perhaps in no table because it was closed before the second look.
            let listed = || reading.sockets.iter().any(|socket| socket.inode == Some(*inode));
            if stray.is_there(*inode) && !listed() {
                reading.sockets.push(row(*inode, *netns, stray));
            }
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

        let first = Unlisted::at_once(&strays, &places, || Some(Reading::default()));
        assert_eq!(rows(&first, &[]), [inode], "the second look lacks it");
        assert!(rows(&first, &listed).is_empty());
        let found = Unlisted::at_once(&strays, &places, || {
            Some(Reading { sockets: listed.to_vec(), ..Reading::default() })
        });
        assert!(rows(&found, &[]).is_empty(), "it was opened after the first");

        let mut next = Unlisted::default().after(&strays, &places);
        assert!(rows(&next, &[]).is_empty(), "it may have been opened since");
        next.settle(&listed, &places);
        assert!(rows(&next, &[]).is_empty(), "and was");
        let mut next = next.after(&strays, &places);
        next.settle(&[], &places);
        assert_eq!(rows(&next, &[]), [inode]);
        let next = next.after(&strays, &places);
        assert_eq!(rows(&next, &[]), [inode], "what was settled stays so");
        assert!(rows(&next.after(&BTreeMap::new(), &places), &[]).is_empty(), "until it is seen no more");

        let mut elsewhere = Unlisted::default().after(&strays, &places);
        elsewhere.settle(&[], &[]);
        assert!(rows(&elsewhere, &[]).is_empty(), "its tables were not read");
    }
}
