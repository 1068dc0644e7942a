//! A policy beside what listens: a line for each listener and for each entry that nobody is like.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{ExpectationView, expectation, note};
use crate::model::{Row, Socket};
use crate::output::SCHEMA;
use crate::output::alert::listener;
use crate::output::face::{Face, Meaning};
use crate::output::json::{CoverageView, HostView, SocketView, coverage, host, words};
use crate::policy::{Alert, AlertKind, Comparison, Expectation};
use crate::store::Moment;
use crate::text::push;

/// What is told, and with what.
#[derive(Clone, Copy)]
pub struct Compared<'a> {
    pub comparison: &'a Comparison<'a>,
    pub moment: &'a Moment,
    /// The file as it is shown.
    pub path: &'a str,
    /// The command that takes a listener in.
    pub approve: &'a dyn Fn(&Alert) -> String,
}

/// How comparing ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub expected: usize,
    pub gone: usize,
    pub different: usize,
    pub unexpected: usize,
    pub unseen: usize,
    /// Rules, which were not asked.
    pub rules: usize,
    /// Every table of the kernel was read whole.
    pub whole: bool,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    Expected,
    Gone,
    Different,
    Unexpected,
    Unseen,
}

impl Finding {
    const WORDS: [&str; 5] = ["expected", "gone", "different", "unexpected", "unseen"];

    fn of(alert: &Alert, nearest: Option<&Expectation>) -> Self {
        match (alert.kind, nearest) {
            (AlertKind::Unverifiable, _) => Self::Unseen,
            (_, Some(_)) => Self::Different,
            (_, None) => Self::Unexpected,
        }
    }

    fn word(self) -> &'static str {
        Self::WORDS[self as usize]
    }

    fn mark(self, face: Face) -> &'static str {
        match self {
            Self::Expected => "=",
            Self::Gone => "-",
            Self::Different => "~",
            Self::Unexpected => face.charset.cross(),
            Self::Unseen => "?",
        }
    }

    fn meaning(self) -> Meaning {
        match self {
            Self::Expected => Meaning::Good,
            Self::Gone | Self::Unseen => Meaning::Warning,
            Self::Different | Self::Unexpected => Meaning::Alarm,
        }
    }
}

const GONE: &str = "nobody listens";
const NOT_SEEN: &str = "nobody was seen to listen, but not every table could be read";

/// One line, whichever form it takes.
struct Line<'a> {
    finding: Finding,
    socket: Option<&'a Socket>,
    entry: Option<&'a Expectation>,
    reason: Option<&'a str>,
    alert: Option<&'a Alert>,
}

impl<'a> Compared<'a> {
    /// What is as it should be first, and what needs somebody last.
    fn lines(&self) -> Vec<Line<'a>> {
        let Comparison { there, gone, not_seen, others } = self.comparison;
        let of_entry = |finding, reason| {
            move |entry: &&'a Expectation| Line {
                finding,
                socket: None,
                entry: Some(*entry),
                reason: Some(reason),
                alert: None,
            }
        };
        let there = there.iter().map(|(row, entry)| Line {
            finding: Finding::Expected,
            socket: Some(&row.socket),
            entry: Some(*entry),
            reason: None,
            alert: None,
        });
        let others = others.iter().map(|(alert, nearest)| Line {
            finding: Finding::of(alert, *nearest),
            socket: Some(&alert.socket),
            entry: *nearest,
            reason: Some(&alert.reason),
            alert: Some(alert),
        });
        let gone = gone.iter().map(of_entry(Finding::Gone, GONE));
        let not_seen = not_seen.iter().map(of_entry(Finding::Unseen, NOT_SEEN));
        let mut lines: Vec<_> = there.chain(gone).chain(not_seen).chain(others).collect();
        lines.sort_by_key(|line| match line.finding {
            Finding::Expected => 0,
            Finding::Gone => 1,
            Finding::Unseen => 2,
            Finding::Different => 3,
            Finding::Unexpected => 4,
        });
        lines
    }

    /// How many lines of each kind there are.
    #[must_use]
    pub fn counts(&self, rules: usize, whole: bool) -> Counts {
        let lines = self.lines();
        let count = |finding| lines.iter().filter(|line| line.finding == finding).count();
        Counts {
            expected: count(Finding::Expected),
            gone: count(Finding::Gone),
            different: count(Finding::Different),
            unexpected: count(Finding::Unexpected),
            unseen: count(Finding::Unseen),
            rules,
            whole,
        }
    }

    /// The command that takes the listener of a line in, where it is known who that is.
    fn approve(&self, line: &Line<'_>) -> Option<String> {
        let is_known = matches!(line.finding, Finding::Different | Finding::Unexpected);
        line.alert.filter(|_| is_known).map(self.approve)
    }
}

/// Writes a line for each listener and each entry, and how many there are.
pub fn write_diff(
    out: &mut dyn Write,
    compared: &Compared<'_>,
    counts: &Counts,
    face: Face,
) -> io::Result<()> {
    for line in compared.lines() {
        let finding = line.finding;
        let what = format!("{} {:<10}", finding.mark(face), finding.word());
        let mut told = face.paint.paint(finding.meaning(), &what);
        match (line.socket, line.entry) {
            (Some(socket), _) => push(&mut told, format_args!(" {}", listener(socket, compared.moment))),
            (None, Some(entry)) => {
                push(&mut told, format_args!(" {}", expectation(entry, face.charset)));
                note(&mut told, entry.note.as_deref(), face.charset);
            }
            (None, None) => {}
        }
        if let Some(reason) = line.reason {
            push(&mut told, format_args!("  {reason}"));
        }
        if let Some(entry) = line.entry {
            push(&mut told, format_args!(" ({}:{})", compared.path, entry.line));
        }
        writeln!(out, "{}", face.charset.show(&told))?;
        if let Some(command) = compared.approve(&line) {
            writeln!(out, "  {}", face.charset.show(&command))?;
        }
    }
    write!(out, "{} as expected, {} gone, ", counts.expected, counts.gone)?;
    write!(out, "{} different, {} unexpected", counts.different, counts.unexpected)?;
    if counts.unseen > 0 {
        write!(out, ", {} that cannot be told", counts.unseen)?;
    }
    out.write_all(b".")?;
    if !counts.whole {
        out.write_all(b" Not every socket could be read.")?;
    }
    match counts.rules {
        0 => writeln!(out),
        _ => writeln!(out, " By rules sockeye check judges."),
    }
}

/// A listener beside the policy, or an entry beside the listeners, as a line of policy diff --json.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "comparison_line", deny_unknown_fields)]
pub(in crate::output) struct ComparisonView<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "comparison"))]
    kind: &'static str,
    #[schemars(extend("format" = "date-time"))]
    at: String,
    host: HostView<'a>,
    /// `expected`: it is there. `gone`: nobody listens. `different`: somebody does, but not as the entry says.
    /// `unexpected`: no entry is about it. `unseen`: too little could be seen to tell.
    #[schemars(extend("enum" = Finding::WORDS))]
    result: &'static str,
    /// Why it is not as expected.
    reason: Option<&'a str>,
    /// The entry, or the one that came nearest, as `file:line`.
    policy: Option<String>,
    /// The id of the alert that check and watch raise of it.
    alert_id: Option<String>,
    /// The command that takes it in.
    approve: Option<String>,
    /// The entry, or the one that came nearest; null where none is about the listener.
    expectation: Option<ExpectationView<'a>>,
    /// The listener; null where nobody listens.
    socket: Option<SocketView<'a>>,
}

/// How comparing ended, as the last line of policy diff --json.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "comparison_summary_line", deny_unknown_fields)]
pub(in crate::output) struct ComparisonSummaryView<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "comparison_summary"))]
    kind: &'static str,
    #[schemars(extend("format" = "date-time"))]
    at: String,
    host: HostView<'a>,
    /// Listeners that are there as expected.
    expected: usize,
    /// Entries that no listener is like.
    gone: usize,
    /// Listeners to which an entry came near.
    different: usize,
    /// Listeners that no entry is about.
    unexpected: usize,
    /// Listeners and entries of which too little could be seen.
    unseen: usize,
    coverage: CoverageView<'a>,
}

/// Writes one JSON object a line for each listener and each entry, and a summary.
pub fn write_diff_json(out: &mut dyn Write, compared: &Compared<'_>, counts: &Counts) -> io::Result<()> {
    let moment = compared.moment;
    for line in compared.lines() {
        // The row as the registry wants it; what is not known of it here stays null.
        let row = line.socket.map(|socket| Row::found(socket.clone()));
        let view = ComparisonView {
            schema: SCHEMA,
            kind: "comparison",
            at: moment.taken.wall.to_string(),
            host: host(&moment.host),
            result: line.finding.word(),
            reason: line.reason,
            policy: line.entry.map(|entry| format!("{}:{}", compared.path, entry.line)),
            alert_id: line.alert.map(|alert| format!("{:016x}", alert.id)),
            approve: compared.approve(&line),
            expectation: line.entry.map(ExpectationView::of),
            socket: row.as_ref().map(|row| SocketView(moment.subject(row))),
        };
        serde_json::to_writer(&mut *out, &view)?;
        out.write_all(b"\n")?;
    }
    let view = ComparisonSummaryView {
        schema: SCHEMA,
        kind: "comparison_summary",
        at: moment.taken.wall.to_string(),
        host: host(&moment.host),
        expected: counts.expected,
        gone: counts.gone,
        different: counts.different,
        unexpected: counts.unexpected,
        unseen: counts.unseen,
        coverage: coverage(moment),
    };
    serde_json::to_writer(&mut *out, &view)?;
    out.write_all(b"\n")
}
