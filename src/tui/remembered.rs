//! What the dashboard remembers from run to run: how it was arranged, in names, and the filters that were kept.
//!
//! Plain data, and how the changes of one run come over what others wrote meanwhile. It reads and writes no file, and
//! knows none of the things that it names.

use std::collections::BTreeMap;

/// More filters than these are not remembered.
pub(super) const FILTERS: usize = 100;
/// Longer texts than this, in bytes, are not remembered: they were pasted, and nobody wants them every time.
pub(super) const LONGEST: usize = 4_096;

/// Everything. What is left out is as the dashboard has it at first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The view that was shown.
    pub view: Option<String>,
    pub filter: String,
    /// Of the listeners only those that the policy does not expect.
    pub unexpected: bool,
    pub theme: Option<String>,
    /// How each view is arranged, by its name.
    pub views: BTreeMap<String, Arranged>,
    /// Filters that were kept, the oldest first.
    pub filters: Vec<String>,
    /// Views that were saved, by the names that they were given.
    pub saved: BTreeMap<String, SavedView>,
}

/// How everything was arranged when somebody saved it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedView {
    /// The name of the view that is shown.
    pub view: String,
    pub filter: String,
    pub unexpected: bool,
    pub arranged: Arranged,
}

/// How a view is arranged, as far as it is not as at first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arranged {
    /// The columns that are shown, in their order.
    pub columns: Option<Vec<String>>,
    pub order: Option<Ordered>,
    /// By what lines are brought together: a field, or one of the few ways of the view.
    pub group: Option<String>,
    /// Whether such groups are folded.
    pub folded: Option<bool>,
}

/// By which column, and whether against its natural direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    pub column: String,
    pub reversed: bool,
}

/// What one run began with and what it left. What it began with need not be what was remembered: arguments count more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub before: Remembered,
    pub after: Remembered,
}

impl Changes {
    /// What is to be remembered, where this is remembered by now: what the user changed in this run, and of all else
    /// what stands there. So a filter that was an argument changes nothing, nor does what another run did meanwhile.
    #[must_use]
    pub fn over(&self, now: &Remembered) -> Remembered {
        let Self { before, after } = self;
        Remembered {
            view: changed(&before.view, &after.view, &now.view),
            filter: changed(&before.filter, &after.filter, &now.filter),
            unexpected: changed(&before.unexpected, &after.unexpected, &now.unexpected),
            theme: changed(&before.theme, &after.theme, &now.theme),
            views: each_changed(&before.views, &after.views, &now.views),
            filters: added(&before.filters, &after.filters, &now.filters),
            saved: each_changed(&before.saved, &after.saved, &now.saved),
        }
    }
}

fn changed<T: Clone + PartialEq>(before: &T, after: &T, now: &T) -> T {
    if before == after { now.clone() } else { after.clone() }
}

/// The same for each name: what is changed, is there no more, or is new.
fn each_changed<T: Clone + PartialEq>(
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
    now: &BTreeMap<String, T>,
) -> BTreeMap<String, T> {
    let mut all = now.clone();
    for name in before.keys().chain(after.keys()) {
        let (before, after) = (before.get(name), after.get(name));
        match after {
            _ if before == after => {}
            Some(after) => drop(all.insert(name.clone(), after.clone())),
            None => drop(all.remove(name)),
        }
    }
    all
}

/// Those that are there by now, and behind them those that came in this run, each once.
fn added(before: &[String], after: &[String], now: &[String]) -> Vec<String> {
    let mut before = before.iter();
    // What was kept again stands behind all others, where it does not follow as it did before.
    let old = after.iter().take_while(|text| before.any(|one| one == *text)).count();
    let new = &after[old..];
    let mut all: Vec<String> = now.iter().filter(|text| !new.contains(text)).chain(new).cloned().collect();
    all.drain(..all.len().saturating_sub(FILTERS));
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(words: &str) -> Vec<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn filters_of_this_run_stand_behind_all_others() {
        for (before, after, now, expected) in [
            ("", "", "", ""),
            ("a b", "a b", "a b", "a b"),
            ("a b", "a b c", "a b", "a b c"),
            ("a b c", "b c a", "a b c", "b c a"),
            ("a b c", "a c b", "a b c", "a c b"),
            ("a b", "a b c", "a b x", "a b x c"),
            ("a b", "a b x", "a x b", "a b x"),
            ("a b", "a b", "a b x", "a b x"),
            ("given", "given c", "a", "a c"),
            ("a", "c", "a", "a c"),
        ] {
            let told = added(&texts(before), &texts(after), &texts(now));
            assert_eq!(told, texts(expected), "{before:?} {after:?} {now:?}");
        }
        let many: Vec<String> = (0..FILTERS).map(|number| number.to_string()).collect();
        let more = [&many[..], &["new".to_owned()]].concat();
        let told = added(&many, &more, &many);
        assert_eq!((told.len(), told[0].as_str(), told[FILTERS - 1].as_str()), (FILTERS, "1", "new"));
    }

    #[test]
    fn what_an_argument_asked_for_is_remembered_once_it_is_changed_by_hand() {
        let with = |filter: &str, view: &str| Remembered {
            view: Some(view.to_owned()),
            filter: filter.to_owned(),
            ..Remembered::default()
        };
        let stored = with("tcp", "unix");
        let given = with("port = 22", "unix");
        let unchanged = Changes { before: given.clone(), after: given.clone() };
        assert_eq!(unchanged.over(&stored), stored);
        let turned = Changes { before: given.clone(), after: with("port = 22", "peers") };
        assert_eq!(turned.over(&stored), with("tcp", "peers"));
        let cleared = Changes { before: given, after: with("", "unix") };
        assert_eq!(cleared.over(&stored), with("", "unix"));
    }

    #[test]
    fn each_view_is_remembered_by_itself() {
        let by = |group: &str| Arranged { group: Some(group.to_owned()), ..Arranged::default() };
        let views = |all: &[(&str, &str)]| Remembered {
            views: all.iter().map(|(view, group)| ((*view).to_owned(), by(group))).collect(),
            ..Remembered::default()
        };
        let changes = Changes {
            before: views(&[("unix", "user"), ("peers", "scope")]),
            after: views(&[("processes", "unit"), ("peers", "scope")]),
        };
        let now = views(&[("unix", "comm"), ("peers", "host"), ("events", "x")]);
        let expected = views(&[("processes", "unit"), ("peers", "host"), ("events", "x")]);
        assert_eq!(changes.over(&now), expected);
    }

    fn any_texts() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[a-d]", 0..6)
    }

    proptest! {
        #[test]
        fn nothing_changed_leaves_what_is_there(before in any_texts(), now in any_texts()) {
            prop_assert_eq!(added(&before, &before, &now), now);
        }
    }
}
