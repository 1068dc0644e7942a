//! The JSON document, schema 1.
//!
//! Keys are always there, null when unknown; types never change; 64-bit ids are strings. Texts
//! that others chose are escaped, and where escaping changed them a `*_hex` twin has the bytes.
//! Sockets stream out one by one, each on a line of its own, and so do published ports.

mod coverage;
mod layout;
mod published;
mod registry;
mod value;
pub(super) mod words;

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde::ser::SerializeMap as _;

use super::SCHEMA;
use crate::model::field::{FIELDS, OBJECTS};
use crate::model::{Host, Row, Subject};
use crate::store::Moment;
use crate::text::escape;

pub(super) use coverage::{CoverageView, coverage};
pub(super) use published::PublishedPortView;
use value::hex_twin;
pub(super) use value::unix_name;

/// Writes the whole document with these rows.
pub fn write<'a>(
    out: impl Write,
    rows: &'a [&'a Row],
    moment: &'a Moment,
    subject: &'a dyn Fn(&'a Row) -> Subject<'a>,
) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        tool: "sockeye",
        version: env!("CARGO_PKG_VERSION"),
        generated_at: moment.taken.wall.to_string(),
        host: host(&moment.host),
        coverage: coverage(moment),
        published: published(moment),
        sockets: Sockets { rows, subject },
    };
    let mut serializer = serde_json::Serializer::with_formatter(out, layout::SocketPerLine::default());
    document.serialize(&mut serializer)?;
    serializer.into_inner().write_all(b"\n")
}

/// Writes these rows of the table as one object a line, and the coverage as the last: so that nobody
/// takes what could not be read for what is not there.
pub fn write_lines<'a>(
    mut out: impl Write,
    rows: impl Iterator<Item = &'a Row>,
    moment: &Moment,
    subject: impl Fn(&'a Row) -> Subject<'a>,
) -> io::Result<()> {
    for row in rows {
        let socket = SocketView(subject(row));
        serde_json::to_writer(&mut out, &SocketLine { schema: SCHEMA, kind: "socket", socket })?;
        out.write_all(b"\n")?;
    }
    write_coverage(out, moment)
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
    #[schemars(with = "Vec<SocketView<'_>>")]
    sockets: Sockets<'a>,
}

/// A socket, as a line of --ndjson.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "socket_line", deny_unknown_fields)]
pub(super) struct SocketLine<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "socket"))]
    kind: &'static str,
    /// Apart: a socket has a type of its own.
    socket: SocketView<'a>,
}

/// The coverage, as the last line of --ndjson and as the line of doctor --json.
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

pub(super) struct Sockets<'a> {
    rows: &'a [&'a Row],
    subject: &'a dyn Fn(&'a Row) -> Subject<'a>,
}

impl Serialize for Sockets<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|row| SocketView((self.subject)(row))))
    }
}

/// The path is chosen by whoever binds, so its bytes stand beside it. Other texts of a socket come
/// from tables of the administrator; being escaped reversibly is enough for them.
const PATH: &str = "path";
const PATH_HEX: &str = "path_hex";

/// One socket: every field of the registry that is not composed for eyes.
pub(super) struct SocketView<'a>(pub(super) Subject<'a>);

impl Serialize for SocketView<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in FIELDS.iter().filter(|field| !field.composed) {
            let value = (field.extract)(&self.0);
            map.serialize_entry(field.member, &value::View { value, names: self.0.names })?;
            if field.key == PATH {
                map.serialize_entry(PATH_HEX, &hex_twin(&value))?;
            }
        }
        for object in OBJECTS {
            map.serialize_entry(object.key, &value::ObjectView { object, subject: self.0 })?;
        }
        map.end()
    }
}
