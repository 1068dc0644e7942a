//! A typed line that narrows a list, and which of it is chosen: what the palette and the menus have in common.
//!
//! It knows numbers of choices, and no choice.

use crossterm::event::KeyEvent;

use super::line_editor::LineEditor;

/// What is typed, and which of those that match is chosen.
#[derive(Debug, Default)]
pub(super) struct Picker {
    line: LineEditor,
    chosen: usize,
}

impl Picker {
    pub(super) fn text(&self) -> &str {
        self.line.text()
    }

    pub(super) fn before_cursor(&self) -> &str {
        self.line.before_cursor()
    }

    /// Which of so many is chosen: there may be fewer now than when it was.
    pub(super) fn chosen(&self, of: usize) -> usize {
        self.chosen.min(of.saturating_sub(1))
    }

    /// Which of so many is the first in sight, on `height` lines with that of the text.
    pub(super) fn first(&self, of: usize, height: u16) -> usize {
        let page = usize::from(height.saturating_sub(1)).max(1);
        self.chosen(of) / page * page
    }

    /// Chooses the one at that place.
    pub(super) fn point(&mut self, place: usize) {
        self.chosen = place;
    }

    /// Goes on by so many, of so many.
    pub(super) fn step(&mut self, by: isize, of: usize) {
        self.chosen = self.chosen(of).saturating_add_signed(by).min(of.saturating_sub(1));
    }

    /// Takes a key that edits.
    pub(super) fn key(&mut self, key: KeyEvent) {
        if self.line.key(key) {
            self.chosen = 0;
        }
    }

    /// Takes a pasted text.
    pub(super) fn paste(&mut self, pasted: &str) {
        self.line.paste(pasted);
        self.chosen = 0;
    }

    /// Has this typed.
    pub(super) fn put(&mut self, text: &str) {
        self.line.set(text);
        self.chosen = 0;
    }
}
