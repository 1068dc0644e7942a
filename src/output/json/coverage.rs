//! The coverage block: what was read, how, and what was not.

use serde::Serialize;

use crate::model::{OwnerCoverage, SliceCoverage};
use crate::store::Moment;

#[derive(Serialize)]
pub(in crate::output) struct CoverageView<'a> {
    complete: bool,
    tables: Vec<TableView<'a>>,
    owners: OwnersView<'a>,
    namespaces: NamespacesView,
    losses: LossesView,
}

#[derive(Serialize)]
struct TableView<'a> {
    netns: u64,
    family: &'static str,
    protocol: &'static str,
    source: &'static str,
    status: &'static str,
    reason: Option<&'a str>,
    rows: usize,
}

#[derive(Serialize)]
struct OwnersView<'a> {
    method: &'static str,
    processes: usize,
    processes_denied: usize,
    reason: Option<&'a str>,
    resolved: usize,
    unresolved: Vec<UnresolvedView>,
}

#[derive(Serialize)]
struct UnresolvedView {
    status: &'static str,
    count: usize,
    reason: &'static str,
}

#[derive(Serialize)]
struct NamespacesView {
    seen: usize,
    /// Only the namespace of sockeye itself is read so far.
    read: &'static str,
}

#[derive(Serialize)]
struct LossesView {
    repeated_rows: usize,
    skipped_rows: usize,
    dump_retries: usize,
    malformed_rows: usize,
}

/// The coverage of the moment.
pub(in crate::output) fn coverage(moment: &Moment) -> CoverageView<'_> {
    let coverage = &moment.coverage;
    let sum = |count: fn(&SliceCoverage) -> usize| coverage.slices.iter().map(count).sum();
    CoverageView {
        complete: coverage.is_complete(),
        tables: coverage.slices.iter().map(table).collect(),
        owners: owners(&coverage.owners),
        namespaces: NamespacesView { seen: 1, read: "own" },
        losses: LossesView {
            repeated_rows: sum(|read| read.repeated),
            skipped_rows: sum(|read| read.skipped),
            dump_retries: sum(|read| read.retries),
            malformed_rows: sum(|read| read.malformed),
        },
    }
}

fn table(read: &SliceCoverage) -> TableView<'_> {
    TableView {
        netns: read.slice.netns.0,
        family: read.slice.family.word(),
        protocol: read.slice.protocol.word(),
        source: read.source,
        status: read.status.word(),
        reason: read.status.reason(),
        rows: read.rows,
    }
}

fn owners(owners: &OwnerCoverage) -> OwnersView<'_> {
    OwnersView {
        method: owners.method,
        processes: owners.processes,
        processes_denied: owners.denied,
        reason: owners.reason.as_deref(),
        resolved: owners.resolved,
        unresolved: owners
            .unresolved
            .iter()
            .map(|(why, count)| UnresolvedView { status: why.word(), count: *count, reason: why.reason() })
            .collect(),
    }
}
