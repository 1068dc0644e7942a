//! The line in which an action is chosen by its name.
//!
//! Everything in it comes from the table of actions. What an action does is said in `update`; nothing is
//! drawn here.

use super::action::{ACTIONS, Action, Entry};
use super::app::App;
use super::picker::Picker;
use super::update::{Effect, act};

/// How many lines it takes: its own, and those of the actions.
pub(super) fn height(low: bool) -> u16 {
    if low { 4 } else { 8 }
}

/// The actions that can be done below the palette and that the typed text may mean, the best first.
pub(super) fn matches(app: &App) -> Vec<&'static Entry> {
    let typed = app.palette.as_ref().map_or("", Picker::text);
    let below = app.mode_below();
    let possible = ACTIONS.iter().filter(|entry| entry.action != Action::Palette && app.can_in(below, entry));
    let mut ranked: Vec<_> =
        possible.filter_map(|entry| Some((rank(typed, entry.name, entry.sentence)?, entry))).collect();
    ranked.sort_by_key(|(rank, _)| *rank); // stable: otherwise the order is that of the help
    ranked.into_iter().map(|(_, entry)| entry).collect()
}

/// How well a text fits, 0 is best; `None` when it does not. Names count more than sentences, what is
/// written in one piece more than single letters.
fn rank(typed: &str, name: &str, sentence: &str) -> Option<u8> {
    // People write a name as words, too.
    let typed = typed.trim().to_lowercase().replace(' ', "-");
    let words = |text: &str| text.split('-').any(|word| word.starts_with(&typed));
    if name.starts_with(&typed) {
        Some(0)
    } else if words(name) {
        Some(1)
    } else if name.contains(&typed) {
        Some(2)
    } else if is_spread_over(&typed, name) {
        Some(3)
    } else if sentence.to_lowercase().replace(' ', "-").contains(&typed) {
        Some(4)
    } else {
        None
    }
}

/// True when the letters stand in the text in this order, with others between them.
fn is_spread_over(letters: &str, text: &str) -> bool {
    let mut rest = text.chars();
    letters.chars().all(|letter| rest.any(|c| c == letter))
}

/// Chooses the match at that place.
pub(super) fn choose(app: &mut App, place: usize) {
    if let Some(palette) = &mut app.palette {
        palette.point(place);
    }
}

/// Goes so many matches on.
pub(super) fn step(app: &mut App, by: isize) {
    let matches = matches(app).len();
    if let Some(palette) = &mut app.palette {
        palette.step(by, matches);
    }
}

/// Puts the name of the chosen action into the line.
pub(super) fn complete(app: &mut App) {
    let chosen = chosen(app);
    if let (Some(palette), Some(entry)) = (&mut app.palette, chosen) {
        palette.put(entry.name);
    }
}

/// Does the chosen action, when there is one.
pub(super) fn run(app: &mut App) -> Vec<Effect> {
    let Some(entry) = chosen(app) else { return Vec::new() };
    app.palette = None;
    act(app, entry.action)
}

fn chosen(app: &App) -> Option<&'static Entry> {
    let palette = app.palette.as_ref()?;
    let matches = matches(app);
    matches.get(palette.chosen(matches.len())).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_more_than_sentences_and_pieces_more_than_letters() {
        for (typed, name, sentence, expected) in [
            ("", "freeze", "hold the picture", Some(0)),
            ("fre", "freeze", "hold the picture", Some(0)),
            ("Next S", "next-sort", "sort by the next column", Some(0)),
            ("sort", "next-sort", "sort by the next column", Some(1)),
            ("eez", "freeze", "hold the picture", Some(2)),
            ("nso", "next-sort", "sort by the next column", Some(3)),
            ("picture", "freeze", "hold the picture", Some(4)),
            ("THE PIC", "freeze", "hold the picture", Some(4)),
            ("tron", "next-sort", "sort by the next column", None),
            ("frezee", "freeze", "hold the picture", None),
        ] {
            assert_eq!(rank(typed, name, sentence), expected, "{typed} {name}");
        }
    }
}
