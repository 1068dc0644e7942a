//! Where one is in what is shown: moving there, and keeping it in sight.
//!
//! A part of `update`: positions change here and nothing else.

use super::action::{Mode, Motion};
use super::app::App;
use super::{acting, details, dialog, help, layout, menu, palette};

/// Moves what the keys are about.
pub(super) fn travel(app: &mut App, motion: Motion) {
    let by = match motion {
        Motion::Up => -1,
        Motion::Down => 1,
        Motion::PageUp => -page(app),
        Motion::PageDown => page(app),
        Motion::HalfUp => -(page(app) / 2).max(1),
        Motion::HalfDown => (page(app) / 2).max(1),
        Motion::Top => isize::MIN,
        Motion::Bottom => isize::MAX,
    };
    match motion {
        Motion::Up | Motion::Down if app.dialog.is_some() => dialog::step(app, by),
        _ => step(app, by),
    }
}

/// Moves what the keys are about by so many lines.
pub(super) fn step(app: &mut App, by: isize) {
    if app.palette.is_some() {
        return palette::step(app, by);
    }
    if app.dialog.is_some() {
        return dialog::scroll(app, by);
    }
    if app.menu.is_some() {
        return menu::step(app, by);
    }
    let moved = |from: usize| from.saturating_add_signed(by);
    match (app.mode(), &mut app.help, &mut app.inspected) {
        (Mode::Help, Some(scroll), _) => *scroll = moved(*scroll),
        (Mode::Details, _, Some(inspected)) => inspected.scroll = moved(inspected.scroll),
        _ => {
            let last = app.listing.len().saturating_sub(1);
            app.pane_mut().cursor = moved(app.pane().cursor).min(last);
        }
    }
}

fn page(app: &App) -> isize {
    let lines = match app.mode() {
        Mode::List | Mode::Filter => app.page(),
        Mode::Dialog => dialog::page(app),
        Mode::Palette | Mode::Columns | Mode::Views | Mode::Menu => {
            usize::from(layout::screen(app).filter.height)
        }
        Mode::Details | Mode::Help => usize::from(layout::screen(app).body.height).saturating_sub(1),
    };
    isize::try_from(lines.saturating_sub(1).max(1)).unwrap_or(1)
}

/// Keeps every position inside of what there is, and the selection in sight.
pub(super) fn settle(app: &mut App) {
    let screen = layout::screen(app);
    let body = usize::from(screen.body.height).saturating_sub(1);
    let width = screen.body.width;
    acting::settle(app);
    dialog::settle(app);
    if app.help.is_some() {
        let most = help::lines(app, width).len().saturating_sub(body);
        app.help = app.help.map(|scroll| scroll.min(most));
    }
    if let Some(inspected) = &app.inspected {
        let most = details::lines(app, inspected, width).len().saturating_sub(body);
        if let Some(inspected) = &mut app.inspected {
            inspected.scroll = inspected.scroll.min(most);
        }
    }
    let (height, rows) = (usize::from(screen.rows.height).max(1), app.listing.len());
    let cursor = app.pane().cursor.min(rows.saturating_sub(1));
    let chosen = app.chosen_at(cursor);
    let pane = app.pane_mut();
    pane.cursor = cursor;
    // An empty listing forgets nothing: the socket may come back when the filter is changed.
    pane.selected = chosen.or_else(|| pane.selected.take());
    let lowest = rows.saturating_sub(height);
    pane.top = pane.top.clamp(cursor.saturating_sub(height - 1), cursor).min(lowest);
}
