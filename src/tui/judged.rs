//! What the diagnosis says of a socket, for the list, the details and the preview.
//!
//! It judges nothing itself: words come from the diagnosis, glyphs and colours from the theme.

use crate::diagnosis::{self, Case, Crowd, Diagnosis, Earlier, Finding, Severity};
use crate::model::Row;

use super::app::App;
use super::theme::{Look, Meaning};
use super::{layout, line};

/// Judges a row of the shown table; `None` before the first.
pub(super) fn diagnosis(app: &App, row: &Row, earlier: Option<Earlier>) -> Option<Diagnosis> {
    let (news, moment) = (app.news.as_ref()?, app.moment()?);
    let subject = moment.subject(row);
    let around = news.surroundings.of(&row.socket);
    let (crowd, charset) = (around.crowd(&news.snapshot.table), app.look.charset());
    Some(diagnosis::diagnose(&Case { subject, crowd, now: app.clock(), earlier, charset }))
}

/// Looks for what the diagnosis on the screen needs of other sockets, so that no frame has to.
pub(super) fn prepare(app: &App) {
    let is_shown = app.inspected.is_some() || layout::screen(app).preview.height > 0;
    let selected = || line::selected(app).and_then(|of| of.socket()).map(|seen| seen.subject.row);
    let row = app.inspected.as_ref().map(|inspected| &inspected.row).or_else(selected);
    if let (Some(news), Some(row)) = (app.news.as_ref().filter(|_| is_shown), row) {
        news.surroundings.of(&row.socket).crowd(&news.snapshot.table);
    }
}

/// The worst that is more than a note, in a line. Whose it is stands beside it already.
pub(super) fn worst(app: &App, row: &Row) -> Option<(String, Meaning)> {
    let diagnosis = diagnosis(app, row, None)?;
    let worst = diagnosis.troubles().next()?;
    Some((line(worst, &app.look), meaning(worst.severity)))
}

/// How bad the worst is that a row tells of itself, by its glyph. Rows in sight are judged in each frame, so what others
/// would say of them is left to the details.
pub(super) fn glyph_of(app: &App, row: &Row) -> Option<(&'static str, Meaning)> {
    let (subject, crowd) = (app.moment()?.subject(row), Crowd::default());
    let case = Case { subject, crowd: &crowd, now: app.clock(), earlier: None, charset: app.look.charset() };
    let worst = diagnosis::diagnose(&case).troubles().next()?.severity;
    Some((glyph(worst, &app.look), meaning(worst)))
}

/// A finding with its severity by glyph and word.
pub(super) fn line(finding: &Finding, look: &Look) -> String {
    format!("{} {}: {}", glyph(finding.severity, look), finding.severity.word(), finding.text)
}

/// The glyph of a severity.
pub(super) fn glyph(severity: Severity, look: &Look) -> &'static str {
    match severity {
        Severity::Note => look.symbols.note,
        Severity::Warning => look.symbols.warning,
        Severity::Alarm => look.symbols.alarm,
    }
}

/// What a severity means to the eyes.
pub(super) fn meaning(severity: Severity) -> Meaning {
    match severity {
        Severity::Note => Meaning::Text,
        Severity::Warning => Meaning::Warning,
        Severity::Alarm => Meaning::Error,
    }
}
