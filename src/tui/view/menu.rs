//! What can be chosen: what is typed, and below it what fits, each with what is to be known of it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::palette::{cursor_behind, draw_cells, draw_typed};
use super::put;
use crate::tui::app::App;
use crate::tui::menu::{self, Choice, Menu};
use crate::tui::theme::Meaning;

pub(super) fn draw(app: &App, menu: &Menu, area: Rect, buffer: &mut Buffer) {
    let choices = menu::choices(app);
    let told = menu.told(choices.len());
    draw_typed(app, (menu.prompt(), menu.picker.text()), &told, Rect { height: 1, ..area }, buffer);
    if choices.is_empty() {
        let line = Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: 1 };
        let meaning = if menu.is_free() { Meaning::Muted } else { Meaning::Warning };
        put(app, buffer, line, &menu.nothing(app), meaning);
    }
    let names = choices.iter().map(|choice| usize::from(super::cells(&choice.title))).max().unwrap_or(0);
    let names = names.min(usize::from(area.width) / 2);
    let chosen = menu.picker.chosen(choices.len());
    let in_sight = choices.iter().enumerate().skip(menu.picker.first(choices.len(), area.height));
    for (y, (at, choice)) in ((area.y + 1)..area.bottom()).zip(in_sight) {
        let line = Rect { y, height: 1, ..area };
        draw_choice(app, choice, names, line, buffer);
        if at == chosen {
            buffer.set_style(line, app.look.style(Meaning::Selected));
        }
    }
}

/// Where the terminal's cursor belongs.
pub(super) fn cursor(menu: &Menu, area: Rect) -> Position {
    cursor_behind(menu.prompt(), menu.picker.before_cursor(), area)
}

fn draw_choice(app: &App, choice: &Choice, names: usize, area: Rect, buffer: &mut Buffer) {
    let switch = choice.shown.map(|shown| (if shown { "[x]" } else { "[ ]" }, 3, Meaning::Key));
    let title = (choice.title.as_str(), names, Meaning::Text);
    let about = (choice.about.as_str(), usize::from(area.width), Meaning::Muted);
    let texts: Vec<_> = switch.into_iter().chain([title, about]).collect();
    draw_cells(app, &texts, area, buffer);
}
