//! What happened to sockets between two readings, as lines for people and as NDJSON.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use super::SCHEMA;
use super::alert::who;
use super::json::{HostView, SocketView, host, unix_name};
use crate::model::{Change, ChangeKind, Ends, Row, Socket, SocketKey, State, TcpInfoPlace};
use crate::store::{Moment, Table};
use crate::text::{self, push};

/// One event of one socket.
#[derive(Debug)]
pub struct Event<'a> {
    kind: Kind,
    /// The socket after it; of one that closed as it was last seen.
    pub row: &'a Row,
    /// The state before, where that changed.
    from: Option<State>,
    owners_changed: bool,
    /// How long it was there, for one that was seen to open.
    lasted: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Opened,
    Closed,
    Changed,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Changed => "changed",
        }
    }

    fn mark(self) -> char {
        match self {
            Self::Opened => '+',
            Self::Closed => '-',
            Self::Changed => '~',
        }
    }
}

/// The events of one reading, one for each socket. What was found is no event, nor is a queue that
/// fills. The table keeps what closed until the next reading.
#[must_use]
pub fn events<'a>(changes: &[Change], table: &'a Table, moment: &Moment) -> Vec<Event<'a>> {
    let key = |change: &Change| -> SocketKey { change.socket.key };
    let of_each = changes.chunk_by(|one, next| key(one) == key(next));
    of_each.filter_map(|all| event(all, table.row(&all[0].socket.key)?, moment)).collect()
}

fn event<'a>(changes: &[Change], row: &'a Row, moment: &Moment) -> Option<Event<'a>> {
    let mut found: Option<Event<'a>> = None;
    for change in changes {
        let kind = match change.kind {
            ChangeKind::Found | ChangeKind::Details => continue,
            ChangeKind::Opened => Kind::Opened,
            ChangeKind::Closed => Kind::Closed,
            ChangeKind::State { .. } | ChangeKind::Owners { .. } => Kind::Changed,
        };
        let event = found.get_or_insert(Event { kind, row, from: None, owners_changed: false, lasted: None });
        match &change.kind {
            ChangeKind::State { from } => event.from = Some(*from),
            ChangeKind::Owners { .. } => event.owners_changed = true,
            ChangeKind::Closed => {
                event.lasted = row.history().opened.map(|opened| moment.taken.since(&opened));
            }
            ChangeKind::Found | ChangeKind::Details | ChangeKind::Opened => {}
        }
    }
    found
}

impl Event<'_> {
    /// The bytes that it sent and received, where it closed and its details were read.
    fn bytes(&self) -> (Option<u64>, Option<u64>) {
        let details = self.row.socket.details.as_ref().filter(|_| self.kind == Kind::Closed);
        let info = details.and_then(|details| details.tcp_info.as_ref());
        let read = |place| info.and_then(|info| info.read(place));
        // Older kernels count only what was acknowledged.
        let sent = read(TcpInfoPlace::BYTES_SENT).or_else(|| read(TcpInfoPlace::BYTES_ACKED));
        (sent, read(TcpInfoPlace::BYTES_RECEIVED))
    }
}

/// Writes one event as one line: `2026-11-20T09:00:01Z + opened tcp 0.0.0.0:4444 listen  nc 31337 …`.
pub fn write_line(out: &mut dyn Write, event: &Event<'_>, moment: &Moment) -> io::Result<()> {
    let socket = &event.row.socket;
    let (mark, word) = (event.kind.mark(), event.kind.word());
    let mut line = format!("{:.0} {mark} {word:<7} {}", moment.taken.wall, socket.protocol.word());
    ends(&mut line, socket);
    push(&mut line, format_args!(" {}", socket.state.word()));
    if let Some(from) = event.from {
        push(&mut line, format_args!(", was {}", from.word()));
    }
    let held = if event.owners_changed { "now held by " } else { "" };
    push(&mut line, format_args!("  {held}{}", who(socket, moment)));
    if let Some(lasted) = event.lasted {
        push(&mut line, format_args!("  after {}", text::span(lasted)));
    }
    let bytes = |count: Option<u64>| count.and_then(|count| usize::try_from(count).ok());
    let (sent, received) = event.bytes();
    for (count, what) in [(bytes(sent), "sent"), (bytes(received), "received")] {
        if let Some(count) = count {
            push(&mut line, format_args!("  {what} {}", text::counted(count, "byte", "bytes")));
        }
    }
    writeln!(out, "{line}")
}

/// Both ends, as far as there are names for them, each after a blank or an arrow.
pub(super) fn ends(line: &mut String, socket: &Socket) {
    match &socket.ends {
        Ends::Inet { local, remote } => {
            push(line, format_args!(" {local}"));
            if let Some(remote) = remote {
                push(line, format_args!(" → {remote}"));
            }
        }
        Ends::Unix { name, .. } => {
            if let Some(name) = name {
                push(line, format_args!(" {}", unix_name(name)));
            }
        }
        Ends::Other { local, .. } => {
            if let Some(name) = local {
                push(line, format_args!(" {name}"));
            }
            if let Some(port) = local.and_then(|name| name.port()) {
                push(line, format_args!(":{port}"));
            }
        }
    }
}

/// Writes one event as one line of JSON.
pub fn write_json(out: &mut dyn Write, event: &Event<'_>, moment: &Moment) -> io::Result<()> {
    #[derive(Serialize)]
    struct EventView<'a> {
        schema: u32,
        #[serde(rename = "type")]
        kind: &'static str,
        event: &'static str,
        at: String,
        host: HostView<'a>,
        /// The state before, where that changed.
        from_state: Option<&'static str>,
        owners_changed: bool,
        /// Of what closed and was seen to open.
        duration_ms: Option<u64>,
        /// Of TCP sockets that closed, when they were last seen.
        bytes_sent: Option<u64>,
        bytes_received: Option<u64>,
        socket: SocketView<'a>,
    }
    let (bytes_sent, bytes_received) = event.bytes();
    let view = EventView {
        schema: SCHEMA,
        kind: "event",
        event: event.kind.word(),
        at: moment.taken.wall.to_string(),
        host: host(&moment.host),
        from_state: event.from.map(State::word),
        owners_changed: event.owners_changed,
        duration_ms: event.lasted.and_then(|lasted| u64::try_from(lasted.as_millis()).ok()),
        bytes_sent,
        bytes_received,
        socket: SocketView(moment.subject(event.row)),
    };
    serde_json::to_writer(&mut *out, &view)?;
    out.write_all(b"\n")
}
