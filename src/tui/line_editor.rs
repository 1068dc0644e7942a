//! One line of text that is being typed.
//!
//! Knows keys and characters, not what the line is for. No control character ever gets in.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::text;

/// The line and the cursor in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LineEditor {
    text: String,
    /// A byte offset, always at the start of a character or at the end.
    cursor: usize,
}

impl LineEditor {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub(super) fn before_cursor(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Makes it this text, with the cursor at its end.
    pub(super) fn set(&mut self, text: &str) {
        self.text.clear();
        self.cursor = 0;
        self.insert(text);
    }

    /// Puts a text in the place of what stands between the byte `from` and the cursor.
    pub(super) fn replace_before_cursor(&mut self, from: usize, text: &str) {
        self.delete(from.min(self.cursor), self.cursor);
        self.insert(text);
    }

    /// Takes a key. False when it is none that edits.
    pub(super) fn key(&mut self, event: KeyEvent) -> bool {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Char('u') if ctrl => self.delete(0, self.cursor),
            KeyCode::Char('k') if ctrl => self.text.truncate(self.cursor),
            KeyCode::Char('w') if ctrl => self.delete(self.word_start(), self.cursor),
            KeyCode::Char('a') if ctrl => self.cursor = 0,
            KeyCode::Char('e') if ctrl => self.cursor = self.text.len(),
            KeyCode::Char(_) if ctrl || event.modifiers.contains(KeyModifiers::ALT) => return false,
            KeyCode::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.delete(self.left(), self.cursor),
            KeyCode::Delete => self.delete(self.cursor, self.right()),
            KeyCode::Left => self.cursor = self.left(),
            KeyCode::Right => self.cursor = self.right(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    /// Takes a pasted text: line ends and tabs become spaces, other controls are escaped, which is
    /// how the screen shows them too.
    pub(super) fn paste(&mut self, pasted: &str) {
        let spaced = pasted.split_whitespace().collect::<Vec<_>>().join(" ");
        self.insert(&spaced);
    }

    fn insert(&mut self, typed: &str) {
        // A backslash is left alone: it may be the start of an escape that is being looked for.
        let clean: String = typed
            .split_inclusive('\\')
            .map(|part| match part.strip_suffix('\\') {
                Some(part) => text::escape(part.as_bytes()).into_owned() + "\\",
                None => text::escape(part.as_bytes()).into_owned(),
            })
            .collect();
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
    }

    fn delete(&mut self, from: usize, to: usize) {
        self.text.drain(from..to);
        self.cursor = from;
    }

    fn left(&self) -> usize {
        self.before_cursor().char_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        self.text[self.cursor..].chars().next().map_or(self.cursor, |c| self.cursor + c.len_utf8())
    }

    fn word_start(&self) -> usize {
        let word_end = self.before_cursor().trim_end();
        word_end.rfind(char::is_whitespace).map_or(0, |at| at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> LineEditor {
        let mut line = LineEditor::default();
        for c in keys.chars() {
            assert!(line.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
        line
    }

    fn press(line: &mut LineEditor, code: KeyCode) {
        assert!(line.key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    fn control(line: &mut LineEditor, c: char) {
        assert!(line.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)));
    }

    #[test]
    fn edits_by_characters() {
        let mut line = typed("日本x");
        press(&mut line, KeyCode::Left);
        press(&mut line, KeyCode::Backspace);
        assert_eq!((line.text(), line.before_cursor()), ("日x", "日"));
        press(&mut line, KeyCode::Delete);
        press(&mut line, KeyCode::Delete);
        press(&mut line, KeyCode::Right);
        assert_eq!(line.text(), "日");
        press(&mut line, KeyCode::Home);
        press(&mut line, KeyCode::Backspace);
        line.paste("a\tb\n");
        assert_eq!((line.text(), line.before_cursor()), ("a b日", "a b"));
        press(&mut line, KeyCode::End);
        assert_eq!(line.before_cursor(), "a b日");
    }

    #[test]
    fn shell_keys() {
        let mut line = typed("one two  ");
        control(&mut line, 'w');
        assert_eq!(line.text(), "one ");
        control(&mut line, 'a');
        control(&mut line, 'u');
        assert_eq!(line.text(), "one ");
        control(&mut line, 'k');
        assert_eq!(line.text(), "");
        control(&mut line, 'w');
        control(&mut line, 'u');
        assert_eq!(line, LineEditor::default());
        assert!(!line.key(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::CONTROL)));
        assert!(!line.key(KeyEvent::new(KeyCode::F(5), KeyModifiers::NONE)));
    }

    #[test]
    fn controls_come_in_escaped_or_not_at_all() {
        let mut line = LineEditor::default();
        line.paste("ss\x1b[31mhd\u{202e} \\x1b\r\n");
        assert_eq!(line.text(), r"ss\x1b[31mhd\u{202e} \x1b");
        assert!(!line.text().chars().any(char::is_control));
    }

    proptest::proptest! {
        #[test]
        fn no_paste_brings_a_control_in(pasted: String, more: String) {
            let mut line = LineEditor::default();
            line.paste(&pasted);
            press(&mut line, KeyCode::Left);
            line.paste(&more);
            proptest::prop_assert!(!line.text().chars().any(char::is_control));
            proptest::prop_assert!(line.text().is_char_boundary(line.cursor));
        }
    }
}
