//! Patterns for texts: exact, with `*` and `?`, or a regular expression.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

/// What a text is compared with.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// The same bytes.
    Exact(Vec<u8>),
    /// Somewhere in it, whatever the case.
    Within(Regex),
    /// From its beginning to its end.
    Whole(Regex),
}

/// Larger programs than this are not made of a pattern.
const LARGEST: usize = 1 << 20;

impl Pattern {
    pub(super) fn exact(text: &str) -> Self {
        Self::Exact(text.as_bytes().to_vec())
    }

    /// This text, somewhere, whatever the case.
    pub(super) fn within(text: &str) -> Result<Self, String> {
        built(&regex::escape(text), true).map(Self::Within)
    }

    /// A regular expression, somewhere.
    pub(super) fn regex(pattern: &str) -> Result<Self, String> {
        built(pattern, false).map(Self::Within)
    }

    /// `*` is any text, `?` any character, `[a-c]` one of those, as in a shell; from beginning to end.
    pub(super) fn glob(glob: &str, any_case: bool) -> Result<Self, String> {
        let mut pattern = String::from("(?s)^");
        let mut chars = glob.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '*' => pattern.push_str(".*"),
                '?' => pattern.push('.'),
                '[' if chars.clone().skip(1).any(|c| c == ']') => {
                    pattern.push('[');
                    if matches!(chars.peek(), Some('!' | '^')) {
                        chars.next();
                        pattern.push('^');
                    }
                    let mut first = true;
                    for c in chars.by_ref() {
                        match c {
                            ']' if !first => break,
                            '-' => pattern.push('-'),
                            _ => pattern.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
                        }
                        first = false;
                    }
                    pattern.push(']');
                }
                _ => pattern.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            }
        }
        pattern.push('$');
        built(&pattern, any_case).map(Self::Whole)
    }

    /// Where a text has it first.
    pub(super) fn find(&self, text: &str) -> Option<Range<usize>> {
        match self {
            Self::Exact(exact) => (text.as_bytes() == exact).then_some(0..text.len()),
            Self::Within(regex) | Self::Whole(regex) => {
                regex.find(text.as_bytes()).map(|found| found.range())
            }
        }
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => text == exact,
            Self::Within(regex) | Self::Whole(regex) => regex.is_match(text),
        }
    }
}

fn built(pattern: &str, any_case: bool) -> Result<Regex, String> {
    let mut builder = RegexBuilder::new(pattern);
    builder.case_insensitive(any_case).size_limit(LARGEST).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
        // The last line says what is wrong, those before show where.
        error => {
            let text = error.to_string();
            let last = text.lines().next_back().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        }
    })
}
