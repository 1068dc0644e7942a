//! What the user can do: each action, and when it can be asked for.
//!
//! Only data. What an action does is said in `update`; nothing here changes state.

mod modes;
mod table;

use super::key::Key;
use super::views::View;
pub(super) use table::ACTIONS;

/// Everything that a key can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Move what the keys are about.
    Move(Motion),
    Details,
    Back,
    /// To where one was before.
    GoBack,
    ProcessOf,
    OtherEnd,
    Filter,
    Complete,
    CompleteBack,
    OlderFilter,
    NewerFilter,
    KeepFilter,
    LeaveFilter,
    ClearFilter,
    NextView,
    /// Go to this view.
    Show(View),
    NextSort,
    PreviousSort,
    Reverse,
    /// The sockets behind a line: those that it counts, or that came in through it.
    Into,
    /// Bring lines together by something else.
    Group,
    Unfold,
    Fold,
    FoldAll,
    Unexpected,
    Freeze,
    Compare,
    Copy,
    CopyJson,
    /// A signal for who holds it.
    Signal,
    CloseSocket,
    /// Stop what manages who holds it.
    Stop,
    /// The policy expects the listener from now on.
    Approve,
    /// It does not any more.
    Reject,
    CopyCell,
    Columns,
    ToggleColumn,
    ColumnLeft,
    ColumnRight,
    SortByColumn,
    ResetColumns,
    KeepClosed,
    Export,
    /// A view that was saved.
    Views,
    SaveView,
    RenameView,
    DeleteView,
    Choose,
    LeaveMenu,
    Palette,
    RunChosen,
    LeavePalette,
    Yes,
    /// Yes to a choice that somebody moved to, and the end of what is only told.
    Enter,
    No,
    Help,
    Explain,
    NextTheme,
    Redraw,
    Suspend,
    Quit,
}

/// How far something is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    Up,
    Down,
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
    Top,
    Bottom,
}

/// What the keys are about at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    List,
    /// The filter is being typed.
    Filter,
    Details,
    Help,
    /// The name of an action is being typed.
    Palette,
    /// Something is asked, or told until it is read.
    Dialog,
    /// The columns are being chosen.
    Columns,
    /// A saved view is being chosen.
    Views,
    /// Something else is being chosen.
    Menu,
}

impl Mode {
    #[cfg(test)]
    pub(super) const ALL: [Self; 9] = [
        Self::List,
        Self::Filter,
        Self::Details,
        Self::Help,
        Self::Palette,
        Self::Dialog,
        Self::Columns,
        Self::Views,
        Self::Menu,
    ];

    /// True while a text is typed: letters are letters then.
    pub(super) fn is_typed(self) -> bool {
        matches!(self, Self::Filter | Self::Palette | Self::Columns | Self::Views | Self::Menu)
    }
}

/// One action and everything that is said about it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) action: Action,
    /// Its stable name, in kebab-case.
    pub(super) name: &'static str,
    /// Unless the configuration has others; `Keymap` tells those in force.
    pub(super) keys: &'static [Key],
    /// One or two words for the footer; empty where the footer need not tell.
    pub(super) hint: &'static str,
    /// What it does, for the help.
    pub(super) sentence: &'static str,
    pub(super) modes: &'static [Mode],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_kebab_case() {
        let mut names: Vec<_> = ACTIONS.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ACTIONS.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
    }

    #[test]
    fn no_key_means_two_things_in_one_mode() {
        for mode in Mode::ALL {
            let mut seen = Vec::new();
            for entry in ACTIONS.iter().filter(|entry| entry.modes.contains(&mode)) {
                for key in entry.keys {
                    assert!(!seen.contains(key), "{mode:?}: {key:?} twice");
                    seen.push(*key);
                }
            }
        }
    }
}
