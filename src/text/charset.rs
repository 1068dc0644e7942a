//! Which characters the place of showing knows.

use std::borrow::Cow;

use super::{elide, elide_start, escape};

/// The characters in which something is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    #[default]
    Unicode,
    /// For terminals that show nothing else.
    Ascii,
}

impl Charset {
    /// Bytes that somebody else chose, made harmless by [`escape()`], and shown in these characters.
    #[must_use]
    pub fn escape(self, bytes: &[u8]) -> Cow<'_, str> {
        match escape(bytes) {
            Cow::Borrowed(text) => self.show(text),
            Cow::Owned(text) => Cow::Owned(self.show(&text).into_owned()),
        }
    }

    /// Text that has been escaped, in these characters.
    #[must_use]
    pub fn show(self, text: &str) -> Cow<'_, str> {
        if self == Self::Unicode || text.is_ascii() {
            return Cow::Borrowed(text);
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

    /// From one to the next.
    #[must_use]
    pub fn arrow(self) -> &'static str {
        if self == Self::Ascii { "->" } else { "→" }
    }

    /// Something was left out.
    #[must_use]
    pub fn ellipsis(self) -> &'static str {
        if self == Self::Ascii { "~" } else { "…" }
    }

    /// The text in at most `cells` cells, cut at its end.
    #[must_use]
    pub fn elide(self, text: &str, cells: usize) -> Cow<'_, str> {
        self.mark_cut(elide(text, cells))
    }

    /// The text in at most `cells` cells, cut at its start.
    #[must_use]
    pub fn elide_start(self, text: &str, cells: usize) -> Cow<'_, str> {
        self.mark_cut(elide_start(text, cells))
    }

    /// In ASCII the text held no ellipsis before it was cut.
    fn mark_cut(self, cut: Cow<'_, str>) -> Cow<'_, str> {
        match cut {
            Cow::Owned(cut) if self == Self::Ascii => Cow::Owned(cut.replace('…', self.ellipsis())),
            cut => cut,
        }
    }

    /// This is wrong.
    #[must_use]
    pub fn cross(self) -> &'static str {
        if self == Self::Ascii { "x" } else { "✗" }
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
