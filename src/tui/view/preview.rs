//! Two lines about the selected socket, under a rule: whose it is, and what; first what is wrong with it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::put;
use crate::model::Row;
use crate::tui::acting;
use crate::tui::app::App;
use crate::tui::cell;
use crate::tui::describe;
use crate::tui::judged;
use crate::tui::line::{self, Of};
use crate::tui::standing;
use crate::tui::tally_words;
use crate::tui::theme::Meaning;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    if area.height < 3 {
        return;
    }
    let rule = app.look.symbols.rule.repeat(usize::from(area.width));
    put(app, buffer, Rect { height: 1, ..area }, &rule, Meaning::Muted);
    let under = |y| Rect { x: area.x + 1, y: area.y + y, width: area.width.saturating_sub(2), height: 1 };
    let Some(of) = line::selected(app) else { return };
    if let Of::Tally(seen) = &of {
        put(app, buffer, under(1), &tally_words::headline(seen), Meaning::Text);
        put(app, buffer, under(2), &tally_words::sentence(seen), Meaning::Muted);
    }
    let Some(seen) = of.socket() else { return };
    let (mut whose, hint) = (under(1), acting::hint(app, seen.subject.row, area.width < 100));
    let taken = super::cells(&hint) + 2;
    if !hint.is_empty() && taken <= whose.width / 2 {
        whose.width -= taken;
        put(app, buffer, Rect { x: whose.right() + 2, width: taken - 2, ..whose }, &hint, Meaning::Key);
    }
    put(app, buffer, whose, &describe::ownership(&seen), Meaning::Text);
    if let Some(report) = of.report() {
        let (sentence, meaning) = standing::sentence(&report, &app.look);
        return put(app, buffer, under(2), &sentence, meaning);
    }
    let (mut rest, mut what) = (under(2), describe::sentence(&seen));
    if let Some((worst, meaning)) = judged::worst(app, seen.subject.row) {
        put(app, buffer, rest, &worst, meaning);
        let taken = super::cells(&worst).min(rest.width);
        rest = Rect { x: rest.x + taken, width: rest.width - taken, ..rest };
        what = format!(" {} {what}", app.look.symbols.dot);
    }
    put(app, buffer, rest, &what, Meaning::Muted);
}

/// A socket in a few words: `tcp 10.0.0.5:41822 → 10.0.0.9:5432  established`.
pub(super) fn title(app: &App, row: &Row) -> String {
    let Some(seen) = app.seen(row) else { return String::new() };
    let text = |key: &str| {
        let field = crate::model::field::by_key(key)?;
        cell::value_text(&(field.extract)(&seen.subject), &seen).map(std::borrow::Cow::into_owned)
    };
    let words = [
        text("protocol"),
        text("local"),
        text("remote").map(|remote| format!("{} {remote}", app.look.symbols.arrow)),
        text("state"),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
