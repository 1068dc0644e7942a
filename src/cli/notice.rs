//! What a reading could not see, in words for stderr.

use super::complain;
use crate::model::{Coverage, Family, NoOwner, SliceCoverage, SliceStatus};
use crate::sys::host;
use crate::text;

/// Tells every gap once. Returns true when a table that was asked for could not be read at all.
pub(super) fn tell(coverage: &Coverage, owners_shown: bool) -> bool {
    for notice in notices(coverage, owners_shown) {
        complain(&format!("sockeye: {notice}"));
    }
    coverage.slices.iter().any(|read| read.status.is_blind())
}

/// The gaps as sentences, equal reasons folded into one.
fn notices(coverage: &Coverage, owners_shown: bool) -> Vec<String> {
    let mut notices = Vec::new();
    let mut told: Vec<&SliceStatus> = Vec::new();
    for read in &coverage.slices {
        let Some(end) = ending(read) else { continue };
        if told.contains(&&read.status) {
            continue;
        }
        told.push(&read.status);
        let same = coverage.slices.iter().filter(|other| other.status == read.status);
        let names: Vec<_> = same.map(name).collect();
        notices.push(format!("{} {end}: {}", names.join(", "), read.status.reason().unwrap_or_default()));
    }
    let malformed: usize = coverage.slices.iter().map(|read| read.malformed).sum();
    if malformed > 0 {
        notices.push(format!("{} could not be understood", text::counted(malformed, "row", "rows")));
    }
    if owners_shown {
        notices.extend(owners(coverage));
    }
    notices
}

/// What to say of a table in that state; nothing when there is nothing to miss.
fn ending(read: &SliceCoverage) -> Option<&'static str> {
    match read.status {
        SliceStatus::Ok | SliceStatus::Unsupported(_) => None,
        SliceStatus::Fallback(_) if read.rows == 0 => None, // no row has less detail
        SliceStatus::Fallback(_) => Some("read from /proc, with less detail"),
        SliceStatus::Partial(_) => Some("could not be read whole"),
        SliceStatus::Denied(_) | SliceStatus::Failed(_) => Some("could not be read"),
    }
}

fn owners(coverage: &Coverage) -> Option<String> {
    let denied = coverage.owners.unresolved.iter().find(|(why, _)| *why == NoOwner::Denied)?.1;
    let sockets = text::counted(denied, "socket", "sockets");
    let processes = text::counted(coverage.owners.denied, "process", "processes");
    let hint = if host::is_root() { ", even by root" } else { "; run as root to see them" };
    Some(match &coverage.owners.reason {
        Some(reason) => format!("owners of {sockets} are missing: {reason}"),
        None => {
            format!("owners of {sockets} are missing: {processes} may not be read{hint}")
        }
    })
}

/// A table as people name it.
fn name(read: &SliceCoverage) -> String {
    match (read.slice.family, read.slice.protocol) {
        (Family::Inet6, protocol) => format!("{} on IPv6", protocol.word()),
        (_, protocol) => protocol.word().to_owned(),
    }
}
