//! The sockets in numbers: first what the kernel counts, as `ss -s` has it, then what a reading tells.
//!
//! A view of a table and its moment: it looks at nothing itself.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::SCHEMA;
use super::json::{CoverageView, coverage, unix_name, words};
use crate::model::{Container, InUse, KernelCounts, Row, Scope, SystemBytes};
use crate::store::{Moment, Table};
use crate::text::{counted, escape};

/// How many units and containers are told: those with the most sockets.
const SHOWN: usize = 5;

/// The numbers.
#[derive(Debug)]
pub struct Summary<'a> {
    moment: &'a Moment,
    /// `None` where the kernel was not asked, or did not tell.
    kernel: Option<KernelCounts>,
    sockets: usize,
    protocols: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    listeners: Vec<(Scope, usize)>,
    units: Vec<(&'a SystemBytes, usize)>,
    containers: Vec<(&'a SystemBytes, usize)>,
    /// Listeners that take no more connections for now.
    full: Vec<&'a Row>,
}

impl<'a> Summary<'a> {
    /// The numbers of the open sockets.
    #[must_use]
    pub fn of(table: &'a Table, moment: &'a Moment, kernel: Option<KernelCounts>) -> Self {
        let mut sockets = 0;
        let mut protocols: BTreeMap<_, BTreeMap<_, usize>> = BTreeMap::new();
        let mut scopes: Vec<_> = Scope::ALL.into_iter().rev().map(|scope| (scope, 0)).collect();
        let (mut units, mut containers, mut full) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for row in table.open() {
            let socket = &row.socket;
            sockets += 1;
            let states = protocols.entry(socket.protocol.word()).or_default();
            *states.entry(socket.state.word()).or_default() += 1;
            let scope = socket.scope().filter(|_| socket.is_listener());
            if let Some((_, count)) = scopes.iter_mut().find(|(known, _)| Some(*known) == scope) {
                *count += 1;
            }
            let workload = moment.subject(row).workload();
            if let Some(unit) = workload.and_then(|workload| workload.unit.as_ref()) {
                *units.entry(unit).or_default() += 1;
            }
            if let Some(container) = workload.and_then(|workload| workload.container.as_ref()) {
                *containers.entry(Container::label(container)).or_default() += 1;
            }
            if socket.is_accept_queue_full() == Some(true) {
                full.push(row);
            }
        }
        scopes.retain(|(_, count)| *count > 0);
        let (units, containers) = (most(units), most(containers));
        Self { moment, kernel, sockets, protocols, listeners: scopes, units, containers, full }
    }

    /// Writes it for people.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(kernel) = &self.kernel {
            kernel_part(out, kernel)?;
            writeln!(out)?;
        }
        for (protocol, states) in &self.protocols {
            let all: usize = states.values().sum();
            writeln!(
                out,
                "{protocol:<10}  {all:<8}  {}",
                list(states.iter().map(|(word, count)| (*word, *count)))
            )?;
        }
        let scopes = self.listeners.iter().map(|(scope, count)| (scope.word(), *count));
        line(out, "listeners", &list(scopes))?;
        let owners = &self.moment.coverage.owners;
        let without: Vec<_> = owners.unresolved.iter().map(|(why, count)| (why.word(), *count)).collect();
        let without = list(without.into_iter());
        let of = format!("{}/{}  {without}", owners.resolved, self.sockets);
        line(out, "owners", &of)?;
        for (name, most) in [("units", &self.units), ("containers", &self.containers)] {
            let most: Vec<_> = most.iter().map(|(name, count)| (escape(name.as_bytes()), *count)).collect();
            line(out, name, &list(most.iter().map(|(name, count)| (&**name, *count))))?;
        }
        for row in &self.full {
            let (waiting, most) = row.socket.accept_queue();
            let (waiting, most) = (waiting.unwrap_or(0), most.unwrap_or(0));
            line(out, "queue full", &format!("{} {waiting}/{most}", place(row)))?;
        }
        for fate in self.moment.coverage.fates().iter().filter(|fate| !fate.first().status.proves_absence()) {
            let status = &fate.first().status;
            let why = escape(status.reason().unwrap_or_default().as_bytes()).into_owned();
            line(out, status.word(), &format!("{}: {why}", fate.names()))?;
        }
        if owners.denied > 0 {
            let unread = counted(owners.denied, "process", "processes");
            line(out, "denied", &format!("descriptors of {unread} may not be read"))?;
        }
        Ok(())
    }

    /// Writes it as one JSON object.
    pub fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        let named = |list: &[(&SystemBytes, usize)]| {
            list.iter()
                .map(|(name, sockets)| Named {
                    name: escape(name.as_bytes()).into_owned(),
                    sockets: *sockets,
                })
                .collect()
        };
        let document = Counts {
            schema: SCHEMA,
            kind: "counts",
            generated_at: self.moment.taken.wall.to_string(),
            kernel: self.kernel.as_ref().map(KernelView::of),
            sockets: self.sockets,
            protocols: &self.protocols,
            listeners: self.listeners.iter().map(|(scope, count)| (scope.word(), *count)).collect(),
            units: named(&self.units),
            containers: named(&self.containers),
            full_accept_queues: self.full.iter().map(|row| FullQueue::of(row)).collect(),
            coverage: coverage(self.moment),
        };
        serde_json::to_writer(&mut out, &document)?;
        out.write_all(b"\n")
    }
}

/// Those with the most sockets, by their number and then by name.
fn most(counts: BTreeMap<&SystemBytes, usize>) -> Vec<(&SystemBytes, usize)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(SHOWN);
    counts
}

fn list<'a>(counts: impl Iterator<Item = (&'a str, usize)>) -> String {
    counts.map(|(word, count)| format!("{word} {count}")).collect::<Vec<_>>().join(", ")
}

/// A line, unless there is nothing to tell.
fn line(out: &mut dyn Write, name: &str, told: &str) -> io::Result<()> {
    if told.is_empty() { Ok(()) } else { writeln!(out, "{name:<10}  {}", told.trim_end()) }
}

/// Where a listener listens.
fn place(row: &Row) -> String {
    let socket = &row.socket;
    let protocol = socket.protocol.word();
    match (socket.ends.local(), socket.ends.unix_name()) {
        (Some(end), _) => format!("{protocol} {end}"),
        (None, Some(name)) => format!("{protocol} {}", unix_name(name)),
        (None, None) => protocol.to_owned(),
    }
}

/// The lines of `ss -s`, without blanks at their ends.
fn kernel_part(out: &mut dyn Write, kernel: &KernelCounts) -> io::Result<()> {
    let KernelView { used, tcp, tcp_closed, raw, udp, tcp_in_use, inet, frag, .. } = KernelView::of(kernel);
    writeln!(out, "Total: {used}")?;
    writeln!(
        out,
        "TCP:   {tcp} (estab {}, closed {tcp_closed}, orphaned {}, timewait {})",
        kernel.tcp_established, kernel.tcp_orphaned, kernel.tcp_time_wait
    )?;
    writeln!(out, "\nTransport Total     IP        IPv6")?;
    for (name, count) in [("RAW", raw), ("UDP", udp), ("TCP", tcp_in_use), ("INET", inet), ("FRAG", frag)] {
        writeln!(out, "{name}\t  {:<9} {:<9} {}", count.total, count.v4, count.v6)?;
    }
    Ok(())
}

/// The sockets in numbers, as --summary --json prints them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "counts_line", deny_unknown_fields)]
pub(super) struct Counts<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "counts"))]
    kind: &'static str,
    #[schemars(extend("format" = "date-time"))]
    generated_at: String,
    /// Null where the kernel does not tell: of other namespaces than the own one.
    kernel: Option<KernelView>,
    sockets: usize,
    protocols: &'a BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    listeners: BTreeMap<&'static str, usize>,
    units: Vec<Named>,
    containers: Vec<Named>,
    full_accept_queues: Vec<FullQueue>,
    coverage: CoverageView<'a>,
}

/// A unit or a container, and how many sockets it has.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "named_count", deny_unknown_fields)]
struct Named {
    name: String,
    sockets: usize,
}

/// A listener that takes no more connections for now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "full_accept_queue", deny_unknown_fields)]
struct FullQueue {
    cookie: Option<String>,
    place: String,
    waiting: Option<u32>,
    backlog: Option<u32>,
}

impl FullQueue {
    fn of(row: &Row) -> Self {
        let (waiting, backlog) = row.socket.accept_queue();
        let cookie = row.socket.key.cookie().map(|cookie| cookie.0.to_string());
        Self { cookie, place: place(row), waiting, backlog }
    }
}

/// What the kernel counts, and the sums that `ss` makes of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "kernel_counts", deny_unknown_fields)]
struct KernelView {
    used: u64,
    /// TCP sockets that hold memory, in every namespace, and those in TIME-WAIT.
    tcp: u64,
    /// Of these, what neither listens nor is connected here.
    tcp_closed: u64,
    tcp_established: u64,
    tcp_orphaned: u64,
    tcp_time_wait: u64,
    raw: CountView,
    udp: CountView,
    tcp_in_use: CountView,
    inet: CountView,
    frag: CountView,
}

/// In both versions of IP, and in each.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[schemars(rename = "version_counts", deny_unknown_fields)]
struct CountView {
    total: u64,
    v4: u64,
    v6: u64,
}

impl From<InUse> for CountView {
    fn from(InUse { v4, v6 }: InUse) -> Self {
        Self { total: v4 + v6, v4, v6 }
    }
}

impl KernelView {
    fn of(kernel: &KernelCounts) -> Self {
        let KernelCounts { used, raw, udp, tcp, frag, .. } = *kernel;
        let all = kernel.tcp_allocated + kernel.tcp_time_wait;
        let inet = InUse { v4: raw.v4 + udp.v4 + tcp.v4, v6: raw.v6 + udp.v6 + tcp.v6 };
        Self {
            used,
            tcp: all,
            tcp_closed: all.saturating_sub(tcp.v4 + tcp.v6),
            tcp_established: kernel.tcp_established,
            tcp_orphaned: kernel.tcp_orphaned,
            tcp_time_wait: kernel.tcp_time_wait,
            raw: raw.into(),
            udp: udp.into(),
            tcp_in_use: tcp.into(),
            inet: inet.into(),
            frag: frag.into(),
        }
    }
}
