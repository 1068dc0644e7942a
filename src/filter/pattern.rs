//! Patterns for texts: exact, with `*` and `?`, or a regular expression.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

/// What a text is compared with.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// The same bytes.
    Exact(Vec<u8>),
    /// This text somewhere in it, whatever the case.
    Text(Plain),
    /// Somewhere in it.
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
        let lower = text.to_ascii_lowercase().into_bytes();
        built(&regex::escape(text), true).map(|regex| Self::Text(Plain { lower, regex }))
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
            Self::Text(Plain { regex, .. }) | Self::Within(regex) | Self::Whole(regex) => {
                regex.find(text.as_bytes()).map(|found| found.range())
            }
        }
    }

    /// False when no text can match that is made of these bytes alone: ASCII without capitals, and without the
    /// letters k and s, which others beyond ASCII stand for.
    pub(super) fn can_be_of(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Text(plain) => plain.lower.iter().all(|byte| bytes.contains(byte)),
            Self::Exact(_) | Self::Within(_) | Self::Whole(_) => true,
        }
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Exact(exact) => text == exact,
            Self::Text(plain) => plain.is_in(text),
            Self::Within(regex) | Self::Whole(regex) => regex.is_match(text),
        }
    }
}

/// A text to be found, whatever the case.
#[derive(Clone, Debug)]
pub(super) struct Plain {
    /// As it was written, with small letters where they are ASCII.
    lower: Vec<u8>,
    regex: Regex,
}

impl Plain {
    /// The names of most sockets are short and ASCII, and a hundred thousand rows are asked while somebody types: to
    /// begin with a regular expression takes longer than to look.
    fn is_in(&self, text: &[u8]) -> bool {
        let Some((first, rest)) = self.lower.split_first() else { return true };
        // Beyond ASCII a letter may have its other case within it, as the sign of Kelvin has.
        if !self.lower.is_ascii() || !text.is_ascii() {
            return self.regex.is_match(text);
        }
        let Some(last) = text.len().checked_sub(rest.len()) else { return false };
        let begins = text[..last].iter().enumerate().filter(|(_, byte)| byte.to_ascii_lowercase() == *first);
        begins.into_iter().any(|(at, _)| text[at + 1..at + 1 + rest.len()].eq_ignore_ascii_case(rest))
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Letters with another case within ASCII, beyond it, and none at all.
    fn text() -> impl Strategy<Value = String> {
        let letters = vec!['a', 'A', 'k', 'K', 's', 'ſ', '\u{212a}', '.', '1', '\0', 'é', 'É'];
        prop::collection::vec(prop::sample::select(letters), 0..5).prop_map(String::from_iter)
    }

    #[test]
    fn what_cannot_be_in_an_address_is_not_looked_for_there() {
        for (wanted, can_be) in
            [("10.0", true), ("BEEF", true), ("", true), ("nginx", false), ("1\u{212a}", false)]
        {
            assert_eq!(
                Pattern::within(wanted).unwrap().can_be_of(b"0123456789abcdef.:[]"),
                can_be,
                "{wanted}"
            );
        }
        assert!(Pattern::regex("x|1").unwrap().can_be_of(b"1"), "nobody knows");
    }

    proptest! {
        #[test]
        fn a_text_is_found_where_the_regular_expression_finds_it(wanted in text(), shown in text(), odd: bool) {
            let pattern = Pattern::within(&wanted).unwrap();
            let mut shown = shown.into_bytes();
            shown.extend(odd.then_some(0xff));
            let regex = built(&regex::escape(&wanted), true).unwrap();
            prop_assert_eq!(pattern.matches(&shown), regex.is_match(&shown), "{:?} in {:?}", wanted, shown);
        }
    }
}
