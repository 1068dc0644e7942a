//! What clicks and the wheel do.
//!
//! Changes the state as `update` does, of which it is a part. Where things are is said by `pointer`.

use std::time::Duration;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::action::{ACTIONS, Action, Mode};
use super::app::App;
use super::listing::Sort;
use super::motion::step;
use super::pointer::{self, Spot};
use super::update::{Effect, act, relist, show};
use super::views::View;
use super::{dialog, filtering, layout, menu, palette};

/// Two clicks within this time are one gesture.
const TWICE: Duration = Duration::from_millis(400);
/// Lines that a notch of the wheel moves.
const NOTCH: isize = 3;

/// Takes in what the mouse did.
pub(super) fn take(app: &mut App, event: MouseEvent) -> Vec<Effect> {
    match event.kind {
        MouseEventKind::ScrollUp => scroll(app, -NOTCH),
        MouseEventKind::ScrollDown => scroll(app, NOTCH),
        MouseEventKind::Down(MouseButton::Left) => {
            return click(app, Position::new(event.column, event.row));
        }
        _ => {}
    }
    Vec::new()
}

fn click(app: &mut App, at: Position) -> Vec<Effect> {
    let before = app.clicked.take();
    let spot = pointer::spot(app, at);
    if let Some(Spot::Match(place)) = spot {
        palette::choose(app, place);
        return palette::run(app);
    }
    if let Some(Spot::Choice(place)) = spot {
        if app.dialog.is_some() {
            dialog::choose(app, place);
            return Vec::new();
        }
        menu::point(app, place);
        return menu::choose(app);
    }
    if !matches!(spot, Some(Spot::Do(_))) {
        app.palette = None; // whoever aims at something else has done with it
        if !matches!(spot, Some(Spot::Head(_))) {
            app.menu = None;
        }
    }
    match spot {
        Some(Spot::Row(row)) => {
            let key = app.chosen_at(row);
            app.pane_mut().cursor = row;
            let again = |(clicked, when)| Some(clicked) == key && app.now.since(&when) <= TWICE;
            if before.is_some_and(again) {
                return open(app);
            }
            app.clicked = key.map(|key| (key, app.now));
        }
        Some(Spot::Head(column)) => sort_by(app, column),
        Some(Spot::Tab(view)) => turn_to(app, view),
        Some(Spot::Do(action)) => {
            // What is told of is not always possible at once: details may lie over it.
            let entry = ACTIONS.iter().find(|entry| entry.action == action);
            if entry.is_some_and(|entry| app.can(entry)) {
                return act(app, action);
            }
        }
        Some(Spot::Match(_) | Spot::Choice(_)) | None => {}
    }
    Vec::new()
}

/// Opens the details of the selected socket. The filter that is being typed is kept; one that cannot be,
/// because it is wrong, has to be mended first.
fn open(app: &mut App) -> Vec<Effect> {
    if app.mode() == Mode::Filter {
        filtering::keep(app);
    }
    if app.mode() == Mode::List { act(app, Action::Details) } else { Vec::new() }
}

fn sort_by(app: &mut App, column: usize) {
    let sort = &mut app.pane_mut().sort;
    *sort = match *sort {
        Sort { column: now, reversed } if now == column => Sort { column, reversed: !reversed },
        _ => Sort { column, reversed: false },
    };
    relist(app);
}

/// Shows a view, and not what lies over it.
fn turn_to(app: &mut App, view: View) {
    app.help = None;
    app.dialog = None;
    app.inspected = None;
    show(app, view);
}

/// Moves what is in sight. In the list the selection comes along only where it would leave the screen.
fn scroll(app: &mut App, by: isize) {
    if !matches!(app.mode(), Mode::List | Mode::Filter) {
        return step(app, by);
    }
    let height = usize::from(layout::screen(app).rows.height).max(1);
    let lowest = app.listing.len().saturating_sub(height);
    let pane = app.pane_mut();
    pane.top = pane.top.saturating_add_signed(by).min(lowest);
    pane.cursor = pane.cursor.clamp(pane.top, pane.top + height - 1);
}
