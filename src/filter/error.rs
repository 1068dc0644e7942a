//! What is wrong with a filter, where, and what would be right.

use std::fmt;
use std::ops::Range;

use crate::text;

/// The filter cannot be understood. The message shows the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The whole filter, as it was typed.
    pub text: String,
    /// Which bytes of it are meant.
    pub span: Range<usize>,
    /// What is wrong there.
    pub wrong: String,
    /// What would be right, where that can be told.
    pub advice: Option<String>,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::point(&self.text, self.span.clone(), &self.wrong))?;
        match &self.advice {
            Some(advice) => write!(f, "\n     = {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FilterError {}

/// What is wrong at a place of a filter whose text the caller has.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub(super) span: Range<usize>,
    pub(super) what: String,
    pub(super) advice: Option<String>,
}

impl Wrong {
    pub(super) fn new(span: &Range<usize>, what: impl Into<String>) -> Self {
        Self { span: span.clone(), what: what.into(), advice: None }
    }

    pub(super) fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// Advises the word that was probably meant, or all of them when they are few.
    pub(super) fn expecting<'a>(self, typed: &str, words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: Vec<&str> = words.into_iter().collect();
        match nearest(typed, words.iter().copied()) {
            Some(word) => self.advise(format!("did you mean `{word}`?")),
            None if words.len() <= MANY => self.advise(format!("expected {}", listed(&words))),
            None => self,
        }
    }

    pub(super) fn of(self, text: &str) -> FilterError {
        FilterError { text: text.to_owned(), span: self.span, wrong: self.what, advice: self.advice }
    }
}

/// More words than this are no help.
const MANY: usize = 16;

/// `a, b or c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The word that was probably meant: of short words one letter may differ, of long ones two.
#[must_use]
pub fn nearest<'a>(typed: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_ascii_lowercase();
    let allowed = match typed.chars().count() {
        0..3 => return None,
        3..8 => 1,
        _ => 2,
    };
    let far = |word: &str| strsim::osa_distance(&typed, word);
    let near = words.into_iter().map(|word| (far(word), word)).filter(|(far, _)| *far <= allowed);
    near.min_by_key(|(far, _)| *far).map(|(_, word)| word)
}
