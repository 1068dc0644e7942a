//! By what the lines of a view are brought together, and which of these groups are folded.
//!
//! Facts and choices alone: nothing is counted here and nothing drawn.

use std::collections::HashSet;

use super::app::Chosen;
use super::tally::Common;
use super::views::View;
use crate::model::Ask;

/// By what lines are brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// By nothing: each line stands for itself.
    Each,
    Unit,
    Container,
    User,
    /// Each process below the one that started it.
    Parent,
    Network,
    Scope,
}

impl By {
    /// What a view offers; the first one is in force until somebody chooses.
    pub(super) fn choices(view: View) -> &'static [Self] {
        match view {
            View::Processes => &[Self::Each, Self::Unit, Self::Container, Self::User, Self::Parent],
            View::Peers => &[Self::Network, Self::Scope, Self::Each],
            _ => &[Self::Each],
        }
    }

    /// The one that follows in a view.
    pub(super) fn next(self, view: View) -> Self {
        let all = Self::choices(view);
        let now = all.iter().position(|by| *by == self).unwrap_or(0);
        all[(now + 1) % all.len()]
    }

    /// What follows the word "by".
    pub(super) fn word(self, view: View) -> &'static str {
        match (self, view) {
            (Self::Each, View::Peers) => "host",
            (Self::Each, _) => "process",
            (Self::Unit, _) => "unit",
            (Self::Container, _) => "container",
            (Self::User, _) => "user",
            (Self::Parent, _) => "parent",
            (Self::Network, _) => "network",
            (Self::Scope, _) => "scope",
        }
    }

    /// The head of the first column, where that names groups.
    pub(super) fn head(self) -> Option<&'static str> {
        match self {
            Self::Each | Self::Parent => None,
            Self::Unit => Some("UNIT"),
            Self::Container => Some("CONTAINER"),
            Self::User => Some("OWNER'S USER"),
            Self::Network => Some("NETWORK"),
            Self::Scope => Some("SCOPE"),
        }
    }

    /// What must be known beyond what the view needs: without an owner, the cgroup tells the unit.
    pub(super) fn ask(self) -> Ask {
        match self {
            Self::Unit | Self::Container => Ask { cgroups: true, ..Ask::NOTHING },
            _ => Ask::NOTHING,
        }
    }

    /// True where groups are open until somebody folds them: a tree tells by its branches, other groups by
    /// their sums.
    fn opens(self) -> bool {
        self == Self::Parent
    }
}

/// Which groups of a view are folded.
#[derive(Clone, Debug)]
pub(super) struct Folds {
    /// Groups are open unless somebody folded them.
    open: bool,
    /// Those that are not as the others.
    turned: HashSet<Common>,
    /// A group, and what was selected before the group stood for it.
    pub(super) stands_for: Option<(Chosen, Chosen)>,
}

impl Folds {
    /// As they are at first.
    pub(super) fn of(by: By) -> Self {
        Self { open: by.opens(), turned: HashSet::new(), stands_for: None }
    }

    pub(super) fn is_open(&self, group: &Common) -> bool {
        self.open != self.turned.contains(group)
    }

    /// Groups are folded unless somebody opened them.
    pub(super) fn folded(&self) -> bool {
        !self.open
    }

    /// Opens or folds one group.
    pub(super) fn set(&mut self, group: &Common, open: bool) {
        if open == self.open {
            self.turned.remove(group);
        } else {
            self.turned.insert(group.clone());
        }
    }

    /// Opens or folds all groups, those to come too.
    pub(super) fn set_all(&mut self, open: bool) {
        *self = Self { open, turned: HashSet::new(), stands_for: None };
    }
}
