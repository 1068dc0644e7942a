//! Sockets from `/proc/self/net/*`: for where netlink is refused.
//!
//! The text has no cookie, so identity is the inode, or the addresses where there is none. What
//! the text lacks is null. It is never chosen by itself: netlink falls back to it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;

use super::netlink::Place;
use super::{Reading, SocketSource, SourceError, Wanted, keep};
use crate::model::{Identity, NoOwner, Owners, Role, Slice, SliceCoverage, SliceStatus, Socket, SocketKey};
use crate::sys::{host, procnet};
use crate::wire::proc_net::{self, Line};

/// The text tables of this network namespace.
#[derive(Debug, Default)]
pub struct Procfs;

impl SocketSource for Procfs {
    fn read(&mut self, wanted: &[Wanted]) -> Result<Reading, SourceError> {
        let place = Place { netns: host::netns()?, ephemeral: procnet::ephemeral_ports() };
        let mut reading = Reading::default();
        for table in wanted {
            let coverage = read_table(*table, place, &mut reading);
            reading.slices.push(coverage);
        }
        Ok(reading)
    }
}

/// Appends the sockets of one table.
pub(super) fn read_table(table: Wanted, place: Place, reading: &mut Reading) -> SliceCoverage {
    let (family, protocol) = table;
    let slice = Slice { netns: place.netns, family, protocol };
    let mut coverage = SliceCoverage::new(slice, "procfs");
    let text = match procnet::table(family, protocol) {
        Ok(text) => text,
        Err(error) => {
            coverage.status = trouble(table, &error);
            return coverage;
        }
    };
    let mut names = Names::default();
    let mut sockets = Vec::new();
    for line in proc_net::lines(&text, family, protocol) {
        match line {
            Ok(line) => sockets.push(names.socket(line, table, place)),
            Err(_) => coverage.malformed += 1,
        }
    }
    keep(sockets, &mut coverage, reading);
    coverage
}

fn trouble((family, protocol): Wanted, error: &io::Error) -> SliceStatus {
    let path = procnet::table_path(family, protocol);
    match error.kind() {
        io::ErrorKind::NotFound => SliceStatus::Absent(format!("this kernel has no {path}")),
        _ => SliceStatus::Failed(format!("cannot read {path}: {error}")),
    }
}

/// Stand-in identities for sockets that have neither cookie nor inode.
#[derive(Default)]
struct Names {
    /// How many sockets with the same addresses came before.
    twins: HashMap<u64, u64>,
}

impl Names {
    fn socket(&mut self, line: Line, (family, protocol): Wanted, place: Place) -> Socket {
        let id = match line.inode {
            Some(inode) => Identity::Inode(inode),
            None => Identity::Tuple(self.tuple(&line)),
        };
        Socket {
            key: SocketKey { netns: place.netns, id },
            family,
            protocol,
            kind: line.kind,
            state: line.state,
            role: Role::of(protocol, line.state, &line.ends, &place.ephemeral),
            ends: line.ends,
            inode: line.inode,
            uid: line.uid,
            interface: None,
            queues: line.queues,
            timer: line.timer,
            v6only: None,
            owners: Owners::Unknown(NoOwner::NotScanned),
        }
    }

    /// A hash of the addresses and of how many twins came before: unaccepted connections to one
    /// Unix path differ in nothing that the text shows.
    fn tuple(&mut self, line: &Line) -> u64 {
        let mut hasher = DefaultHasher::new();
        (line.kind, &line.ends).hash(&mut hasher);
        let twins = self.twins.entry(hasher.finish()).or_default();
        *twins += 1;
        twins.hash(&mut hasher);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Family, NetnsId, PortRange, Protocol};

    #[test]
    fn twins_without_inode_stay_apart_and_keep_their_names() {
        let text = b"head\n\
            0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/a\n\
            0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/a\n";
        let place = Place { netns: NetnsId(1), ephemeral: PortRange::default() };
        let read = || {
            let mut names = Names::default();
            proc_net::lines(text, Family::Unix, Protocol::Unix)
                .map(|line| names.socket(line.unwrap(), (Family::Unix, Protocol::Unix), place).key)
                .collect::<Vec<_>>()
        };
        let keys = read();
        assert_ne!(keys[0], keys[1]);
        assert_eq!(keys, read());
    }
}
