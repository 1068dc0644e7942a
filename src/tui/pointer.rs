//! What stands at a place of the screen, as far as a click there means something.
//!
//! A pure function of the state, from the places that drawing uses. What a click does is said in
//! `clicking`.

use ratatui::layout::Position;

use super::action::Action;
use super::app::App;
use super::views::View;
use super::{dialog, layout, menu, palette, view};

/// What can be hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    Tab(View),
    /// The head of a column, by its number among those of the view.
    Head(usize),
    /// A row, by its place in the listing.
    Row(usize),
    /// An action of the palette, by its place among those that match.
    Match(usize),
    /// What a yes may mean, or what else can be chosen, by its place among the choices that are listed.
    Choice(usize),
    /// A hint that tells how to do it.
    Do(Action),
}

/// What is there; `None` where a click means nothing.
pub(super) fn spot(app: &App, at: Position) -> Option<Spot> {
    if layout::too_small(app.size) {
        return None;
    }
    let screen = layout::screen(app);
    let in_a_bar = view::bars(app, &screen).iter().find_map(|bar| bar.spot(at));
    if in_a_bar.is_some() {
        return in_a_bar;
    }
    if let Some(palette) = &app.palette
        && screen.filter.contains(at)
    {
        let matches = palette::matches(app).len();
        let line = usize::from(at.y - screen.filter.y).checked_sub(1)?;
        let place = palette.first(matches, screen.filter.height) + line;
        return (place < matches).then_some(Spot::Match(place));
    }
    if app.dialog.is_some() {
        return dialog::spot(app, at);
    }
    if let Some(menu) = &app.menu
        && screen.filter.contains(at)
    {
        let choices = menu::choices(app).len();
        let line = usize::from(at.y - screen.filter.y).checked_sub(1)?;
        let place = menu.picker.first(choices, screen.filter.height) + line;
        return (place < choices).then_some(Spot::Choice(place));
    }
    let listed = app.help.is_none() && app.inspected.is_none() && app.listing.len() > 0;
    if listed && screen.heads.contains(at) {
        // The gap behind a column is its own: the arrow of the order may stand there.
        let places = app.places(screen.rows.width);
        let place = places.iter().rfind(|place| screen.heads.x + place.x <= at.x)?;
        return Some(Spot::Head(place.column));
    }
    if listed && screen.rows.contains(at) {
        let row = app.pane().top + usize::from(at.y - screen.rows.y);
        return (row < app.listing.len()).then_some(Spot::Row(row));
    }
    None
}
