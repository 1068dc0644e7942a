//! What is claimed of the sockets that pass a filter, and whether that holds: for `-q`, `assert` and `wait-for`.
//!
//! What could not be seen counts for nothing. It neither passes nor is absent, so that an empty answer is one only
//! where everything was seen that could fill it. Pure: who asks reads, prints and ends.

use super::selection::Selection;
use crate::model::{Life, Row};
use crate::store::{Moment, Table};
use crate::text;

/// How many sockets are to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    AtLeast(usize),
    Nobody,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Holds,
    Fails,
    /// Not enough could be seen to say.
    Unknown,
}

/// What a reading says of a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    /// Sockets that were seen and pass.
    pub(super) passing: usize,
    /// Those of which that cannot be said.
    pub(super) in_doubt: usize,
    /// Every table that could hold one was read whole.
    pub(super) whole: bool,
}

impl Tally {
    pub(super) fn of(sockets: &Table, moment: &Moment, selection: &Selection) -> Self {
        let mut tally = Self { passing: 0, in_doubt: 0, whole: moment.coverage.is_whole() };
        for row in sockets.open() {
            match verdict(row, moment, selection) {
                Some(true) => tally.passing += 1,
                Some(false) => {}
                None => tally.in_doubt += 1,
            }
        }
        tally
    }

    /// True when no other socket passes than those that were counted.
    fn is_final(&self) -> bool {
        self.whole && self.in_doubt == 0
    }
}

/// Whether the socket passes; `None` when that cannot be said.
pub(super) fn verdict(row: &Row, moment: &Moment, selection: &Selection) -> Option<bool> {
    match selection.judge(row, moment) {
        Some(false) => Some(false),
        _ if !was_seen(row, moment) => None,
        verdict => verdict,
    }
}

/// False for a socket of which only earlier readings tell.
fn was_seen(row: &Row, moment: &Moment) -> bool {
    let slice = row.socket.slice();
    let is_blind = || {
        let read = moment.coverage.slices.iter().find(|read| read.slice == slice);
        read.is_none_or(|read| read.status.is_blind())
    };
    row.life() == Life::Open && !is_blind()
}

impl Claim {
    /// Whether it holds, as far as that was seen.
    pub(super) fn answer(self, tally: &Tally) -> Answer {
        match self {
            Self::AtLeast(count) if tally.passing >= count => Answer::Holds,
            Self::Nobody if tally.passing > 0 => Answer::Fails,
            _ if !tally.is_final() => Answer::Unknown,
            Self::AtLeast(_) => Answer::Fails,
            Self::Nobody => Answer::Holds,
        }
    }

    /// What was expected and what is there, as one sentence.
    pub(super) fn sentence(self, tally: &Tally) -> String {
        let expected = match self {
            Self::AtLeast(1) => "a socket that passes".to_owned(),
            Self::AtLeast(count) => format!("at least {count} sockets that pass"),
            Self::Nobody => "no socket that passes".to_owned(),
        };
        let there = match tally.passing {
            0 => "none is there".to_owned(),
            1 => "1 is there".to_owned(),
            many => format!("{many} are there"),
        };
        let reserve = match (self.answer(tally), tally.in_doubt) {
            (Answer::Unknown, 0) => ", as far as could be seen".to_owned(),
            (Answer::Unknown, many) => {
                format!(", and of {} that cannot be said", text::counted(many, "socket", "sockets"))
            }
            _ => String::new(),
        };
        format!("expected {expected}, {there}{reserve}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_seen_neither_passes_nor_is_absent() {
        use Answer::{Fails, Holds, Unknown};
        use Claim::{AtLeast, Nobody};
        for (claim, passing, in_doubt, whole, answer, says) in [
            (AtLeast(1), 1, 0, true, Holds, "a socket that passes, 1 is there"),
            (AtLeast(1), 1, 5, false, Holds, "a socket that passes, 1 is there"),
            (AtLeast(1), 0, 0, true, Fails, "a socket that passes, none is there"),
            (
                AtLeast(1),
                0,
                0,
                false,
                Unknown,
                "a socket that passes, none is there, as far as could be seen",
            ),
            (
                AtLeast(1),
                0,
                2,
                true,
                Unknown,
                "a socket that passes, none is there, and of 2 sockets that cannot be said",
            ),
            (AtLeast(3), 2, 0, true, Fails, "at least 3 sockets that pass, 2 are there"),
            (
                AtLeast(3),
                2,
                1,
                true,
                Unknown,
                "at least 3 sockets that pass, 2 are there, and of 1 socket that cannot be said",
            ),
            (AtLeast(3), 3, 1, false, Holds, "at least 3 sockets that pass, 3 are there"),
            (Nobody, 0, 0, true, Holds, "no socket that passes, none is there"),
            (Nobody, 0, 0, false, Unknown, "no socket that passes, none is there, as far as could be seen"),
            (
                Nobody,
                0,
                1,
                true,
                Unknown,
                "no socket that passes, none is there, and of 1 socket that cannot be said",
            ),
            (Nobody, 2, 1, false, Fails, "no socket that passes, 2 are there"),
        ] {
            let tally = Tally { passing, in_doubt, whole };
            assert_eq!(claim.answer(&tally), answer, "{claim:?} {tally:?}");
            assert_eq!(claim.sentence(&tally), format!("expected {says}"), "{claim:?} {tally:?}");
        }
    }
}
