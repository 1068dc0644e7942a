//! Which keys ask for which action: those of the table of actions, or others that were configured.
//!
//! Reads no files: what is wrong in one is told to whoever reads it.

use crossterm::event::KeyEvent;

use super::action::{ACTIONS, Action, Entry, Mode};
use super::key::Key;

/// The keys in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    /// Of each action, in the order of the table.
    keys: Vec<Vec<Key>>,
}

/// A key that would mean two things at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clash {
    pub key: Key,
    /// The names of both actions.
    pub actions: [&'static str; 2],
}

impl Default for Keymap {
    fn default() -> Self {
        Self { keys: ACTIONS.iter().map(|entry| entry.keys.to_vec()).collect() }
    }
}

impl Keymap {
    /// The names of all actions and what each does, in the order of the help.
    pub fn actions() -> impl Iterator<Item = (&'static str, &'static str)> {
        ACTIONS.iter().map(|entry| (entry.name, entry.sentence))
    }

    /// The keys of the action of that name, as they are written; none for one that there is not.
    #[must_use]
    pub fn names_of(&self, action: &str) -> Vec<String> {
        let of = self.each().find(|(entry, _)| entry.name == action);
        of.map_or_else(Vec::new, |(_, keys)| keys.iter().map(|key| key.name()).collect())
    }

    /// Gives the action of that name these keys and no others.
    pub fn bind(&mut self, action: &str, keys: &[Key]) {
        let places = ACTIONS.iter().zip(&mut self.keys);
        for (_, bound) in places.filter(|(entry, _)| entry.name == action) {
            bound.clear();
            bound.extend_from_slice(keys);
        }
    }

    /// True when the key can ask for the action of that name. While a text is typed, letters are letters.
    #[must_use]
    pub fn works(action: &str, key: Key) -> bool {
        let entry = ACTIONS.iter().find(|entry| entry.name == action);
        entry.is_some_and(|entry| is_usable(entry, key))
    }

    /// The keys that mean two things in one mode.
    #[must_use]
    pub fn clashes(&self) -> Vec<Clash> {
        let mut clashes = Vec::new();
        for (at, (entry, keys)) in self.each().enumerate() {
            for (other, others) in self.each().skip(at + 1) {
                let meet = entry.modes.iter().any(|mode| other.modes.contains(mode));
                let both = keys.iter().filter(|key| meet && others.contains(key));
                clashes.extend(both.map(|key| Clash { key: *key, actions: [entry.name, other.name] }));
            }
        }
        clashes
    }

    /// What the key asks for in this mode. While a text is typed, letters are letters.
    pub(super) fn lookup(&self, mode: Mode, event: KeyEvent) -> Option<Action> {
        let pressed = Key::of(event)?;
        if mode.is_typed() && pressed.types() {
            return None;
        }
        let mut meant =
            self.each().filter(|(entry, keys)| entry.modes.contains(&mode) && keys.contains(&pressed));
        meant.next().map(|(entry, _)| entry.action)
    }

    /// The keys of an action.
    pub(super) fn keys(&self, action: Action) -> &[Key] {
        self.each().find(|(entry, _)| entry.action == action).map_or(&[], |(_, keys)| keys)
    }

    /// Those of them that ask for it in some mode.
    pub(super) fn usable(&self, action: Action) -> impl Iterator<Item = Key> {
        let of = self.each().filter(move |(entry, _)| entry.action == action);
        of.flat_map(|(entry, keys)| keys.iter().copied().filter(|key| is_usable(entry, *key)))
    }

    fn each(&self) -> impl Iterator<Item = (&'static Entry, &[Key])> {
        ACTIONS.iter().zip(self.keys.iter().map(Vec::as_slice))
    }
}

fn is_usable(entry: &Entry, key: Key) -> bool {
    !key.types() || entry.modes.iter().any(|mode| !mode.is_typed())
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEventKind, KeyModifiers};

    use super::*;

    fn lookup(mode: Mode, event: KeyEvent) -> Option<Action> {
        Keymap::default().lookup(mode, event)
    }

    #[test]
    fn while_typing_letters_are_letters() {
        for c in ' '..='~' {
            for mode in [Mode::Filter, Mode::Palette] {
                assert_eq!(lookup(mode, KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)), None);
            }
        }
        let quit = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(lookup(Mode::Filter, quit), Some(Action::Quit));
    }

    #[test]
    fn releases_and_alt_are_no_keys() {
        let press = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        assert_eq!(lookup(Mode::List, press), Some(Action::Quit));
        assert_eq!(lookup(Mode::Filter, press), None);
        let alt = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT);
        assert_eq!(lookup(Mode::List, alt), None);
        let release = KeyEvent { kind: KeyEventKind::Release, ..press };
        assert_eq!(lookup(Mode::List, release), None);
    }

    #[test]
    fn every_key_of_the_table_can_be_written_and_works() {
        assert_eq!(Keymap::default().clashes(), []);
        for entry in ACTIONS {
            for key in entry.keys {
                assert_eq!(Key::named(&key.name()), Ok(*key), "{}", entry.name);
                assert!(Keymap::works(entry.name, *key), "{}", entry.name);
            }
        }
    }

    #[test]
    fn a_key_may_mean_two_things_in_two_modes_and_not_in_one() {
        let mut keymap = Keymap::default();
        let key = Key::named("m").unwrap();
        keymap.bind("back", &[key]); // the list has no way back
        assert_eq!(keymap.clashes(), []);
        keymap.bind("freeze", &[key]);
        let clash = |actions| Clash { key, actions };
        assert_eq!(keymap.clashes(), [clash(["back", "freeze"]), clash(["freeze", "compare"])]);
        keymap.bind("back", &[]);
        keymap.bind("compare", &[]);
        assert_eq!(keymap.clashes(), []);
        let pressed = KeyEvent::new(KeyCode::Char('m'), KeyModifiers::NONE);
        assert_eq!(keymap.lookup(Mode::List, pressed), Some(Action::Freeze));
    }
}
