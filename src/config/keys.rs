//! The keys of the dashboard as a configuration file binds them: `[keys]`, one line for each action.
//!
//! Reads a table and says what is wrong in it; opens nothing. Which actions there are is said by the
//! dashboard alone.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::setting::Origin;
use super::value::{Plain, Wrong};
use crate::filter::nearest;
use crate::tui::{Clash, Key, KeyError, Keymap};

/// The name of the table.
pub(super) const TABLE: &str = "keys";

const LIST: &str = "expected a list of keys such as [\"f\", \"Ctrl-F\"], or [] for none";
const KEYS: &str = "keys are such as x, X, Ctrl-U, Enter, Esc, Tab, Shift-Tab, Space, Up, PgDn and F1";

/// The keys in force, and which of them were configured where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    keymap: Keymap,
    origins: Vec<(&'static str, Origin)>,
}

/// What a line of the table says.
struct Binding {
    action: &'static str,
    /// Where the action is named.
    span: Range<usize>,
    keys: Vec<(Key, Range<usize>)>,
}

impl Bindings {
    #[must_use]
    pub fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// The actions whose keys were configured, with these and where.
    pub fn configured(&self) -> impl Iterator<Item = (&'static str, Plain, &Origin)> {
        let origins = self.origins.iter();
        origins.map(|(action, origin)| (*action, Plain::List(self.keymap.names_of(action)), origin))
    }

    /// Takes the table of a file; nothing of it when anything is wrong. `origin` tells where a byte is.
    pub(super) fn take(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        origin: impl Fn(usize) -> Origin,
    ) -> Result<(), Vec<Wrong>> {
        let bindings = read(value)?;
        let mut keymap = self.keymap.clone();
        for binding in &bindings {
            let keys: Vec<Key> = binding.keys.iter().map(|(key, _)| *key).collect();
            keymap.bind(binding.action, &keys);
        }
        let mut wrongs: Vec<_> =
            keymap.clashes().iter().map(|clash| clashing(clash, &keymap, &bindings)).collect();
        let quit = bindings.iter().find(|binding| binding.action == "quit" && binding.keys.is_empty());
        if let Some(binding) = quit {
            let advice = format!("by default: quit = {}", Plain::List(Keymap::default().names_of("quit")));
            let wrong = Wrong::new(binding.span.clone(), "without a key the dashboard could not be left");
            wrongs.push(wrong.advise(Some(advice)));
        }
        if !wrongs.is_empty() {
            return Err(wrongs);
        }
        self.keymap = keymap;
        for Binding { action, span, .. } in bindings {
            self.origins.retain(|(name, _)| *name != action);
            self.origins.push((action, origin(span.start)));
        }
        Ok(())
    }
}

fn read(value: &Spanned<DeValue<'_>>) -> Result<Vec<Binding>, Vec<Wrong>> {
    let Some(table) = value.get_ref().as_table() else {
        let wrong = "expected a table: [keys], and below it such as freeze = [\"f\", \"Ctrl-F\"]";
        return Err(vec![Wrong::new(value.span(), wrong)]);
    };
    let (mut bindings, mut wrongs) = (Vec::new(), Vec::new());
    for (name, list) in table {
        match action(name.get_ref(), name.span()) {
            Err(wrong) => wrongs.push(wrong),
            Ok(action) => match keys(action, list) {
                Err(wrong) => wrongs.push(wrong),
                Ok(keys) => bindings.push(Binding { action, span: name.span(), keys }),
            },
        }
    }
    if wrongs.is_empty() { Ok(bindings) } else { Err(wrongs) }
}

/// The action of that name.
fn action(typed: &str, span: Range<usize>) -> Result<&'static str, Wrong> {
    let mut names = Keymap::actions().map(|(name, _)| name);
    if let Some(name) = names.find(|name| *name == typed) {
        return Ok(name);
    }
    let near = nearest(&typed.replace('_', "-"), Keymap::actions().map(|(name, _)| name));
    let advice = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "sockeye config names them all".to_owned(),
    };
    Err(Wrong::new(span, "there is no such action").advise(Some(advice)))
}

fn keys(action: &str, list: &Spanned<DeValue<'_>>) -> Result<Vec<(Key, Range<usize>)>, Wrong> {
    let entries = list.get_ref().as_array().ok_or_else(|| Wrong::new(list.span(), LIST))?;
    let mut keys: Vec<(Key, Range<usize>)> = Vec::new();
    for entry in entries {
        let span = entry.span();
        let DeValue::String(written) = entry.get_ref() else { return Err(Wrong::new(span, LIST)) };
        let key = Key::named(written).map_err(|error| {
            let advice = match error {
                KeyError::Unknown { near: Some(near) } => Some(format!("did you mean \"{near}\"?")),
                KeyError::Unknown { near: None } => Some(KEYS.to_owned()),
                KeyError::SentAs(_) => None,
            };
            Wrong::new(span.clone(), error.to_string()).advise(advice)
        })?;
        if !Keymap::works(action, key) {
            return Err(Wrong::new(span, "where a text is typed, it is a letter of it"));
        }
        if keys.iter().any(|(other, _)| *other == key) {
            return Err(Wrong::new(span, "it stands in this list already"));
        }
        keys.push((key, span));
    }
    Ok(keys)
}

/// What is wrong where a key means two things: shown at the later place, with the way out at the other.
fn clashing(clash: &Clash, keymap: &Keymap, bindings: &[Binding]) -> Wrong {
    let Clash { key, actions: [first, second] } = *clash;
    let place = |action: &str| {
        let binding = bindings.iter().find(|binding| binding.action == action)?;
        binding.keys.iter().find(|(bound, _)| *bound == key).map(|(_, span)| span.clone())
    };
    let (span, other) = match (place(first), place(second)) {
        (Some(a), Some(b)) if a.start > b.start => (a, second),
        (_, Some(b)) => (b, first),
        (Some(a), None) => (a, second),
        (None, None) => (0..0, first), // it would have been refused where it was bound
    };
    let mut rest = keymap.names_of(other);
    rest.retain(|name| *name != key.name());
    let advice = format!("free it with {other} = {}", Plain::List(rest));
    Wrong::new(span, format!("{} is a key of {other}, too", key.name())).advise(Some(advice))
}
