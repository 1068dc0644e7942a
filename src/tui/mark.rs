//! Marks: what is new, changed or closed, for three seconds, or since a moment that the user chose.
//!
//! They fade in a few steps, so that a screen is not drawn again for nothing. Pure functions of a row and the time.

use std::time::Duration;

use crate::model::{Life, Row, Stamp};

use super::theme::Meaning;

/// How long a mark stays.
pub(super) const LASTS: Duration = Duration::from_secs(3);
/// In so many steps it fades.
const STEPS: u8 = 3;
/// Marks turn together, so often after a reading: what is heard between two has moments of its own, by the hundred on a
/// busy machine. Of a second the last part is left to the next reading.
const BEAT: Duration = Duration::from_millis(400);

/// What happened to a row a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    New,
    Changed,
    Closed,
}

impl Mark {
    /// Every mark, with the word that explains it.
    pub(super) const ALL: [(Self, &'static str); 3] =
        [(Self::New, "new"), (Self::Changed, "changed"), (Self::Closed, "closed")];

    /// The mark of a row at a moment. Closed wins over new, and new over changed. Where there is a moment to
    /// compare with, what happened after it stays marked.
    pub(super) fn of(row: &Row, now: &Stamp, compared: Option<&Stamp>) -> Option<Self> {
        if let Some(then) = compared
            && row.is_open()
        {
            let after = |at: Option<Stamp>| at.is_some_and(|at| at.mono > then.mono);
            let changed = after(row.history().changed).then_some(Self::Changed);
            return if after(row.history().opened) { Some(Self::New) } else { changed };
        }
        Self::with_since(row).filter(|(_, since)| now.since(since) < LASTS).map(|(mark, _)| mark)
    }

    /// How many steps the row's mark has faded. What is marked since a chosen moment does not fade.
    pub(super) fn faded(row: &Row, now: &Stamp, compared: Option<&Stamp>) -> u8 {
        let fades = compared.is_none() || !row.is_open();
        let age =
            Self::with_since(row).filter(|_| fades).map_or(Duration::ZERO, |(_, since)| now.since(&since));
        (1..STEPS).rfind(|step| age >= after(*step)).unwrap_or(0)
    }

    /// When the row's mark fades by a step, and at last ends, on the monotonic clock; nothing without mark.
    pub(super) fn turns(row: &Row, now: &Stamp) -> impl Iterator<Item = Duration> {
        let marked = Self::with_since(row).filter(|(_, since)| now.since(since) < LASTS);
        marked.into_iter().flat_map(|(_, since)| (1..=STEPS).map(move |step| since.mono + after(step)))
    }

    /// When the mark of a row that closed ends, on the monotonic clock; `None` of one that is open.
    pub(super) fn leaves(row: &Row) -> Option<Duration> {
        match row.life() {
            Life::Closed { at } => Some(at.mono + LASTS),
            Life::Open | Life::Missed => None,
        }
    }

    /// The row's last change, and when it was.
    fn with_since(row: &Row) -> Option<(Self, Stamp)> {
        if let Life::Closed { at } = row.life() {
            return Some((Self::Closed, at));
        }
        match (row.history().opened, row.history().changed) {
            (Some(opened), Some(changed)) if changed.since(&opened) >= LASTS => {
                Some((Self::Changed, changed))
            }
            (Some(opened), _) => Some((Self::New, opened)),
            (None, changed) => changed.map(|changed| (Self::Changed, changed)),
        }
    }

    /// The glyph that says it without colour.
    pub(super) fn glyph(self) -> &'static str {
        match self {
            Self::New => "+",
            Self::Changed => "~",
            Self::Closed => "-",
        }
    }

    pub(super) fn meaning(self) -> Meaning {
        match self {
            Self::New => Meaning::New,
            Self::Changed => Meaning::Changed,
            Self::Closed => Meaning::Closed,
        }
    }
}

/// When what turns at a moment is shown to have turned, on the clock of that reading.
pub(super) fn beat(turn: Duration, reading: Duration) -> Duration {
    let beats = turn.saturating_sub(reading).as_nanos().div_ceil(BEAT.as_nanos());
    reading + BEAT.saturating_mul(u32::try_from(beats).unwrap_or(u32::MAX))
}

/// How old a mark is after so many steps.
fn after(steps: u8) -> Duration {
    LASTS * u32::from(steps) / u32::from(STEPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_between_two_beats_turns_at_the_second() {
        let ms = Duration::from_millis;
        for (turn, beat_at) in [(900, 1_000), (1_000, 1_000), (1_001, 1_400), (1_400, 1_400), (2_000, 2_200)]
        {
            assert_eq!(beat(ms(turn), ms(1_000)), ms(beat_at), "{turn}");
        }
        let own_moments = (0..1_000).map(|at| beat(ms(1_000 + at), ms(1_000)));
        assert_eq!(own_moments.collect::<std::collections::BTreeSet<_>>().len(), 4, "1.0, 1.4, 1.8, 2.2");
    }
}
