//! The answer as one JSON object on one line.

use std::borrow::Cow;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::text::Package;
use super::{Peer, Who};
use crate::output::SCHEMA;
use crate::output::json::{CoverageView, HostView, PublishedPortView, SocketView, coverage, host, words};
use crate::store::{Moment, Table};
use crate::text::escape;

/// Who holds a target, as a line of who --json.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "who_line", deny_unknown_fields)]
pub(in crate::output) struct WhoView<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "who"))]
    kind: &'static str,
    #[schemars(extend("format" = "date-time"))]
    generated_at: String,
    host: HostView<'a>,
    /// As it was typed.
    target: Cow<'a, str>,
    /// True when somebody holds it.
    held: bool,
    coverage: CoverageView<'a>,
    connections: Connections<'a>,
    /// Rules that pass on what comes to the port; null when they could not be read.
    published: Option<Vec<PublishedPortView<'a>>>,
    /// Of the executables whose package is known.
    packages: Vec<PackageView<'a>>,
    /// Those that hold it, and what goes through them.
    sockets: Vec<SocketView<'a>>,
}

/// What goes through the sockets that are meant.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "connections", deny_unknown_fields)]
struct Connections<'a> {
    count: usize,
    time_wait: usize,
    /// Most first.
    peers: Vec<PeerView<'a>>,
}

/// One peer: an address, and a port where a service was called, or a process of this machine.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "peer", deny_unknown_fields)]
struct PeerView<'a> {
    address: Option<String>,
    port: Option<u16>,
    pid: Option<u32>,
    comm: Option<Cow<'a, str>>,
    count: usize,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "package", deny_unknown_fields)]
struct PackageView<'a> {
    pid: u32,
    exe: Option<Cow<'a, str>>,
    package: String,
}

/// Writes the answer. `typed` is the target as it was typed.
pub fn write_json(
    out: &mut dyn Write,
    who: &Who<'_>,
    typed: &[u8],
    (table, moment): (&Table, &Moment),
    package: &Package<'_>,
) -> io::Result<()> {
    let others = table.peers();
    let rows = || who.groups.iter().flat_map(|group| group.seats.iter().chain(&group.through));
    let mut peers: Vec<_> = who.groups.iter().flat_map(|group| &group.peers).collect();
    peers.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let packages = who.processes().filter_map(|process| {
        let exe = process.exe.as_ref().map(|exe| escape(exe.path.as_bytes()));
        package(process).map(|package| PackageView { pid: process.id.pid.0, exe, package })
    });
    let view = WhoView {
        schema: SCHEMA,
        kind: "who",
        generated_at: moment.taken.wall.to_string(),
        host: host(&moment.host),
        target: escape(typed),
        held: who.is_held(),
        coverage: coverage(moment),
        connections: Connections {
            count: who.groups.iter().map(super::Group::connections).sum(),
            time_wait: who.groups.iter().map(super::Group::lingering).sum(),
            peers: peers.into_iter().map(|(peer, count)| PeerView::new(peer, *count)).collect(),
        },
        published: who
            .rules
            .as_ref()
            .map(|rules| rules.iter().map(|rule| PublishedPortView::new(rule)).collect()),
        packages: packages.collect(),
        sockets: rows().map(|row| SocketView(moment.subject(row).facing(others.find(&row.socket)))).collect(),
    };
    serde_json::to_writer(&mut *out, &view)?;
    out.write_all(b"\n")
}

impl<'a> PeerView<'a> {
    fn new(peer: &Peer<'a>, count: usize) -> Self {
        let nobody = Self { address: None, port: None, pid: None, comm: None, count };
        match peer {
            Peer::Address(addr) => Self { address: Some(addr.to_string()), ..nobody },
            Peer::Service(end) => {
                Self { address: Some(end.addr.to_string()), port: Some(end.port), ..nobody }
            }
            Peer::Process(id, comm) => Self { pid: Some(id.pid.0), comm: Some(escape(comm)), ..nobody },
            Peer::Unknown => nobody,
        }
    }
}
