//! A question or something told, in a frame over the list; on a small screen in place of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::widgets::{Block, Borders, Clear, Widget as _};

use super::bar::{Bar, Piece};
use super::put;
use crate::tui::action::Action;
use crate::tui::app::App;
use crate::tui::dialog::{self, Choice, Dialog};
use crate::tui::pointer::Spot;
use crate::tui::theme::Meaning;

/// Cells for the labels of choices.
const LABEL: u16 = 8;

const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

pub(super) fn draw(app: &App, dialog: &Dialog, body: Rect, buffer: &mut Buffer) {
    let parts = dialog.parts(body);
    Clear.render(parts.frame, buffer);
    let title = app.look.elide(dialog.title(), usize::from(parts.frame.width.saturating_sub(4))).into_owned();
    let muted = app.look.style(Meaning::Muted);
    Block::new()
        .borders(if parts.closed { Borders::ALL } else { Borders::TOP })
        .border_set(if app.look.ascii { ASCII } else { border::PLAIN })
        .border_style(muted)
        .title_style(app.look.style(Meaning::Title))
        .title(format!(" {title} "))
        .render(parts.frame, buffer);
    let lines = dialog.wrapped(usize::from(parts.lines.width));
    for (y, (line, meaning)) in (parts.lines.y..parts.lines.bottom()).zip(lines.iter().skip(dialog.scroll)) {
        put(app, buffer, Rect { y, height: 1, ..parts.lines }, line, *meaning);
    }
    let left_out = lines.len().saturating_sub(dialog.scroll + usize::from(parts.lines.height));
    if left_out > 0 {
        more(app, left_out, parts.lines, buffer);
    }
    let choices = dialog.choices().iter().enumerate().skip(dialog.first(parts.choices.height));
    for (y, (at, choice)) in (parts.choices.y..parts.choices.bottom()).zip(choices) {
        let line = Rect { y, height: 1, ..parts.choices };
        draw_choice(app, choice, line, buffer);
        if at == dialog.chosen() {
            buffer.set_style(line, app.look.style(Meaning::Selected));
        }
    }
    if let Some(bar) = bar(app) {
        bar.draw(&app.look, buffer);
    }
}

/// That there is more to read before an answer.
fn more(app: &App, lines: usize, area: Rect, buffer: &mut Buffer) {
    let text = format!("{} {lines} more{}", app.look.symbols.ellipsis, app.look.symbols.descending);
    let width = super::cells(&text).min(area.width);
    let last = Rect { x: area.right() - width, y: area.bottom().saturating_sub(1), width, height: 1 };
    put(app, buffer, last, &text, Meaning::Key);
}

fn draw_choice(app: &App, choice: &Choice, area: Rect, buffer: &mut Buffer) {
    let label = area.width.min(LABEL.max(super::cells(&choice.label) + 2));
    put(app, buffer, Rect { width: label, ..area }, &choice.label, Meaning::Key);
    let rest = Rect { x: area.x + label, width: area.width - label, ..area };
    put(app, buffer, rest, &choice.sentence, Meaning::Text);
}

/// The question and its answers; nothing where there is none.
pub(super) fn bar(app: &App) -> Option<Bar> {
    let dialog = app.dialog.as_ref()?;
    let area = dialog.parts(crate::tui::layout::screen(app).body).question;
    let style = |meaning| app.look.style(meaning);
    let answer = |action, does: &'static str| {
        let key = app.key_for(action).filter(|_| dialog::can(app, action))?;
        let piece = Piece::new(0, key, style(Meaning::Key)).and(format!(" {does}"), style(Meaning::Text));
        Some(piece.at(Spot::Do(action)))
    };
    let answers = match dialog.choice() {
        Some(_) => [answer(Action::Yes, "yes"), answer(Action::No, "no")],
        None => [answer(Action::Enter, "close"), None],
    };
    let right: Vec<Piece> = answers.into_iter().flatten().collect();
    // The answers stay whole.
    let taken: u16 = right.iter().map(|answer| answer.width() + 2).sum();
    let question = dialog.choice().map_or("", |choice| &choice.question);
    let question = app.look.elide(question, usize::from(area.width.saturating_sub(taken))).into_owned();
    let left = Piece::new(0, question, style(Meaning::Title));
    // A margin of the bar's own stands in that of the frame.
    let area = Rect { x: area.x.saturating_sub(1), width: area.width + 2, ..area };
    Some(Bar { area, gap: 2, left: vec![left], right })
}
