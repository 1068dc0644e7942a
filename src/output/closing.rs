//! What became of sockets that were to be closed, as lines for people and as NDJSON. It closes nothing.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::SCHEMA;
pub use super::alert::who;
use super::event::ends;
use super::json::{HostView, SocketView, host, words};
use crate::model::{Closing, Row};
use crate::store::Moment;
use crate::text::{Charset, push};

/// Writes one socket as one line: `closed  tcp 127.0.0.1:80 → 127.0.0.1:5000 established  nginx 700 …`.
pub fn write_line(out: &mut dyn Write, row: &Row, closing: &Closing, moment: &Moment) -> io::Result<()> {
    let socket = &row.socket;
    let mut line = format!("{:<7} {}", closing.word(), socket.protocol.word());
    ends(&mut line, socket, Charset::Unicode);
    push(&mut line, format_args!(" {}  {}", socket.state.word(), who(socket, moment)));
    if closing.still_bound() == Some(true) {
        line.push_str("; whoever holds it keeps its address");
    }
    if let Some(why) = closing.reason() {
        push(&mut line, format_args!(": {why}"));
    }
    writeln!(out, "{line}")
}

/// What became of a socket, as a line of -K --json.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "closing_line", deny_unknown_fields)]
pub(super) struct ClosingView<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "closing"))]
    kind: &'static str,
    /// When the socket was read.
    #[schemars(extend("format" = "date-time"))]
    at: String,
    host: HostView<'a>,
    #[schemars(schema_with = "words::closing")]
    result: &'static str,
    /// Why it was refused.
    reason: Option<&'a str>,
    /// Whether the kernel lists it still, bound to its address, because whoever holds it has not closed it. Null
    /// when it was not closed, or that could not be looked up. Kernels before 6.8 do not list such TCP sockets.
    still_bound: Option<bool>,
    /// As it was before.
    socket: SocketView<'a>,
}

/// Writes one socket as one line of JSON.
pub fn write_json(out: &mut dyn Write, row: &Row, closing: &Closing, moment: &Moment) -> io::Result<()> {
    let view = ClosingView {
        schema: SCHEMA,
        kind: "closing",
        at: moment.taken.wall.to_string(),
        host: host(&moment.host),
        result: closing.word(),
        reason: closing.reason(),
        still_bound: closing.still_bound(),
        socket: SocketView(moment.subject(row)),
    };
    serde_json::to_writer(&mut *out, &view)?;
    out.write_all(b"\n")
}
