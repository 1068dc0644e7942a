//! The last line: what can be done now, made from the table of actions; or what was just done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::bar::{Bar, Piece};
use crate::tui::action::{ACTIONS, Action, Mode};
use crate::tui::app::App;
use crate::tui::dialog;
use crate::tui::line::{self, Of};
use crate::tui::mark::Mark;
use crate::tui::pointer::Spot;
use crate::tui::theme::Meaning;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    bar(app, area).draw(&app.look, buffer);
}

/// The hints, and what the marks mean.
pub(super) fn bar(app: &App, area: Rect) -> Bar {
    let style = |meaning| app.look.style(meaning);
    if let Some((remark, _)) = &app.remark {
        let told = Piece::new(0, app.look.escape(remark.as_bytes()).into_owned(), style(Meaning::Good));
        return Bar { area, gap: 2, left: vec![told], right: Vec::new() };
    }
    if let Some(doing) = &app.acting.doing {
        let told = Piece::new(0, format!("{doing}{}", app.look.charset().ellipsis()), style(Meaning::Key));
        return Bar { area, gap: 2, left: vec![told], right: Vec::new() };
    }
    let left = hints(app)
        .into_iter()
        .map(|hint| {
            Piece::new(hint.priority, hint.keys, style(Meaning::Key))
                .and(format!(" {}", hint.text), style(Meaning::Muted))
                .at(Spot::Do(hint.action))
        })
        .collect();
    let right = if app.mode() == Mode::List { legend(app) } else { Vec::new() };
    Bar { area, gap: 2, left, right }
}

struct Hint {
    keys: String,
    text: &'static str,
    /// What the first of the keys does.
    action: Action,
    priority: u8,
}

/// What the keys would do now. Neighbours with the same words share them: `↑↓ move`.
fn hints(app: &App) -> Vec<Hint> {
    let mut hints: Vec<Hint> = Vec::new();
    let told = app.dialog.is_some() && !dialog::asks(app);
    // What is only told is closed, and needs no second way to do so.
    let possible = ACTIONS
        .iter()
        .filter(|entry| !entry.hint.is_empty() && app.can(entry) && !(told && entry.action == Action::No));
    for (entry, priority) in possible.zip(2..) {
        // While a text is typed, a letter is no key.
        let typing = app.mode().is_typed();
        let keys = app.keymap.keys(entry.action);
        let Some(key) = keys.iter().find(|key| !(typing && key.types())) else { continue };
        let label = key.label(app.look.ascii);
        match hints.last_mut() {
            Some(last) if last.text == entry.hint => {
                // Arrows stand side by side; words would run together.
                let word = |keys: &str| keys.chars().any(char::is_alphanumeric);
                last.keys.push_str(if word(&last.keys) || word(&label) { "/" } else { "" });
                last.keys.push_str(&label);
            }
            _ => {
                // Who knows the help and the way out finds the rest.
                let frozen = entry.action == Action::Freeze && app.frozen.is_some();
                let priority = match entry.action {
                    Action::Help | Action::Quit => 0,
                    Action::Freeze if frozen => 1,
                    Action::LeaveMenu | Action::ToggleColumn | Action::Choose => 1,
                    _ => priority,
                };
                let text = match (entry.action, line::selected(app)) {
                    _ if frozen => "go on",
                    (Action::Details, Some(Of::Tally(seen))) if seen.tally.is_group() => "fold",
                    (Action::Details, Some(Of::Tally(_))) => "sockets",
                    (Action::Enter, _) if told => "close",
                    _ => entry.hint,
                };
                hints.push(Hint { keys: label, text, action: entry.action, priority });
            }
        }
    }
    hints
}

/// What the marks mean, for who sees them for the first time.
fn legend(app: &App) -> Vec<Piece> {
    let muted = app.look.style(Meaning::Muted);
    Mark::ALL
        .into_iter()
        .map(|(mark, word)| {
            Piece::new(100, mark.glyph(), app.look.style(mark.meaning())).and(format!(" {word}"), muted)
        })
        .collect()
}
