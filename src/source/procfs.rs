//! Sockets from `/proc/self/net/*`: for where netlink is refused.
//!
//! The text has no cookie, so identity is the inode, or the addresses where there is none. What
//! the text lacks is null. It is never chosen by itself: netlink falls back to it.

use std::collections::BTreeSet;
use std::io;

use super::place::Place;
use super::protocols::{self, Count, Counts};
use super::stand_in::StandIns;
use super::tables::{self, KernelTable};
use super::{Reading, SocketSource, SourceError, Wanted, keep};
use crate::model::{KernelUse, NetnsId, SliceCoverage, SliceStatus};
use crate::sys::procnet;

/// The text tables of this network namespace.
#[derive(Debug, Default)]
pub struct Procfs;

impl SocketSource for Procfs {
    fn read(&mut self, wanted: &[Wanted]) -> Result<Reading, SourceError> {
        let place = Place::here()?;
        let mut reading = Reading::of_own(place.netns);
        read_tables(wanted, place, &mut reading);
        reading.name_interfaces(0);
        reading.tell_ports(place);
        Ok(reading)
    }

    fn kernel_uses(&mut self, places: &BTreeSet<NetnsId>) -> Vec<(NetnsId, Vec<KernelUse>)> {
        super::kernel_uses_here(places)
    }
}

/// Appends every wanted table, with the kernel's own counts beside them.
pub(super) fn read_tables(wanted: &[Wanted], place: Place, reading: &mut Reading) {
    let counts = Counts::read(place.whose);
    for table in wanted.iter().filter_map(|wanted| tables::find(*wanted)) {
        let mut coverage = read_table(table, place, &counts, reading);
        coverage.counted = counts.number(table.table);
        reading.slices.push(coverage);
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
    let mut stand_ins = StandIns::default();
    let mut sockets = Vec::new();
    for text in known.text {
        match procnet::table(place.whose, text.file) {
            Ok(bytes) => (text.parse)(&bytes, &context, &mut |line| match line {
                Ok(line) => sockets.push(stand_ins.socket(line, &context)),
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
