//! How things look, by what they mean: styles and symbols.
//!
//! Only the 16 colours that the user's terminal defines, never dark blue, never bright white on the
//! default. Monochrome uses no colour at all; what a colour says, a glyph or a word says too.

use std::borrow::Cow;

use ratatui::style::{Color, Modifier, Style};

use crate::text::{self, Charset};

/// Whether colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorChoice {
    /// The terminal's own 16 colours.
    Ansi16,
    /// None: bold, dim and reverse alone.
    Monochrome,
}

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Text,
    /// Less important than its surroundings.
    Muted,
    /// The program's name, titles of panes.
    Title,
    Heading,
    ActiveTab,
    Selected,
    New,
    Changed,
    Closed,
    Good,
    Warning,
    Error,
    Frozen,
    Key,
    /// What the filter found.
    Match,
    /// What is wrong in a text.
    Mistake,
}

/// Theme and symbols together: everything about looks that drawing asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    color: ColorChoice,
    pub(super) ascii: bool,
    pub(super) symbols: &'static Symbols,
}

/// The characters of our own that are not letters.
#[derive(Debug)]
pub(super) struct Symbols {
    pub(super) live: &'static str,
    pub(super) frozen: &'static str,
    pub(super) warning: &'static str,
    /// Worse than a warning.
    pub(super) alarm: &'static str,
    /// Less than a warning.
    pub(super) note: &'static str,
    pub(super) ascending: &'static str,
    pub(super) descending: &'static str,
    pub(super) rule: &'static str,
    /// In place of a value that there is none of.
    pub(super) none: &'static str,
    pub(super) arrow: &'static str,
    /// Between a process and the one that started it.
    pub(super) from: &'static str,
    pub(super) dot: &'static str,
    pub(super) ellipsis: &'static str,
    /// What stands below it is shown.
    pub(super) open: &'static str,
    pub(super) folded: &'static str,
    /// In front of a sum of which a part is not known.
    pub(super) at_least: &'static str,
    /// As it should be, and not.
    pub(super) check: &'static str,
    pub(super) cross: &'static str,
}

static UNICODE: Symbols = Symbols {
    live: "●",
    frozen: "■",
    warning: "▲",
    alarm: "◆",
    note: "·",
    ascending: "▲",
    descending: "▼",
    rule: "─",
    none: "—",
    arrow: "→",
    from: "←",
    dot: "·",
    ellipsis: "…",
    open: "▾",
    folded: "▸",
    at_least: "≥",
    check: "✓",
    cross: "✗",
};

static ASCII: Symbols = Symbols {
    live: "*",
    frozen: "#",
    warning: "!",
    alarm: "!!",
    note: ".",
    ascending: "^",
    descending: "v",
    rule: "-",
    none: "-",
    arrow: "->",
    from: "<-",
    dot: ";",
    ellipsis: "~",
    open: "v",
    folded: ">",
    at_least: ">=",
    check: "v",
    cross: "x",
};

impl Look {
    pub(super) fn new(color: ColorChoice, ascii: bool) -> Self {
        Self { color, ascii, symbols: if ascii { &ASCII } else { &UNICODE } }
    }

    pub(super) fn style(&self, meaning: Meaning) -> Style {
        let (color, modifier) = match meaning {
            Meaning::Text => (None, Modifier::empty()),
            Meaning::Muted => (None, Modifier::DIM),
            Meaning::Title | Meaning::Heading => (None, Modifier::BOLD),
            Meaning::ActiveTab => (None, Modifier::BOLD.union(Modifier::REVERSED)),
            Meaning::Selected => (None, Modifier::REVERSED),
            Meaning::New => (Some(Color::Green), Modifier::BOLD),
            Meaning::Changed => (Some(Color::Yellow), Modifier::BOLD),
            Meaning::Closed => (Some(Color::Red), Modifier::DIM),
            Meaning::Good => (Some(Color::Green), Modifier::empty()),
            Meaning::Warning => (Some(Color::Yellow), Modifier::empty()),
            Meaning::Error => (Some(Color::Red), Modifier::BOLD),
            Meaning::Frozen => (Some(Color::Cyan), Modifier::BOLD),
            Meaning::Key => (Some(Color::Cyan), Modifier::empty()),
            Meaning::Match => (None, Modifier::UNDERLINED),
            Meaning::Mistake => (Some(Color::Red), Modifier::UNDERLINED),
        };
        match (self.color, color) {
            // Dim red is hard to read.
            (ColorChoice::Ansi16, Some(color)) => {
                Style::new().fg(color).add_modifier(modifier.difference(Modifier::DIM))
            }
            (ColorChoice::Monochrome, Some(_)) if meaning == Meaning::Key => {
                Style::new().add_modifier(Modifier::BOLD)
            }
            _ => Style::new().add_modifier(modifier),
        }
    }

    /// The characters that the terminal shows.
    pub(super) fn charset(&self) -> Charset {
        if self.ascii { Charset::Ascii } else { Charset::Unicode }
    }

    /// Bytes that somebody else chose, made harmless; in ASCII when that was asked for.
    pub(super) fn escape<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        self.charset().escape(bytes)
    }

    /// The text in at most `cells` cells, cut at its end.
    pub(super) fn elide<'a>(&self, text: &'a str, cells: usize) -> Cow<'a, str> {
        self.charset().elide(text, cells)
    }

    /// The text in at most `cells` cells, cut at its start.
    pub(super) fn elide_start<'a>(&self, text: &'a str, cells: usize) -> Cow<'a, str> {
        self.charset().elide_start(text, cells)
    }

    /// A span, short: `850µs`, and `2s` where that is the whole truth.
    pub(super) fn brief(&self, span: std::time::Duration) -> String {
        if span.subsec_nanos() == 0 {
            return text::span(span);
        }
        let text = text::brief(span);
        if self.ascii { text.replace('µ', "u") } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_means_ascii() {
        let look = Look::new(ColorChoice::Monochrome, true);
        assert_eq!(look.escape("日本".as_bytes()), r"\u{65e5}\u{672c}");
        assert_eq!(look.elide("postgres", 5), "post~");
        assert_eq!(look.elide_start("/usr/sbin/nginx", 6), "~nginx");
        assert_eq!(look.brief(std::time::Duration::from_micros(8)), "8us");
    }

    #[test]
    fn monochrome_has_no_colour() {
        let look = Look::new(ColorChoice::Monochrome, false);
        for meaning in [
            Meaning::New,
            Meaning::Changed,
            Meaning::Closed,
            Meaning::Good,
            Meaning::Warning,
            Meaning::Error,
            Meaning::Frozen,
            Meaning::Key,
            Meaning::Selected,
        ] {
            let style = look.style(meaning);
            assert_eq!((style.fg, style.bg), (None, None), "{meaning:?}");
        }
    }
}
