//! Marks: what is new, changed or closed, for three seconds, or since a moment that the user chose.
//!
//! Pure functions of a row and the time.

use std::time::Duration;

use crate::model::{Life, Row, Stamp};

use super::theme::Meaning;

/// How long a mark stays.
pub(super) const LASTS: Duration = Duration::from_secs(3);

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

    /// When the row's mark ends, on the monotonic clock; `None` without mark.
    pub(super) fn ends(row: &Row, now: &Stamp) -> Option<Duration> {
        let (_, since) = Self::with_since(row)?;
        (now.since(&since) < LASTS).then_some(since.mono + LASTS)
    }

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
