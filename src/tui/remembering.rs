//! How the dashboard is arranged, in names, and back again: what it begins with, and what it leaves.
//!
//! Names that mean nothing here are passed over and told. No file is read or written: that is done outside.

use super::action::Action;
use super::app::App;
use super::arranged::Pane;
use super::arrangement;
use super::columns::Column;
use super::grouping::{By, Folds};
use super::headings::{self, Grouping};
use super::listing::Sort;
use super::remembered::{Arranged, Changes, LONGEST, Ordered, Remembered};
use super::saved;
use super::theme::Theme;
use super::views::{Lines, View};

/// Takes what was changed in a run, once it is over and the terminal is as it was.
pub type Keep = Box<dyn FnOnce(&Changes)>;

/// What is remembered, and who remembers.
#[derive(Default)]
pub struct Memory {
    pub remembered: Remembered,
    /// Why what was remembered cannot be used, as a part of a sentence.
    pub trouble: Option<String>,
    /// `None` where nothing is to be remembered.
    pub keep: Option<Keep>,
}

impl Memory {
    /// The names of all views that one can begin with: those that were saved, and those that are always there.
    pub fn views(&self) -> impl Iterator<Item = &str> {
        let always = View::ALL.into_iter().map(|view| -> &str { view.name() });
        self.remembered.saved.keys().map(String::as_str).chain(always)
    }
}

/// What arguments, variables and files ask for, which counts more than what is remembered.
#[derive(Clone, Copy, Default)]
pub(super) struct Given<'a> {
    pub(super) filter: bool,
    pub(super) theme: bool,
    /// One that was saved, or one that is always there.
    pub(super) view: Option<&'a str>,
}

/// Arranges everything as it was left. Returns the names that mean nothing here.
pub(super) fn resume(app: &mut App, remembered: &Remembered, given: Given<'_>) -> Vec<String> {
    let mut unknown = Vec::new();
    if let Some(name) = &remembered.view {
        match View::named(name) {
            Some(view) => app.view = view,
            None => unknown.push(format!("view {name}")),
        }
    }
    for (name, arranged) in &remembered.views {
        match View::named(name) {
            Some(view) => unknown.extend(arrange(app, view, arranged)),
            None => unknown.push(format!("view {name}")),
        }
    }
    if let Some(name) = remembered.theme.as_ref().filter(|_| !given.theme) {
        match Theme::ALL.iter().find(|(known, _)| known == name) {
            Some((_, theme)) => app.look = app.look.in_theme(*theme),
            None => unknown.push(format!("theme {name}")),
        }
    }
    app.prompt.remember(&remembered.filters);
    let is_saved = given.view.is_some_and(|name| remembered.saved.contains_key(name));
    if !given.filter && !is_saved && !remembered.filter.is_empty() {
        if app.prompt.resume(&remembered.filter) {
            let way =
                app.key_for(Action::ClearFilter).map_or_else(String::new, |key| format!("; {key} clears it"));
            app.remark = Some((format!("the filter is that of last time{way}"), app.now));
        } else {
            unknown.push(format!("filter {}", remembered.filter));
        }
    }
    app.guard.only = remembered.unexpected && app.guard.is_in_force();
    app.saved.views.clone_from(&remembered.saved);
    match given.view {
        Some(name) if is_saved => unknown.extend(saved::restore(app, name, !given.filter)),
        name => app.view = name.and_then(View::named).unwrap_or(app.view),
    }
    unknown
}

/// Arranges a view. Returns the names that mean nothing here.
pub(super) fn arrange(app: &mut App, view: View, arranged: &Arranged) -> Vec<String> {
    let mut unknown = Vec::new();
    let (fresh, now) = (Pane::new(view), &mut app.panes[view.number()]);
    let first = fresh.columns.get(fresh.sort.column).map(|column| column.key);
    let columns = arranged.columns.as_ref().map(|keys| columns(view, keys, &mut unknown));
    now.columns = columns.filter(|columns| !columns.is_empty()).unwrap_or(fresh.columns);
    let order =
        arranged.order.as_ref().and_then(|order| Some((place(now, view, &order.column)?, order.reversed)));
    if let (Some(order), None) = (&arranged.order, order) {
        unknown.push(format!("column {}", order.column));
    }
    let at_first = || Some((place(now, view, first?)?, false));
    let (column, reversed) = order.or_else(at_first).unwrap_or((0, false));
    now.sort = Sort { column, reversed };
    (now.by, now.grouping) = (fresh.by, Grouping::default());
    if let Some(name) = &arranged.group {
        let by = By::choices(view).iter().find(|by| by.word(view) == name);
        match (view.lines(), by, headings::field(name)) {
            (Lines::Tallies, Some(by), _) => now.by = *by,
            (Lines::Sockets, _, Some(field)) => now.grouping.field = Some(field),
            _ => unknown.push(format!("group {name}")),
        }
    }
    now.folds = Folds::of(now.by);
    if let Some(folded) = arranged.folded {
        now.folds.set_all(!folded);
    }
    unknown
}

/// The columns of these names as they are shown, and behind them, hidden, what the view declares beyond.
fn columns(view: View, keys: &[String], unknown: &mut Vec<String>) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for key in keys {
        match arrangement::made(view, key) {
            Some(column) if columns.iter().all(|other| other.key != column.key) => columns.push(column),
            Some(_) => {}
            None => unknown.push(format!("column {key}")),
        }
    }
    if !columns.is_empty() {
        let hidden =
            super::columns::of(view).into_iter().filter(|column| !keys.iter().any(|key| key == column.key));
        columns.extend(hidden.map(|column| Column { shown: false, ..column }).collect::<Vec<_>>());
    }
    columns
}

/// The place of a column, which is there, hidden, from now on.
fn place(pane: &mut Pane, view: View, key: &str) -> Option<usize> {
    arrangement::place(pane, key).or_else(|| {
        pane.columns.push(Column { shown: false, ..arrangement::made(view, key)? });
        Some(pane.columns.len() - 1)
    })
}

/// How a view is arranged, as far as it is not as at first.
pub(super) fn arranged(pane: &Pane, view: View) -> Arranged {
    let fresh = Pane::new(view);
    let shown = |pane: &Pane| -> Vec<String> {
        pane.columns.iter().filter(|column| column.shown).map(|column| column.key.to_owned()).collect()
    };
    let order = |pane: &Pane| {
        let column = pane.columns.get(pane.sort.column)?.key.to_owned();
        Some(Ordered { column, reversed: pane.sort.reversed })
    };
    let group = match view.lines() {
        Lines::Sockets => pane.grouping.field.map(|field| field.key.to_owned()),
        _ => (pane.by != fresh.by).then(|| pane.by.word(view).to_owned()),
    };
    let folded = pane.folds.folded();
    Arranged {
        columns: Some(shown(pane)).filter(|columns| *columns != shown(&fresh)),
        order: order(pane).filter(|now| order(&fresh).as_ref() != Some(now)),
        group,
        folded: (folded != Folds::of(pane.by).folded()).then_some(folded),
    }
}

/// How everything is arranged.
pub(super) fn remembered(app: &App) -> Remembered {
    let short = |text: &&str| text.len() <= LONGEST;
    let views = View::ALL.map(|view| (view.name().to_owned(), arranged(&app.panes[view.number()], view)));
    Remembered {
        view: Some(app.view.name().to_owned()),
        filter: Some(app.prompt.text()).filter(short).unwrap_or_default().to_owned(),
        unexpected: app.guard.only,
        theme: Some(app.look.theme().name().to_owned()),
        views: views.into_iter().filter(|(_, arranged)| *arranged != Arranged::default()).collect(),
        saved: app.saved.views.clone(),
        filters: app.prompt.kept().iter().map(String::as_str).filter(short).map(str::to_owned).collect(),
    }
}

/// Begins as it was left. Returns how it began, for what is changed from then on.
pub(super) fn begin(app: &mut App, memory: &Memory, given: Given<'_>) -> Remembered {
    app.saved.kept = memory.keep.is_some();
    let unknown = resume(app, &memory.remembered, given);
    app.forgotten = match &memory.trouble {
        Some(trouble) => Some(format!("nothing is remembered: {trouble}")),
        None if unknown.is_empty() => None,
        None => Some(format!("remembered, and not known here: {}", unknown.join(", "))),
    };
    remembered(app)
}
