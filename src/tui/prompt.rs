//! The line in which the filter is typed: what stands there, what is wrong with it, what may follow.
//!
//! Knows the filter language and no sockets. Whether a filter is in force is decided by `filtering`.

use crossterm::event::KeyEvent;

use crate::filter::{self, Completion, Filter, FilterError};

use super::Understand;
use super::history::History;
use super::line_editor::LineEditor;

/// Why the filter that was understood last is not in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// It was not looked at so far, or the shown reading lacks what it looks at.
    Reading,
    /// As a text it would find nothing, and it may still become a word of the language.
    Word,
}

/// The line and what it comes to.
pub(super) struct Prompt {
    understand: Understand,
    line: LineEditor,
    typing: bool,
    /// What stood there before it was typed in.
    before: String,
    mistake: Option<FilterError>,
    /// The last that was understood.
    wanted: Filter,
    pending: Option<Pending>,
    /// What may stand where the cursor is, while it is typed.
    offers: Completion,
    /// Which of the offers stands there, while they are tried one after the other.
    tried: Option<usize>,
    history: History,
}

impl Prompt {
    /// A line in which that stands.
    pub(super) fn new(text: &str, understand: Understand) -> Self {
        let mut prompt = Self {
            understand,
            line: LineEditor::default(),
            typing: false,
            before: String::new(),
            mistake: None,
            wanted: Filter::default(),
            pending: None,
            offers: Completion::default(),
            tried: None,
            history: History::default(),
        };
        prompt.line.set(text);
        prompt.history.keep(prompt.line.text());
        prompt.read();
        prompt.typing = prompt.mistake.is_some(); // so that it is shown and can be mended
        prompt
    }

    /// Takes the filters that other runs kept.
    pub(super) fn remember(&mut self, filters: &[String]) {
        self.history.begin_with(filters);
    }

    /// Puts a filter of another run there. False, and nothing is done, where it is not understood.
    pub(super) fn resume(&mut self, text: &str) -> bool {
        let is_understood = (self.understand)(text).is_ok();
        if is_understood {
            self.put(text);
        }
        is_understood
    }

    /// The filters that were kept, the oldest first.
    pub(super) fn kept(&self) -> &[String] {
        self.history.kept()
    }

    pub(super) fn text(&self) -> &str {
        self.line.text()
    }

    pub(super) fn before_cursor(&self) -> &str {
        self.line.before_cursor()
    }

    pub(super) fn is_typed(&self) -> bool {
        self.typing
    }

    /// True when there is something to show.
    pub(super) fn is_shown(&self) -> bool {
        self.typing || !self.text().is_empty()
    }

    pub(super) fn mistake(&self) -> Option<&FilterError> {
        self.mistake.as_ref()
    }

    pub(super) fn wanted(&self) -> &Filter {
        &self.wanted
    }

    pub(super) fn pending(&self) -> Option<Pending> {
        self.pending
    }

    pub(super) fn set_pending(&mut self, pending: Option<Pending>) {
        self.pending = pending;
    }

    /// Words that may stand where the cursor is.
    pub(super) fn offers(&self) -> &[&'static str] {
        &self.offers.words
    }

    /// Which of them stands there, while they are tried.
    pub(super) fn tried(&self) -> Option<usize> {
        self.tried
    }

    /// True when the last word is, or is nearly, the beginning of one of the language.
    pub(super) fn may_become_a_word(&self) -> bool {
        let typed = self.before_cursor().trim_end();
        let Completion { from, words } = filter::complete(typed);
        let begun = &typed[from..];
        let is_near = || !words.is_empty() || filter::nearest(begun, filter::names()).is_some();
        self.typing && self.tried.is_none() && !begun.is_empty() && is_near()
    }

    /// Begins typing.
    pub(super) fn open(&mut self) {
        self.typing = true;
        self.before = self.line.text().to_owned();
        self.offer();
    }

    /// Ends typing and keeps what stands there, unless it is wrong. True when it is kept.
    pub(super) fn keep(&mut self) -> bool {
        if self.mistake.is_some() {
            return false;
        }
        self.history.keep(self.line.text());
        self.typing = false;
        true
    }

    /// Ends typing as if nothing had been typed.
    pub(super) fn leave(&mut self) {
        let before = std::mem::take(&mut self.before);
        self.set(&before);
        self.typing = false;
        self.history.leave();
    }

    /// Puts a filter there, in place of the one that was.
    pub(super) fn put(&mut self, text: &str) {
        self.typing = false;
        self.set(text);
        self.history.keep(text);
    }

    /// Takes everything away.
    pub(super) fn clear(&mut self) {
        self.typing = false;
        self.set("");
    }

    /// Takes a key. False when it is none that edits.
    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        let edited = self.line.key(key);
        if edited {
            self.history.leave();
            self.read();
        }
        edited
    }

    /// Takes a pasted text.
    pub(super) fn paste(&mut self, pasted: &str) {
        self.line.paste(pasted);
        self.history.leave();
        self.read();
    }

    /// Shows the filter that was kept before, or the one after.
    pub(super) fn recall(&mut self, older: bool) {
        let typed = self.line.text().to_owned();
        let found = if older { self.history.older(&typed) } else { self.history.newer() };
        if let Some(text) = found.map(str::to_owned) {
            self.set(&text);
        }
    }

    /// Completes the word at the cursor as far as all offers agree; then puts one after the other there.
    pub(super) fn complete(&mut self, backwards: bool) {
        let Some(last) = self.offers.words.len().checked_sub(1) else { return };
        let next = match (self.tried, backwards) {
            (Some(at), false) => (at + 1) % (last + 1),
            (Some(at), true) => at.checked_sub(1).unwrap_or(last),
            (None, true) => last,
            (None, false) => 0,
        };
        if self.tried.is_none() {
            let begun = self.before_cursor().len() - self.offers.from;
            let common = common_start(&self.offers.words);
            if last == 0 || common.len() > begun {
                let alone = last == 0 && self.before_cursor().len() == self.text().len();
                let text = if alone { format!("{common} ") } else { common.to_owned() };
                self.line.replace_before_cursor(self.offers.from, &text);
                return self.read();
            }
        }
        let Completion { from, words } = std::mem::take(&mut self.offers);
        self.line.replace_before_cursor(from, words[next]);
        self.read();
        // The offers stay those of what was typed.
        self.offers = Completion { from, words };
        self.tried = Some(next);
    }

    fn set(&mut self, text: &str) {
        self.line.set(text);
        self.read();
    }

    /// Reads what stands there. What cannot be understood leaves the filter as it is.
    fn read(&mut self) {
        self.offer();
        match (self.understand)(self.line.text()) {
            Ok(filter) => {
                self.wanted = filter;
                self.pending = Some(Pending::Reading);
                self.mistake = None;
            }
            Err(mistake) => self.mistake = Some(mistake),
        }
    }

    fn offer(&mut self) {
        self.tried = None;
        self.offers = filter::complete(self.line.before_cursor());
    }
}

/// What all words begin with.
fn common_start(words: &[&'static str]) -> &'static str {
    let Some((first, rest)) = words.split_first() else { return "" };
    let same = |other: &&str| first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let length = rest.iter().map(same).min().unwrap_or(first.len());
    first.get(..length).unwrap_or(first)
}
