//! What can be done now: help, footer and palette tell only of that.
//!
//! Questions about the state. Nothing is done here.

use super::acting;
use super::action::{Action, Entry, Mode, Motion};
use super::app::App;
use super::approving;
use super::grouping::By;
use super::menu::{self, Menu};
use super::views::Lines;
use super::{dialog, folding, jumps, palette};

impl App {
    /// True when the action would do something now. Help and footer tell only of such.
    pub(super) fn can(&self, entry: &Entry) -> bool {
        self.can_in(self.mode(), entry)
    }

    /// True when the action would do something in this mode.
    pub(super) fn can_in(&self, mode: Mode, entry: &Entry) -> bool {
        let rows = self.listing.len() > 0;
        entry.modes.contains(&mode)
            && match entry.action {
                Action::ClearFilter => !self.prompt.text().is_empty(),
                Action::KeepFilter => self.prompt.mistake().is_none(),
                Action::Complete | Action::RunChosen if mode == Mode::Palette => {
                    !palette::matches(self).is_empty()
                }
                Action::Complete => !self.prompt.offers().is_empty(),
                Action::GoBack => !self.trail.is_empty(),
                Action::ProcessOf => {
                    jumps::subject(self).is_some_and(|row| row.socket.owners.known().is_some())
                }
                Action::OtherEnd => jumps::subject(self).is_some_and(|row| jumps::has_other_end(&row.socket)),
                Action::Views => !self.saved.views.is_empty(),
                Action::SaveView => self.saved.kept,
                Action::Choose | Action::ToggleColumn | Action::RenameView | Action::DeleteView => {
                    self.menu.as_ref().is_some_and(Menu::is_free) || !menu::choices(self).is_empty()
                }
                Action::Copy | Action::CopyJson => rows || self.inspected.is_some(),
                Action::Details
                | Action::NextSort
                | Action::PreviousSort
                | Action::Reverse
                | Action::CopyCell => rows,
                Action::Group => self.view.lines() == Lines::Sockets || By::choices(self.view).len() > 1,
                Action::Unfold | Action::Fold | Action::FoldAll => folding::has_groups(self),
                Action::Into if mode == Mode::List && self.view.lines() == Lines::Tallies => rows,
                Action::Into => jumps::subject(self).is_some_and(|row| row.socket.is_listener()),
                Action::Filter | Action::Freeze | Action::Compare | Action::KeepClosed | Action::Export => {
                    self.news.is_some()
                }
                Action::Approve | Action::Reject => approving::can(self, entry.action),
                act if acting::is_act(act) => acting::can(self, act),
                Action::Yes | Action::Enter | Action::No => dialog::can(self, entry.action),
                Action::Explain => self.news.is_some() || self.failure.is_some(),
                Action::NextTheme => self.look.has_colors(),
                Action::Unexpected => self.guard.only || self.guard.unexpected() > 0,
                Action::Move(Motion::Up | Motion::Down) => rows || mode != Mode::List,
                _ => true,
            }
    }
}
