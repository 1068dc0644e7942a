//! A pane of lines that can be scrolled, in place of the table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::bar::{self, Piece};
use crate::tui::app::App;
use crate::tui::theme::Meaning;

/// Draws a title and the lines from `scroll` on, and says how far one can go.
pub(super) fn draw(
    app: &App,
    title: &str,
    lines: &[Line<'_>],
    scroll: usize,
    area: Rect,
    buffer: &mut Buffer,
) {
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let last = lines.len().min(scroll + usize::from(body.height));
    let rule = app.look.symbols.rule;
    let line = Rect { height: 1.min(area.height), ..area };
    buffer.set_stringn(
        area.x,
        area.y,
        rule.repeat(usize::from(area.width)),
        usize::from(area.width),
        app.look.style(Meaning::Muted),
    );
    let range = if last - scroll.min(last) < lines.len() {
        format!(" lines {} to {last} of {} ", scroll + 1, lines.len())
    } else {
        String::new()
    };
    let left = vec![Piece::new(0, format!(" {title} "), app.look.style(Meaning::Title))];
    let right = match range.is_empty() {
        true => Vec::new(),
        false => vec![Piece::new(1, range, app.look.style(Meaning::Muted))],
    };
    bar::draw(&app.look, buffer, line, 1, (left, right));
    for (y, shown) in (body.y..body.bottom()).zip(lines.iter().skip(scroll)) {
        buffer.set_line(body.x + 1, y, shown, body.width.saturating_sub(2));
    }
}
