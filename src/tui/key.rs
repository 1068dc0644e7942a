//! A key: how it is told from others, and how people write it. Binds nothing.

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::filter::nearest;
use crate::text;

/// A key, as it is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

/// What is written is no key that can be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("there is no such key")]
    Unknown {
        /// What was probably meant.
        near: Option<&'static str>,
    },
    /// Terminals send the same byte for both.
    #[error("a terminal cannot tell it from {0}")]
    SentAs(&'static str),
}

/// The keys that have names.
const NAMES: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Space", KeyCode::Char(' ')),
    ("Backspace", KeyCode::Backspace),
    ("Del", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
];

/// Those to which terminals add Ctrl.
const WITH_CTRL: &[KeyCode] = &[
    KeyCode::Char(' '),
    KeyCode::Delete,
    KeyCode::Up,
    KeyCode::Down,
    KeyCode::Left,
    KeyCode::Right,
    KeyCode::Home,
    KeyCode::End,
    KeyCode::PageUp,
    KeyCode::PageDown,
];

impl Key {
    pub(super) const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false }
    }

    pub(super) const fn ctrl(code: KeyCode) -> Self {
        Self { code, ctrl: true }
    }

    /// The key of an event; `None` for a release, and for Alt, which nothing is bound to.
    pub(super) fn of(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release || event.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        // Shift is in the character already.
        Some(Self { code: event.code, ctrl: event.modifiers.contains(KeyModifiers::CONTROL) })
    }

    /// The key that is written so: `x`, `X`, `Enter`, `F1`, `Ctrl-U`. Names may be in any case.
    pub fn named(written: &str) -> Result<Self, KeyError> {
        let is_ctrl = written.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("ctrl-"));
        if let Some(rest) = written.get(5..).filter(|rest| is_ctrl && !rest.is_empty()) {
            return Self::with_ctrl(rest, written);
        }
        code(written).map(Self::plain).ok_or_else(|| unknown(written))
    }

    /// The key with Ctrl.
    fn with_ctrl(rest: &str, written: &str) -> Result<Self, KeyError> {
        let lower = match code(rest) {
            Some(KeyCode::Char(c)) => Some(KeyCode::Char(c.to_ascii_lowercase())),
            other => other,
        };
        match lower {
            Some(KeyCode::Char('i') | KeyCode::Tab) => Err(KeyError::SentAs("Tab")),
            Some(KeyCode::Char('m') | KeyCode::Enter) => Err(KeyError::SentAs("Enter")),
            Some(KeyCode::Char('[') | KeyCode::Esc) => Err(KeyError::SentAs("Esc")),
            Some(code @ KeyCode::Char('a'..='z')) => Ok(Self::ctrl(code)),
            Some(code) if WITH_CTRL.contains(&code) => Ok(Self::ctrl(code)),
            _ => Err(unknown(written)),
        }
    }

    /// True when it puts a character into a text.
    pub(super) fn types(self) -> bool {
        !self.ctrl && matches!(self.code, KeyCode::Char(_))
    }

    /// How people write it; this is what a configuration file has.
    #[must_use]
    pub fn name(self) -> String {
        let name = match (self.code, NAMES.iter().find(|(_, code)| *code == self.code)) {
            (_, Some((name, _))) => Cow::Borrowed(*name),
            (KeyCode::Char(c), None) if self.ctrl => Cow::Owned(c.to_ascii_uppercase().to_string()),
            (KeyCode::Char(c), None) => Cow::Owned(c.to_string()),
            (other, None) => Cow::Owned(other.to_string()),
        };
        if self.ctrl { format!("Ctrl-{name}") } else { name.into_owned() }
    }

    /// The same for the screen, where arrows are arrows.
    pub(super) fn label(self, ascii: bool) -> String {
        match (self.code, self.ctrl, ascii) {
            (KeyCode::Up, false, false) => "↑".into(),
            (KeyCode::Down, false, false) => "↓".into(),
            (KeyCode::Left, false, false) => "←".into(),
            (KeyCode::Right, false, false) => "→".into(),
            _ => self.name(),
        }
    }
}

/// What is written without Ctrl.
fn code(written: &str) -> Option<KeyCode> {
    let named = |(name, _): &&(&str, KeyCode)| name.eq_ignore_ascii_case(written);
    if let Some((_, code)) = NAMES.iter().find(named) {
        return Some(*code);
    }
    let function = written.strip_prefix(['F', 'f']).and_then(|number| number.parse().ok());
    if let Some(number @ 1..=12) = function {
        return Some(KeyCode::F(number));
    }
    let mut chars = written.chars();
    let only = chars.next().filter(|_| chars.next().is_none())?;
    // What would have to be escaped on the screen is no key that people press.
    let is_plain = only == '\\' || !only.is_whitespace() && text::escape(written.as_bytes()) == written;
    is_plain.then_some(KeyCode::Char(only))
}

fn unknown(written: &str) -> KeyError {
    let lower: Vec<String> = NAMES.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let near = nearest(written, lower.iter().map(String::as_str));
    let same = |near: &str| NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(near));
    KeyError::Unknown { near: near.and_then(same).map(|(name, _)| *name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for (written, name) in [
            ("x", "x"),
            ("X", "X"),
            ("?", "?"),
            ("\\", "\\"),
            ("é", "é"),
            ("-", "-"),
            ("Ctrl-U", "Ctrl-U"),
            ("ctrl-f", "Ctrl-F"),
            ("CTRL-SPACE", "Ctrl-Space"),
            ("Ctrl-up", "Ctrl-Up"),
            ("space", "Space"),
            ("f1", "F1"),
            ("F12", "F12"),
            ("shift-tab", "Shift-Tab"),
        ] {
            let key = Key::named(written).unwrap_or_else(|error| panic!("{written}: {error}"));
            assert_eq!(key.name(), name, "{written}");
            assert_eq!(Key::named(&key.name()), Ok(key), "{written}");
        }
        for (name, code) in NAMES {
            assert_eq!(Key::named(name), Ok(Key::plain(*code)));
        }
    }

    #[test]
    fn what_no_terminal_sends_is_no_key() {
        let unknown = |near| Err(KeyError::Unknown { near });
        for (written, expected) in [
            ("", unknown(None)),
            (" ", unknown(None)),
            ("xy", unknown(None)),
            ("Ctrl-", unknown(None)),
            ("Ctrl-1", unknown(None)),
            ("Ctrl-F1", unknown(None)),
            ("F0", unknown(None)),
            ("F13", unknown(None)),
            ("Alt-x", unknown(None)),
            ("Entr", unknown(Some("Enter"))),
            ("\u{202e}", unknown(None)),
            ("\u{1b}", unknown(None)),
            ("日本", unknown(None)),
            ("Ctrl-I", Err(KeyError::SentAs("Tab"))),
            ("ctrl-m", Err(KeyError::SentAs("Enter"))),
            ("Ctrl-[", Err(KeyError::SentAs("Esc"))),
            ("Ctrl-Enter", Err(KeyError::SentAs("Enter"))),
        ] {
            assert_eq!(Key::named(written), expected, "{written:?}");
        }
    }
}
