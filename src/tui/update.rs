//! The one place where the state of the dashboard changes.
//!
//! Takes what came in and returns what is to be done outside. Never touches the terminal, never
//! asks the time, never draws.

use crossterm::event::KeyEvent;

use crate::engine::acting::Order;
use crate::engine::{Feed, Snapshot};
use crate::model::{Ask, Stamp};

use super::action::{Action, Mode, Motion};
use super::app::{App, Frozen, Inspected, News};
use super::folding::Turn;
use super::help::Topic;
use super::input::Input;
use super::judged;
use super::key::Key;
use super::line::{self, Of};
use super::listing::{Listing, Sort, Wish};
use super::palette::{self, Palette};
use super::prompt::Prompt;
use super::timeline::is_news;
use super::trend::Trend;
use super::views::View;
use super::{
    Amendment, Ended, TuiError, acting, appearance, approving, clicking, copying, details, dialog, filtering,
    folding, guard, help, layout, way_in,
};

/// What the loop has to do after an update.
#[derive(Debug)]
pub(super) enum Effect {
    /// Draw everything anew: something else may have written on the screen.
    Repaint,
    /// Free this, which is no longer shown, where nobody waits for it.
    Free(Box<Snapshot>),
    /// Give this to who acts.
    Act(Box<Order>),
    /// Give this to who writes the policy.
    Amend(Box<Amendment>),
    /// Put this into the terminal's clipboard.
    Copy(String),
    /// Give the terminal back and stop until the shell continues us.
    Suspend,
    Quit(Ended),
    Fail(TuiError),
}

#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

/// Takes in what came, at `now`.
pub(super) fn update(app: &mut App, input: Input, now: Stamp) -> Vec<Effect> {
    app.now = now;
    copying::forget(app);
    let effects = match input {
        Input::Feed(feed) => take_feed(app, feed).map(Effect::Free).into_iter().collect(),
        Input::Key(key) => take_key(app, key),
        Input::Mouse(mouse) => clicking::take(app, mouse),
        Input::Paste(text) => {
            if let Some(palette) = &mut app.palette {
                palette.paste(&text);
            } else if app.mode() == Mode::Filter {
                app.prompt.paste(&text);
                filtering::edited(app);
            }
            Vec::new()
        }
        Input::Resize(size) => {
            app.size = size;
            Vec::new()
        }
        Input::Tick => {
            relist(app);
            Vec::new()
        }
        Input::Acted(report) => {
            acting::take(app, &report);
            Vec::new()
        }
        Input::Amended(written) => {
            approving::take(app, *written);
            Vec::new()
        }
        Input::Stop => vec![Effect::Suspend],
        Input::Continued => vec![Effect::Repaint],
        Input::Signal(signal) => vec![Effect::Quit(Ended::Signal(signal))],
        Input::Failed(error) => vec![Effect::Fail(error)],
    };
    settle(app);
    judged::prepare(app);
    effects
}

fn take_key(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    app.remark = None; // the hints are wanted again
    let mode = app.mode();
    match app.keymap.lookup(mode, key) {
        Some(action) => act(app, action),
        None if mode.is_typed() && Key::of(key).is_some() => {
            match &mut app.palette {
                Some(palette) => palette.key(key),
                None if app.prompt.key(key) => filtering::edited(app),
                None => {}
            }
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Does what was asked for.
pub(super) fn act(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Move(motion) => travel(app, motion),
        Action::Details if folding::toggle(app) => {}
        Action::Details => open_line(app),
        Action::Sockets => way_in(app),
        Action::Group => folding::regroup(app),
        Action::Unfold => folding::turn(app, Turn::Open),
        Action::Fold => folding::turn(app, Turn::Fold),
        Action::FoldAll => folding::toggle_all(app),
        Action::Back => match app.help.take() {
            Some(_) => {}
            None => app.inspected = None,
        },
        Action::Filter if app.news.is_some() => app.prompt.open(),
        Action::Filter => {}
        Action::KeepFilter => filtering::keep(app),
        Action::LeaveFilter => edit(app, Prompt::leave),
        Action::ClearFilter => edit(app, Prompt::clear),
        Action::Complete if app.palette.is_some() => palette::complete(app),
        Action::Complete => edit(app, |prompt| prompt.complete(false)),
        Action::CompleteBack => edit(app, |prompt| prompt.complete(true)),
        Action::OlderFilter => edit(app, |prompt| prompt.recall(true)),
        Action::NewerFilter => edit(app, |prompt| prompt.recall(false)),
        Action::NextView => show(app, app.view.next()),
        Action::Show(view) => show(app, view),
        Action::NextSort => sort_beside(app, Side::Right),
        Action::PreviousSort => sort_beside(app, Side::Left),
        Action::Reverse => {
            let pane = app.pane_mut();
            pane.sort.reversed = !pane.sort.reversed;
            relist(app);
        }
        Action::Unexpected => guard::toggle(app),
        Action::Freeze => freeze_or_thaw(app),
        Action::Compare => {
            app.compared =
                if app.compared.is_some() { None } else { app.moment().map(|moment| moment.taken) };
            relist(app);
        }
        Action::Copy => return copying::row(app),
        Action::CopyJson => return copying::json(app),
        Action::Palette => app.palette = Some(Palette::default()),
        Action::RunChosen => return palette::run(app),
        Action::LeavePalette => app.palette = None,
        Action::Signal | Action::CloseSocket | Action::Stop => acting::ask(app, action),
        Action::Approve | Action::Reject => approving::ask(app, action),
        Action::Yes | Action::Enter | Action::No => return dialog::answer(app, action),
        Action::Help => help::turn_to(app, Topic::Keys),
        Action::Explain => help::turn_to(app, Topic::Gaps),
        Action::NextTheme => appearance::next_theme(app),
        Action::Redraw => return vec![Effect::Repaint],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Quit => return vec![Effect::Quit(Ended::Quit)],
    }
    Vec::new()
}

/// Moves what the keys are about.
fn travel(app: &mut App, motion: Motion) {
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

/// Takes in what the poller brings. Returns what it takes the place of.
fn take_feed(app: &mut App, feed: Feed) -> Option<Box<Snapshot>> {
    let snapshot = match feed {
        Feed::Snapshot(snapshot) => snapshot,
        Feed::Failed(error) => {
            app.failure = Some(error.to_string());
            return None;
        }
    };
    app.failure = None;
    let arrived = app.now;
    let before = app.latest().map_or(Ask::NOTHING, |latest| latest.snapshot.asked);
    let asked_twice = snapshot.asked.and(before);
    app.timeline.take(&snapshot);
    guard::report(app, &snapshot);
    if let Some(frozen) = &mut app.frozen {
        frozen.waiting += snapshot.changes.iter().filter(|change| is_news(&change.kind)).count();
        let before = frozen.latest.replace(News::new(snapshot, arrived, asked_twice));
        return before.map(|news| Box::new(news.snapshot));
    }
    let before = app.news.as_ref().map(|news| &news.snapshot);
    app.sieve.refresh(&snapshot, before);
    app.guard.refresh(&snapshot, before.and_then(|before| before.table.moment()));
    app.totals.take(&snapshot);
    app.census.take(snapshot.table.rows());
    let before = app.news.replace(News::new(snapshot, arrived, asked_twice));
    relist(app);
    before.map(|news| Box::new(news.snapshot))
}

fn freeze_or_thaw(app: &mut App) {
    match app.frozen.take() {
        Some(frozen) => {
            if let Some(latest) = frozen.latest {
                app.sieve.forget(); // several snapshots were skipped
                app.guard.judge_all(&latest.snapshot.table);
                app.news = Some(latest);
            }
            relist(app);
        }
        None if app.news.is_some() => {
            app.frozen = Some(Frozen { at: app.clock(), latest: None, waiting: 0 });
        }
        None => {}
    }
}

pub(super) fn show(app: &mut App, view: View) {
    app.view = view;
    relist(app);
}

/// Sorts by the column beside the present one, of those that are in sight.
fn sort_beside(app: &mut App, side: Side) {
    let places = app.places(app.size.width);
    let Some(last) = places.len().checked_sub(1) else { return };
    let now = places.iter().position(|place| place.column == app.pane().sort.column);
    let next = match (now, side) {
        (None, _) => 0, // the column of the order is out of sight
        (Some(now), Side::Right) => (now + 1) % (last + 1),
        (Some(now), Side::Left) => now.checked_sub(1).unwrap_or(last),
    };
    app.pane_mut().sort = Sort { column: places[next].column, reversed: false };
    relist(app);
}

/// Does something to the filter as it is typed.
fn edit(app: &mut App, how: impl FnOnce(&mut Prompt)) {
    how(&mut app.prompt);
    filtering::edited(app);
}

/// Makes the listing anew and finds the selected socket in it.
pub(super) fn relist(app: &mut App) {
    filtering::admit(app);
    let now = app.clock();
    let Some(news) = &app.news else { return };
    let Some(moment) = news.snapshot.table.moment() else { return };
    let pane = &app.panes[app.view.number()];
    let wish = Wish {
        view: app.view,
        now,
        columns: &pane.columns,
        sort: pane.sort,
        by: pane.by,
        folds: &pane.folds,
        selected: pane.selected.as_ref(),
        look: app.look,
        timeline: &app.timeline,
        guard: &app.guard,
        compared: app.compared,
        ends: (app.view == View::Unix).then(|| news.look_across()),
    };
    let rows = news.snapshot.table.rows();
    app.listing = Listing::new(rows, moment, &wish, &mut app.sieve);
    if let Some(selected) = &pane.selected
        && let Some(line) = app.listing.line_of(selected, &news.snapshot.table)
    {
        app.panes[app.view.number()].cursor = line;
    }
    if let Some(inspected) = &mut app.inspected {
        let row = news.snapshot.table.row(&inspected.row.socket.key);
        inspected.gone = row.is_none();
        if let Some(row) = row {
            inspected.row = row.clone();
        }
        inspected.trend.record(row, &news.snapshot);
    }
}

/// Opens the selected line: the details of a socket, or the sockets that a tally counts.
fn open_line(app: &mut App) {
    let Some(of) = line::selected(app) else { return };
    if matches!(of, Of::Tally(_)) {
        way_in(app);
    } else if let Some(row) = of.socket().map(|seen| seen.subject.row.clone()) {
        let report = of.report();
        let mut trend = Trend::default();
        if let Some(news) = &app.news {
            trend.record(Some(&row), &news.snapshot);
        }
        app.inspected = Some(Inspected { row, gone: false, scroll: 0, trend, report });
    }
}

/// Shows the sockets that the selected line counts.
fn way_in(app: &mut App) {
    let Some(Of::Tally(seen)) = line::selected(app) else { return };
    if let Some((filter, view)) = way_in::of(seen.tally, seen.socket.subject.names) {
        app.prompt.put(&filter);
        return show(app, view);
    }
    let remark = "too many processes to name them all: open it, and choose one";
    app.remark = Some((remark.to_owned(), app.now));
}

/// Moves what the keys are about by so many lines.
pub(super) fn step(app: &mut App, by: isize) {
    if app.palette.is_some() {
        return palette::step(app, by);
    }
    if app.dialog.is_some() {
        return dialog::scroll(app, by);
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
        Mode::Palette => usize::from(layout::screen(app).filter.height),
        Mode::Details | Mode::Help => usize::from(layout::screen(app).body.height).saturating_sub(1),
    };
    isize::try_from(lines.saturating_sub(1).max(1)).unwrap_or(1)
}

/// Keeps every position inside of what there is, and the selection in sight.
fn settle(app: &mut App) {
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
