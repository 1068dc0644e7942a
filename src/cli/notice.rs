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
    coverage.slices.iter().any(|read| matches!(read.status, SliceStatus::Failed(_)))
}

/// The gaps as sentences, equal reasons folded into one.
fn notices(coverage: &Coverage, owners_shown: bool) -> Vec<String> {
    let mut notices = Vec::new();
    let mut add = |reads: Vec<&SliceCoverage>, end: &str| {
        if !reads.is_empty() {
            let names: Vec<_> = reads.iter().map(|read| name(read)).collect();
            notices.push(format!("{} {end}", names.join(", ")));
        }
    };
    let mut reasons: Vec<(&str, &str)> = Vec::new();
    for read in &coverage.slices {
        let reason = (read.status.word(), read.status.reason().unwrap_or_default());
        if !read.status.proves_absence() && !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    for (word, reason) in reasons {
        let same = |read: &&SliceCoverage| (read.status.word(), read.status.reason()) == (word, Some(reason));
        let end = if word == "failed" { "could not be read" } else { "could not be read whole" };
        add(coverage.slices.iter().filter(same).collect(), &format!("{end}: {reason}"));
    }
    let fallback: Vec<_> = coverage.slices.iter().filter(|read| read.fallback.is_some()).collect();
    if let Some(why) = fallback.first().and_then(|read| read.fallback.clone()) {
        add(fallback, &format!("read from /proc, with less detail: {why}"));
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
