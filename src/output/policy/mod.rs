//! A policy as it is understood, and beside what listens: as lines for people and as JSON. It judges nothing.

mod diff;
mod show;

pub use diff::{Compared, Counts, write_diff, write_diff_json};
pub(super) use diff::{ComparisonSummaryView, ComparisonView};
pub(super) use show::PolicyView;
pub use show::{write, write_json};

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use super::json::words;
use crate::model::{Protocol, Scope, SystemBytes};
use crate::policy::{Expectation, Matcher, Ports};
use crate::text::{Charset, escape, push};

/// An entry that expects listeners.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "expectation", deny_unknown_fields)]
pub(super) struct ExpectationView<'a> {
    /// Where it begins in the file, counted from 1.
    line: usize,
    #[schemars(schema_with = "words::protocol")]
    protocol: &'static str,
    /// Null for any port.
    first_port: Option<u16>,
    /// Itself expected. Null for any port.
    last_port: Option<u16>,
    /// The widest bind that is accepted.
    #[schemars(schema_with = "words::scope")]
    scope: &'static str,
    /// What every owner runs one of; null where that is not asked for.
    exe: Option<Vec<Cow<'a, str>>>,
    /// What every owner calls itself one of.
    comm: Option<Vec<Cow<'a, str>>>,
    /// Who created the socket: one of these, by name or number.
    user: Option<Vec<Cow<'a, str>>>,
    /// The units that every owner is one of.
    unit: Option<Vec<Cow<'a, str>>>,
    /// The containers that every owner is in one of, by name or id.
    container: Option<Vec<Cow<'a, str>>>,
    /// The network namespaces that it is in one of, by name or number.
    netns: Option<Vec<Cow<'a, str>>>,
    /// What people wrote of it.
    note: Option<Cow<'a, str>>,
}

impl<'a> ExpectationView<'a> {
    fn of(entry: &'a Expectation) -> Self {
        let (first_port, last_port) = match entry.ports {
            Ports::Any => (None, None),
            Ports::Range(first, last) => (Some(first), Some(last)),
        };
        let mut view = Self {
            line: entry.line,
            protocol: Protocol::word(entry.protocol),
            first_port,
            last_port,
            scope: Scope::word(entry.scope),
            exe: None,
            comm: None,
            user: None,
            unit: None,
            container: None,
            netns: None,
            note: entry.note.as_deref().map(|note| escape(note.as_bytes())),
        };
        for matcher in &entry.matchers {
            let names = matcher.wanted().iter().map(|name: &SystemBytes| escape(name.as_bytes()));
            let place = match matcher {
                Matcher::Exe(_) => &mut view.exe,
                Matcher::Comm(_) => &mut view.comm,
                Matcher::User(_) => &mut view.user,
                Matcher::Unit(_) => &mut view.unit,
                Matcher::Container(_) => &mut view.container,
                Matcher::Netns(_) => &mut view.netns,
            };
            *place = Some(names.collect());
        }
        view
    }
}

/// What an entry expects: `tcp port 22 on any address, exe /usr/sbin/sshd, user root`.
fn expectation(entry: &Expectation, charset: Charset) -> String {
    let mut line = format!("{} {}", entry.protocol.word(), entry.ports);
    line.push_str(match entry.scope {
        Scope::Loopback => " on loopback alone",
        Scope::Link => " on loopback and link-local addresses",
        Scope::Private => " on loopback, link-local and private addresses",
        Scope::Public => " on any single address",
        Scope::Any => " on any address",
    });
    for matcher in &entry.matchers {
        let names: Vec<_> = matcher.wanted().iter().map(|name| charset.escape(name.as_bytes())).collect();
        push(&mut line, format_args!(", {} {}", matcher.key(), names.join(" or ")));
    }
    if entry.matchers.is_empty() {
        line.push_str(", by anybody");
    }
    line
}

/// What people wrote of an entry, after it.
fn note(line: &mut String, note: Option<&str>, charset: Charset) {
    if let Some(note) = note {
        push(line, format_args!("  # {}", charset.escape(note.as_bytes())));
    }
}
