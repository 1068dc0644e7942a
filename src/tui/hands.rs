//! Actions that get about, choose and take along: which of them is done where.
//!
//! A part of `update`; what each does is said in the module that does it.

use super::action::Action;
use super::app::App;
use super::menu::{self, Purpose};
use super::update::Effect;
use super::views::Lines;
use super::{arrangement, copying, folding, jumps, kept, saved, trail};

/// Does what was asked for.
pub(super) fn act(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::GoBack => trail::back(app),
        Action::Into => jumps::connections(app),
        Action::ProcessOf => jumps::process(app),
        Action::OtherEnd => jumps::other_end(app),
        Action::Copy => return copying::row(app),
        Action::CopyJson => return copying::json(app),
        Action::CopyCell => menu::open(app, Purpose::Cell),
        Action::Columns => menu::open(app, Purpose::Columns),
        Action::ToggleColumn
        | Action::ColumnLeft
        | Action::ColumnRight
        | Action::SortByColumn
        | Action::ResetColumns => arrangement::change(app, action),
        Action::Group if app.view.lines() == Lines::Sockets => menu::open(app, Purpose::Group),
        Action::Group => folding::regroup(app),
        Action::KeepClosed => kept::switch(app),
        Action::Export => menu::open(app, Purpose::Export),
        Action::Views | Action::SaveView | Action::RenameView | Action::DeleteView => saved::act(app, action),
        Action::Choose => return menu::choose(app),
        Action::LeaveMenu => app.menu = None,
        _ => {}
    }
    Vec::new()
}
