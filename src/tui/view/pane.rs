//! A pane of lines that can be scrolled, in place of the table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::bar::{Bar, Piece};
use crate::tui::app::App;
use crate::tui::theme::Meaning;

/// A title and lines, of which some may be out of sight.
pub(super) struct Pane<'a> {
    pub(super) title: &'a str,
    pub(super) lines: &'a [Line<'a>],
    /// The first line in sight.
    pub(super) scroll: usize,
}

/// Draws the pane, and says how far one can go.
pub(super) fn draw(app: &App, pane: &Pane<'_>, area: Rect, buffer: &mut Buffer) {
    let (head, all) = (Rect { height: 1, ..area }, pane.lines.len());
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let rule = app.look.symbols.rule.repeat(usize::from(area.width));
    super::put(app, buffer, head, &rule, Meaning::Muted);
    let title = Piece::new(0, format!(" {} ", pane.title), app.look.style(Meaning::Title));
    let last = all.min(pane.scroll + usize::from(body.height));
    let range = (last - pane.scroll.min(last) < all).then(|| {
        let range = format!(" lines {} to {last} of {all} ", pane.scroll + 1);
        Piece::new(1, range, app.look.style(Meaning::Muted))
    });
    let bar = Bar { area: head, gap: 1, left: vec![title], right: range.into_iter().collect() };
    bar.draw(&app.look, buffer);
    for (y, shown) in (body.y..body.bottom()).zip(pane.lines.iter().skip(pane.scroll)) {
        buffer.set_line(body.x + 1, y, shown, body.width.saturating_sub(2));
    }
}
