//! Which characters the place of showing knows.

use std::borrow::Cow;

use super::escape;

/// The characters in which something is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    #[default]
    Unicode,
    /// For terminals that show nothing else.
    Ascii,
}

impl Charset {
    /// Bytes that somebody else chose, made harmless by [`escape()`]; what is left beyond ASCII is
    /// escaped, too, where it cannot be shown.
    #[must_use]
    pub fn escape(self, bytes: &[u8]) -> Cow<'_, str> {
        let text = escape(bytes);
        if self == Self::Unicode || text.is_ascii() {
            return text;
        }
        let mut out = String::with_capacity(text.len() * 2);
        for c in text.chars() {
            if c.is_ascii() {
                out.push(c);
            } else {
                out.extend(c.escape_unicode());
            }
        }
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::unescape;

    proptest::proptest! {
        #[test]
        fn ascii_is_ascii_and_comes_back(bytes: Vec<u8>) {
            let escaped = Charset::Ascii.escape(&bytes);
            proptest::prop_assert!(escaped.is_ascii());
            proptest::prop_assert_eq!(unescape(&escaped), Some(bytes));
        }
    }

    #[test]
    fn letters_stay_where_they_can_be_shown() {
        assert_eq!(Charset::Unicode.escape("サーバー".as_bytes()), "サーバー");
        assert_eq!(Charset::Ascii.escape("naïve".as_bytes()), r"na\u{ef}ve");
    }
}
