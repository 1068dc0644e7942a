//! What a reading could not see, in words for stderr.

use super::complain;
use crate::model::{Coverage, NetnsCoverage, NoOwner, SliceStatus};
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
    for fate in coverage.fates() {
        let read = fate.first();
        let Some(end) = ending(&read.status, read.source, read.rows == 0) else { continue };
        if coverage.namespaces.list.iter().any(|known| known.status == read.status) {
            continue; // it is told of the namespace as a whole
        }
        let places = match fate.namespaces() {
            1 => String::new(),
            several => format!(" in {several} network namespaces"),
        };
        let why = read.status.reason().unwrap_or_default();
        notices.push(format!("{}{places} {end}: {why}", fate.names()));
    }
    notices.extend(namespaces(coverage));
    let malformed: usize = coverage.slices.iter().map(|read| read.malformed).sum();
    if malformed > 0 {
        notices.push(format!("{} could not be understood", text::counted(malformed, "row", "rows")));
    }
    // Sockets without known owner are named by their cgroup, so these count whoever is shown.
    notices.extend(coverage.owners.silent_runtimes.iter().map(|silent| {
        let (socket, reason) =
            (text::escape(silent.socket.as_bytes()), text::escape(silent.reason.as_bytes()));
        format!("names of containers may be missing: {socket}: {reason}")
    }));
    if owners_shown {
        notices.extend(covered(coverage));
        notices.extend(owners(coverage));
    }
    notices
}

/// Namespaces that were not read as they should be, equal reasons folded into one.
fn namespaces(coverage: &Coverage) -> Vec<String> {
    const SHOWN: usize = 5;
    let known = &coverage.namespaces;
    let mut notices: Vec<String> = Vec::new();
    let mut told: Vec<&SliceStatus> = Vec::new();
    for first in &known.list {
        let Some(end) = ending(&first.status, "procfs", false).filter(|_| !told.contains(&&first.status))
        else {
            continue;
        };
        told.push(&first.status);
        let same = || known.list.iter().filter(|other| other.status == first.status);
        let names: Vec<_> = same().take(SHOWN).map(netns_name).collect();
        let more = if same().count() > SHOWN { ", …" } else { "" };
        notices.push(format!(
            "{} {end}: {}: {}{more}",
            text::counted(same().count(), "network namespace", "network namespaces"),
            first.status.reason().unwrap_or_default(),
            names.join(", "),
        ));
    }
    if known.left_out > 0 {
        let left_out = text::counted(known.left_out, "network namespace", "network namespaces");
        notices.push(format!("{left_out} left out: there are too many"));
    }
    if let Some(gap) = &known.gap {
        notices.push(format!("there may be more network namespaces: {gap}"));
    }
    notices
}

fn netns_name(known: &NetnsCoverage) -> String {
    match &known.name {
        Some(name) => text::escape(name.as_bytes()).into_owned(),
        None => known.id.0.to_string(),
    }
}

/// What to say of a table in that state; nothing when there is nothing to miss.
fn ending(status: &SliceStatus, source: &str, empty: bool) -> Option<&'static str> {
    match status {
        SliceStatus::Ok | SliceStatus::Unsupported(_) => None,
        SliceStatus::Fallback(_) if empty => None, // no row has less detail
        SliceStatus::Fallback(_) if source == "portable" => Some("read by netstat2, with less detail"),
        SliceStatus::Fallback(_) => Some("read from /proc, with less detail"),
        SliceStatus::Unlisted(_) => Some("cannot be listed"),
        SliceStatus::Partial(_) => Some("could not be read whole"),
        SliceStatus::Denied(_) | SliceStatus::Failed(_) => Some("could not be read"),
    }
}

/// Nobody mounts there by accident.
fn covered(coverage: &Coverage) -> Option<String> {
    let pids: Vec<_> = coverage.owners.covered.iter().map(|pid| format!("/proc/{}", pid.0)).collect();
    (!pids.is_empty()).then(|| format!("somebody mounted over {}, which hides processes", pids.join(", ")))
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
