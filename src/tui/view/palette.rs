//! The palette: what is typed, and below it the actions that it may mean, each with its key and sentence.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{cells, put};
use crate::text;
use crate::tui::app::App;
use crate::tui::palette::{self, Does, Offer};
use crate::tui::picker::Picker;
use crate::tui::theme::Meaning;

const PROMPT: &str = "do ";
/// Cells for the names, unless one is longer, and for the keys.
const NAMES: usize = 16;
const KEYS: usize = 10;

pub(super) fn draw(app: &App, palette: &Picker, area: Rect, buffer: &mut Buffer) {
    let matches = palette::matches(app);
    let count = text::counted(matches.len(), "action", "actions");
    draw_typed(app, (PROMPT, palette.text()), &count, Rect { height: 1, ..area }, buffer);
    let lines = (area.y + 1)..area.bottom();
    if matches.is_empty() {
        let line = Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: 1 };
        put(app, buffer, line, "nothing that can be done now is called so", Meaning::Warning);
    }
    let chosen = palette.chosen(matches.len());
    let in_sight = matches.iter().enumerate().skip(palette.first(matches.len(), area.height));
    let in_sight = in_sight.take(lines.len());
    // Names that are cut may be alike; sentences may be cut.
    let names = in_sight.clone().map(|(_, offer)| text::width(&offer.name)).max().unwrap_or(0).max(NAMES);
    for (y, (at, offer)) in lines.zip(in_sight) {
        let line = Rect { y, height: 1, ..area };
        draw_match(app, (offer, names), line, buffer);
        if at == chosen {
            buffer.set_style(line, app.look.style(Meaning::Selected));
        }
    }
}

/// Where the terminal's cursor belongs.
pub(super) fn cursor(palette: &Picker, area: Rect) -> Position {
    cursor_behind(PROMPT, palette.before_cursor(), area)
}

/// Where the cursor belongs in a line that begins so.
pub(super) fn cursor_behind(prompt: &str, before: &str, area: Rect) -> Position {
    let x = area.x + 1 + cells(prompt) + cells(before);
    Position::new(x.min(area.right().saturating_sub(2)), area.y)
}

/// A line in which something is typed, with what is told of it at its end.
pub(super) fn draw_typed(
    app: &App,
    (prompt, typed): (&str, &str),
    told: &str,
    area: Rect,
    buffer: &mut Buffer,
) {
    let style = |meaning| app.look.style(meaning);
    buffer.set_stringn(area.x + 1, area.y, prompt, usize::from(area.width), style(Meaning::Key));
    let left = area.x + 1 + cells(prompt);
    let room = usize::from(area.right().saturating_sub(left + 1));
    // What is typed last is seen; most of it is short, so that this is rare.
    let shown = app.look.elide_start(typed, room);
    let (end, _) = buffer.set_stringn(left, area.y, &shown, room, style(Meaning::Title));
    let x = area.right().saturating_sub(cells(told) + 1);
    if x >= end + 3 {
        put(app, buffer, Rect { x, width: area.right() - x, ..area }, told, Meaning::Muted);
    }
}

fn draw_match(app: &App, (offer, names): (&Offer, usize), area: Rect, buffer: &mut Buffer) {
    let keys = match &offer.does {
        Does::Action(action) => app.keymap.keys(*action),
        Does::View(_) | Does::Sort(_) => &[],
    };
    let keys: Vec<_> = keys.iter().map(|key| key.label(app.look.ascii)).collect();
    let keys = keys.join("  ");
    let sentence = (offer.sentence.as_ref(), usize::from(area.width), Meaning::Muted);
    draw_cells(
        app,
        &[(&offer.name, names, Meaning::Text), (&keys, KEYS, Meaning::Key), sentence],
        area,
        buffer,
    );
}

/// Texts in a line, each in so many cells, as far as there is room.
pub(super) fn draw_cells(app: &App, texts: &[(&str, usize, Meaning)], area: Rect, buffer: &mut Buffer) {
    let end = area.right().saturating_sub(1);
    let mut x = area.x + 1;
    for (text, width, meaning) in texts {
        let room = (*width).min(usize::from(end.saturating_sub(x)));
        buffer.set_stringn(x, area.y, app.look.elide(text, room), room, app.look.style(*meaning));
        x = end.min(x.saturating_add(u16::try_from(width + 1).unwrap_or(u16::MAX)));
    }
}
