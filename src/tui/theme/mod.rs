//! How things look, by what they mean: styles and symbols.
//!
//! Unless a theme was chosen, only the 16 colours that the user's terminal defines, never dark blue, never
//! bright white on the default. Monochrome uses no colour at all; what a colour says, a glyph or a word says too.

mod depth;
#[cfg(test)]
mod sight;
mod themes;

use std::borrow::Cow;

use ratatui::style::{Color, Modifier, Style};

use crate::text::{self, Charset};

pub use depth::ColorChoice;
use themes::Colors;
pub use themes::Theme;

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
    theme: Theme,
    /// How many colours the terminal has.
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
    /// The terminal's own colours, as far as it has some.
    pub(super) fn new(color: ColorChoice, ascii: bool) -> Self {
        Self::themed(Theme::Terminal, color, ascii)
    }

    pub(super) fn themed(theme: Theme, color: ColorChoice, ascii: bool) -> Self {
        Self { theme, color, ascii, symbols: if ascii { &ASCII } else { &UNICODE } }
    }

    pub(super) fn theme(&self) -> Theme {
        self.theme
    }

    /// The same in another theme.
    pub(super) fn in_theme(self, theme: Theme) -> Self {
        Self { theme, ..self }
    }

    /// The same in the next theme.
    pub(super) fn in_next_theme(self) -> Self {
        self.in_theme(self.theme.next())
    }

    /// True when themes differ: without colours all look alike.
    pub(super) fn has_colors(&self) -> bool {
        self.color != ColorChoice::Monochrome
    }

    /// What lies under everything: the colours of the theme, or whatever the terminal has.
    pub(super) fn ground(&self) -> Style {
        let painted =
            |colors: &Colors| Style::new().fg(self.color.of(colors.text)).bg(self.color.of(colors.ground));
        self.painted().map_or_else(Style::new, painted)
    }

    pub(super) fn style(&self, meaning: Meaning) -> Style {
        match (self.painted(), self.theme) {
            (Some(colors), _) => self.paint(colors, meaning),
            (None, Theme::Monochrome) => in_monochrome(meaning),
            (None, _) if self.color == ColorChoice::Monochrome => in_monochrome(meaning),
            (None, theme) => in_sixteen(theme, meaning),
        }
    }

    /// The style of a mark that began so many steps ago: it stands out less with every one.
    pub(super) fn fading(&self, meaning: Meaning, steps: u8) -> Style {
        let style = self.style(meaning);
        let style = if steps == 0 { style } else { style.remove_modifier(Modifier::BOLD) };
        match (self.painted(), self.painted().and_then(|colors| colors.of(meaning))) {
            (Some(colors), Some(color)) => style.fg(self.color.of(color.towards(colors.text, steps))),
            _ => style,
        }
    }

    /// The theme's own colours, where the terminal has room for them.
    fn painted(&self) -> Option<&'static Colors> {
        let many = matches!(self.color, ColorChoice::Indexed256 | ColorChoice::Truecolor);
        self.theme.colors().filter(|_| many)
    }

    fn paint(&self, colors: &Colors, meaning: Meaning) -> Style {
        let on = |color| Style::new().bg(self.color.of(color));
        let style = colors.of(meaning).map_or_else(Style::new, |color| Style::new().fg(self.color.of(color)));
        match meaning {
            Meaning::ActiveTab => {
                on(colors.accent).fg(self.color.of(colors.ground)).add_modifier(Modifier::BOLD)
            }
            Meaning::Selected => on(colors.selected),
            Meaning::Match | Meaning::Mistake => style.add_modifier(Modifier::UNDERLINED),
            Meaning::Text | Meaning::Muted | Meaning::Good | Meaning::Warning | Meaning::Key => style,
            _ => style.add_modifier(Modifier::BOLD),
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

/// Bold, dim and reverse alone.
fn in_monochrome(meaning: Meaning) -> Style {
    Style::new().add_modifier(match meaning {
        Meaning::Muted | Meaning::Closed => Modifier::DIM,
        Meaning::Title
        | Meaning::Heading
        | Meaning::New
        | Meaning::Changed
        | Meaning::Error
        | Meaning::Frozen
        | Meaning::Key => Modifier::BOLD,
        Meaning::ActiveTab => Modifier::BOLD.union(Modifier::REVERSED),
        Meaning::Selected => Modifier::REVERSED,
        Meaning::Match | Meaning::Mistake => Modifier::UNDERLINED,
        Meaning::Text | Meaning::Good | Meaning::Warning => Modifier::empty(),
    })
}

/// The colours that the user's terminal defines.
fn in_sixteen(theme: Theme, meaning: Meaning) -> Style {
    let [good, warning, error] = theme.sixteen();
    let color = match meaning {
        Meaning::New | Meaning::Good => good,
        Meaning::Changed | Meaning::Warning => warning,
        Meaning::Closed | Meaning::Error | Meaning::Mistake => error,
        Meaning::Frozen | Meaning::Key => Color::Cyan,
        _ => return in_monochrome(meaning),
    };
    let style = Style::new().fg(color);
    match meaning {
        Meaning::New | Meaning::Changed | Meaning::Closed | Meaning::Error | Meaning::Frozen => {
            style.add_modifier(Modifier::BOLD)
        }
        Meaning::Mistake => style.add_modifier(Modifier::UNDERLINED),
        _ => style,
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
