//! Which columns a view shows, and in which order: chosen from those that it declares and, where lines are
//! sockets, from all fields of the registry.
//!
//! Changes the columns of a view. How they share the width is said in `columns`.

use super::action::Action;
use super::app::App;
use super::arranged::Pane;
use super::columns::{self, Body, Column};
use super::listing::Sort;
use super::menu::{self, Choice};
use super::update::relist;
use super::views::{Lines, View};
use crate::filter::Needs;
use crate::model::Ask;
use crate::model::field::{self, Field};

/// What the shown columns, and the order, need beyond addresses and states.
pub(super) fn ask(pane: &Pane) -> Ask {
    let looked_at =
        pane.columns.iter().enumerate().filter(|(at, column)| column.shown || *at == pane.sort.column);
    let fields = looked_at.filter_map(|(_, column)| column.field());
    let fields = fields.chain(pane.grouping.field);
    fields.map(Needs::asked_by).fold(Ask::NOTHING, Ask::or)
}

impl Column {
    /// The field that it shows; `None` where lines are no sockets.
    pub(super) fn field(&self) -> Option<&'static Field> {
        match &self.body {
            Body::Socket { field, .. } => Some(field),
            Body::Standing { .. } | Body::Tally { .. } | Body::Happening { .. } => None,
        }
    }
}

/// The columns that can be chosen: those that are shown in their order, then all others.
pub(super) fn choices(app: &App) -> Vec<Choice> {
    let pane = app.pane();
    let (shown, hidden): (Vec<&Column>, Vec<&Column>) = pane.columns.iter().partition(|column| column.shown);
    let places = app.places(app.size.width);
    let has_room = |key| places.iter().any(|place| pane.columns[place.column].key == key);
    let mut choices: Vec<Choice> = Vec::new();
    for column in shown {
        let about = about(column);
        let about = match has_room(column.key) {
            true => about,
            false if matches!(column.body, Body::Standing { .. }) && !app.guard.is_in_force() => {
                format!("(where there is a policy) {about}")
            }
            false if column.among_many => format!("(where there are several namespaces) {about}"),
            false => format!("(no room at this width) {about}"),
        };
        choices.push(Choice { about, ..choice(column.key, column.title, true) });
    }
    choices.extend(
        hidden
            .into_iter()
            .map(|column| Choice { about: about(column), ..choice(column.key, column.title, false) }),
    );
    let declared = columns::of(app.view);
    for column in declared.iter().filter(|column| place(pane, column.key).is_none()) {
        choices.push(Choice { about: about(column), ..choice(column.key, column.title, false) });
    }
    if app.view.lines() == Lines::Sockets {
        let is_declared = |key| declared.iter().any(|column| column.key == key);
        for field in field::all().filter(|field| can_be_shown(field)) {
            if place(pane, field.key).is_none() && !is_declared(field.key) {
                let about = field.help.to_owned();
                choices.push(Choice { about, ..choice(field.key, field.title, false) });
            }
        }
    }
    choices
}

/// The other end of every socket in sight would be looked for among all others, in every frame.
fn can_be_shown(field: &Field) -> bool {
    !matches!(field.key, "peer_cookie" | "peer_owners")
}

fn choice(key: &str, title: &str, shown: bool) -> Choice {
    let title = if title.eq_ignore_ascii_case(key) { title.to_owned() } else { format!("{title} ({key})") };
    Choice { key: key.to_owned(), shown: Some(shown), title, about: String::new() }
}

fn about(column: &Column) -> String {
    column.field().map_or_else(String::new, |field| field.help.to_owned())
}

/// Changes the columns as the action says, at the one that the list stands at.
pub(super) fn change(app: &mut App, action: Action) {
    if action == Action::ResetColumns {
        reset(app);
        return relist(app);
    }
    let Some(choice) = menu::chosen(app) else { return };
    let (view, key) = (app.view, choice.key.as_str());
    match action {
        Action::ToggleColumn => toggle(app, view, key),
        Action::ColumnLeft => shift(app.pane_mut(), key, false),
        Action::ColumnRight => shift(app.pane_mut(), key, true),
        Action::SortByColumn => sort_by(app.pane_mut(), view, key),
        _ => {}
    }
    relist(app);
    menu::follow(app, key);
}

/// The columns as the view declares them. The order stays where its column is among them.
fn reset(app: &mut App) {
    let fresh = Pane::new(app.view);
    let pane = app.pane_mut();
    let kept = pane.columns.get(pane.sort.column).map(|column| column.key);
    let column = fresh.columns.iter().position(|column| Some(column.key) == kept);
    let sort = column.map(|column| Sort { column, ..pane.sort });
    (pane.columns, pane.sort) = (fresh.columns, sort.unwrap_or(fresh.sort));
}

fn toggle(app: &mut App, view: View, key: &str) {
    let now = app.now;
    let pane = app.pane_mut();
    match place(pane, key) {
        Some(at) if pane.columns[at].shown => {
            if pane.columns.iter().filter(|column| column.shown).count() > 1 {
                pane.columns[at].shown = false;
            } else {
                app.remark = Some(("one column must stay".to_owned(), now));
            }
        }
        Some(at) => {
            // It comes back behind those that are shown.
            pane.columns[at].shown = true;
            let last = pane.columns.iter().rposition(|column| column.shown).unwrap_or(at);
            exchange(pane, at, last);
        }
        None => {
            let column = made(view, key);
            pane.columns.extend(column);
        }
    }
}

/// Moves a shown column beside the shown one before or after it.
fn shift(pane: &mut Pane, key: &str, to_the_right: bool) {
    let Some(at) = place(pane, key).filter(|at| pane.columns[*at].shown) else { return };
    let beside = if to_the_right {
        (at + 1..pane.columns.len()).find(|at| pane.columns[*at].shown)
    } else {
        (0..at).rfind(|at| pane.columns[*at].shown)
    };
    if let Some(beside) = beside {
        exchange(pane, at, beside);
    }
}

/// Orders by a column, the largest or the first on top, and shows it.
pub(super) fn order_by(app: &mut App, key: &str) {
    let view = app.view;
    if place(app.pane_mut(), key).is_none_or(|at| !app.pane().columns[at].shown) {
        toggle(app, view, key);
    }
    let pane = app.pane_mut();
    if let Some(column) = place(pane, key) {
        // Who names it wants to see it, so it stays longer than others.
        pane.columns[column].priority = pane.columns[column].priority.min(1);
        pane.sort = Sort { column, reversed: false };
    }
    relist(app);
}

/// Orders by a column, which need not be shown; again: against its direction.
fn sort_by(pane: &mut Pane, view: View, key: &str) {
    let at = place(pane, key).or_else(|| {
        pane.columns.push(Column { shown: false, ..made(view, key)? });
        Some(pane.columns.len() - 1)
    });
    let Some(column) = at else { return };
    let again = pane.sort.column == column;
    pane.sort = Sort { column, reversed: again && !pane.sort.reversed };
}

/// Moves a column to a place; the order stays with its column.
fn exchange(pane: &mut Pane, from: usize, to: usize) {
    let ordered = pane.columns.get(pane.sort.column).map(|column| column.key);
    let column = pane.columns.remove(from);
    pane.columns.insert(to, column);
    if let Some(at) = ordered.and_then(|key| place(pane, key)) {
        pane.sort.column = at;
    }
}

pub(super) fn place(pane: &Pane, key: &str) -> Option<usize> {
    pane.columns.iter().position(|column| column.key == key)
}

/// A column that is not there yet; `None` where the view can have none of that name.
pub(super) fn made(view: View, key: &str) -> Option<Column> {
    let declared = columns::of(view).into_iter().find(|column| column.key == key);
    let any = || field::by_key(key).filter(|field| view.lines() == Lines::Sockets && can_be_shown(field));
    declared.or_else(|| any().map(Column::of_field))
}
