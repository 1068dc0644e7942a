//! The one place where the state of the dashboard changes.
//!
//! Takes what came in and returns what is to be done outside. Never touches the terminal, never
//! asks the time, never draws.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use crate::engine::acting::Order;
use crate::engine::{Feed, Snapshot};
use crate::model::{Ask, Row, Stamp};

use super::action::{Action, Mode};
use super::app::{App, Frozen, Inspected, News};
use super::folding::Turn;
use super::help::Topic;
use super::input::Input;
use super::judged;
use super::key::Key;
use super::line::{self, Of};
use super::listing::{Listing, Sort, Wish};
use super::palette;
use super::picker::Picker;
use super::prompt::Prompt;
use super::timeline::{Report, is_news};
use super::trend::Trend;
use super::views::{Lines, View};
use super::{
    Amendment, Ended, Export, TuiError, acting, appearance, approving, clicking, copying, dialog, export,
    filtering, folding, guard, hands, headings, help, motion, trail, way_in,
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
    /// Write this into a file.
    Export(Box<Export>),
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
            } else if let Some(menu) = &mut app.menu {
                menu.picker.paste(&text);
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
            // Most of what turns is drawn in another colour, and stands where it stood.
            if app.listing.is_past(&app.clock()) || app.sieve.is_of_time() {
                relist(app);
            }
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
        Input::Exported(told) => {
            export::told(app, &told);
            Vec::new()
        }
        Input::Failed(error) => vec![Effect::Fail(error)],
    };
    motion::settle(app);
    judged::prepare(app);
    effects
}

fn take_key(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    app.remark = None; // the hints are wanted again
    let mode = app.mode();
    match app.keymap.lookup(mode, key) {
        Some(action) => act(app, action),
        None if mode.is_typed() && Key::of(key).is_some() => {
            match (&mut app.palette, &mut app.menu) {
                (Some(palette), _) => palette.key(key),
                (None, Some(menu)) => menu.picker.key(key),
                (None, None) if app.prompt.key(key) => filtering::edited(app),
                (None, None) => {}
            }
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Does what was asked for.
pub(super) fn act(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Move(motion) => motion::travel(app, motion),
        Action::Details if folding::toggle(app) => {}
        Action::Details => open_line(app),
        Action::Into if app.view.lines() == Lines::Tallies && app.inspected.is_none() => way_in(app),
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
        Action::Palette => app.palette = Some(Picker::default()),
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
        other => return hands::act(app, other),
    }
    Vec::new()
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
    if let Some(kept) = &mut app.kept {
        kept.take(&snapshot);
    }
    if let Some(frozen) = &mut app.frozen {
        frozen.waiting += snapshot.changes.iter().filter(|change| is_news(&change.kind)).count();
        let before = frozen.latest.replace(News::new(snapshot, arrived, asked_twice));
        if app.kept.is_some() {
            relist(app); // what is kept has other numbers
        }
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

/// Shows a view, and remembers where that was done.
pub(super) fn show(app: &mut App, view: View) {
    if view != app.view {
        trail::leave(app);
    }
    turn(app, view);
}

/// Shows a view.
pub(super) fn turn(app: &mut App, view: View) {
    app.view = view;
    relist(app);
}

/// Sorts by the column beside the present one, of those that are shown; where there was no room for it, there is then.
fn sort_beside(app: &mut App, side: Side) {
    let (facts, pane) = (app.facts(), app.pane());
    let is_shown = |at: &usize| pane.columns[*at].shown && pane.columns[*at].is_wanted(facts);
    let shown: Vec<usize> = (0..pane.columns.len()).filter(is_shown).collect();
    let Some(last) = shown.len().checked_sub(1) else { return };
    let now = shown.iter().position(|column| *column == pane.sort.column);
    let next = match (now, side) {
        (None, _) => 0, // the column of the order is hidden
        (Some(now), Side::Right) => (now + 1) % (last + 1),
        (Some(now), Side::Left) => now.checked_sub(1).unwrap_or(last),
    };
    app.pane_mut().sort = Sort { column: shown[next], reversed: false };
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
        grouping: &pane.grouping,
        kept: app.kept.as_ref(),
    };
    let rows = news.snapshot.table.rows();
    app.listing = Listing::new(rows, moment, &wish, &mut app.sieve);
    if let Some(selected) = &pane.selected
        && let Some(line) = app.listing.line_of(selected, &news.snapshot.table, app.kept.as_ref())
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
    if let Of::Heading(heading) = of {
        return headings::fold(app, heading.id);
    }
    if matches!(of, Of::Tally(_)) {
        way_in(app);
    } else if let Some(row) = of.socket().map(|seen| seen.subject.row.clone()) {
        let report = of.report();
        inspect(app, row, report);
    }
}

/// Shows the sockets that the selected line counts.
fn way_in(app: &mut App) {
    let Some(Of::Tally(seen)) = line::selected(app) else { return };
    if let Some((filter, view)) = way_in::of(seen.tally, seen.socket.subject.names) {
        trail::leave(app);
        app.prompt.put(&filter);
        return turn(app, view);
    }
    let remark = "too many processes to name them all: open it, and choose one";
    app.remark = Some((remark.to_owned(), app.now));
}

/// Opens the details of a socket, and of what is reported about it.
pub(super) fn inspect(app: &mut App, row: Row, report: Option<Arc<Report>>) {
    let mut trend = Trend::default();
    if let Some(news) = &app.news {
        trend.record(Some(&row), &news.snapshot);
    }
    app.inspected = Some(Inspected { row, gone: false, scroll: 0, trend, report });
}
