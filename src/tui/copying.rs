//! What is copied, and the remark that says so.
//!
//! Makes texts; the terminal gets them as an effect. They are escaped as on the screen and in JSON: a name
//! must not become a command where it is pasted.

use super::app::App;
use super::columns::Column;
use super::update::Effect;
use super::views::Lines;
use super::{jumps, line, mark};
use crate::output::json;
use crate::text;

/// Bytes that terminals take at once: some stop at 100,000 of base64, and all take this much.
const MOST: usize = 64 * 1024;

/// Copies the selected line: its cells as they are shown, whole, with tabs between them.
pub(super) fn row(app: &mut App) -> Vec<Effect> {
    let inspected = app.inspected.as_ref().filter(|_| app.view.lines() == Lines::Sockets);
    let of = match inspected {
        Some(inspected) => app.seen(&inspected.row).map(line::Of::Socket),
        None => line::selected(app),
    };
    let Some(of) = of.filter(|of| !matches!(of, line::Of::Heading(_))) else { return Vec::new() };
    let columns = &app.pane().columns;
    let cells = app.places(app.size.width).into_iter().filter_map(|place| of.cell(&columns[place.column]));
    let cells: Vec<String> = cells.map(|cell| format!("{}{}", cell.text, cell.tail)).collect();
    let line = cells.join("\t");
    send(app, "row", line)
}

/// The cells of the selected line, with the heads of their columns: whole, those without room included.
pub(super) fn cells(app: &App) -> Vec<(&'static str, String)> {
    let Some(of) = line::selected(app) else { return Vec::new() };
    let shown = app.pane().columns.iter().filter(|column| column.shown);
    let told = |column: &Column| Some((column.title, of.cell(column)?));
    shown.filter_map(told).map(|(title, cell)| (title, format!("{}{}", cell.text, cell.tail))).collect()
}

/// Copies one cell.
pub(super) fn cell(app: &mut App, title: &str, text: String) -> Vec<Effect> {
    send(app, title, text)
}

/// Copies the socket as JSON.
pub(super) fn json(app: &mut App) -> Vec<Effect> {
    let Some(row) = jumps::subject(app) else { return Vec::new() };
    let Some(seen) = app.seen(row) else { return Vec::new() };
    match json::socket(seen.subject.facing(app.peer(row))) {
        Ok(line) => send(app, "JSON", line),
        Err(error) => {
            app.remark = Some((format!("the socket cannot be written as JSON: {error}"), app.now));
            Vec::new()
        }
    }
}

/// Forgets what was said when it has been there long enough.
pub(super) fn forget(app: &mut App) {
    let now = app.now;
    app.remark = app.remark.take().filter(|(_, at)| now.since(at) < mark::LASTS);
}

/// Sends a text, and says so. One that is too long is not cut: half of it would be something else.
fn send(app: &mut App, what: &str, text: String) -> Vec<Effect> {
    let bytes = text.len();
    if bytes > MOST {
        let remark = format!("not copied: {} bytes are too many for terminals", text::count(bytes));
        app.remark = Some((remark, app.now));
        return Vec::new();
    }
    app.remark = Some((format!("{what} sent to the terminal's clipboard"), app.now));
    vec![Effect::Copy(text)]
}
