//! How true the picture is: owners, tables, losses, the pace of readings, and whether it moves.
//!
//! Only pieces for a bar. What cannot be seen is told in words by the notices; here it is told in numbers.

use super::bar::Piece;
use crate::engine::Snapshot;
use crate::model::{Coverage, OwnerCoverage, SliceCoverage, SliceStatus};
use crate::text;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::pointer::Spot;
use crate::tui::theme::Meaning;

/// Every piece that there is something to tell of; that the picture moves is last.
pub(super) fn pieces(app: &App) -> Vec<Piece> {
    let (Some(news), Some(latest)) = (&app.news, app.latest()) else { return Vec::new() };
    let mut pieces = Vec::new();
    if let Some(moment) = news.snapshot.table.moment() {
        pieces.push(owners(app, &moment.coverage.owners));
        pieces.push(tables(app, &moment.coverage));
        pieces.extend(namespaces(app, &moment.coverage));
        pieces.extend(losses(app, &moment.coverage, latest.snapshot.hints_lost));
    }
    pieces.push(pace(app, &latest.snapshot));
    pieces.push(pulse(app));
    pieces
}

/// A part of a whole, which is muted where nothing is missing.
fn share(app: &App, name: &str, (part, whole): (usize, usize), (priority, missing): (u8, u8)) -> Piece {
    let (meaning, priority) =
        if part < whole { (Meaning::Warning, missing) } else { (Meaning::Muted, priority) };
    let chip = format!("{name} {}/{}", text::count(part), text::count(whole));
    Piece::new(priority, chip, app.look.style(meaning))
}

/// Sockets with a known owner, of those that can have one: what a process closed or has not yet
/// accepted belongs to nobody, and that is no gap.
fn owners(app: &App, owners: &OwnerCoverage) -> Piece {
    let missing = owners.unresolved.iter().filter(|(why, _)| why.is_gap());
    let of = owners.resolved + missing.map(|(_, count)| count).sum::<usize>();
    share(app, "owners", (owners.resolved, of), (6, 6))
}

/// Tables that were read whole, of those that this kernel has.
fn tables(app: &App, coverage: &Coverage) -> Piece {
    let there = |read: &&SliceCoverage| !matches!(read.status, SliceStatus::Unsupported(_));
    let of = coverage.slices.iter().filter(there).count();
    share(app, "tables", (of - coverage.gaps().count(), of), (14, 7))
}

/// Namespaces that were read whole, of those that are known; nothing where there is but one.
fn namespaces(app: &App, coverage: &Coverage) -> Option<Piece> {
    let known = &coverage.namespaces;
    let of = known.list.len() + known.left_out;
    let whole = known.list.iter().filter(|one| one.status.proves_absence()).count();
    let more = if known.gap.is_some() { "+" } else { "" };
    let piece = || share(app, "netns", (whole, of), (15, 8)).and(more, app.look.style(Meaning::Warning));
    (of > 1 || !known.is_whole()).then(piece)
}

/// What got lost; and what would have been, had nobody looked again.
fn losses(app: &App, coverage: &Coverage, hints: u64) -> Vec<Piece> {
    let sum = |count: fn(&SliceCoverage) -> usize| coverage.slices.iter().map(count).sum::<usize>();
    let counts = [
        (4, "not understood", sum(|read| read.malformed), Meaning::Warning),
        (5, "hints lost", usize::try_from(hints).unwrap_or(usize::MAX), Meaning::Warning),
        (11, "skipped", sum(|read| read.skipped), Meaning::Muted),
        (12, "retried", sum(|read| read.retries), Meaning::Muted),
        (13, "repeated", sum(|read| read.repeated), Meaning::Muted),
    ];
    let told = counts.into_iter().filter(|(_, _, count, _)| *count > 0);
    told.map(|(priority, name, count, meaning)| {
        Piece::new(priority, format!("{name} {}", text::count(count)), app.look.style(meaning))
    })
    .collect()
}

/// How often it is read and how long that takes; and what becomes of the interval where that is too long.
fn pace(app: &App, snapshot: &Snapshot) -> Piece {
    let (look, style) = (app.look, |meaning| app.look.style(meaning));
    let (every, took) = (look.brief(snapshot.interval), look.brief(snapshot.took));
    if snapshot.due <= snapshot.interval {
        return Piece::new(9, format!("poll {every}, took {took}"), style(Meaning::Muted));
    }
    let stretched = format!("poll {every} {} {}, took {took}", look.symbols.arrow, look.brief(snapshot.due));
    Piece::new(1, stretched, style(Meaning::Warning))
}

/// Whether the picture moves.
fn pulse(app: &App) -> Piece {
    let (symbols, style) = (app.look.symbols, |meaning| app.look.style(meaning));
    if let Some(frozen) = &app.frozen {
        let waiting = match frozen.waiting {
            0 => "nothing new".to_owned(),
            1 => "1 change waits".to_owned(),
            many => format!("{} changes wait", text::count(many)),
        };
        let frozen = Piece::new(0, format!("{} frozen, {waiting}", symbols.frozen), style(Meaning::Frozen));
        return frozen.at(Spot::Do(Action::Freeze));
    }
    if let Some(silent) = app.silence() {
        let silent = format!("{} no news for {}", symbols.warning, text::span(silent));
        return Piece::new(0, silent, style(Meaning::Warning));
    }
    if app.failure.is_some() {
        return Piece::new(0, format!("{} poll failed", symbols.warning), style(Meaning::Error));
    }
    Piece::new(0, symbols.live, style(Meaning::Good)).and(" live", style(Meaning::Text))
}
