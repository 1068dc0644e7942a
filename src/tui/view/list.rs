//! The table: heads, and the rows in sight.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{cells, header, put};
use crate::text;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::cell::{Cell, Cut, Seen};
use crate::tui::fitting::Place;
use crate::tui::layout::Screen;
use crate::tui::line::{self, Of};
use crate::tui::mark::Mark;
use crate::tui::theme::Meaning;
use crate::tui::views::{Lines, View};
use crate::tui::{headings, judged, kept};

/// Cells of a text that are worth keeping before its tail.
const LEAST_TEXT: usize = 3;

pub(super) fn draw(app: &App, screen: &Screen, buffer: &mut Buffer) {
    let places = app.places(screen.rows.width);
    if app.listing.len() == 0 {
        return empty(app, screen.rows, buffer);
    }
    heads(app, &places, screen.heads, buffer);
    let top = app.pane().top;
    for (y, at) in (screen.rows.y..screen.rows.bottom()).zip(top..) {
        let Some(of) = line::of(app, at) else { break };
        let area = Rect { y, height: 1, ..screen.rows };
        draw_line(app, (&of, at == app.pane().cursor), &places, area, buffer);
    }
}

fn heads(app: &App, places: &[Place], area: Rect, buffer: &mut Buffer) {
    let (pane, symbols) = (app.pane(), app.look.symbols);
    let style = app.look.style(Meaning::Heading);
    for place in places {
        let column = &pane.columns[place.column];
        let arrow = match (place.column == pane.sort.column, column.descending != pane.sort.reversed) {
            (false, _) => "",
            (true, false) => symbols.ascending,
            (true, true) => symbols.descending,
        };
        let title =
            pane.by.head().filter(|_| matches!(column.key, "process" | "peer")).unwrap_or(column.title);
        let title = format!("{title}{arrow}");
        // The arrow may stand in the gap beside a column as narrow as its title.
        let x = area.x + place.x;
        let x = if column.right { (x + place.width).saturating_sub(cells(&title)) } else { x };
        let room = usize::from(area.right().saturating_sub(x));
        buffer.set_stringn(x, area.y, title, room, style);
    }
}

fn draw_line(app: &App, (of, selected): (&Of<'_>, bool), places: &[Place], area: Rect, buffer: &mut Buffer) {
    if let Of::Heading(heading) = of {
        let line = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        put(app, buffer, line, &headings::headline(app, heading), Meaning::Heading);
        if selected {
            buffer.set_style(area, app.look.style(Meaning::Selected));
        }
        return;
    }
    let mark = of.socket().and_then(|seen| mark(app, &seen));
    // A mark colours the whole row, as in TCPView; otherwise every cell has its own meaning.
    let whole = mark.map(|(_, style)| style);
    for place in places {
        let column = &app.pane().columns[place.column];
        let Some(cell) = of.cell(column) else { continue };
        // Dim letters on a reversed ground are hard to read.
        let meaning = if selected { Meaning::Text } else { cell.meaning };
        let style = whole.unwrap_or_else(|| app.look.style(meaning));
        let spot = Rect { x: area.x + place.x, width: place.width, ..area };
        draw_cell(app, &cell, (column.right, style), spot, buffer);
    }
    draw_epitaph(app, of, places, area, buffer);
    let trouble = || {
        let (glyph, meaning) = judged::glyph_of(app, of.socket()?.subject.row)?;
        Some((glyph, app.look.style(meaning)))
    };
    if let Some((glyph, style)) = mark.map(|(mark, style)| (mark.glyph(), style)).or_else(trouble) {
        buffer.set_stringn(area.x + 1, area.y, glyph, 1, style);
    }
    if selected {
        buffer.set_style(area, app.look.style(Meaning::Selected));
    }
}

/// The mark of a socket, and how much it stands out still.
fn mark(app: &App, seen: &Seen<'_>) -> Option<(Mark, Style)> {
    let (row, compared) = (seen.subject.row, app.compared.as_ref());
    if kept::is_closed(row) && app.kept.is_some() {
        // What closed stays marked as long as it is kept.
        return Some((Mark::Closed, app.look.style(Mark::Closed.meaning())));
    }
    let mark = Mark::of(row, &seen.now, compared)?;
    Some((mark, app.look.fading(mark.meaning(), Mark::faded(row, &seen.now, compared))))
}

/// What is to be told of a socket that closed and is kept, from the column that tells how long it was there.
fn draw_epitaph(app: &App, of: &Of<'_>, places: &[Place], area: Rect, buffer: &mut Buffer) {
    let Some((seen, kept)) = of.socket().zip(app.kept.as_ref()) else { return };
    let place = places.iter().find(|place| app.pane().columns[place.column].key == "opened_at");
    let (Some(place), Some(told)) = (place, kept::epitaph(&seen, kept)) else { return };
    let left = area.x + place.x;
    let room = area.right().saturating_sub(left + 1);
    let width = cells(&told).min(room);
    // Cells that it reaches into are covered whole.
    let ends = places.iter().map(|other| area.x + other.x + other.width).filter(|end| *end >= left + width);
    let end = ends.min().unwrap_or(area.right()).min(area.right());
    let spot = Rect { x: left, width: end.saturating_sub(left), ..area };
    buffer.set_stringn(
        spot.x,
        spot.y,
        " ".repeat(usize::from(spot.width)),
        usize::from(spot.width),
        Style::new(),
    );
    put(app, buffer, Rect { width, ..spot }, &told, Meaning::Closed);
}

fn draw_cell(app: &App, cell: &Cell<'_>, (right, style): (bool, Style), spot: Rect, buffer: &mut Buffer) {
    let room = usize::from(spot.width);
    let left = room.saturating_sub(text::width(&cell.tail));
    let shown = match cell.cut {
        // Where even the tail has no room beside some of the text, the whole is cut.
        _ if left < LEAST_TEXT => Cow::Owned(format!("{}{}", cell.text, cell.tail)),
        Cut::End => app.look.elide(&cell.text, left),
        Cut::Start => app.look.elide_start(&cell.text, left),
    };
    let shown = if left < LEAST_TEXT { shown } else { shown + cell.tail.as_ref() };
    let shown = app.look.elide(&shown, room);
    let x = if right { spot.right().saturating_sub(cells(&shown)) } else { spot.x };
    buffer.set_stringn(x, spot.y, &shown, room, style);
    highlight(app, &shown, x, spot.y, buffer);
}

/// Underlines the texts that the filter found.
fn highlight(app: &App, shown: &str, x: u16, y: u16, buffer: &mut Buffer) {
    for found in app.sieve.filter().found_in(shown) {
        let Some((before, found)) = shown.get(..found.start).zip(shown.get(found)) else { continue };
        let area = Rect { x: x + cells(before), y, width: cells(found), height: 1 };
        buffer.set_style(area.intersection(buffer.area), app.look.style(Meaning::Match));
    }
}

/// Which key does what; nothing where no key does.
fn hint(app: &App, action: Action, before: &str, does: &str) -> String {
    app.key_for(action).map_or_else(String::new, |key| format!("{before}{key} {does}"))
}

/// Why there is nothing to see. "No rows" never means "could not look".
fn empty(app: &App, area: Rect, buffer: &mut Buffer) {
    let (_, many) = app.view.nouns();
    let mut lines = Vec::new();
    if app.guard.only && app.view == View::Listeners {
        lines.push("only listeners that the policy does not expect are shown".to_owned());
        lines.push(hint(app, Action::Unexpected, "", "shows all"));
    }
    if app.news.is_none() {
        lines.push(format!("reading sockets{}", app.look.symbols.ellipsis.replace('~', "...")));
    } else if app.sieve.filter().is_empty() {
        lines.push(match app.view.lines() {
            Lines::Happenings => "nothing has happened since the dashboard began to look".to_owned(),
            Lines::Sockets | Lines::Tallies => format!("no {many}"),
        });
        lines.extend(header::doubt(app));
    } else {
        lines.push(match app.view.lines() {
            Lines::Sockets => {
                let open = text::count(app.listing.open[app.view.number()]);
                format!("none of {open} {many} matches the filter")
            }
            Lines::Tallies => "no socket matches the filter".to_owned(),
            Lines::Happenings => "nothing that happened matches the filter".to_owned(),
        });
        for view in View::ALL {
            let (one, many) = view.nouns();
            match app.listing.elsewhere[view.number()] {
                0 => {}
                found => {
                    let found = format!("{} found", text::counted(found, one, many));
                    lines.push(found + &hint(app, Action::Show(view), ", ", "shows"));
                }
            }
        }
        let (way_out, does) = if app.prompt.is_typed() {
            (Action::LeaveFilter, "leaves it as it was")
        } else {
            (Action::ClearFilter, "clears it")
        };
        lines.push(hint(app, way_out, "", does));
        lines.extend(header::doubt(app));
    }
    let first = area.y + area.height.saturating_sub(2) / 3;
    for (y, line) in (first..area.bottom()).zip(&lines) {
        let x = area.x + area.width.saturating_sub(cells(line)) / 2;
        put(app, buffer, Rect { x, y, width: area.right() - x, height: 1 }, line, Meaning::Muted);
    }
}
