//! Sockets from `/proc/self/net/*`: for where netlink is refused.
//!
//! The text has no cookie, so identity is the inode, or the addresses where there is none. What
//! the text lacks is null. It is never chosen by itself: netlink falls back to it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::sync::Arc;

use super::netlink::Place;
use super::protocols::{self, Count, Counts};
use super::tables::{self, KernelTable};
use super::{Reading, SocketSource, SourceError, Wanted, keep};
use crate::model::{Basics, Details, Identity, SliceCoverage, SliceStatus, Socket, SocketKey};
use crate::sys::procnet::{self, Whose};
use crate::wire::Context;
use crate::wire::line::Line;

/// The text tables of this network namespace.
#[derive(Debug, Default)]
pub struct Procfs;

impl SocketSource for Procfs {
    fn read(&mut self, wanted: &[Wanted]) -> Result<Reading, SourceError> {
        let place = Place::here()?;
        let mut reading = Reading::of_own(place.netns);
        let counts = Counts::read(Whose::Ours);
        for table in wanted.iter().filter_map(|wanted| tables::find(*wanted)) {
            let mut coverage = read_table(table, place, &counts, &mut reading);
            coverage.counted = counts.number(table.table);
            reading.slices.push(coverage);
        }
        reading.name_interfaces(0);
        Ok(reading)
    }
}

/// Appends the sockets of one table.
pub(super) fn read_table(
    known: &KernelTable,
    place: Place,
    counts: &Counts,
    reading: &mut Reading,
) -> SliceCoverage {
    let mut coverage = SliceCoverage::new(place.slice(known.table), "procfs");
    if known.text.is_empty() {
        coverage.status = protocols::unlisted(counts.of(known.table));
        return coverage;
    }
    let context = place.context(known.table);
    let mut names = Names::default();
    let mut sockets = Vec::new();
    for text in known.text {
        match procnet::table(place.whose, text.file) {
            Ok(bytes) => (text.parse)(&bytes, &context, &mut |line| match line {
                Ok(line) => sockets.push(names.socket(line, &context)),
                Err(_) => coverage.malformed += 1,
            }),
            // Half a table is none: what it lacks would look closed.
            Err(error) => {
                coverage.status = trouble(text.file, &error, counts.of(known.table));
                return coverage;
            }
        }
    }
    keep(known.settle(sockets), &mut coverage, reading);
    coverage
}

fn trouble(file: &str, error: &io::Error, count: Count) -> SliceStatus {
    match error.kind() {
        io::ErrorKind::NotFound => protocols::unlisted(count),
        io::ErrorKind::PermissionDenied => {
            SliceStatus::Denied(format!("/proc/net/{file} may not be read: {error}"))
        }
        _ => SliceStatus::Failed(format!("cannot read /proc/net/{file}: {error}")),
    }
}

/// Stand-in identities for sockets that have neither cookie nor inode.
#[derive(Default)]
struct Names {
    /// How many sockets with the same addresses came before.
    twins: HashMap<u64, u64>,
}

impl Names {
    fn socket(&mut self, line: Line, context: &Context) -> Socket {
        let id = match line.inode {
            Some(inode) => Identity::Inode(inode),
            None => Identity::Tuple(self.tuple(&line)),
        };
        let basics = Basics {
            key: SocketKey { netns: context.netns, id },
            family: context.family,
            protocol: context.protocol,
            kind: line.kind,
            state: line.state,
            ends: line.ends,
            inode: line.inode,
        };
        Socket {
            uid: line.uid,
            queues: line.queues,
            timer: line.timer,
            interface: line.interface,
            details: (line.details != Details::default()).then(|| Arc::new(line.details)),
            ..Socket::new(basics, &context.ephemeral)
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
    use crate::wire::proc_unix;

    #[test]
    fn twins_without_inode_stay_apart_and_keep_their_names() {
        let text = b"head\n\
            0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/a\n\
            0000000000000000: 00000002 00000000 00000000 0001 02     0 /run/a\n";
        let place = Place { netns: NetnsId(1), ephemeral: PortRange::default(), whose: Whose::Ours };
        let context = place.context((Family::Unix, Protocol::Unix));
        let read = || {
            let mut names = Names::default();
            let mut keys = Vec::new();
            proc_unix::parse(text, &context, &mut |line| {
                keys.push(names.socket(line.unwrap(), &context).key);
            });
            keys
        };
        let keys = read();
        assert_ne!(keys[0], keys[1]);
        assert_eq!(keys, read());
    }
}
