//! The clocks. Everything else takes the time as an argument.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::model::Stamp;

/// This moment on both clocks.
#[must_use]
pub fn now() -> Stamp {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks")]
    let wall = jiff::Timestamp::now();
    Stamp { mono: duration(clock_gettime(ClockId::Monotonic)), wall }
}

/// This moment, and how long the machine has slept since it booted. `None` where something came between the looks at
/// the clocks, so that they cannot be compared: the next time will do.
#[must_use]
#[cfg(linux)]
pub fn with_sleep() -> Option<(Stamp, Duration)> {
    const AT_ONCE: Duration = Duration::from_millis(10);
    let before = duration(clock_gettime(ClockId::Boottime));
    let now = now();
    let after = duration(clock_gettime(ClockId::Boottime));
    (after.saturating_sub(before) < AT_ONCE).then(|| (now, before.saturating_sub(now.mono)))
}

/// Of sleep only Linux tells.
#[must_use]
#[cfg(not(linux))]
pub fn with_sleep() -> Option<(Stamp, Duration)> {
    Some((now(), Duration::ZERO))
}

/// When the machine booted, by the wall clock; suspended time counts (`CLOCK_BOOTTIME`). `None`
/// when the clocks contradict each other.
#[must_use]
#[cfg(linux)]
pub fn booted() -> Option<jiff::Timestamp> {
    let up = duration(clock_gettime(ClockId::Boottime));
    now().wall.checked_sub(jiff::SignedDuration::try_from(up).ok()?).ok()
}

/// Nobody tells when the machine booted: the clock for it is Linux's.
#[must_use]
#[cfg(not(linux))]
pub fn booted() -> Option<jiff::Timestamp> {
    None
}

/// A moment given by its distance from the boot, suspended time included (`CLOCK_BOOTTIME`).
#[must_use]
#[cfg(linux)]
pub fn since_boot(at: Duration) -> Stamp {
    let ago = duration(clock_gettime(ClockId::Boottime)).saturating_sub(at);
    let Stamp { mono, wall } = now();
    let before = jiff::SignedDuration::try_from(ago).ok().and_then(|ago| wall.checked_sub(ago).ok());
    Stamp { mono: mono.saturating_sub(ago), wall: before.unwrap_or(wall) }
}

/// A moment given in clock ticks after boot, as `/proc/PID/stat` gives start times.
///
/// Told in hundredths of a second, as exact as a tick. What is finer comes from reading two clocks
/// one after the other: it would differ from look to look, as if the process were another one.
#[must_use]
pub fn at_ticks(booted: jiff::Timestamp, ticks: u64) -> Option<jiff::Timestamp> {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    let millis = i64::try_from(u128::from(ticks) * 1000 / u128::from(per_second)).ok()?;
    let at = booted.checked_add(jiff::SignedDuration::from_millis(millis)).ok()?;
    at.round(jiff::TimestampRound::new().smallest(jiff::Unit::Millisecond).increment(10)).ok()
}

/// Clock ticks after boot from nanoseconds, cut as `/proc/PID/stat` cuts them (`nsec_to_clock_t`).
#[must_use]
pub fn ticks(nanoseconds: u64) -> u64 {
    let ticks = u128::from(nanoseconds) * u128::from(rustix::param::clock_ticks_per_second()) / 1_000_000_000;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// A span given in clock ticks, as `/proc/PID/stat` gives CPU times.
#[must_use]
pub fn of_ticks(ticks: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_secs(ticks / per_second) + Duration::from_millis(ticks % per_second * 1_000 / per_second)
}

fn duration(time: Timespec) -> Duration {
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_time_does_not_carry_the_jitter_of_the_clocks() {
        let booted: jiff::Timestamp = "2026-11-20T08:00:00.197606229Z".parse().unwrap();
        let later = booted + jiff::SignedDuration::from_nanos(40);
        let started = at_ticks(booted, 123).unwrap();
        assert_eq!(at_ticks(later, 123), Some(started));
        assert!(started.to_string().ends_with("08:00:01.43Z"), "{started}");
    }
}
