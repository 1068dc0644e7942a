//! The themes: colours by what they mean, on a ground of their own.
//!
//! Only tables. `sight` holds them against the contrast that reading needs, and the colour-blind ones
//! against the eyes that they are made for.

use ratatui::style::Color;

use super::Meaning;
use super::depth::Rgb;

/// In which colours the dashboard is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The terminal's own, on its own ground.
    #[default]
    Terminal,
    /// None.
    Monochrome,
    Dark,
    Light,
    ColorblindDark,
    ColorblindLight,
}

impl Theme {
    /// Every theme with its name, in the order in which they follow each other.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("terminal", Self::Terminal),
        ("dark", Self::Dark),
        ("light", Self::Light),
        ("colorblind-dark", Self::ColorblindDark),
        ("colorblind-light", Self::ColorblindLight),
        ("mono", Self::Monochrome),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, theme)| *theme == self).map_or("", |(name, _)| name)
    }

    pub(super) fn next(self) -> Self {
        let at = Self::ALL.iter().position(|(_, theme)| *theme == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()].1
    }

    /// Its own colours; `None` where it takes the terminal's, or none.
    pub(super) fn colors(self) -> Option<&'static Colors> {
        match self {
            Self::Terminal | Self::Monochrome => None,
            Self::Dark => Some(&DARK),
            Self::Light => Some(&LIGHT),
            Self::ColorblindDark => Some(&COLORBLIND_DARK),
            Self::ColorblindLight => Some(&COLORBLIND_LIGHT),
        }
    }

    /// Good, warning and error on a terminal that has no room for more than its own colours.
    pub(super) fn sixteen(self) -> [Color; 3] {
        match self {
            Self::ColorblindDark | Self::ColorblindLight => [Color::Cyan, Color::Yellow, Color::Magenta],
            _ => [Color::Green, Color::Yellow, Color::Red],
        }
    }
}

/// The colours of a theme.
#[derive(Debug)]
pub(super) struct Colors {
    pub(super) ground: Rgb,
    /// The ground of what is selected.
    pub(super) selected: Rgb,
    pub(super) text: Rgb,
    muted: Rgb,
    /// What is new, and what is well.
    good: Rgb,
    /// What has changed, and warnings.
    warning: Rgb,
    /// What is closed, and errors.
    error: Rgb,
    /// Keys, the active tab, and a picture that is held.
    pub(super) accent: Rgb,
}

impl Colors {
    /// The colour of the letters; `None` where only the ground says it, or an underline.
    pub(super) fn of(&self, meaning: Meaning) -> Option<Rgb> {
        Some(match meaning {
            Meaning::Text | Meaning::Title | Meaning::Heading => self.text,
            Meaning::Muted => self.muted,
            Meaning::New | Meaning::Good => self.good,
            Meaning::Changed | Meaning::Warning => self.warning,
            Meaning::Closed | Meaning::Error | Meaning::Mistake => self.error,
            Meaning::Frozen | Meaning::Key => self.accent,
            Meaning::ActiveTab | Meaning::Selected | Meaning::Match => return None,
        })
    }
}

static DARK: Colors = Colors {
    ground: Rgb([0x14, 0x17, 0x1c]),
    selected: Rgb([0x2b, 0x34, 0x40]),
    text: Rgb([0xd6, 0xda, 0xe0]),
    muted: Rgb([0x8b, 0x94, 0x9e]),
    good: Rgb([0x56, 0xd3, 0x64]),
    warning: Rgb([0xe3, 0xb3, 0x41]),
    error: Rgb([0xff, 0x7b, 0x72]),
    accent: Rgb([0x79, 0xc0, 0xff]),
};

static LIGHT: Colors = Colors {
    ground: Rgb([0xff, 0xff, 0xff]),
    selected: Rgb([0xe9, 0xed, 0xf1]),
    text: Rgb([0x1f, 0x23, 0x28]),
    muted: Rgb([0x59, 0x63, 0x6e]),
    good: Rgb([0x11, 0x63, 0x29]),
    warning: Rgb([0x7d, 0x4e, 0x00]),
    error: Rgb([0xa4, 0x0e, 0x26]),
    accent: Rgb([0x05, 0x50, 0xae]),
};

/// Sky blue, yellow and vermilion of Okabe and Ito (<https://jfly.uni-koeln.de/color/>), the last one lighter.
static COLORBLIND_DARK: Colors = Colors {
    good: Rgb([0x56, 0xb4, 0xe9]),
    warning: Rgb([0xf0, 0xe4, 0x42]),
    error: Rgb([0xf0, 0x80, 0x40]),
    accent: Rgb([0xd7, 0x95, 0xb9]),
    ..DARK
};

/// Their blue, yellow and vermilion, darker: on white they could not be read.
static COLORBLIND_LIGHT: Colors = Colors {
    good: Rgb([0x00, 0x6b, 0xa8]),
    warning: Rgb([0x7a, 0x6a, 0x00]),
    error: Rgb([0x6a, 0x22, 0x00]),
    accent: Rgb([0x87, 0x33, 0x66]),
    ..LIGHT
};
