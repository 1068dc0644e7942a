//! The line in which an action is chosen by its name.
//!
//! Everything in it comes from the table of actions, from the views that were saved, and from the fields by which
//! sockets can be ordered. What an action does is said in `update`; nothing is drawn here.

use std::borrow::Cow;

use super::action::{ACTIONS, Action, Mode};
use super::app::App;
use super::arrangement;
use super::picker::Picker;
use super::saved;
use super::update::{Effect, act};

/// How many lines it takes: its own, and those of the actions.
pub(super) fn height(low: bool) -> u16 {
    if low { 4 } else { 8 }
}

/// Something that can be done.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) name: Cow<'static, str>,
    pub(super) sentence: Cow<'static, str>,
    pub(super) does: Does,
}

/// What is done.
#[derive(Clone, Debug)]
pub(super) enum Does {
    Action(Action),
    /// The saved view of that name is called up.
    View(String),
    /// The list is ordered by that field.
    Sort(String),
}

/// What can be done below the palette and what the typed text may mean, the best first.
pub(super) fn matches(app: &App) -> Vec<Offer> {
    let typed = app.palette.as_ref().map_or("", Picker::text);
    let below = app.mode_below();
    let possible = ACTIONS.iter().filter(|entry| entry.action != Action::Palette && app.can_in(below, entry));
    let actions = possible.map(|entry| Offer {
        name: entry.name.into(),
        sentence: entry.sentence.into(),
        does: Does::Action(entry.action),
    });
    let views = app.saved.views.iter().filter(|_| below == Mode::List).map(|(name, saved)| Offer {
        name: format!("view {}", app.look.escape(name.as_bytes())).into(),
        sentence: saved::described(app, saved).into(),
        does: Does::View(name.clone()),
    });
    let ranked = actions.chain(views).map(|offer| (rank(typed, &offer.name, &offer.sentence), offer));
    // Fields come last, many as they are.
    let mut offers = by_rank(ranked);
    offers.extend(by_rank(orders(app, below, typed)));
    offers
}

/// Those that fit, the best first. It is stable: otherwise the order is that of the help.
fn by_rank(offers: impl Iterator<Item = (Option<u8>, Offer)>) -> Vec<Offer> {
    let mut ranked: Vec<_> = offers.filter_map(|(rank, offer)| Some((rank?, offer))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, offer)| offer).collect()
}

/// By what the list can be ordered, as far as a field is named or described by what is typed.
fn orders(app: &App, below: Mode, typed: &str) -> impl Iterator<Item = (Option<u8>, Offer)> {
    let named = typed.trim().strip_prefix("sort by ").unwrap_or(typed).to_owned();
    let are_asked_for = below == Mode::List && !named.trim().is_empty();
    let fields = if are_asked_for { arrangement::choices(app) } else { Vec::new() };
    fields.into_iter().map(move |field| {
        let rank = rank(&named, &field.title, &field.about);
        let name = format!("sort by {}", field.title).into();
        (rank, Offer { name, sentence: field.about.into(), does: Does::Sort(field.key) })
    })
}

/// How well a text fits, 0 is best; `None` when it does not. Names count more than sentences, what is
/// written in one piece more than single letters.
fn rank(typed: &str, name: &str, sentence: &str) -> Option<u8> {
    // People write a name as words, too.
    let hyphened = |text: &str| text.to_lowercase().replace(' ', "-");
    let (typed, name) = (hyphened(typed.trim()), hyphened(name));
    let words = |text: &str| text.split('-').any(|word| word.starts_with(&typed));
    if name.starts_with(&typed) {
        Some(0)
    } else if words(&name) {
        Some(1)
    } else if name.contains(&typed) {
        Some(2)
    } else if is_spread_over(&typed, &name) {
        Some(3)
    } else if hyphened(sentence).contains(&typed) {
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

/// Puts the name of what is chosen into the line.
pub(super) fn complete(app: &mut App) {
    let chosen = chosen(app);
    if let (Some(palette), Some(offer)) = (&mut app.palette, chosen) {
        palette.put(&offer.name);
    }
}

/// Does what is chosen, when there is something.
pub(super) fn run(app: &mut App) -> Vec<Effect> {
    let Some(offer) = chosen(app) else { return Vec::new() };
    app.palette = None;
    match offer.does {
        Does::Action(action) => act(app, action),
        Does::View(name) => {
            saved::call_up(app, &name);
            Vec::new()
        }
        Does::Sort(key) => {
            arrangement::order_by(app, &key);
            Vec::new()
        }
    }
}

fn chosen(app: &App) -> Option<Offer> {
    let palette = app.palette.as_ref()?;
    let mut matches = matches(app);
    let at = palette.chosen(matches.len());
    (at < matches.len()).then(|| matches.swap_remove(at))
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
