//! The coverage block: what was read, how, and what was not.

use std::borrow::Cow;

use serde::Serialize;

use crate::model::{NamespaceCoverage, NetnsCoverage, OwnerCoverage, SliceCoverage};
use crate::store::Moment;
use crate::text::escape;

#[derive(Serialize)]
pub(in crate::output) struct CoverageView<'a> {
    complete: bool,
    tables: Vec<TableView<'a>>,
    owners: OwnersView<'a>,
    namespaces: NamespacesView<'a>,
    /// Null when nobody asked for the ports that rules publish.
    published: Option<RulesView<'a>>,
    losses: LossesView,
}

/// The reading of the rules that publish ports.
#[derive(Serialize)]
struct RulesView<'a> {
    status: &'static str,
    reason: Option<&'a str>,
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
    kernel_count: Option<usize>,
}

#[derive(Serialize)]
struct OwnersView<'a> {
    method: &'static str,
    /// Why this way was taken, or no better one.
    method_reason: Option<&'a str>,
    processes: usize,
    processes_denied: usize,
    /// The pids of those that a mount covers in `/proc`.
    processes_covered: Vec<u32>,
    reason: Option<&'a str>,
    /// Those that were asked for names of containers and did not tell.
    runtimes_silent: Vec<RuntimeView<'a>>,
    resolved: usize,
    unresolved: Vec<UnresolvedView>,
}

#[derive(Serialize)]
struct RuntimeView<'a> {
    socket: Cow<'a, str>,
    reason: &'a str,
}

#[derive(Serialize)]
struct UnresolvedView {
    status: &'static str,
    count: usize,
    reason: &'static str,
}

#[derive(Serialize)]
struct NamespacesView<'a> {
    seen: usize,
    refused: usize,
    /// Found, but more than are read.
    left_out: usize,
    /// Why there may be more.
    reason: Option<&'a str>,
    list: Vec<NetnsView<'a>>,
}

#[derive(Serialize)]
struct NetnsView<'a> {
    netns: u64,
    name: Option<Cow<'a, str>>,
    found: &'static str,
    status: &'static str,
    reason: Option<&'a str>,
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
        namespaces: namespaces(&coverage.namespaces),
        published: coverage
            .published
            .as_ref()
            .map(|status| RulesView { status: status.word(), reason: status.reason() }),
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
        kernel_count: read.counted,
    }
}

fn namespaces(known: &NamespaceCoverage) -> NamespacesView<'_> {
    NamespacesView {
        seen: known.list.len() + known.left_out,
        refused: known.refused(),
        left_out: known.left_out,
        reason: known.gap.as_deref(),
        list: known.list.iter().map(namespace).collect(),
    }
}

fn namespace(known: &NetnsCoverage) -> NetnsView<'_> {
    NetnsView {
        netns: known.id.0,
        name: known.name.as_ref().map(|name| escape(name.as_bytes())),
        found: known.found.word(),
        status: known.status.word(),
        reason: known.status.reason(),
    }
}

fn owners(owners: &OwnerCoverage) -> OwnersView<'_> {
    OwnersView {
        method: owners.method,
        method_reason: owners.method_reason.as_deref(),
        processes: owners.processes,
        processes_denied: owners.denied,
        processes_covered: owners.covered.iter().map(|pid| pid.0).collect(),
        reason: owners.reason.as_deref(),
        runtimes_silent: owners
            .silent_runtimes
            .iter()
            .map(|one| RuntimeView { socket: escape(one.socket.as_bytes()), reason: &one.reason })
            .collect(),
        resolved: owners.resolved,
        unresolved: owners
            .unresolved
            .iter()
            .map(|(why, count)| UnresolvedView { status: why.word(), count: *count, reason: why.reason() })
            .collect(),
    }
}
