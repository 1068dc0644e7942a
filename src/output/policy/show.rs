//! A policy as it is understood: a line for each entry, or one JSON object.

use std::borrow::Cow;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::{ExpectationView, expectation, note};
use crate::output::face::{Face, Meaning};
use crate::output::{SCHEMA, json::words};
use crate::policy::{Occasion, Policy, Rule};
use crate::text::{counted, escape, push};

/// A policy, as policy show --json tells it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "policy", deny_unknown_fields)]
pub(in crate::output) struct PolicyView<'a> {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "policy"))]
    kind: &'static str,
    /// The file.
    policy: &'a str,
    expectations: Vec<ExpectationView<'a>>,
    rules: Vec<RuleView<'a>>,
    /// Kinds of alerts that are not wanted.
    ignore: Vec<&'static str>,
}

/// A rule.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "rule", deny_unknown_fields)]
struct RuleView<'a> {
    /// Where it begins in the file, counted from 1.
    line: usize,
    name: &'a str,
    /// The filter, as it is written.
    when: Cow<'a, str>,
    /// When sockets are looked at.
    on: Vec<&'static str>,
    #[schemars(schema_with = "words::severity")]
    severity: &'static str,
    /// What people wrote of it.
    note: Option<Cow<'a, str>>,
}

impl<'a> RuleView<'a> {
    fn of(rule: &'a Rule) -> Self {
        Self {
            line: rule.line,
            name: &rule.name,
            when: escape(rule.text.as_bytes()),
            on: rule.on.iter().copied().map(Occasion::word).collect(),
            severity: rule.severity.word(),
            note: rule.note.as_deref().map(|note| escape(note.as_bytes())),
        }
    }
}

/// Writes a line for each entry, with its place, and how many there are. `path` is the file as it is shown.
pub fn write(out: &mut dyn Write, policy: &Policy, path: &str, face: Face) -> io::Result<()> {
    let charset = face.charset;
    let place = |line: usize| face.paint.paint(Meaning::Quiet, &charset.show(&format!("{path}:{line}:")));
    for entry in &policy.expectations {
        let mut line = expectation(entry, charset);
        note(&mut line, entry.note.as_deref(), charset);
        writeln!(out, "{} {line}", place(entry.line))?;
    }
    for rule in &policy.rules {
        let on: Vec<_> = rule.on.iter().copied().map(Occasion::word).collect();
        let (severity, name, on) = (rule.severity.word(), charset.show(&rule.name), on.join(", "));
        let mut line = format!("rule {name}, {severity}, on {on}: ");
        push(&mut line, format_args!("{}", charset.escape(rule.text.as_bytes())));
        note(&mut line, rule.note.as_deref(), charset);
        writeln!(out, "{} {line}", place(rule.line))?;
    }
    if !policy.ignored.is_empty() {
        let kinds: Vec<_> = policy.ignored.iter().map(|kind| kind.word()).collect();
        writeln!(out, "{path}: ignores {}", kinds.join(", "))?;
    }
    let entries = counted(policy.expectations.len(), "expectation", "expectations");
    let rules = counted(policy.rules.len(), "rule", "rules");
    writeln!(out, "{entries}, {rules}. Any other listener is unexpected.")
}

/// Writes one JSON object.
pub fn write_json(out: &mut dyn Write, policy: &Policy, path: &str) -> io::Result<()> {
    let view = PolicyView {
        schema: SCHEMA,
        kind: "policy",
        policy: path,
        expectations: policy.expectations.iter().map(ExpectationView::of).collect(),
        rules: policy.rules.iter().map(RuleView::of).collect(),
        ignore: policy.ignored.iter().map(|kind| kind.word()).collect(),
    };
    serde_json::to_writer(&mut *out, &view)?;
    out.write_all(b"\n")
}
