//! How many sockets are in which state, and what goes through all of them, with how that went.
//!
//! Only pieces for a bar; counted when readings come.

use ratatui::layout::Rect;

use super::bar::{Bar, Piece};
use crate::text;
use crate::tui::app::App;
use crate::tui::census::Counted;
use crate::tui::theme::Meaning;

/// The line of states and rates. Where there is no room for all, graphs go before numbers.
pub(super) fn bar(app: &App, area: Rect) -> Bar {
    let with = |graphs| Bar { area, gap: 3, left: states(app, graphs), right: rates(app, 3) };
    let bar = with(true);
    if bar.fits() { bar } else { with(false) }
}

fn states(app: &App, graphs: bool) -> Vec<Piece> {
    let style = |meaning| app.look.style(meaning);
    let state = |(priority, state): (u8, Counted)| {
        let piece = Piece::new(priority, format!("{} ", state.word), style(Meaning::Muted))
            .and(text::count(state.now), style(Meaning::Text));
        if graphs { piece.and(format!(" {}", state.graph), style(Meaning::Muted)) } else { piece }
    };
    (1..).zip(app.census.counted(&app.look)).map(state).collect()
}

/// What comes in and goes out through sockets of which that is known.
pub(super) fn rates(app: &App, priority: u8) -> Vec<Piece> {
    let style = |meaning| app.look.style(meaning);
    let Some(rate) = app.totals.now() else { return Vec::new() };
    let direction = |name, bytes, pick| {
        let rate = format!("{name} {}/s ", text::bytes(bytes));
        Piece::new(priority, rate, style(Meaning::Text))
            .and(app.totals.spark(pick, &app.look), style(Meaning::Good))
    };
    vec![direction("in", rate.received, |rate| rate.received), direction("out", rate.sent, |rate| rate.sent)]
}
