//! How text is shown: in which colours, which characters, and how wide. It decides none of it.

use anstyle::{AnsiColor, Style};

use crate::model::State;
use crate::text::Charset;

/// The place where text is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Face {
    pub paint: Paint,
    pub charset: Charset,
    /// The cells of a line; `None` where there is no end to it.
    pub width: Option<usize>,
}

/// Whether meanings have colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paint {
    #[default]
    Plain,
    /// The sixteen colours that follow the terminal's own theme.
    Ansi16,
}

/// What a piece of text means to its reader. Colour adds to the words and is never alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Meaning {
    #[default]
    Text,
    Heading,
    /// Less than the rest.
    Quiet,
    Good,
    Warning,
    Alarm,
}

impl Meaning {
    /// What a state says of a socket's health.
    pub(super) fn of(state: State) -> Self {
        match state {
            State::Listen => Self::Good,
            State::Established => Self::Text,
            // Waiting for the other end, or for a program that forgot to close.
            State::SynSent | State::SynRecv | State::CloseWait => Self::Warning,
            State::FinWait1
            | State::FinWait2
            | State::TimeWait
            | State::LastAck
            | State::Closing
            | State::Closed
            | State::Unconnected
            | State::Bound
            | State::Unknown => Self::Quiet,
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Text => Style::new(),
            Self::Heading => Style::new().bold(),
            Self::Quiet => Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Warning => AnsiColor::Yellow.on_default(),
            Self::Alarm => AnsiColor::Red.on_default().bold(),
        }
    }
}

impl Paint {
    /// Appends a text in the colour of its meaning.
    pub(super) fn push(self, line: &mut String, meaning: Meaning, text: &str) {
        if self == Self::Plain || meaning == Meaning::Text || text.is_empty() {
            line.push_str(text);
            return;
        }
        let style = meaning.style();
        crate::text::push(line, format_args!("{style}{text}{style:#}"));
    }

    /// The text in the colour of its meaning.
    pub(super) fn paint(self, meaning: Meaning, text: &str) -> String {
        let mut painted = String::new();
        self.push(&mut painted, meaning, text);
        painted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_end_where_the_text_ends() {
        assert_eq!(Paint::Ansi16.paint(Meaning::Good, "LISTEN"), "\x1b[32mLISTEN\x1b[0m");
        assert_eq!(Paint::Ansi16.paint(Meaning::Text, "ESTAB"), "ESTAB");
        assert_eq!(Paint::Ansi16.paint(Meaning::Alarm, ""), "");
        assert_eq!(Paint::Plain.paint(Meaning::Alarm, "high"), "high");
    }
}
