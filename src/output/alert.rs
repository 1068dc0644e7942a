//! Alerts as lines for people and as NDJSON.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::SCHEMA;
use super::event::ends;
use super::face::{Face, Meaning};
use super::json::{CoverageView, HostView, SocketView, coverage, host, words};
use crate::model::{NoOwner, Process, Row, Socket};
use crate::phrase;
use crate::policy::{Alert, AlertKind, Seen, Severity};
use crate::store::Moment;
use crate::text::{self, Charset, escape, push};

/// The mark and the severity, in characters.
const HEAD: usize = 10;

fn meaning(severity: Severity) -> Meaning {
    match severity {
        Severity::Critical | Severity::High => Meaning::Alarm,
        Severity::Medium => Meaning::Warning,
        Severity::Low => Meaning::Text,
        Severity::Info => Meaning::Quiet,
    }
}

/// Writes one alert as one line:
/// `✗ high     tcp 0.0.0.0:4444  nc 31337 /usr/bin/nc (deploy)   no expectation covers it`.
pub fn write_line(
    out: &mut dyn Write,
    alert: &Alert,
    moment: &Moment,
    policy: &str,
    face: Face,
) -> io::Result<()> {
    let socket = &alert.socket;
    let mark = if matches!(alert.kind, AlertKind::Closed | AlertKind::ExpectedGone) {
        "-"
    } else {
        face.charset.cross()
    };
    let what = face.paint.paint(meaning(alert.severity), &format!("{mark} {:<8}", alert.severity.word()));
    let mut line = format!("{what} ");
    push_listener(&mut line, socket, moment, face.charset);
    push(&mut line, format_args!("  {}{}", alert.reason, when(alert)));
    if let Some(at) = alert.line {
        push(&mut line, format_args!(" ({policy}:{at})"));
    }
    line.push_str(&origin(socket, moment));
    writeln!(out, "{}", face.charset.show(&line))
}

/// A line of [`write_line`] that was written plainly, without its end, as a face shows it.
#[must_use]
pub fn painted(line: &str, severity: Severity, face: Face) -> String {
    let line = match face.charset {
        Charset::Unicode => line.to_owned(),
        Charset::Ascii => {
            let plain = Charset::Unicode;
            line.replacen(plain.cross(), face.charset.cross(), 1).replace(plain.arrow(), face.charset.arrow())
        }
    };
    let head = line.char_indices().nth(HEAD).map_or(line.len(), |(at, _)| at);
    let (head, rest) = line.split_at(head);
    let head = face.paint.paint(meaning(severity), head);
    face.charset.show(&format!("{head}{rest}")).into_owned()
}

/// A listener and who holds it: `tcp 0.0.0.0:4444  nc 31337 /usr/bin/nc (deploy)`.
#[must_use]
pub fn listener(socket: &Socket, moment: &Moment) -> String {
    let mut line = String::new();
    push_listener(&mut line, socket, moment, Charset::Unicode);
    line
}

fn push_listener(line: &mut String, socket: &Socket, moment: &Moment, charset: Charset) {
    line.push_str(socket.protocol.word());
    ends(line, socket, charset);
    push(line, format_args!("  {}", who(socket, moment)));
}

/// Writes one alert as one line of JSON.
pub fn write_json(out: &mut dyn Write, alert: &Alert, moment: &Moment, policy: &str) -> io::Result<()> {
    // The row as the registry wants it; what is not known of it here stays null.
    let row = Row::found(alert.socket.clone());
    let view = AlertView {
        schema: SCHEMA,
        kind: "alert",
        id: format!("{:016x}", alert.id),
        alert: alert.kind.word(),
        severity: alert.severity.word(),
        at: alert.at.wall.to_string(),
        host: host(&moment.host),
        message: message(alert, moment),
        reason: &alert.reason,
        rule: alert.rule.as_deref(),
        policy: alert.line.map(|line| format!("{policy}:{line}")),
        seen: alert.seen.word(),
        stands_for: alert.stands_for,
        since: alert.since.map(|since| since.wall.to_string()),
        pid: alert.socket.owners.first().map(|owner| owner.process.id.pid.0),
        exe: alert
            .socket
            .owners
            .first()
            .and_then(|owner| owner.process.exe.as_ref())
            .map(|exe| escape(exe.path.as_bytes())),
        socket: SocketView(moment.subject(&row)),
    };
    serde_json::to_writer(&mut *out, &view)?;
    out.write_all(b"\n")
}

/// An alert, as a line of check --json and watch --json.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "alert_line", deny_unknown_fields)]
pub(super) struct AlertView<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "alert"))]
    kind: &'static str,
    /// The same for the same socket, kind of alert and rule on the same boot.
    id: String,
    #[schemars(schema_with = "words::alert")]
    alert: &'static str,
    #[schemars(schema_with = "words::severity")]
    severity: &'static str,
    #[schemars(extend("format" = "date-time"))]
    at: String,
    host: HostView<'a>,
    /// The alert as a sentence.
    message: String,
    /// Why it is one.
    reason: &'a str,
    /// The name of the rule; null where expectations judged.
    rule: Option<&'a str>,
    /// The rule, or the entry that came nearest, as `file:line`.
    policy: Option<String>,
    /// While it happened, when the watching began, while nothing watched, or told again because it still stands.
    #[schemars(schema_with = "words::seen")]
    seen: &'static str,
    /// How many alike alerts it stands for, itself among them.
    stands_for: u64,
    /// When the first one of those was, or since when it stands; null for what is told of one moment.
    #[schemars(extend("format" = "date-time"))]
    since: Option<String>,
    /// The first owner; all of them are in `socket`.
    pid: Option<u32>,
    exe: Option<std::borrow::Cow<'a, str>>,
    socket: SocketView<'a>,
}

/// The kind of an alert, in words.
#[must_use]
pub fn subject(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::Unexpected => "unexpected listener",
        AlertKind::Unverifiable => "listener that cannot be verified",
        AlertKind::CameAndWent => "listener came and went",
        AlertKind::Closed => "listener closed",
        AlertKind::Rule => "rule matched",
        AlertKind::UnverifiableRule => "rule that cannot be verified",
        AlertKind::SecondOwner => "second owner of an address",
        AlertKind::MoreSpecific => "more specific bind",
        AlertKind::GroupJoined => "port shared by another program",
        AlertKind::ExecutableDeleted => "program without a file",
        AlertKind::ExpectedGone => "expected listener gone",
        AlertKind::Flapping => "listener comes and goes",
        AlertKind::ExecutableChanged => "another program behind a port",
        AlertKind::OwnerUnknown => "listener of nobody who can be seen",
        AlertKind::ProcCovered => "listener of a process that is covered",
        AlertKind::Plaintext => "service without encryption",
        AlertKind::AcceptQueue => "accept queue overflows",
        AlertKind::SynFlood => "handshakes that nobody finishes",
        AlertKind::PortsExhausted => "ports run out",
        AlertKind::RawOpened => "socket for whatever passes",
    }
}

/// When it was seen, where that is not now.
fn when(alert: &Alert) -> String {
    match (alert.seen, alert.since) {
        (Seen::Live | Seen::AtStart, _) => String::new(),
        (Seen::WhileDown, _) => "; it happened while sockeye did not watch".to_owned(),
        (Seen::Reminder, None) => "; it still stands".to_owned(),
        (Seen::Reminder, Some(since)) => format!("; it still stands, since {}", since.wall),
    }
}

/// Where the first of its owners comes from.
fn origin(socket: &Socket, moment: &Moment) -> String {
    let origin = socket.owners.first().and_then(|owner| {
        let origin = phrase::origin(owner.process, &moment.names, Charset::Unicode)?;
        Some(format!("; {origin}"))
    });
    origin.unwrap_or_default()
}

/// The alert as a sentence.
fn message(alert: &Alert, moment: &Moment) -> String {
    let what = subject(alert.kind);
    let socket = &alert.socket;
    let mut message = format!("{what}: {}", socket.protocol.word());
    ends(&mut message, socket, Charset::Unicode);
    let (who, origin) = (who(socket, moment), origin(socket, moment));
    push(&mut message, format_args!(" held by {who}: {}{}{origin}", alert.reason, when(alert)));
    message
}

/// Who holds the socket: `nc 31337 /usr/bin/nc (deploy)`, or why that is not known.
#[must_use]
pub fn who(socket: &Socket, moment: &Moment) -> String {
    let user = socket.uid.map(|uid| match moment.names.users.get(&uid) {
        Some(name) => escape(name.as_bytes()).into_owned(),
        None => format!("uid {}", uid.0),
    });
    let mut who = match socket.owners.found() {
        Ok(known) => named(known.first().process),
        Err(NoOwner::Denied) => "a process that may not be read".to_owned(),
        Err(why) => match moment.names.kernel_uses.get(&socket.key) {
            Some(what) => format!("{}: {}", why.reason(), escape(what.as_bytes())),
            None => why.reason().to_owned(),
        },
    };
    if let Some(user) = user {
        push(&mut who, format_args!(" ({user})"));
    }
    let more = socket.owners.known().map_or(0, |set| set.count().saturating_sub(1));
    if more > 0 {
        push(&mut who, format_args!(" and {}", text::counted(more, "other", "others")));
    }
    who
}

/// Name, pid and the file that it runs.
pub(super) fn named(process: &Process) -> String {
    let mut named = phrase::process(process, Charset::Unicode);
    if let Some(exe) = &process.exe {
        push(&mut named, format_args!(" {}", phrase::executable(exe, Charset::Unicode)));
    }
    named
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    pub listeners: usize,
    pub unexpected: usize,
    pub unverifiable: usize,
    /// How many rules were held against sockets.
    pub rules: usize,
    /// Sockets of which a rule holds, counted for each rule.
    pub matched: usize,
    /// Those of which cannot be seen whether one does.
    pub unjudged: usize,
    /// Facts that are told whatever is expected.
    pub facts: usize,
    /// Every table of the kernel was read whole.
    pub whole: bool,
}

impl Summary {
    fn expected(&self) -> usize {
        self.listeners - self.unexpected - self.unverifiable
    }
}

/// Writes the last lines of a check.
pub fn write_summary(out: &mut dyn Write, summary: &Summary, moment: &Moment) -> io::Result<()> {
    let expected = summary.expected();
    write!(out, "{} unexpected, ", summary.unexpected)?;
    if summary.unverifiable > 0 {
        write!(out, "{} not verifiable, ", summary.unverifiable)?;
    }
    if summary.rules > 0 {
        write!(out, "{} matched by rules, ", summary.matched)?;
    }
    if summary.unjudged > 0 {
        write!(out, "{} not judged by rules, ", summary.unjudged)?;
    }
    if summary.facts > 0 {
        write!(out, "{} beside them, ", text::counted(summary.facts, "fact", "facts"))?;
    }
    write!(out, "{expected} as expected.")?;
    let denied = moment.coverage.owners.denied;
    match (summary.whole, denied) {
        (false, _) => writeln!(out, " Not every socket could be read."),
        (true, 0) => writeln!(out, " All processes were readable."),
        (true, _) => writeln!(out, " {} could not be read.", text::counted(denied, "process", "processes")),
    }
}

/// How a check ended, as the last line of check --json.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "summary_line", deny_unknown_fields)]
pub(super) struct SummaryView<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "summary"))]
    kind: &'static str,
    #[schemars(extend("format" = "date-time"))]
    at: String,
    host: HostView<'a>,
    /// All that were judged.
    listeners: usize,
    expected: usize,
    unexpected: usize,
    /// Those of which too little could be seen.
    unverifiable: usize,
    /// Sockets of which a rule holds, counted for each rule.
    rule_matched: usize,
    /// Sockets of which cannot be seen whether a rule holds, counted for each rule.
    rule_unverifiable: usize,
    /// Alerts of kinds that stand beside expectations and rules.
    facts: usize,
    coverage: CoverageView<'a>,
}

/// Writes the summary as the last line of JSON.
pub fn write_summary_json(out: &mut dyn Write, summary: &Summary, moment: &Moment) -> io::Result<()> {
    let view = SummaryView {
        schema: SCHEMA,
        kind: "summary",
        at: moment.taken.wall.to_string(),
        host: host(&moment.host),
        listeners: summary.listeners,
        expected: summary.expected(),
        unexpected: summary.unexpected,
        unverifiable: summary.unverifiable,
        rule_matched: summary.matched,
        rule_unverifiable: summary.unjudged,
        facts: summary.facts,
        coverage: coverage(moment),
    };
    serde_json::to_writer(&mut *out, &view)?;
    out.write_all(b"\n")
}
