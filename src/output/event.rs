//! What happened to sockets between two readings, as lines for people and as NDJSON.

use std::io::{self, Write};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::SCHEMA;
use super::alert::who;
use super::face::{Face, Meaning};
use super::json::{HostView, SocketView, host, unix_name, words};
use crate::model::{Change, ChangeKind, Ending, Ends, Life, Row, Socket, SocketKey, State};
use crate::store::{Moment, Table};
use crate::text::{self, Charset, push};

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

    fn meaning(self) -> Meaning {
        match self {
            Self::Opened => Meaning::Good,
            Self::Closed => Meaning::Quiet,
            Self::Changed => Meaning::Warning,
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
            ChangeKind::Closed | ChangeKind::Passed => Kind::Closed,
            ChangeKind::State { .. } | ChangeKind::Owners { .. } => Kind::Changed,
        };
        let event = found.get_or_insert(Event { kind, row, from: None, owners_changed: false, lasted: None });
        match &change.kind {
            ChangeKind::State { from } => event.from = Some(*from),
            ChangeKind::Owners { .. } => event.owners_changed = true,
            ChangeKind::Closed | ChangeKind::Passed => {
                let end = if let Life::Closed { at } = row.life() { at } else { moment.taken };
                event.lasted = row.history().opened.map(|opened| end.since(&opened));
            }
            ChangeKind::Found | ChangeKind::Details | ChangeKind::Opened => {}
        }
    }
    found
}

impl<'a> Event<'a> {
    /// The end of a socket, which the kernel told. `before` is its state in the last reading that had it;
    /// `None` when none had.
    #[must_use]
    pub fn ended(row: &'a Row, before: Option<State>) -> Self {
        let from = before.filter(|before| *before != row.socket.state);
        Self { kind: Kind::Closed, row, from, owners_changed: false, lasted: None }
    }
}

impl Event<'_> {
    /// The bytes that it sent and received, where it closed and its details were read.
    fn bytes(&self) -> (Option<u64>, Option<u64>) {
        let bytes = self.row.socket.bytes().filter(|_| self.kind == Kind::Closed);
        bytes.unzip()
    }
}

/// Writes one event as one line: `2026-11-20T09:00:01Z + opened tcp 0.0.0.0:4444 listen  nc 31337 …`.
pub fn write_line(out: &mut dyn Write, event: &Event<'_>, moment: &Moment, face: Face) -> io::Result<()> {
    let socket = &event.row.socket;
    let what =
        face.paint.paint(event.kind.meaning(), &format!("{} {:<7}", event.kind.mark(), event.kind.word()));
    let mut line = format!("{:.0} {what} {}", moment.taken.wall, socket.protocol.word());
    ends(&mut line, socket, face.charset);
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
    if let Some(ending) = event.row.history().ending {
        push(&mut line, format_args!("  {}", ending.word()));
    }
    for (count, what) in [(bytes(sent), "sent"), (bytes(received), "received")] {
        if let Some(count) = count {
            push(&mut line, format_args!("  {what} {}", text::counted(count, "byte", "bytes")));
        }
    }
    writeln!(out, "{}", face.charset.show(&line))
}

/// Both ends, as far as there are names for them, each after a blank or an arrow.
pub(super) fn ends(line: &mut String, socket: &Socket, charset: Charset) {
    match &socket.ends {
        Ends::Inet { local, remote } => {
            push(line, format_args!(" {local}"));
            if let Some(remote) = remote {
                push(line, format_args!(" {} {remote}", charset.arrow()));
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

/// An event, as a line of events --json and of -E --json.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "event_line", deny_unknown_fields)]
pub(super) struct EventView<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "event"))]
    kind: &'static str,
    #[schemars(extend("enum" = ["opened", "closed", "changed"]))]
    event: &'static str,
    #[schemars(extend("format" = "date-time"))]
    at: String,
    host: HostView<'a>,
    /// The state before, where that changed and is known.
    #[schemars(schema_with = "words::state_or_null")]
    from_state: Option<&'static str>,
    owners_changed: bool,
    /// Of what closed and was seen to open.
    duration_ms: Option<u64>,
    /// How a TCP connection ended: `orderly` when both sides closed it, `unacknowledged` when something that this side
    /// had sent never was (it was reset, or given up), `unanswered` when nothing ever came from the other side; where BPF
    /// tells, `reset-by-peer`, `reset` by this side, `refused`, `timed-out`, `unreachable` or `destroyed` by somebody
    /// who asked the kernel to. Null where nothing proves it.
    #[schemars(schema_with = "words::ending_or_null")]
    ending: Option<&'static str>,
    /// Of TCP sockets that closed, the last that was told. Received bytes are counted as the kernel does: the
    /// end of the other side's stream is one of them.
    bytes_sent: Option<u64>,
    bytes_received: Option<u64>,
    /// Of what closed, as it was last seen, with the last counts that the kernel told.
    socket: SocketView<'a>,
}

/// Writes one event as one line of JSON.
pub fn write_json(out: &mut dyn Write, event: &Event<'_>, moment: &Moment) -> io::Result<()> {
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
        ending: event.row.history().ending.map(Ending::word),
        bytes_sent,
        bytes_received,
        socket: SocketView(moment.subject(event.row)),
    };
    serde_json::to_writer(&mut *out, &view)?;
    out.write_all(b"\n")
}
