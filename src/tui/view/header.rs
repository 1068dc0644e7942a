//! The lines above the table: who and where, how true the picture is, which view, what is missing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::bar::{Bar, Piece};
use super::{condition, put, traffic};
use crate::model::{Host, SliceStatus};
use crate::text;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::grouping::By;
use crate::tui::layout::Screen;
use crate::tui::mark::Mark;
use crate::tui::notice;
use crate::tui::pointer::Spot;
use crate::tui::theme::Meaning;
use crate::tui::views::{Lines, View};

/// Where the version of the kernel is from.
const SYSTEM: &str = if cfg!(linux) { "Linux" } else { std::env::consts::OS };

pub(super) fn draw(app: &App, screen: &Screen, buffer: &mut Buffer) {
    for bar in bars(app, screen) {
        bar.draw(&app.look, buffer);
    }
    notices(app, screen.notice, buffer);
}

/// The lines of pieces.
pub(super) fn bars(app: &App, screen: &Screen) -> [Bar; 3] {
    // A low screen has one line for both.
    let rates = if screen.states.is_empty() { traffic::rates(app, 17) } else { Vec::new() };
    let condition = rates.into_iter().chain(condition::pieces(app)).collect();
    [
        Bar { area: screen.header, gap: 3, left: identity(app), right: condition },
        traffic::bar(app, screen.states),
        Bar { area: screen.tabs, gap: 1, left: tabs(app), right: order(app) },
    ]
}

/// The program and the machine.
fn identity(app: &App) -> Vec<Piece> {
    let style = |meaning| app.look.style(meaning);
    let mut pieces = vec![Piece::new(3, "sockeye", style(Meaning::Title))];
    if let Some(moment) = app.moment() {
        let Host { name, kernel, booted, .. } = &*moment.host;
        let shown = app.look.escape(name.as_bytes()).into_owned();
        pieces.push(Piece::new(2, shown, style(Meaning::Text)));
        let kernel = format!("{SYSTEM} {}", app.look.escape(kernel.as_bytes()));
        pieces.push(Piece::new(16, kernel, style(Meaning::Muted)));
        if let Some(booted) = booted {
            let up = app.clock().wall.duration_since(*booted).unsigned_abs();
            pieces.push(Piece::new(10, format!("up {}", text::span(up)), style(Meaning::Muted)));
        }
    }
    pieces
}

/// The views, with their counts where they are known without looking.
fn tabs(app: &App) -> Vec<Piece> {
    let wide = app.size.width >= 110;
    let tab = |(at, view): (u8, View)| {
        let count = match (&app.news, view.lines()) {
            (None, _) => None,
            (Some(_), Lines::Sockets) => Some(app.listing.open[view.number()]),
            (Some(_), Lines::Tallies) => (view == app.view).then_some(app.listing.counted),
            (Some(_), Lines::Happenings) => Some(app.timeline.len()),
        };
        let count = count.map_or_else(String::new, |count| format!(" {}", text::count(count)));
        let more = if view.lines() == Lines::Happenings && app.timeline.is_cut() { "+" } else { "" };
        let (title, short) = view.titles();
        let title = if wide { title } else { short };
        let (meaning, priority) =
            if view == app.view { (Meaning::ActiveTab, 0) } else { (Meaning::Text, at + 4) };
        let key = app.key_for(Action::Show(view)).map_or_else(String::new, |key| format!("{key} "));
        let text = format!(" {key}{title}{count}{more} ");
        Piece::new(priority, text, app.look.style(meaning)).at(Spot::Tab(view))
    };
    (0..).zip(View::ALL).map(tab).collect()
}

/// What the rows are ordered by. Said in words, because the column may be out of sight.
fn order(app: &App) -> Vec<Piece> {
    let pane = app.pane();
    let Some(column) = pane.columns.get(pane.sort.column) else { return Vec::new() };
    let descending = column.descending != pane.sort.reversed;
    let arrow = if descending { app.look.symbols.descending } else { app.look.symbols.ascending };
    let grouped = By::choices(app.view).len() > 1;
    let dot = if grouped { format!("{} ", app.look.symbols.dot) } else { String::new() };
    let under = pane.grouping.field.map_or_else(String::new, |field| format!("grouped by {}, ", field.title));
    let text = format!("{dot}{under}sorted by {} {arrow}", column.title);
    let order = Piece::new(20, text, app.look.style(Meaning::Muted)).at(Spot::Do(Action::Reverse));
    let grouping = grouped.then(|| {
        let by = format!("by {}", pane.by.word(app.view));
        Piece::new(19, by, app.look.style(Meaning::Text)).at(Spot::Do(Action::Group))
    });
    unexpected(app)
        .into_iter()
        .chain(comparison(app))
        .chain(kept(app))
        .chain(grouping)
        .chain([order])
        .collect()
}

/// How many listeners the policy does not expect; a click shows them.
fn unexpected(app: &App) -> Option<Piece> {
    let (count, only) = (app.guard.unexpected(), app.guard.only && app.view == View::Listeners);
    let text = |only| format!("{} {only}{} unexpected", app.look.symbols.warning, text::count(count));
    let piece = match (count, only) {
        (0, false) => return None,
        (_, false) => Piece::new(2, text(""), app.look.style(Meaning::Error)),
        (_, true) => Piece::new(2, text("only "), app.look.style(Meaning::Frozen)),
    };
    Some(piece.at(Spot::Do(Action::Unexpected)))
}

/// How many rows that closed are listed because they are kept; a click lets them go.
fn kept(app: &App) -> Option<Piece> {
    let dropped = match app.kept.as_ref()?.dropped() {
        0 => String::new(),
        more => format!(", {} forgotten", text::count(more)),
    };
    let told = format!("{} {} kept{dropped}", Mark::Closed.glyph(), text::count(app.listing.kept));
    let piece = Piece::new(3, told, app.look.style(Meaning::Closed)).at(Spot::Do(Action::KeepClosed));
    (app.view.lines() == Lines::Sockets).then_some(piece)
}

/// What happened since the moment that the user marked.
fn comparison(app: &App) -> Option<Piece> {
    let (then, now) = (app.compared?, app.clock());
    let sum = app.timeline.sum(then, now);
    let style = |meaning| app.look.style(meaning);
    let ago = format!("since {} ago: ", text::span(now.since(&then)));
    let count = |mark: Mark, count| format!("{}{} ", mark.glyph(), text::count(count));
    let piece = Piece::new(3, ago, style(Meaning::Text))
        .and(count(Mark::New, sum.opened), style(Meaning::New))
        .and(count(Mark::Changed, sum.changed), style(Meaning::Changed))
        .and(count(Mark::Closed, sum.closed), style(Meaning::Closed));
    Some(piece.at(Spot::Tab(View::Events)))
}

fn notices(app: &App, area: Rect, buffer: &mut Buffer) {
    let width = area.width.saturating_sub(2);
    let lines = notice::lines(app, usize::from(width));
    let last = usize::from(area.height).saturating_sub(1);
    for (at, (y, line)) in (area.y..area.bottom()).zip(&lines).enumerate() {
        let row = Rect { x: area.x + 1, y, width, height: 1 };
        let more = if at == last && lines.len() > last + 1 { app.look.symbols.ellipsis } else { "" };
        let mark = if line.meaning == Meaning::Muted { " " } else { app.look.symbols.warning };
        let mark = if at == 0 || lines[at - 1].meaning != line.meaning { mark } else { " " };
        put(app, buffer, row, &format!("{mark} {}{more}", line.text), line.meaning);
    }
}

/// Why an empty list may be wrong; `None` when everything was read.
pub(super) fn doubt(app: &App) -> Option<String> {
    let coverage = &app.moment()?.coverage;
    let failed = coverage.gaps().filter(|read| matches!(read.status, SliceStatus::Failed(_))).count();
    let partial = coverage.gaps().count() - failed;
    match (failed, partial) {
        (0, 0) => None,
        (0, _) => Some("but not everything could be read, see above".to_owned()),
        _ => Some(format!("but {} could not be read, see above", text::counted(failed, "table", "tables"))),
    }
}
