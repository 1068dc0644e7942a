//! The coverage block: what was read, how, and what was not.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::words;
use crate::model::{
    HearingCoverage, NamespaceCoverage, NetnsCoverage, OwnerCoverage, SliceCoverage, SliceStatus,
};
use crate::store::Moment;
use crate::text::escape;

/// What was read, how, and what was not.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "coverage", deny_unknown_fields)]
pub(in crate::output) struct CoverageView<'a> {
    /// Everything was read whole, and the search for owners too.
    complete: bool,
    /// Each table of the kernel.
    tables: Vec<TableView<'a>>,
    owners: OwnersView<'a>,
    namespaces: NamespacesView<'a>,
    /// Null when nobody asked for the ports that rules publish.
    published: Option<RulesView<'a>>,
    /// What is told between readings. Null where there is but one look.
    hearing: Option<HearingView<'a>>,
    losses: LossesView,
}

/// What is told between readings, and what can be missed for all that.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "hearing", deny_unknown_fields)]
struct HearingView<'a> {
    /// Of TCP sockets that begin to listen or to call, with the process that had them do so. Null where none was
    /// asked for, as below.
    beginnings: Option<ToldView<'a>>,
    /// Of UDP and UDP-Lite sockets that bind, with the process.
    binds: Option<ToldView<'a>>,
    /// Of TCP and UDP sockets that end.
    ends: Option<ToldView<'a>>,
    /// The time between two readings, as asked for. Null where there is but one.
    interval_ms: Option<u64>,
    /// What is promised, and what is not, as a sentence fragment.
    promise: String,
    /// How often more was told at once than could be read. A reading follows each time.
    overruns: u64,
    /// How many words of BPF were lost then. Nobody counts the ends that were.
    words_lost: u64,
}

/// Whether something is told.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "told", deny_unknown_fields)]
struct ToldView<'a> {
    #[schemars(schema_with = "words::read_status")]
    status: &'static str,
    /// Why it is not as it should be.
    reason: Option<&'a str>,
}

/// The reading of the rules that publish ports.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "rules_coverage", deny_unknown_fields)]
struct RulesView<'a> {
    #[schemars(schema_with = "words::read_status")]
    status: &'static str,
    /// Why it is not as it should be.
    reason: Option<&'a str>,
}

/// How one table of the kernel was read.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "table_coverage", deny_unknown_fields)]
struct TableView<'a> {
    /// The network namespace, as an nsfs inode.
    netns: u64,
    #[schemars(schema_with = "words::family")]
    family: &'static str,
    #[schemars(schema_with = "words::protocol")]
    protocol: &'static str,
    /// What told it, such as netlink or procfs.
    source: &'static str,
    #[schemars(schema_with = "words::read_status")]
    status: &'static str,
    /// Why it is not as it should be.
    reason: Option<&'a str>,
    /// Sockets that were read.
    rows: usize,
    /// How many sockets the kernel counts itself.
    kernel_count: Option<usize>,
}

/// How owners were found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "owner_coverage", deny_unknown_fields)]
struct OwnersView<'a> {
    /// The way that was taken.
    method: &'static str,
    /// Why this way was taken, or no better one.
    method_reason: Option<&'a str>,
    /// Processes that were looked into.
    processes: usize,
    /// Those that may not be read.
    processes_denied: usize,
    /// The pids of those that a mount covers in `/proc`.
    processes_covered: Vec<u32>,
    /// Why owners are missing.
    reason: Option<&'a str>,
    /// Those that were asked for names of containers and did not tell.
    runtimes_silent: Vec<RuntimeView<'a>>,
    /// Sockets with a known owner.
    resolved: usize,
    /// The others, by reason.
    unresolved: Vec<UnresolvedView>,
}

/// A runtime of containers that was asked and did not tell.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "silent_runtime", deny_unknown_fields)]
struct RuntimeView<'a> {
    socket: Cow<'a, str>,
    reason: &'a str,
}

/// Sockets without a known owner, for one reason.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "unresolved", deny_unknown_fields)]
struct UnresolvedView {
    #[schemars(schema_with = "words::no_owner")]
    status: &'static str,
    count: usize,
    reason: &'static str,
}

/// The network namespaces.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "namespace_coverage", deny_unknown_fields)]
struct NamespacesView<'a> {
    /// Found in whatever way.
    seen: usize,
    /// Found, and not to be read.
    refused: usize,
    /// Found, but more than are read.
    left_out: usize,
    /// Why there may be more.
    reason: Option<&'a str>,
    list: Vec<NetnsView<'a>>,
}

/// One network namespace.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "namespace", deny_unknown_fields)]
struct NetnsView<'a> {
    /// Its nsfs inode.
    netns: u64,
    name: Option<Cow<'a, str>>,
    #[schemars(schema_with = "words::found")]
    found: &'static str,
    #[schemars(schema_with = "words::read_status")]
    status: &'static str,
    /// Why it is not as it should be.
    reason: Option<&'a str>,
}

/// What a dump lost and repeated.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "losses", deny_unknown_fields)]
struct LossesView {
    /// Told twice by the kernel, and dropped once.
    repeated_rows: usize,
    /// Left out by the kernel, and found by a second look.
    skipped_rows: usize,
    /// Dumps that were begun again.
    dump_retries: usize,
    /// Not understood, and dropped.
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
        hearing: coverage.hearing.as_ref().map(hearing),
        losses: LossesView {
            repeated_rows: sum(|read| read.repeated),
            skipped_rows: sum(|read| read.skipped),
            dump_retries: sum(|read| read.retries),
            malformed_rows: sum(|read| read.malformed),
        },
    }
}

fn hearing(hearing: &HearingCoverage) -> HearingView<'_> {
    HearingView {
        beginnings: hearing.told.beginnings.as_ref().map(told),
        binds: hearing.told.binds.as_ref().map(told),
        ends: hearing.told.ends.as_ref().map(told),
        interval_ms: hearing.interval.and_then(|interval| u64::try_from(interval.as_millis()).ok()),
        promise: hearing.told.promise(),
        overruns: hearing.overruns,
        words_lost: hearing.words_lost,
    }
}

fn told(status: &SliceStatus) -> ToldView<'_> {
    ToldView { status: status.word(), reason: status.reason() }
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
