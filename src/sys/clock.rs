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

/// When the machine booted, by the wall clock; suspended time counts (`CLOCK_BOOTTIME`). `None`
/// when the clocks contradict each other.
#[must_use]
pub fn booted() -> Option<jiff::Timestamp> {
    let up = duration(clock_gettime(ClockId::Boottime));
    now().wall.checked_sub(jiff::SignedDuration::try_from(up).ok()?).ok()
}

/// A moment given in clock ticks after boot, as `/proc/PID/stat` gives start times.
#[must_use]
pub fn at_ticks(booted: jiff::Timestamp, ticks: u64) -> Option<jiff::Timestamp> {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    let millis = i64::try_from(u128::from(ticks) * 1000 / u128::from(per_second)).ok()?;
    booted.checked_add(jiff::SignedDuration::from_millis(millis)).ok()
}

fn duration(time: Timespec) -> Duration {
    Duration::try_from(time).unwrap_or_default()
}
