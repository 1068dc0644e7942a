//! The file that says where alerts go: TOML in, sinks out, every mistake with its line. Opens nothing.

mod fate;
mod keys;

pub use fate::{Fate, fates};
pub(super) use keys::{Keys, Text, Wrong};

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Sink;
use super::exec::Exec;
use super::file::File;
use super::health::Board;
#[cfg(linux)]
use super::journald::Journald;
use super::listen::Listen;
use super::syslog::Syslog;
use super::textfile::Textfile;
use super::webhook::Webhook;
use crate::policy::Severity;
use crate::text::{self, escape};

/// The file cannot be used. The message shows the line and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{shown}")]
pub struct SettingsError {
    shown: String,
    brief: String,
}

impl SettingsError {
    fn of(text: &str, wrong: &Wrong) -> Self {
        let brief = format!("line {}: {}", text::line_of(text, wrong.span.start), wrong.what);
        let shown =
            if wrong.is_secret { brief.clone() } else { text::point(text, wrong.span.clone(), &wrong.what) };
        Self { shown, brief }
    }

    /// The place and what is wrong there, in one line.
    #[must_use]
    pub fn brief(&self) -> &str {
        &self.brief
    }
}

/// A sink cannot be used as it is written.
#[derive(Debug, thiserror::Error)]
#[error("the sink {name} ({kind}): {why}")]
pub struct SinkError {
    pub name: String,
    pub kind: &'static str,
    pub why: String,
}

/// A sink as the file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkSpec {
    /// No other sink has it.
    pub name: String,
    /// What is below is not for it.
    pub min_severity: Severity,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    File(File),
    Exec(Exec),
    Webhook(Webhook),
    #[cfg(linux)]
    Journald(Journald),
    Syslog(Syslog),
    Textfile(Textfile),
    Listen(Listen),
}

/// Reads the keys of a kind.
type Read = fn(&mut Keys<'_>) -> Result<Kind, Wrong>;

/// Every kind, by its word.
const KINDS: &[(&str, Read)] = &[
    ("file", |keys| File::read(keys).map(Kind::File)),
    ("exec", |keys| Exec::read(keys).map(Kind::Exec)),
    ("webhook", |keys| Webhook::read(keys).map(Kind::Webhook)),
    #[cfg(linux)]
    ("journald", |keys| Journald::read(keys).map(Kind::Journald)),
    ("syslog", |keys| Syslog::read(keys).map(Kind::Syslog)),
    ("textfile", |keys| Textfile::read(keys).map(Kind::Textfile)),
    ("listen", |keys| Listen::read(keys).map(Kind::Listen)),
];

impl Kind {
    fn word(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Exec(_) => "exec",
            Self::Webhook(_) => "webhook",
            #[cfg(linux)]
            Self::Journald(_) => "journald",
            Self::Syslog(_) => "syslog",
            Self::Textfile(_) => "textfile",
            Self::Listen(_) => "listen",
        }
    }
}

impl SinkSpec {
    /// The word of its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind.word()
    }

    /// Makes it ready. What is only busy or away for now is no error here. `board`: how the watch does, for those
    /// that show it.
    pub fn open(&self, board: &Board) -> Result<Box<dyn Sink>, SinkError> {
        let name = &self.name;
        let open: Result<Box<dyn Sink>, String> = match &self.kind {
            Kind::File(file) => file.open(name).map(|sink| Box::new(sink) as _),
            Kind::Exec(exec) => exec.open(name).map(|sink| Box::new(sink) as _),
            Kind::Webhook(webhook) => webhook.open(name).map(|sink| Box::new(sink) as _),
            Kind::Textfile(textfile) => textfile.open(name, board).map(|sink| Box::new(sink) as _),
            Kind::Listen(listen) => listen.open(name, board).map(|sink| Box::new(sink) as _),
            #[cfg(linux)]
            Kind::Journald(journald) => Ok(Box::new(journald.open(name))),
            Kind::Syslog(syslog) => Ok(Box::new(syslog.open(name))),
        };
        open.map_err(|why| SinkError { name: name.clone(), kind: self.kind(), why })
    }
}

/// Reads the text of the file (version 1).
pub fn parse(text: &str) -> Result<Vec<SinkSpec>, SettingsError> {
    read(text).map_err(|wrong| SettingsError::of(text, &wrong))
}

const VERSION: &str = "this sockeye reads sinks of version 1: version = 1";

fn read(text: &str) -> Result<Vec<SinkSpec>, Wrong> {
    let file = DeTable::parse(text).map_err(|error| {
        // The message as toml writes it shows the line as it is, whatever a terminal makes of it.
        Wrong::new(error.span().unwrap_or_default(), escape(error.message().as_bytes()))
    })?;
    let file = file.get_ref();
    let unknown = file.keys().filter(|key| !["version", "sink"].contains(&key.get_ref().as_ref()));
    if let Some(key) = unknown.min_by_key(|key| key.span().start) {
        return Err(Wrong::new(key.span(), "there is no such key; there are version and [[sink]]"));
    }
    let version = file.get("version").ok_or_else(|| Wrong::new(0..0, VERSION))?;
    if version.get_ref().as_integer().is_none_or(|number| number.as_str() != "1") {
        return Err(Wrong::new(version.span(), VERSION));
    }
    let Some(sinks) = file.get("sink") else { return Ok(Vec::new()) };
    let wrong = |span| Wrong::new(span, "sinks are written as [[sink]], each with its keys below");
    let sinks = sinks.get_ref().as_array().ok_or_else(|| wrong(sinks.span()))?;
    let mut specs: Vec<(SinkSpec, Range<usize>)> = Vec::new();
    for value in sinks {
        let DeValue::Table(table) = value.get_ref() else { return Err(wrong(value.span())) };
        let (spec, place) = sink(table, value)?;
        if specs.iter().any(|(other, _)| other.name == spec.name) {
            let why = format!("another sink has the name {}; give this one its own: name = \"…\"", spec.name);
            return Err(Wrong::new(place, why));
        }
        specs.push((spec, place));
    }
    Ok(specs.into_iter().map(|(spec, _)| spec).collect())
}

/// A sink, and where its name stands.
fn sink(table: &DeTable<'_>, value: &Spanned<DeValue<'_>>) -> Result<(SinkSpec, Range<usize>), Wrong> {
    let mut keys = Keys::of(table, value.span());
    let words: Vec<&str> = KINDS.iter().map(|(word, _)| *word).collect();
    let kind = keys.word("kind", KINDS, |(word, _)| word)?;
    let (word, read) = kind.ok_or_else(|| keys.missing("kind", &words.join(", ")))?;
    let name = keys.text("name")?;
    let min_severity = keys.word("min_severity", &Severity::ALL, Severity::word)?;
    let kind = read(&mut keys)?;
    keys.finish(word)?;
    let name = name.unwrap_or(Text { text: word, span: value.span() });
    if name.text.trim().is_empty() || escape(name.text.as_bytes()) != name.text {
        return Err(Wrong::new(name.span, "a name has letters, without control characters and backslashes"));
    }
    let spec =
        SinkSpec { name: name.text.to_owned(), min_severity: min_severity.unwrap_or(Severity::Info), kind };
    Ok((spec, name.span))
}
