//! Choosing from a list in the place of the filter: which columns, which cell.
//!
//! What is typed narrows the list. What a choice does is said where it belongs; nothing is drawn here.

use std::borrow::Cow;

use super::action::{Action, Mode};
use super::app::App;
use super::picker::Picker;
use super::update::Effect;
use super::{arrangement, copying, export, headings, saved};
use crate::model::Ask;
use crate::text;

/// What is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The columns of the view.
    Columns,
    /// The cell that is copied.
    Cell,
    /// The field whose values are headings.
    Group,
    /// The name of a file, which is typed.
    Export,
    /// A view that was saved.
    Views,
    /// The name under which the present one is saved.
    SaveView,
    /// Another name for the one at that place.
    RenameView(usize),
}

/// A list to choose from.
#[derive(Debug)]
pub(super) struct Menu {
    purpose: Purpose,
    pub(super) picker: Picker,
}

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// What it is called by whoever does something with it.
    pub(super) key: String,
    /// Whether it is switched on, where it can be switched.
    pub(super) shown: Option<bool>,
    pub(super) title: String,
    pub(super) about: String,
}

impl Menu {
    pub(super) fn mode(&self) -> Mode {
        match self.purpose {
            Purpose::Columns => Mode::Columns,
            Purpose::Views => Mode::Views,
            Purpose::Cell | Purpose::Group | Purpose::Export | Purpose::SaveView | Purpose::RenameView(_) => {
                Mode::Menu
            }
        }
    }

    /// What stands before the typed text.
    pub(super) fn prompt(&self) -> &'static str {
        match self.purpose {
            Purpose::Columns => "column ",
            Purpose::Cell => "copy ",
            Purpose::Group => "group by ",
            Purpose::Export => "write to ",
            Purpose::Views => "view ",
            Purpose::SaveView => "save view as ",
            Purpose::RenameView(_) => "call view ",
        }
    }

    /// What is told of so many choices.
    pub(super) fn told(&self, choices: usize) -> String {
        match self.purpose {
            Purpose::Columns | Purpose::Group if self.picker.text().is_empty() => {
                format!("type to search {}", text::counted(choices, "field", "fields"))
            }
            Purpose::Columns | Purpose::Group => text::counted(choices, "field", "fields"),
            Purpose::Export | Purpose::SaveView | Purpose::RenameView(_) => String::new(),
            Purpose::Views => text::counted(choices, "view", "views"),
            Purpose::Cell => text::counted(choices, "cell", "cells"),
        }
    }

    /// What is told where nothing can be chosen.
    pub(super) fn nothing(&self, app: &App) -> Cow<'static, str> {
        let advice = |renamed| saved::advice(app, self.picker.text(), renamed).into();
        match self.purpose {
            Purpose::Export => export::advice(app, self).into(),
            Purpose::Columns | Purpose::Group => "no field is called so".into(),
            Purpose::Cell => "no cell has that".into(),
            Purpose::Views => "no view is called so".into(),
            Purpose::SaveView => advice(None),
            Purpose::RenameView(place) => advice(Some(place)),
        }
    }

    /// What the poller is to bring meanwhile.
    pub(super) fn ask(&self) -> Ask {
        if self.purpose == Purpose::Export { export::DOCUMENT } else { Ask::NOTHING }
    }

    /// True where what is typed is taken, and narrows nothing.
    pub(super) fn is_free(&self) -> bool {
        matches!(self.purpose, Purpose::Export | Purpose::SaveView | Purpose::RenameView(_))
    }
}

/// How many lines it takes on a screen of that height: the list behind it stays in sight.
pub(super) fn height(menu: &Menu, screen: u16) -> u16 {
    if menu.is_free() { 2 } else { (screen / 2).min(16) }
}

/// Opens a list.
pub(super) fn open(app: &mut App, purpose: Purpose) {
    let mut picker = Picker::default();
    if purpose == Purpose::Export {
        picker.put(&export::suggested(app.view, &app.clock()));
    }
    app.menu = Some(Menu { purpose, picker });
}

/// Has this typed.
pub(super) fn put(app: &mut App, text: &str) {
    if let Some(menu) = &mut app.menu {
        menu.picker.put(text);
    }
}

/// What can be chosen, of that what the typed text may mean.
pub(super) fn choices(app: &App) -> Vec<Choice> {
    let Some(menu) = &app.menu else { return Vec::new() };
    let all = match menu.purpose {
        Purpose::Columns => arrangement::choices(app),
        Purpose::Cell => cells(app),
        Purpose::Group => headings::choices(app),
        Purpose::Views => saved::choices(app),
        Purpose::Export | Purpose::SaveView | Purpose::RenameView(_) => Vec::new(),
    };
    let typed = menu.picker.text().trim().to_lowercase();
    let mut ranked: Vec<_> =
        all.into_iter().filter_map(|choice| Some((choice.rank(&typed)?, choice))).collect();
    ranked.sort_by_key(|(rank, _)| *rank); // stable: otherwise the order is that of the list
    ranked.into_iter().map(|(_, choice)| choice).collect()
}

impl Choice {
    /// How well what is typed fits, 0 is best; `None` when it does not.
    fn rank(&self, typed: &str) -> Option<u8> {
        let names = [self.key.to_lowercase(), self.title.to_lowercase()];
        if names.iter().any(|name| name.starts_with(typed)) {
            Some(0)
        } else if names.iter().any(|name| name.contains(typed)) {
            Some(1)
        } else {
            self.about.to_lowercase().contains(typed).then_some(2)
        }
    }
}

fn cells(app: &App) -> Vec<Choice> {
    let choice = |(title, text): (&'static str, String)| Choice {
        key: text.clone(),
        shown: None,
        title: title.to_owned(),
        about: text,
    };
    copying::cells(app).into_iter().map(choice).collect()
}

/// What the list stands at.
pub(super) fn chosen(app: &App) -> Option<Choice> {
    let mut choices = choices(app);
    let at = app.menu.as_ref()?.picker.chosen(choices.len());
    (at < choices.len()).then(|| choices.swap_remove(at))
}

/// Stands at the choice at that place.
pub(super) fn point(app: &mut App, place: usize) {
    if let Some(menu) = &mut app.menu {
        menu.picker.point(place);
    }
}

/// Stands at the choice of that key, wherever it is now.
pub(super) fn follow(app: &mut App, key: &str) {
    if let Some(place) = choices(app).iter().position(|choice| choice.key == key) {
        point(app, place);
    }
}

/// Goes so many choices on.
pub(super) fn step(app: &mut App, by: isize) {
    let choices = choices(app).len();
    if let Some(menu) = &mut app.menu {
        menu.picker.step(by, choices);
    }
}

/// Takes what the list stands at.
pub(super) fn choose(app: &mut App) -> Vec<Effect> {
    let Some(Menu { purpose, picker }) = &app.menu else { return Vec::new() };
    let (purpose, typed) = (*purpose, picker.text().to_owned());
    let typed_for = match purpose {
        Purpose::Export => Some(export::order(app, &typed).map(|effect| (vec![effect], true))),
        Purpose::SaveView => Some(saved::save(app, &typed).map(|()| (Vec::new(), true))),
        Purpose::RenameView(place) => Some(saved::rename(app, place, &typed).map(|()| (Vec::new(), false))),
        _ => None,
    };
    match typed_for {
        Some(Ok((effects, over))) => {
            app.menu.take_if(|_| over);
            return effects;
        }
        Some(Err(why)) => {
            app.remark = Some((why.to_owned(), app.now));
            return Vec::new();
        }
        None => {}
    }
    let Some(choice) = chosen(app) else { return Vec::new() };
    match purpose {
        Purpose::Export | Purpose::SaveView | Purpose::RenameView(_) => Vec::new(),
        Purpose::Views => {
            app.menu = None;
            saved::call_up(app, &choice.key);
            Vec::new()
        }
        Purpose::Group => {
            app.menu = None;
            headings::by(app, &choice.key);
            Vec::new()
        }
        Purpose::Columns => {
            arrangement::change(app, Action::ToggleColumn);
            Vec::new()
        }
        Purpose::Cell => {
            app.menu = None;
            copying::cell(app, &choice.title, choice.key)
        }
    }
}
