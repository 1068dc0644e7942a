//! What the diagnosis says of a socket, for the details and the preview.
//!
//! It judges nothing itself: words come from the diagnosis, glyphs and colours from the theme.

use crate::diagnosis::{self, Case, Diagnosis, Earlier, Finding, Severity};
use crate::model::Row;

use super::app::App;
use super::theme::{Look, Meaning};

/// Judges a row of the shown table; `None` before the first.
pub(super) fn diagnosis(app: &App, row: &Row, earlier: Option<Earlier>) -> Option<Diagnosis> {
    let (news, moment) = (app.news.as_ref()?, app.moment()?);
    let subject = moment.subject(row);
    let (crowd, charset) = (news.crowd(), app.look.charset());
    Some(diagnosis::diagnose(&Case { subject, crowd, now: app.clock(), earlier, charset }))
}

/// The worst that is more than a note, in a line. Whose it is stands beside it already.
pub(super) fn worst(app: &App, row: &Row) -> Option<(String, Meaning)> {
    let diagnosis = diagnosis(app, row, None)?;
    let worst = diagnosis.troubles().next()?;
    Some((line(worst, &app.look), meaning(worst.severity)))
}

/// A finding with its severity by glyph and word.
pub(super) fn line(finding: &Finding, look: &Look) -> String {
    let glyph = match finding.severity {
        Severity::Note => look.symbols.note,
        Severity::Warning => look.symbols.warning,
        Severity::Alarm => look.symbols.alarm,
    };
    format!("{glyph} {}: {}", finding.severity.word(), finding.text)
}

/// What a severity means to the eyes.
pub(super) fn meaning(severity: Severity) -> Meaning {
    match severity {
        Severity::Note => Meaning::Text,
        Severity::Warning => Meaning::Warning,
        Severity::Alarm => Meaning::Error,
    }
}
