//! The JSON schema of everything that leaves as JSON, made from the types that are written and from the
//! field registry. It is data about the output and never looks at any.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::SCHEMA;
use super::alert::{AlertView, SummaryView};
use super::closing::ClosingView;
use super::event::EventView;
use super::json::{CoverageLine, Document, SocketLine};
use super::policy::{ComparisonSummaryView, ComparisonView, PolicyView};
use super::settings::ConfigView;
use super::signalling::{ReleaseView, SignallingView};
use super::stopping::StoppingView;
use super::summary::Counts;
use super::who::WhoView;

/// The dialect.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema: of the document and of each kind of line.
#[must_use]
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let kinds = [
        generator.subschema_for::<Document<'_>>(),
        generator.subschema_for::<SocketLine>(),
        generator.subschema_for::<CoverageLine<'_>>(),
        generator.subschema_for::<AlertView<'_>>(),
        generator.subschema_for::<SummaryView<'_>>(),
        generator.subschema_for::<EventView<'_>>(),
        generator.subschema_for::<ClosingView<'_>>(),
        generator.subschema_for::<SignallingView<'_>>(),
        generator.subschema_for::<ReleaseView<'_>>(),
        generator.subschema_for::<StoppingView<'_>>(),
        generator.subschema_for::<WhoView<'_>>(),
        generator.subschema_for::<Counts<'_>>(),
        generator.subschema_for::<ConfigView>(),
        generator.subschema_for::<PolicyView<'_>>(),
        generator.subschema_for::<ComparisonView<'_>>(),
        generator.subschema_for::<ComparisonSummaryView<'_>>(),
    ];
    json!({
        "$schema": DRAFT,
        "title": format!("sockeye, schema {SCHEMA}"),
        "description": "What this version of sockeye prints as JSON: one document, or one object a line. \
            Later versions of the same schema may add keys and words; no key goes, and none changes its type.",
        "oneOf": kinds,
        "$defs": generator.take_definitions(true),
    })
}

/// Writes the schema.
pub fn write(mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, &schema())?;
    out.write_all(b"\n")
}
