//! What is configured, and where: for `config --explain`.

use std::borrow::Cow;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::SCHEMA;
use super::json::words;
use crate::text::{escape, push, width};

/// A setting, its value, and where that came from.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "setting", deny_unknown_fields)]
pub struct SettingView {
    /// Keys of the dashboard are `keys.` and the name of the action; those as they are by default are left out.
    pub name: Cow<'static, str>,
    pub value: ValueView,
    /// The value as it would stand in a file.
    #[serde(skip)]
    pub written: String,
    #[schemars(extend("enum" = ["default", "file", "variable"]))]
    pub origin: &'static str,
    /// Where the origin is a file.
    pub file: Option<String>,
    /// The line in that file, counted from 1.
    pub line: Option<usize>,
    /// The environment variable that counts more than files; keys of the dashboard have none.
    pub variable: Option<&'static str>,
    /// Whether it counts always, or where a person looks.
    #[schemars(extend("enum" = ["always", "for-people"]))]
    pub counts: &'static str,
}

/// Of each setting it is always the same kind.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum ValueView {
    Switch(bool),
    Text(String),
    List(Vec<String>),
}

/// A configuration file that is looked at.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "config_file", deny_unknown_fields)]
pub struct FileView {
    pub path: String,
    /// Out of reach is one whose directory this user may not search.
    #[schemars(extend("enum" = ["read", "missing", "out-of-reach"]))]
    pub status: &'static str,
}

/// What is configured, as config --explain --json tells it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "config", deny_unknown_fields)]
pub(super) struct ConfigView {
    #[schemars(schema_with = "words::version")]
    schema: u32,
    #[serde(rename = "type")]
    #[schemars(extend("const" = "config"))]
    kind: &'static str,
    settings: Vec<SettingView>,
    /// The last one counts most.
    files: Vec<FileView>,
}

/// Writes one JSON object.
pub fn write_json(out: &mut dyn Write, settings: Vec<SettingView>, files: Vec<FileView>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &ConfigView { schema: SCHEMA, kind: "config", settings, files })?;
    out.write_all(b"\n")
}

/// Writes a line for each setting, and which files there are.
pub fn write(out: &mut dyn Write, settings: &[SettingView], files: &[FileView]) -> io::Result<()> {
    let written: Vec<_> = settings.iter().map(|setting| escape(setting.written.as_bytes())).collect();
    let widest = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or(0);
    let names = widest(&mut settings.iter().map(|setting| width(&setting.name)));
    let values = widest(&mut written.iter().map(|value| width(value)));
    for (setting, value) in settings.iter().zip(&written) {
        let origin = match (setting.origin, &setting.file, setting.line) {
            ("file", Some(file), Some(line)) => format!("{file}:{line}"),
            ("variable", ..) => setting.variable.unwrap_or_default().to_owned(),
            (origin, ..) => origin.to_owned(),
        };
        let mut line = format!("{:names$}  {value}", setting.name);
        push(&mut line, format_args!("{:gap$}{origin}", "", gap = values - width(value) + 2));
        if setting.counts == "for-people" && setting.origin != "default" {
            line.push_str(" (where a person looks)");
        }
        writeln!(out, "{line}")?;
    }
    if files.is_empty() {
        return writeln!(out, "\nNo file is looked at.");
    }
    writeln!(out, "\nFiles, the last one counts most:")?;
    for file in files {
        let status = match file.status {
            "missing" => " (there is none)",
            "out-of-reach" => " (its directory may not be searched)",
            _ => "",
        };
        writeln!(out, "  {}{status}", file.path)?;
    }
    Ok(())
}
