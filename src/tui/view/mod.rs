//! Drawing: the state as a frame.
//!
//! Reads the state and writes cells; changes nothing. What a frame costs depends on the rows in
//! sight, never on the rows held.

mod bar;
mod condition;
mod dialog;
mod footer;
mod header;
mod list;
mod menu;
mod palette;
mod pane;
mod preview;
mod prompt;
mod traffic;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use bar::Bar;
use pane::Pane;

use super::app::App;
use super::layout::Screen;
use super::theme::Meaning;
use super::views::View;
use super::{details, help, layout};
use crate::text;

/// Draws the whole screen.
pub(super) fn draw(app: &App, frame: &mut Frame<'_>) {
    let area = frame.area();
    frame.buffer_mut().set_style(area, app.look.ground());
    if layout::too_small(app.size) || area.as_size() != app.size {
        // Sizes differ for a moment while a resize is on its way.
        return too_small(app, area, frame.buffer_mut());
    }
    let screen = layout::screen(app);
    let buffer = frame.buffer_mut();
    header::draw(app, &screen, buffer);
    match (&app.palette, &app.menu) {
        (Some(palette), _) => palette::draw(app, palette, screen.filter, buffer),
        (None, Some(menu)) => menu::draw(app, menu, screen.filter, buffer),
        (None, None) => prompt::draw(app, screen.filter, buffer),
    }
    if let Some(scroll) = app.help {
        let lines = help::lines(app, screen.body.width);
        pane::draw(app, &Pane { title: app.topic.title(), lines: &lines, scroll }, screen.body, buffer);
    } else if let Some(inspected) = &app.inspected {
        let lines = details::lines(app, inspected, screen.body.width);
        let title = preview::title(app, &inspected.row);
        let pane = Pane { title: &title, lines: &lines, scroll: inspected.scroll };
        pane::draw(app, &pane, screen.body, buffer);
    } else {
        list::draw(app, &screen, buffer);
        preview::draw(app, screen.preview, buffer);
    }
    if let Some(asked) = &app.dialog {
        dialog::draw(app, asked, screen.body, buffer);
    }
    footer::draw(app, screen.footer, buffer);
    let cursor = match (&app.palette, &app.menu) {
        (Some(palette), _) => Some(palette::cursor(palette, screen.filter)),
        (None, Some(menu)) => Some(menu::cursor(menu, screen.filter)),
        (None, None) => prompt::cursor(app, screen.filter),
    };
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

/// The lines of pieces, some of which can be clicked.
pub(super) fn bars(app: &App, screen: &Screen) -> Vec<Bar> {
    let footer = footer::bar(app, screen.footer);
    header::bars(app, screen).into_iter().chain([footer]).chain(dialog::bar(app)).collect()
}

/// One line that says the most important, and what is missing.
fn too_small(app: &App, area: Rect, buffer: &mut Buffer) {
    let open = |view: View| app.listing.open[view.number()];
    let (listeners, connections) = (open(View::Listeners), open(View::Connections));
    let (width, height) = (layout::LEAST.width, layout::LEAST.height);
    let line = format!("enlarge to {width}x{height}: {listeners} listeners, {connections} connections");
    put(app, buffer, area, &line, Meaning::Text);
}

/// Writes a text on the first line of the area, cut to its width and marked as cut.
fn put(app: &App, buffer: &mut Buffer, area: Rect, text: &str, meaning: Meaning) {
    if !area.is_empty() {
        let shown = app.look.elide(text, usize::from(area.width));
        buffer.set_string(area.x, area.y, shown, app.look.style(meaning));
    }
}

/// How many cells a text takes.
fn cells(text: &str) -> u16 {
    u16::try_from(text::width(text)).unwrap_or(u16::MAX)
}
