//! The one table of actions, from which keys, help, footer and palette are made. Only data.

use crossterm::event::KeyCode;

use super::super::key::Key;
use super::super::views::View;
use super::modes::{
    ANY, CHOICES, COLUMNS, DIALOG, FILTER, LINES, LIST, MENUS, OVER, PALETTE, PANES, READING, SCROLLED,
    TYPED, VIEWS,
};
use super::{Action, Entry, Mode, Motion};

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

const fn to(motion: Motion, name: &'static str) -> (Action, &'static str) {
    (Action::Move(motion), name)
}

/// Every action. The order is that of the help, and the priority in the footer.
pub(in crate::tui) static ACTIONS: &[Entry] = &[
    entry((Action::Back, "back"), &[code(KeyCode::Esc), char('h')], OVER, "back", "go back to the list"),
    entry(to(Motion::Up, "up"), &[code(KeyCode::Up), char('k')], LINES, "move", "move one line up"),
    entry(to(Motion::Down, "down"), &[code(KeyCode::Down), char('j')], LINES, "move", "move one line down"),
    entry(to(Motion::PageUp, "page-up"), &[code(KeyCode::PageUp)], ANY, "", "move one page up"),
    entry(to(Motion::PageDown, "page-down"), &[code(KeyCode::PageDown)], ANY, "", "move one page down"),
    entry(to(Motion::HalfUp, "half-page-up"), &[ctrl('u')], SCROLLED, "", "move half a page up"),
    entry(to(Motion::HalfDown, "half-page-down"), &[ctrl('d')], SCROLLED, "", "move half a page down"),
    entry(to(Motion::Top, "top"), &[char('g'), code(KeyCode::Home)], SCROLLED, "", "go to the first line"),
    entry(
        to(Motion::Bottom, "bottom"),
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
        (Action::Into, "into"),
        &[char('i')],
        READING,
        "sockets",
        "the sockets behind a line: those that it counts, of a group too; of a listener the connections at its place",
    ),
    entry(
        (Action::Group, "group"),
        &[char('b')],
        LIST,
        "group",
        "put lines together: sockets under headings by a field, processes by unit, container, user or parent, peers by \
         network or scope; Enter hides what is below a heading",
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
        (Action::GoBack, "go-back"),
        &[code(KeyCode::Backspace)],
        READING,
        "return",
        "go back to where you were: view, filter, order and line",
    ),
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
        (Action::ProcessOf, "process-of"),
        &[char('o')],
        READING,
        "process",
        "from a socket to the process that holds it",
    ),
    entry(
        (Action::OtherEnd, "other-end"),
        &[char('e')],
        READING,
        "other end",
        "from a connection to its other end, where that is on this machine",
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
    entry((Action::CopyCell, "copy-cell"), &[ctrl('y')], LIST, "", "copy one cell of the line, whole"),
    entry((Action::Columns, "columns"), &[char('C')], LIST, "columns", "choose the columns and their order"),
    entry(
        (Action::ToggleColumn, "toggle-column"),
        &[code(KeyCode::Enter)],
        COLUMNS,
        "show or hide",
        "show or hide the column",
    ),
    entry(
        (Action::ColumnLeft, "column-left"),
        &[code(KeyCode::Left)],
        COLUMNS,
        "place",
        "one place to the left",
    ),
    entry(
        (Action::ColumnRight, "column-right"),
        &[code(KeyCode::Right)],
        COLUMNS,
        "place",
        "one place to the right",
    ),
    entry(
        (Action::SortByColumn, "sort-by-column"),
        &[ctrl('s')],
        COLUMNS,
        "sort",
        "sort by the column, shown or not; again: turn the order around",
    ),
    entry(
        (Action::ResetColumns, "reset-columns"),
        &[ctrl('r')],
        COLUMNS,
        "as at first",
        "the columns that the view has at first",
    ),
    entry(
        (Action::KeepClosed, "keep-closed"),
        &[char('p')],
        LIST,
        "",
        "keep what closes in sight, in its place and with its last counts; again: let it go",
    ),
    entry(
        (Action::Export, "export"),
        &[char('w')],
        LIST,
        "",
        "write what is listed into a new file: CSV, JSON or NDJSON, by the end of its name",
    ),
    entry(
        (Action::Views, "views"),
        &[char('v')],
        LIST,
        "",
        "call up a saved view: with its filter, order, columns and groups",
    ),
    entry(
        (Action::SaveView, "save-view"),
        &[char('V')],
        LIST,
        "",
        "save the view as it is now, with its filter, order, columns and groups, under a name",
    ),
    entry((Action::Choose, "choose"), &[code(KeyCode::Enter)], CHOICES, "choose", "take what is chosen"),
    entry(
        (Action::RenameView, "rename-view"),
        &[ctrl('r')],
        VIEWS,
        "rename",
        "give the saved view another name",
    ),
    entry(
        (Action::DeleteView, "delete-view"),
        &[ctrl('d')],
        VIEWS,
        "delete",
        "delete the saved view; it takes the key twice",
    ),
    entry(
        (Action::LeaveMenu, "leave-menu"),
        &[code(KeyCode::Esc)],
        MENUS,
        "leave",
        "leave the list of what can be chosen",
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
        "show it in the next theme; it stays so, unless the setting theme or --theme names one",
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
