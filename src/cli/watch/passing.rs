//! Whether time passes as a watch takes for granted, and whether readings keep up with it. Pure.

use std::time::Duration;

use jiff::SignedDuration;

use crate::model::Stamp;
use crate::text::{brief, span};

/// A clock that is nudged, and two that are looked at one after the other, differ by less.
const STEP: SignedDuration = SignedDuration::from_millis(500);
/// A shorter sleep changes nothing for anybody.
const NAP: Duration = Duration::from_secs(1);
/// Who looks five times a second stands still after so long, however busy the machine is.
const STANDSTILL: Duration = Duration::from_secs(5);
/// So many readings in time, one after the other, are no chance.
const IN_TIME: u32 = 10;

/// What was odd about the time that passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Odd {
    /// The machine slept.
    Slept(Duration),
    /// The clock on the wall was set, forward or back.
    Set(SignedDuration),
    /// The watch itself did not run, as when somebody stopped it.
    Stood(Duration),
}

/// The last look at the clocks.
#[derive(Debug, Default)]
pub(super) struct Passing {
    last: Option<(Stamp, Duration)>,
}

impl Passing {
    /// What was odd since the last look. `asleep`: how long the machine has slept since it booted.
    pub(super) fn look(&mut self, now: Stamp, asleep: Duration) -> Vec<Odd> {
        let Some((last, was_asleep)) = self.last.replace((now, asleep)) else { return Vec::new() };
        let (awake, slept) = (now.since(&last), asleep.saturating_sub(was_asleep));
        let passed = SignedDuration::try_from(awake + slept).unwrap_or(SignedDuration::MAX);
        let set = now.wall.duration_since(last.wall).saturating_sub(passed);
        let mut odd = Vec::new();
        odd.extend((slept >= NAP).then_some(Odd::Slept(slept)));
        odd.extend((awake >= STANDSTILL).then_some(Odd::Stood(awake)));
        odd.extend((set.abs() >= STEP).then_some(Odd::Set(set)));
        odd
    }
}

impl Odd {
    /// As a sentence.
    pub(super) fn told(self) -> String {
        match self {
            Self::Slept(time) => format!("the machine slept for {}; nothing ran meanwhile", told(time)),
            Self::Stood(time) => format!(
                "this watch stood still for {}, as when it is stopped: what lived shorter may be missing",
                told(time)
            ),
            Self::Set(by) => format!(
                "the clock was set {} by {}: times that were told before are by the old one",
                if by.is_negative() { "back" } else { "forward" },
                told(by.unsigned_abs())
            ),
        }
    }
}

fn told(time: Duration) -> String {
    if time < Duration::from_mins(1) { brief(time) } else { span(time) }
}

/// Whether readings keep up with their interval.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// They do not, which was told; and how many did since.
    late: Option<u32>,
}

impl Pace {
    /// What is to be told after a reading that took so long; `due`: the time from its start to the next.
    pub(super) fn look(&mut self, took: Duration, interval: Duration, due: Duration) -> Option<String> {
        let in_time = took <= interval;
        match (&mut self.late, in_time) {
            (None, true) => None,
            (None, false) => {
                self.late = Some(0);
                Some(format!(
                    "a reading took {}, longer than the interval of {}: the next one follows after {}",
                    brief(took),
                    brief(interval),
                    brief(due)
                ))
            }
            (Some(count), false) => {
                *count = 0;
                None
            }
            (Some(count), true) => {
                *count += 1;
                let keeps_up = *count >= IN_TIME;
                keeps_up.then(|| {
                    self.late = None;
                    format!("readings keep to the interval of {} again", brief(interval))
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A moment: seconds that ran, seconds on the wall.
    fn at(mono: f64, wall: f64) -> Stamp {
        let wall = jiff::Timestamp::UNIX_EPOCH + SignedDuration::from_secs_f64(wall);
        Stamp { mono: Duration::from_secs_f64(mono), wall }
    }

    #[test]
    fn sleep_a_clock_that_is_set_and_a_standstill_are_told_apart() {
        let secs = Duration::from_secs;
        let by = SignedDuration::from_secs;
        let hour = 3600;
        for (what, now, asleep, expected) in [
            ("as usual", at(100.2, 1000.2), secs(7), vec![]),
            ("a nudge", at(100.2, 1000.3), secs(7), vec![]),
            ("sleep", at(100.2, 4600.2), secs(7 + hour), vec![Odd::Slept(secs(hour))]),
            ("set forward", at(100.0, 4600.0), secs(7), vec![Odd::Set(by(3600))]),
            ("set back", at(100.0, 400.0), secs(7), vec![Odd::Set(by(-600))]),
            ("stopped", at(130.0, 1030.0), secs(7), vec![Odd::Stood(secs(30))]),
            (
                "sleep, and set forward",
                at(100.0, 4660.0),
                secs(7 + hour),
                vec![Odd::Slept(secs(hour)), Odd::Set(by(60))],
            ),
        ] {
            let mut passing = Passing::default();
            assert_eq!(passing.look(at(100.0, 1000.0), secs(7)), [], "{what}: there is no look before");
            assert_eq!(passing.look(now, asleep), expected, "{what}");
            assert_eq!(passing.look(now, asleep), [], "{what}: once");
        }
        assert_eq!(Odd::Slept(secs(2)).told(), "the machine slept for 2.0s; nothing ran meanwhile");
        assert!(Odd::Set(by(7300)).told().starts_with("the clock was set forward by 2h 1m: "));
        assert!(Odd::Set(by(-5)).told().starts_with("the clock was set back by 5.0s"));
        assert!(Odd::Stood(secs(6)).told().starts_with("this watch stood still for 6.0s"));
    }

    #[test]
    fn readings_that_take_too_long_are_told_once_until_they_do_not_any_more() {
        let (interval, slow, due) =
            (Duration::from_secs(1), Duration::from_millis(1500), Duration::from_secs(3));
        let mut pace = Pace::default();
        assert_eq!(pace.look(interval, interval, due), None);
        let told = pace.look(slow, interval, due).unwrap();
        assert_eq!(
            told,
            "a reading took 1.5s, longer than the interval of 1.0s: the next one follows after 3.0s"
        );
        assert_eq!(pace.look(slow, interval, due), None);
        for _ in 1..IN_TIME {
            assert_eq!(pace.look(interval, interval, interval), None);
        }
        assert_eq!(pace.look(slow, interval, due), None, "it was chance");
        let told: Vec<_> = (0..IN_TIME).filter_map(|_| pace.look(interval, interval, interval)).collect();
        assert_eq!(told, ["readings keep to the interval of 1.0s again"]);
    }
}
