//! What the user can do: one table that keys, help, footer and palette are made from.
//!
//! Only data. What an action does is said in `update`; nothing here changes state.

use crossterm::event::KeyCode;

use super::key::Key;
use super::views::View;

/// Everything that a key can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Move what the keys are about.
    Move(Motion),
    Details,
    Back,
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
    /// The sockets that a line counts.
    Sockets,
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
}

impl Mode {
    #[cfg(test)]
    pub(super) const ALL: [Self; 6] =
        [Self::List, Self::Filter, Self::Details, Self::Help, Self::Palette, Self::Dialog];

    /// True while a text is typed: letters are letters then.
    pub(super) fn is_typed(self) -> bool {
        matches!(self, Self::Filter | Self::Palette)
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

const fn char(c: char) -> Key {
    Key::plain(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Key {
    Key::ctrl(KeyCode::Char(c))
}

const fn code(code: KeyCode) -> Key {
    Key::plain(code)
}

const fn entry(
    (action, name): (Action, &'static str),
    keys: &'static [Key],
    modes: &'static [Mode],
    hint: &'static str,
    sentence: &'static str,
) -> Entry {
    Entry { action, name, keys, hint, sentence, modes }
}

const LIST: &[Mode] = &[Mode::List];
const FILTER: &[Mode] = &[Mode::Filter];
const SCROLLED: &[Mode] = &[Mode::List, Mode::Details, Mode::Help, Mode::Dialog];
const PANES: &[Mode] = &[Mode::List, Mode::Details, Mode::Help];
const READING: &[Mode] = &[Mode::List, Mode::Details];
const OVER: &[Mode] = &[Mode::Details, Mode::Help];
const PALETTE: &[Mode] = &[Mode::Palette];
const DIALOG: &[Mode] = &[Mode::Dialog];
const TYPED: &[Mode] = &[Mode::Filter, Mode::Palette];
const LINES: &[Mode] = &[Mode::List, Mode::Details, Mode::Help, Mode::Palette, Mode::Dialog];
const ANY: &[Mode] = &[Mode::List, Mode::Filter, Mode::Details, Mode::Help, Mode::Palette, Mode::Dialog];

/// Every action. The order is that of the help, and the priority in the footer.
pub(super) static ACTIONS: &[Entry] = &[
    entry((Action::Back, "back"), &[code(KeyCode::Esc)], OVER, "back", "go back to the list"),
    entry(
        (Action::Move(Motion::Up), "up"),
        &[code(KeyCode::Up), char('k')],
        LINES,
        "move",
        "move one line up",
    ),
    entry(
        (Action::Move(Motion::Down), "down"),
        &[code(KeyCode::Down), char('j')],
        LINES,
        "move",
        "move one line down",
    ),
    entry((Action::Move(Motion::PageUp), "page-up"), &[code(KeyCode::PageUp)], ANY, "", "move one page up"),
    entry(
        (Action::Move(Motion::PageDown), "page-down"),
        &[code(KeyCode::PageDown)],
        ANY,
        "",
        "move one page down",
    ),
    entry((Action::Move(Motion::HalfUp), "half-page-up"), &[ctrl('u')], SCROLLED, "", "move half a page up"),
    entry(
        (Action::Move(Motion::HalfDown), "half-page-down"),
        &[ctrl('d')],
        SCROLLED,
        "",
        "move half a page down",
    ),
    entry(
        (Action::Move(Motion::Top), "top"),
        &[char('g'), code(KeyCode::Home)],
        SCROLLED,
        "",
        "go to the first line",
    ),
    entry(
        (Action::Move(Motion::Bottom), "bottom"),
        &[char('G'), code(KeyCode::End)],
        SCROLLED,
        "",
        "go to the last line",
    ),
    entry(
        (Action::Details, "details"),
        &[code(KeyCode::Enter), char('l')],
        LIST,
        "details",
        "everything known of the selected socket; where lines count sockets, those that the line counts; \
         opens a group of lines, or folds it",
    ),
    entry(
        (Action::Sockets, "sockets"),
        &[char('i')],
        LIST,
        "sockets",
        "the sockets that the line counts, of a group too",
    ),
    entry(
        (Action::Group, "group"),
        &[char('b')],
        LIST,
        "by",
        "bring the lines together by something else: processes by unit, container, user or parent, peers by \
         network or scope",
    ),
    entry(
        (Action::Fold, "fold"),
        &[code(KeyCode::Left), char('h')],
        LIST,
        "fold",
        "fold the group of lines, or the one that the line is in",
    ),
    entry((Action::Unfold, "unfold"), &[code(KeyCode::Right)], LIST, "fold", "open the group of lines"),
    entry((Action::FoldAll, "fold-all"), &[char('*')], LIST, "", "fold all groups; again: open them all"),
    entry(
        (Action::Filter, "filter"),
        &[char('/')],
        LIST,
        "filter",
        "only rows that pass: words, or such as port = 443; Ctrl-U empties the line, Ctrl-W takes a word",
    ),
    entry(
        (Action::Signal, "signal"),
        &[char('K')],
        READING,
        "end holder",
        "end who holds it, or send another signal: shows who that is and what goes with it, and asks",
    ),
    entry(
        (Action::CloseSocket, "close"),
        &[char('x')],
        READING,
        "",
        "close the connection or the listener, while who holds it lives on: asks first",
    ),
    entry(
        (Action::Stop, "stop"),
        &[char('X')],
        READING,
        "",
        "stop the unit or the container of who holds it, so that nothing starts it again: asks first",
    ),
    entry(
        (Action::Approve, "approve"),
        &[char('a')],
        READING,
        "",
        "make the listener one that the policy expects: shows what is written to the file, and asks",
    ),
    entry(
        (Action::Reject, "reject"),
        &[char('A')],
        READING,
        "",
        "take back that the policy expects the listener: shows what changes in the file, and asks",
    ),
    entry((Action::KeepFilter, "keep-filter"), &[code(KeyCode::Enter)], FILTER, "keep", "keep the filter"),
    entry(
        (Action::LeaveFilter, "leave-filter"),
        &[code(KeyCode::Esc)],
        FILTER,
        "undo",
        "leave the filter as it was before",
    ),
    entry(
        (Action::Complete, "complete"),
        &[code(KeyCode::Tab)],
        TYPED,
        "complete",
        "complete the word; again: the next that fits",
    ),
    entry(
        (Action::CompleteBack, "complete-back"),
        &[code(KeyCode::BackTab)],
        FILTER,
        "",
        "the word before that fits",
    ),
    entry(
        (Action::OlderFilter, "older-filter"),
        &[code(KeyCode::Up)],
        FILTER,
        "history",
        "the filter before",
    ),
    entry(
        (Action::NewerFilter, "newer-filter"),
        &[code(KeyCode::Down)],
        FILTER,
        "history",
        "the filter after",
    ),
    entry((Action::ClearFilter, "clear-filter"), &[code(KeyCode::Esc)], LIST, "clear", "drop the filter"),
    entry((Action::NextView, "next-view"), &[code(KeyCode::Tab)], LIST, "view", "go to the next view"),
    entry(
        (Action::Show(View::Listeners), "listeners"),
        &[char('1')],
        LIST,
        "",
        "the sockets that wait for others to come",
    ),
    entry(
        (Action::Show(View::Connections), "connections"),
        &[char('2')],
        LIST,
        "",
        "all others: who talks to whom",
    ),
    entry((Action::Show(View::Processes), "processes"), &[char('3')], LIST, "", "what each process holds"),
    entry((Action::Show(View::Peers), "peers"), &[char('4')], LIST, "", "with whom this machine talks"),
    entry(
        (Action::Show(View::Unix), "unix"),
        &[char('5')],
        LIST,
        "",
        "sockets between processes of this machine",
    ),
    entry((Action::Show(View::Events), "events"), &[char('6')], LIST, "", "what happened, the latest first"),
    entry(
        (Action::Show(View::Namespaces), "namespaces"),
        &[char('7')],
        LIST,
        "",
        "what each network namespace has",
    ),
    entry((Action::NextSort, "next-sort"), &[char('s'), char('>')], LIST, "sort", "sort by the next column"),
    entry((Action::PreviousSort, "previous-sort"), &[char('<')], LIST, "", "sort by the column before"),
    entry((Action::Reverse, "reverse"), &[char('r'), char('S')], LIST, "reverse", "turn the order around"),
    entry(
        (Action::Unexpected, "unexpected"),
        &[char('u')],
        LIST,
        "",
        "of the listeners only those that the policy does not expect; again: all",
    ),
    entry(
        (Action::Freeze, "freeze"),
        &[char('f')],
        READING,
        "freeze",
        "hold the picture; again: catch up with what came",
    ),
    entry(
        (Action::Compare, "compare"),
        &[char('m')],
        LIST,
        "mark",
        "mark this moment: what happens from now on stays marked, and Events tells of nothing before; again: end it",
    ),
    entry(
        (Action::Copy, "copy"),
        &[char('y')],
        READING,
        "",
        "copy the line as it is shown, with tabs between its cells",
    ),
    entry(
        (Action::CopyJson, "copy-json"),
        &[char('Y')],
        READING,
        "",
        "copy the socket as JSON, as --json tells it",
    ),
    entry(
        (Action::Palette, "palette"),
        &[char(':')],
        PANES,
        "",
        "choose from everything that can be done now, by its name",
    ),
    entry((Action::RunChosen, "run"), &[code(KeyCode::Enter)], PALETTE, "do it", "do what is chosen"),
    entry(
        (Action::LeavePalette, "leave-palette"),
        &[code(KeyCode::Esc)],
        PALETTE,
        "leave",
        "do nothing of what can be chosen",
    ),
    entry((Action::Yes, "yes"), &[char('y')], DIALOG, "yes", "do what the question asks"),
    entry((Action::No, "no"), &[char('n'), code(KeyCode::Esc)], DIALOG, "no", "do nothing of what is asked"),
    entry(
        (Action::Enter, "enter"),
        &[code(KeyCode::Enter)],
        DIALOG,
        "yes",
        "yes, after moving to one of several choices; closes what is only told",
    ),
    entry(
        (Action::Explain, "explain"),
        &[char('!')],
        SCROLLED,
        "",
        "what this user cannot see, why, and the command that mends it",
    ),
    entry(
        (Action::NextTheme, "next-theme"),
        &[char('T')],
        SCROLLED,
        "",
        "show it in the next theme; the setting theme, or --theme, has it from the beginning",
    ),
    entry((Action::Redraw, "redraw"), &[ctrl('l')], ANY, "", "draw the screen anew"),
    entry(
        (Action::Suspend, "suspend"),
        &[ctrl('z')],
        ANY,
        "",
        "stop, give the terminal to the shell; fg returns",
    ),
    entry((Action::Help, "help"), &[char('?'), code(KeyCode::F(1))], PANES, "help", "this list"),
    entry((Action::Quit, "quit"), &[char('q'), ctrl('c')], ANY, "quit", "quit"),
];

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
