//! The JSON document, schema 1.
//!
//! Keys are always there, null when unknown; types never change; 64-bit ids are strings. Texts
//! that others chose are escaped, and where escaping changed them a `*_hex` twin has the bytes.
//! Sockets stream out page by page, each on a line of its own: `grep` and `head` work, parsers do not care.

mod coverage;
mod owner;
mod published;
mod registry;
mod socket;
mod value;
pub(super) mod words;

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::SCHEMA;
use super::parts::in_order;
use crate::model::{Host, Row, Subject};
use crate::store::{Moment, Peers};
use crate::text::escape;

pub(super) use coverage::{CoverageView, coverage};
use owner::Owners;
pub(super) use owner::ProcessView;
pub(super) use published::PublishedPortView;
pub(super) use socket::SocketView;
pub(super) use value::unix_name;

/// How a document without sockets ends.
const TAIL: &str = "]}";
/// How many sockets are made into text before they are written: as many as the caches hold.
const PAGE: usize = 256;

/// Writes the whole document with these rows.
pub fn write<'a>(
    out: &mut dyn Write,
    rows: &[&'a Row],
    moment: &'a Moment,
    peers: &Peers<'a>,
) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        tool: "sockeye",
        version: env!("CARGO_PKG_VERSION"),
        generated_at: moment.taken.wall.to_string(),
        host: host(&moment.host),
        coverage: coverage(moment),
        published: published(moment),
        sockets: [],
    };
    let document = serde_json::to_string(&document)?;
    // The sockets follow what has been written, so that there is no second copy of them.
    let head = document.strip_suffix(TAIL).ok_or(io::ErrorKind::InvalidData)?;
    out.write_all(head.as_bytes())?;
    let mut before = ",";
    let push = |lines: &mut String, owners: &mut Owners, subject| {
        lines.push_str(",\n");
        SocketView(subject).push(lines, owners)
    };
    in_pages(rows, (moment, peers), push, |lines| {
        // Nothing stands before the first one.
        out.write_all(lines.strip_prefix(std::mem::take(&mut before)).unwrap_or(lines).as_bytes())
    })?;
    writeln!(out, "\n{TAIL}")
}

/// Writes these rows of the table as one object a line, and the coverage as the last: so that nobody
/// takes what could not be read for what is not there.
pub fn write_lines<'a>(
    out: &mut dyn Write,
    rows: &[&'a Row],
    moment: &'a Moment,
    peers: &Peers<'a>,
) -> io::Result<()> {
    let line = serde_json::to_string(&SocketLine { schema: SCHEMA, kind: "socket", socket: None })?;
    let lead = line.strip_suffix("null}").ok_or(io::ErrorKind::InvalidData)?;
    let push = |lines: &mut String, owners: &mut Owners, subject| {
        lines.push_str(lead);
        SocketView(subject).push(lines, owners)?;
        lines.push_str("}\n");
        Ok(())
    };
    in_pages(rows, (moment, peers), push, |lines| out.write_all(lines.as_bytes()))?;
    write_coverage(out, moment)
}

/// One socket as an object on one line, as it stands in the document.
pub fn socket(subject: Subject<'_>) -> io::Result<String> {
    let mut line = String::new();
    SocketView(subject).push(&mut line, &mut Owners::default())?;
    Ok(line)
}

/// Makes rows into text, page by page and on every core, and hands it on in their order.
fn in_pages<'a>(
    rows: &[&'a Row],
    (moment, peers): (&'a Moment, &Peers<'a>),
    push: impl Fn(&mut String, &mut Owners, Subject<'a>) -> serde_json::Result<()> + Sync,
    mut write: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let fill = |page: &mut Page, rows: &[&'a Row]| {
        page.lines.clear();
        for (row, peer) in rows.iter().zip(peers.find_each(rows)) {
            push(&mut page.lines, &mut page.owners, moment.subject(row).facing(peer))?;
        }
        Ok(())
    };
    in_order(rows, PAGE, fill, |page| write(&page.lines))
}

/// Sockets as text.
#[derive(Default)]
struct Page {
    lines: String,
    owners: Owners,
}

/// Writes the coverage alone, as one object on one line.
pub fn write_coverage(mut out: impl Write, moment: &Moment) -> io::Result<()> {
    let report = CoverageLine {
        schema: SCHEMA,
        kind: "coverage",
        generated_at: moment.taken.wall.to_string(),
        host: host(&moment.host),
        coverage: coverage(moment),
    };
    serde_json::to_writer(&mut out, &report)?;
    out.write_all(b"\n")
}

/// The document that --json prints.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "document", deny_unknown_fields)]
pub(super) struct Document<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[schemars(extend("const" = "sockeye"))]
    tool: &'static str,
    /// The version of sockeye.
    version: &'static str,
    #[schemars(extend("format" = "date-time"))]
    generated_at: String,
    host: HostView<'a>,
    coverage: CoverageView<'a>,
    /// The ports that rules of the packet filter pass on. Null when the rules could not be read, for which
    /// the coverage has the reason.
    published: Option<Vec<PublishedPortView<'a>>>,
    // Written behind it.
    #[schemars(with = "Vec<SocketView<'_>>")]
    sockets: [(); 0],
}

/// A socket, as a line of --ndjson.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "socket_line", deny_unknown_fields)]
pub(super) struct SocketLine {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "socket"))]
    kind: &'static str,
    /// Apart: a socket has a type of its own.
    // Written behind the line's lead.
    #[schemars(with = "SocketView<'_>")]
    socket: Option<()>,
}

/// The coverage, as the last line of --ndjson, as the line of doctor --json, and in events --json and watch --json at the
/// start and whenever it changes what can be read or heard, or something was lost.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "coverage_line", deny_unknown_fields)]
pub(super) struct CoverageLine<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "coverage"))]
    kind: &'static str,
    #[schemars(extend("format" = "date-time"))]
    generated_at: String,
    host: HostView<'a>,
    coverage: CoverageView<'a>,
}

fn published(moment: &Moment) -> Option<Vec<PublishedPortView<'_>>> {
    let ports = moment.names.published.as_ref()?;
    Some(ports.iter().map(|port| PublishedPortView::new(port)).collect())
}

/// The machine.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "host", deny_unknown_fields)]
pub(super) struct HostView<'a> {
    name: std::borrow::Cow<'a, str>,
    kernel: std::borrow::Cow<'a, str>,
    boot_id: Option<std::borrow::Cow<'a, str>>,
}

/// The host as every document and event carries it.
pub(super) fn host(host: &Host) -> HostView<'_> {
    HostView {
        name: escape(host.name.as_bytes()),
        kernel: escape(host.kernel.as_bytes()),
        boot_id: host.boot_id.as_ref().map(|id| escape(id.as_bytes())),
    }
}
