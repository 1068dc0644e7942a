//! How many colours a terminal has, and what of a colour it can show.
//!
//! Only arithmetic; which terminal it is, and what it says of itself, is asked elsewhere.

use ratatui::style::Color;

/// How many steps a mark takes to fade.
const STEPS: u8 = 3;

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorChoice {
    /// None: bold, dim and reverse alone.
    Monochrome,
    /// The terminal's own 16 colours.
    Ansi16,
    /// Those and 240 more, which are the same everywhere.
    Indexed256,
    /// All.
    Truecolor,
}

impl ColorChoice {
    /// The colour, or the nearest that the terminal has beyond its own.
    pub(super) fn of(self, color: Rgb) -> Color {
        match self {
            Self::Truecolor => Color::Rgb(color.0[0], color.0[1], color.0[2]),
            _ => Color::Indexed(color.nearest()),
        }
    }
}

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(pub(super) [u8; 3]);

impl Rgb {
    /// The colour, so many steps on its way to another one, which it does not reach.
    pub(super) fn towards(self, other: Self, steps: u8) -> Self {
        let steps = u16::from(steps.min(STEPS - 1));
        let mix = |at: usize| {
            let (from, to) = (u16::from(self.0[at]), u16::from(other.0[at]));
            let mixed = (from * (u16::from(STEPS) - steps) + to * steps) / u16::from(STEPS);
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Self([mix(0), mix(1), mix(2)])
    }

    /// The number of the nearest of the 240 colours behind the terminal's own: a cube of 6 levels, and greys.
    fn nearest(self) -> u8 {
        let distance = |index: &u8| {
            let other = Self::indexed(*index).0;
            self.0.iter().zip(other).map(|(one, other)| u32::from(one.abs_diff(other)).pow(2)).sum::<u32>()
        };
        (16..=255).min_by_key(distance).unwrap_or(16)
    }

    /// What the terminals show for a number from 16 on (`256colres.pl` of xterm).
    pub(super) fn indexed(index: u8) -> Self {
        const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        match index.saturating_sub(16) {
            grey @ 216.. => Self([8 + (grey - 216) * 10; 3]),
            cube => Self([cube / 36, cube / 6 % 6, cube % 6].map(|level| LEVELS[usize::from(level)])),
        }
    }
}
