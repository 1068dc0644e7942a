//! What the policy says of one listener: its words, its cell, its order, and what the details tell.
//!
//! Only words: judging is done by the policy, and remembered by `guard`.

use super::app::{App, Inspected};
use super::cell::{Cell, cell, muted};
use super::theme::{Look, Meaning};
use super::timeline::Report;
use crate::model::{Row, Scope, Value};
use crate::output::alert;
use crate::policy::{Alert, Severity, Verdict, Why, is_judged};

/// What the policy says of a listener. Lines are those of the policy file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody expects it.
    Nobody,
    /// It is expected, but bound no wider than this.
    Wider {
        than: Scope,
        line: usize,
    },
    /// It is expected of somebody else, by this key of the entry.
    Other {
        key: &'static str,
        line: usize,
    },
    /// Whether it is the expected one cannot be seen.
    Unseen {
        key: &'static str,
        line: usize,
    },
    Expected {
        line: usize,
    },
}

impl Standing {
    pub(super) fn of(verdict: Verdict<'_>) -> Self {
        match verdict {
            Verdict::Expected(entry) => Self::Expected { line: entry.line },
            Verdict::Unknown { expectation, matcher } => {
                Self::Unseen { key: matcher.key(), line: expectation.line }
            }
            Verdict::Unexpected(Why::NotExpected) => Self::Nobody,
            Verdict::Unexpected(Why::Wider(entry)) => Self::Wider { than: entry.scope, line: entry.line },
            Verdict::Unexpected(Why::Other { expectation, matcher }) => {
                Self::Other { key: matcher.key(), line: expectation.line }
            }
        }
    }

    pub(super) fn is_unexpected(self) -> bool {
        matches!(self, Self::Nobody | Self::Wider { .. } | Self::Other { .. })
    }

    /// What needs eyes comes first.
    pub(super) fn rank<'a>(this: Option<Self>) -> Value<'a> {
        match this {
            None => Value::Null,
            Some(Self::Nobody) => Value::Number(0),
            Some(Self::Other { .. }) => Value::Number(1),
            Some(Self::Wider { .. }) => Value::Number(2),
            Some(Self::Unseen { .. }) => Value::Number(3),
            Some(Self::Expected { .. }) => Value::Number(4),
        }
    }

    /// With a glyph, so that it is told without colours.
    fn words(self, look: &Look) -> String {
        let (glyph, words) = match self {
            Self::Expected { .. } => (look.symbols.check, "yes".to_owned()),
            Self::Nobody => (look.symbols.cross, "nobody expects it".to_owned()),
            Self::Wider { than, .. } => (look.symbols.cross, format!("wider than {}", than.word())),
            Self::Other { key: "user", .. } => (look.symbols.cross, "another user's".to_owned()),
            Self::Other { .. } => (look.symbols.cross, "another program's".to_owned()),
            Self::Unseen { key: "user", .. } => ("?", "user cannot be seen".to_owned()),
            Self::Unseen { .. } => ("?", "owner cannot be seen".to_owned()),
        };
        format!("{glyph} {words}")
    }

    fn meaning(self) -> Meaning {
        match self {
            Self::Expected { .. } => Meaning::Muted,
            Self::Unseen { .. } => Meaning::Warning,
            Self::Nobody | Self::Wider { .. } | Self::Other { .. } => Meaning::Error,
        }
    }

    /// Which entry says so.
    fn reason(self, path: &str) -> String {
        match self {
            Self::Expected { line } => format!("by the entry at {path}:{line}"),
            Self::Nobody => format!("no entry of {path} is about its protocol and port"),
            Self::Wider { than, line } => {
                format!("the entry at {path}:{line} accepts {} at most", than.word())
            }
            Self::Other { key, line } => format!("the entry at {path}:{line} asks for another {key}"),
            Self::Unseen { key, line } => format!("the entry at {path}:{line} asks for its {key}"),
        }
    }
}

/// The cell of the column; nothing where the policy is not about the socket.
pub(super) fn cell_of<'a>(standing: Option<Standing>, look: &Look) -> Cell<'a> {
    match standing {
        Some(standing) => Cell { meaning: standing.meaning(), ..cell(standing.words(look)) },
        None => muted(look.symbols.none),
    }
}

/// What the policy says of a socket, for the details; nothing of what policies are not about.
pub(super) fn told(app: &App, row: &Row) -> Vec<(String, Meaning)> {
    if !is_judged(&row.socket) {
        return Vec::new();
    }
    match (app.guard.standing(&row.socket.key), app.guard.path()) {
        (Some(standing), Some(path)) => {
            let path = app.look.charset().show(&path).into_owned();
            let said = format!("{}: {}", standing.words(&app.look), standing.reason(&path));
            vec![(said, standing.meaning())]
        }
        (None, Some(_)) if !app.guard.is_in_force() => {
            let way = "there is no policy that says whether it is expected; one is written from what listens now \
                by: sockeye policy learn";
            vec![(way.to_owned(), Meaning::Muted)]
        }
        _ => Vec::new(),
    }
}

/// What was reported, for the details of the event.
pub(super) fn reported(app: &App, inspected: &Inspected) -> Vec<(String, Meaning)> {
    let Some(report) = inspected.report.as_deref() else { return Vec::new() };
    let alert = &report.alert;
    let mut lines = vec![sentence(report, &app.look)];
    if let (Some(line), Some(path)) = (alert.line, app.guard.path()) {
        let what = if alert.rule.is_some() { "the rule" } else { "the nearest entry" };
        lines.push((format!("{what}: {}:{line}", app.look.charset().show(&path)), Meaning::Text));
    }
    lines.push((format!("alert {:016x}, {}", alert.id, alert.kind.word()), Meaning::Muted));
    lines
}

/// `◆ high: unexpected listener, no expectation covers it`.
pub(super) fn sentence(report: &Report, look: &Look) -> (String, Meaning) {
    let Alert { kind, severity, reason, .. } = &report.alert;
    let text = format!("{} {}: {}, {reason}", glyph(*severity, look), severity.word(), alert::subject(*kind));
    (look.charset().show(&text).into_owned(), meaning(*severity))
}

/// An alert in the line of its event.
pub(super) fn headline(report: &Report, look: &Look) -> (String, Meaning) {
    let alert = &report.alert;
    let start = if report.at_start { " at start" } else { "" };
    let severity = alert.severity;
    let text = format!("{} {}{start}: {}", glyph(severity, look), severity.word(), alert.reason);
    (look.charset().show(&text).into_owned(), meaning(severity))
}

fn glyph(severity: Severity, look: &Look) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => look.symbols.alarm,
        Severity::Medium => look.symbols.warning,
        Severity::Low | Severity::Info => look.symbols.note,
    }
}

fn meaning(severity: Severity) -> Meaning {
    match severity {
        Severity::Critical | Severity::High => Meaning::Error,
        Severity::Medium => Meaning::Warning,
        Severity::Low | Severity::Info => Meaning::Text,
    }
}
