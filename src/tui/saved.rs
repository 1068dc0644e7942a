//! Views that were saved under a name: how they are called up, saved, renamed and deleted.
//!
//! A part of `update`. They are kept from run to run with everything that is remembered; no file is written here.

use std::collections::BTreeMap;

use super::action::Action;
use super::app::App;
use super::menu::{self, Choice, Purpose};
use super::remembered::{LONGEST, Ordered, SavedView};
use super::remembering::{arrange, arranged};
use super::update::turn;
use super::views::View;
use super::{mark, trail};
use crate::model::Stamp;
use crate::text;

/// More are not saved in the dashboard.
const MOST: usize = 100;
/// Characters of a name, at most.
const LONGEST_NAME: usize = 40;

/// The views, and what was done with them.
#[derive(Debug, Default)]
pub(super) struct Saved {
    pub(super) views: BTreeMap<String, SavedView>,
    /// They are remembered. What would be forgotten at the end is not saved.
    pub(super) kept: bool,
    /// The one that was called up or saved last.
    last: Option<String>,
    /// The one that is deleted where that is asked for again soon.
    doomed: Option<(String, Stamp)>,
}

/// Does what the keys ask for.
pub(super) fn act(app: &mut App, action: Action) {
    match action {
        Action::Views if app.saved.views.is_empty() => {
            let key = app
                .key_for(Action::SaveView)
                .map_or_else(String::new, |key| format!("; {key} saves this one"));
            app.remark = Some((format!("no view is saved so far{key}"), app.now));
        }
        Action::Views => menu::open(app, Purpose::Views),
        Action::SaveView if !app.saved.kept => {
            let why = match app.forgotten {
                Some(_) => "the notice above says why",
                None => "--no-state, or the setting state",
            };
            app.remark = Some((format!("not saved: this run remembers nothing ({why})"), app.now));
        }
        Action::SaveView => {
            menu::open(app, Purpose::SaveView);
            menu::put(app, &app.saved.last.clone().unwrap_or_default());
        }
        Action::RenameView => {
            let Some(Choice { key, .. }) = menu::chosen(app) else { return };
            let Some(place) = app.saved.views.keys().position(|name| *name == key) else { return };
            menu::open(app, Purpose::RenameView(place));
            menu::put(app, &key);
        }
        Action::DeleteView => delete(app),
        _ => {}
    }
}

/// The views to choose from.
pub(super) fn choices(app: &App) -> Vec<Choice> {
    let choice = |(name, saved): (&String, &SavedView)| Choice {
        key: name.clone(),
        shown: None,
        title: app.look.escape(name.as_bytes()).into_owned(),
        about: described(app, saved),
    };
    app.saved.views.iter().map(choice).collect()
}

/// What a view shows, in a line: `Connections, filter port = 443, sorted by rtt_us`.
pub(super) fn described(app: &App, saved: &SavedView) -> String {
    let SavedView { view, filter, unexpected, arranged } = saved;
    let title = View::named(view).map_or_else(|| view.clone(), |view| view.titles().0.to_owned());
    let mut parts = vec![title];
    if !filter.is_empty() {
        parts.push(format!("filter {filter}"));
    }
    if *unexpected {
        parts.push("unexpected only".to_owned());
    }
    if let Some(Ordered { column, reversed }) = &arranged.order {
        parts.push(format!("sorted by {column}{}", if *reversed { " reversed" } else { "" }));
    }
    parts.extend(arranged.group.as_ref().map(|group| format!("grouped by {group}")));
    parts.extend(arranged.columns.as_ref().map(|columns| text::counted(columns.len(), "column", "columns")));
    app.look.escape(parts.join(", ").as_bytes()).into_owned()
}

/// How the dashboard is arranged now, as far as a saved view goes.
fn present(app: &App) -> SavedView {
    SavedView {
        view: app.view.name().to_owned(),
        filter: app.prompt.text().to_owned(),
        unexpected: app.guard.only && app.view == View::Listeners,
        arranged: arranged(app.pane(), app.view),
    }
}

/// Arranges everything as it was saved. Returns the names that mean nothing here.
pub(super) fn restore(app: &mut App, name: &str, with_filter: bool) -> Vec<String> {
    let Some(saved) = app.saved.views.get(name).cloned() else { return Vec::new() };
    let Some(view) = View::named(&saved.view) else { return vec![format!("view {}", saved.view)] };
    let mut unknown = arrange(app, view, &saved.arranged);
    if with_filter && saved.filter.is_empty() {
        app.prompt.clear();
    } else if with_filter && !app.prompt.resume(&saved.filter) {
        unknown.push(format!("filter {}", saved.filter));
    }
    app.guard.only = saved.unexpected && app.guard.is_in_force();
    app.saved.last = Some(name.to_owned());
    turn(app, view);
    unknown
}

/// Shows a view as it was saved.
pub(super) fn call_up(app: &mut App, name: &str) {
    trail::leave(app);
    let unknown = restore(app, name, true);
    let remark = match unknown.as_slice() {
        [] => format!("view {name}"),
        unknown => format!("view {name}, without what is not known here: {}", unknown.join(", ")),
    };
    app.remark = Some((remark, app.now));
}

/// What is wrong with a name for a view; `None` where nothing is.
fn wrong_with(app: &App, name: &str) -> Option<&'static str> {
    let is_new = !app.saved.views.contains_key(name);
    if name.is_empty() {
        Some("a name, under which v lists it and : finds it")
    } else if View::named(name).is_some() {
        Some("one of the views that are always there is called so: take another name")
    } else if name.chars().count() > LONGEST_NAME {
        Some("too long: 40 characters are the most")
    } else if app.prompt.text().len() > LONGEST {
        Some("the filter is too long to be saved")
    } else if is_new && app.saved.views.len() >= MOST {
        Some("100 views are the most: delete one, or take the name of one")
    } else {
        None
    }
}

/// What is told while a name is typed.
pub(super) fn advice(app: &App, typed: &str, renamed: Option<usize>) -> String {
    let name = typed.trim();
    let taken = app.saved.views.get(name);
    match (wrong_with(app, name), renamed, taken) {
        (Some(wrong), ..) => wrong.to_owned(),
        (None, Some(_), None) => "Enter gives it this name".to_owned(),
        (None, Some(_), Some(_)) => "a view is called so".to_owned(),
        (None, None, None) => format!("Enter saves {}", described(app, &present(app))),
        (None, None, Some(saved)) => format!("Enter replaces {}", described(app, saved)),
    }
}

/// Saves how the dashboard is arranged under that name. What stands there is replaced, which was told.
pub(super) fn save(app: &mut App, typed: &str) -> Result<(), &'static str> {
    let name = typed.trim();
    if let Some(wrong) = wrong_with(app, name) {
        return Err(wrong);
    }
    let present = present(app);
    let verb = match app.saved.views.insert(name.to_owned(), present) {
        Some(_) => "replaced",
        None => "saved",
    };
    app.saved.last = Some(name.to_owned());
    app.remark = Some((format!("view {name} {verb}"), app.now));
    Ok(())
}

/// Gives the view at that place another name, and goes back to the list.
pub(super) fn rename(app: &mut App, place: usize, typed: &str) -> Result<(), &'static str> {
    let name = typed.trim().to_owned();
    let Some(before) = app.saved.views.keys().nth(place).cloned() else { return Ok(()) };
    if name != before {
        // It takes the place of the one that it was.
        let wrong =
            wrong_with(app, &name).filter(|_| app.saved.views.len() < MOST || View::named(&name).is_some());
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        if app.saved.views.contains_key(&name) {
            return Err("a view is called so");
        }
        let view = app.saved.views.remove(&before);
        app.saved.views.extend(view.map(|view| (name.clone(), view)));
        app.saved.last = app.saved.last.take().map(|last| if last == before { name.clone() } else { last });
        app.remark = Some((format!("view {before} is called {name}"), app.now));
    }
    menu::open(app, Purpose::Views);
    menu::follow(app, &name);
    Ok(())
}

/// Deletes what the list stands at, where that is asked for twice.
fn delete(app: &mut App) {
    let Some(Choice { key, .. }) = menu::chosen(app) else { return };
    let (now, doomed) = (app.now, app.saved.doomed.take());
    if !doomed.is_some_and(|(name, at)| name == key && now.since(&at) < mark::LASTS) {
        let again = app.key_for(Action::DeleteView).unwrap_or_default();
        app.remark = Some((format!("{again} again deletes view {key}"), now));
        app.saved.doomed = Some((key, now));
        return;
    }
    app.saved.views.remove(&key);
    app.saved.last.take_if(|last| *last == key);
    app.remark = Some((format!("view {key} deleted"), now));
    if app.saved.views.is_empty() {
        app.menu = None;
    }
}
