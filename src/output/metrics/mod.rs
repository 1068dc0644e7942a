//! One reading as metrics for Prometheus.
//!
//! Every metric is a view of the table and its moment; nothing is looked at here. How many series there
//! are is bounded, whatever others open and whatever they call it: no label holds a pid, an address, a
//! port or the name of a process, and of units and containers only the largest are named. What is not
//! known is not there: no sample is 0 because it could not be read.

mod exposition;
mod largest;
mod tally;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use crate::model::{Coverage, KernelCounters, NoOwner, Protocol, Row, SliceStatus};
use crate::store::Moment;

pub use exposition::{Exposition, Samples};

use largest::Names;
use tally::{Sum, Tally};

/// What is told beside the sockets.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    pub moment: &'a Moment,
    /// How long the reading took.
    pub took: Duration,
    /// `None` where the kernel was not asked, or did not tell.
    pub counters: Option<KernelCounters>,
}

/// The text that a scrape of these sockets returns.
#[must_use]
pub fn text<'a>(rows: impl Iterator<Item = &'a Row>, around: Surroundings<'a>) -> String {
    let Surroundings { moment, took, counters } = around;
    let tally = Tally::of(rows, moment);
    let mut out = Exposition::default();
    sockets(&mut out, &tally);
    workloads(&mut out, &tally);
    queues(&mut out, &tally);
    tcp(&mut out, &tally);
    if let Some(counters) = counters {
        kernel(&mut out, &counters);
    }
    coverage(&mut out, &moment.coverage);
    reading(&mut out, moment, took);
    out.into_text()
}

fn sockets(out: &mut Exposition, tally: &Tally<'_>) {
    let mut samples = out.gauge("sockeye_sockets", "Open sockets.");
    for ((protocol, family, state), count) in &tally.sockets {
        let [protocol, family] = [protocol.word(), family.word()].map(str::as_bytes);
        let state = state.word().as_bytes();
        samples.push(&[("protocol", protocol), ("family", family), ("state", state)], count);
    }
    let mut samples = out.gauge(
        "sockeye_listeners",
        "Open sockets that others can come to, by how far their address reaches; scope none has no IP address.",
    );
    for ((protocol, scope), count) in &tally.listeners {
        let scope = scope.map_or("none", |scope| scope.word());
        samples.push(&[("protocol", protocol.word().as_bytes()), ("scope", scope.as_bytes())], count);
    }
    let mut samples = out.gauge(
        "sockeye_owner_status_sockets",
        "Open sockets by whether a process is known that holds them, and if not, why.",
    );
    for status in NoOwner::statuses() {
        let count = tally.owner_status.get(status).copied().unwrap_or(0);
        samples.push(&[("owner_status", status.as_bytes())], count);
    }
}

fn workloads(out: &mut Exposition, tally: &Tally<'_>) {
    let sockets = (
        "sockeye_unit_sockets",
        "Open sockets by systemd unit: the 100 with the most; other is the rest, none is in no unit, unknown is \
         not told.",
    );
    by_name(
        out,
        ("unit", &tally.units),
        sockets,
        ("sockeye_folded_units", "Units that are summed as other."),
    );
    let sockets = (
        "sockeye_container_sockets",
        "Open sockets by container: the 100 with the most; other is the rest, none is in no container, unknown \
         is not told.",
    );
    let folded = ("sockeye_folded_containers", "Containers that are summed as other.");
    by_name(out, ("container", &tally.containers), sockets, folded);
}

/// The name of a metric and what it is.
type Head = (&'static str, &'static str);

/// Sockets by what others named, and how many names are not told.
fn by_name(out: &mut Exposition, (label, names): (&'static str, &Names<'_>), sockets: Head, folded: Head) {
    let largest = names.largest();
    let mut samples = out.gauge(sockets.0, sockets.1);
    for (name, counts) in &largest.groups {
        for (protocol, count) in counts {
            samples.push(&[(label, name), ("protocol", protocol.word().as_bytes())], count);
        }
    }
    out.gauge(folded.0, folded.1).push(&[], largest.folded);
}

fn queues(out: &mut Exposition, tally: &Tally<'_>) {
    let head = ("sockeye_receive_queue_bytes", "Bytes that wait to be read from open sockets.");
    by_protocol(out, head, &tally.amounts, |amounts| amounts.received.known());
    let head = ("sockeye_send_queue_bytes", "Bytes of open sockets that wait to be sent, or acknowledged.");
    by_protocol(out, head, &tally.amounts, |amounts| amounts.to_send.known());
    let head = (
        "sockeye_live_dropped_packets",
        "Packets that the open sockets have dropped for want of room; falls when one of them closes.",
    );
    by_protocol(out, head, &tally.amounts, |amounts| amounts.drops.known());
    let head = ("sockeye_accept_queue_connections", "Connections that wait for accept, of all listeners.");
    by_protocol(out, head, &tally.accept, |queues| queues.waiting.known());
    let head = ("sockeye_accept_queue_limit_connections", "Connections that may wait, of all listeners.");
    by_protocol(out, head, &tally.accept, |queues| queues.limit.known());
    let head = ("sockeye_full_accept_queues", "Listeners that take no more connections for now.");
    by_protocol(out, head, &tally.accept, |queues| queues.full.known());
    let head = (
        "sockeye_fullest_accept_queue_ratio",
        "How full the fullest accept queue is: from 1 on it takes no more connections.",
    );
    by_protocol(out, head, &tally.accept, |queues| queues.fullest());
}

/// A sample for each protocol that has one.
fn by_protocol<T, N: Display>(
    out: &mut Exposition,
    (name, help): Head,
    all: &BTreeMap<Protocol, T>,
    pick: impl Fn(&T) -> Option<N>,
) {
    let mut samples = out.gauge(name, help);
    for (protocol, of) in all {
        if let Some(number) = pick(of) {
            samples.push(&[("protocol", protocol.word().as_bytes())], number);
        }
    }
}

/// What connections tell is a sum over those that are there. What only rises the kernel alone knows.
fn tcp(out: &mut Exposition, tally: &Tally<'_>) {
    let Some(tcp) = tally.tcp else { return };
    let mut gauge = |name, help, sum: Sum| {
        if let Some(number) = sum.known() {
            out.gauge(name, help).push(&[], number);
        }
    };
    gauge(
        "sockeye_tcp_live_retransmitted_segments",
        "Segments that the open connections have sent again; falls when one of them closes.",
        tcp.retransmitted,
    );
    gauge(
        "sockeye_tcp_retransmitting_connections",
        "Open connections that have sent something again and wait for an answer to it.",
        tcp.retransmitting,
    );
    gauge(
        "sockeye_tcp_unacknowledged_segments",
        "Segments of open connections that are on their way.",
        tcp.unacknowledged,
    );
}

fn kernel(out: &mut Exposition, counters: &KernelCounters) {
    let KernelCounters { retransmitted_segments, timeouts, listen_overflows, listen_drops } = *counters;
    let mut counter = |name, help, number: Option<u64>| {
        if let Some(number) = number {
            out.counter(name, help).push(&[], number);
        }
    };
    counter(
        "sockeye_kernel_tcp_retransmitted_segments_total",
        "Segments sent again in this network namespace, whatever is filtered (Tcp RetransSegs).",
        retransmitted_segments,
    );
    counter(
        "sockeye_kernel_tcp_timeouts_total",
        "Retransmission timeouts in this network namespace, whatever is filtered (TcpExt TCPTimeouts).",
        timeouts,
    );
    counter(
        "sockeye_kernel_tcp_listen_overflows_total",
        "Connections that found an accept queue full in this network namespace, whatever is filtered (TcpExt \
         ListenOverflows).",
        listen_overflows,
    );
    counter(
        "sockeye_kernel_tcp_listen_drops_total",
        "Connections that listeners of this network namespace dropped for any reason, whatever is filtered \
         (TcpExt ListenDrops).",
        listen_drops,
    );
}

/// What could be seen, so that nobody takes what is missing for nothing.
fn coverage(out: &mut Exposition, coverage: &Coverage) {
    let mut tables = BTreeMap::<_, usize>::new();
    for read in &coverage.slices {
        *tables.entry((read.slice.protocol, read.slice.family, read.status.word())).or_default() += 1;
    }
    let mut samples = out.gauge(
        "sockeye_tables",
        "Tables of the kernel by how their reading ended, one for each network namespace. Of those partial, \
         unlisted, denied and failed sockets may be missing.",
    );
    for ((protocol, family, status), count) in tables {
        let [protocol, family] = [protocol.word(), family.word()].map(str::as_bytes);
        samples.push(&[("protocol", protocol), ("family", family), ("status", status.as_bytes())], count);
    }
    let malformed: usize = coverage.slices.iter().map(|read| read.malformed).sum();
    out.gauge("sockeye_malformed_rows", "Rows of tables that could not be understood.").push(&[], malformed);
    let mut samples = out.gauge(
        "sockeye_network_namespaces",
        "Network namespaces that were found, by how their reading ended.",
    );
    for status in SliceStatus::WORDS {
        let count = coverage.namespaces.list.iter().filter(|known| known.status.word() == status).count();
        samples.push(&[("status", status.as_bytes())], count);
    }
    out.gauge("sockeye_left_out_network_namespaces", "Network namespaces beyond the most that are read.")
        .push(&[], coverage.namespaces.left_out);
    out.gauge(
        "sockeye_network_namespaces_all_found",
        "Whether all network namespaces that were asked for were found; 0 where some may be hidden.",
    )
    .push(&[], u8::from(coverage.namespaces.gap.is_none()));
    if coverage.owners.method != "none" {
        out.gauge("sockeye_denied_processes", "Processes whose descriptors may not be read.")
            .push(&[], coverage.owners.denied);
    }
    out.gauge(
        "sockeye_reading_whole",
        "Whether every table that was asked for was read whole, in every network namespace.",
    )
    .push(&[], u8::from(coverage.is_whole()));
}

fn reading(out: &mut Exposition, moment: &Moment, took: Duration) {
    out.gauge("sockeye_reading_duration_seconds", "How long the reading took.").push(&[], took.as_secs_f64());
    out.gauge("sockeye_reading_timestamp_seconds", "When the sockets were read, since 1970.")
        .push(&[], moment.taken.wall.as_duration().as_secs_f64());
    out.gauge("sockeye_build_info", "The version of sockeye.")
        .push(&[("version", env!("CARGO_PKG_VERSION").as_bytes())], 1);
}
