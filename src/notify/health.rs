//! How a watch does, in numbers for Prometheus, beside the alerts that it told.
//!
//! The watch notes; sinks that show numbers tell. It is bounded by the file of sinks, whose names are the only label
//! that the program does not choose. What is not known is not told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::delivery::PlaceHealth;
use crate::output::metrics::Exposition;

/// Where the watch notes and sinks look. A clone is the same board.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<Health>>);

/// What is noted of a watch since it began.
#[derive(Clone, Debug, Default)]
pub struct Health {
    pub readings: Readings,
    /// Sockets that are judged.
    pub listeners: usize,
    /// How often more was told at once between readings than there was room for.
    pub hearing_overruns: u64,
    /// Words of BPF that were lost.
    pub words_lost: u64,
    /// How often the clock of the machine was set.
    pub clock_steps: u64,
    /// How often the machine slept.
    pub sleeps: u64,
    /// How often the watch itself stood still.
    pub standstills: u64,
    pub reloads: Reloads,
    /// `None` where nothing is kept.
    pub store: Option<StoreHealth>,
    pub places: Vec<PlaceHealth>,
}

/// Readings, by how they ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Readings {
    /// Every table was read whole.
    pub complete: u64,
    pub partial: u64,
    pub failed: u64,
    /// Those that took longer than the interval.
    pub overruns: u64,
    /// When the last one was that did not fail.
    pub last: Option<Timestamp>,
    /// The same of the last complete one, and how long it took.
    pub last_complete: Option<(Timestamp, Duration)>,
    /// The time between the starts of two of them.
    pub period: Option<Duration>,
}

/// How reading the policy and the sinks again went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reloads {
    pub taken: u64,
    pub refused: u64,
    /// The last one was refused.
    pub was_refused: bool,
    /// When what is in force was read.
    pub in_force_since: Option<Timestamp>,
}

/// How the store does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreHealth {
    /// It can be written.
    pub works: bool,
    /// Facts about listeners that are missing in it.
    pub lost: u64,
}

impl Board {
    /// Notes something.
    pub fn note(&self, note: impl FnOnce(&mut Health)) {
        note(&mut self.health());
    }

    /// What a scrape gets.
    #[must_use]
    pub fn text(&self) -> String {
        let health = self.health().clone();
        let mut out = Exposition::default();
        readings(&mut out, &health);
        hearing(&mut out, &health);
        files(&mut out, &health);
        places(&mut out, &health.places);
        out.gauge("sockeye_build_info", "The version of sockeye.")
            .push(&[("version", env!("CARGO_PKG_VERSION").as_bytes())], 1);
        out.into_text()
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        // Numbers are whole whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

fn readings(out: &mut Exposition, health: &Health) {
    let Readings { complete, partial, failed, overruns, last, last_complete, period } = health.readings;
    let mut samples = out.counter(
        "sockeye_watch_readings_total",
        "Readings since the watch began: complete, partial where not every table could be read whole, failed.",
    );
    for (result, count) in [("complete", complete), ("partial", partial), ("failed", failed)] {
        samples.push(&[("result", result.as_bytes())], count);
    }
    out.counter("sockeye_watch_overruns_total", "Readings that took longer than the interval.")
        .push(&[], overruns);
    if let Some(at) = last {
        out.gauge(
            "sockeye_watch_last_reading_timestamp_seconds",
            "When the last reading was that did not fail, since 1970.",
        )
        .push(&[], seconds(at));
    }
    if let Some((at, took)) = last_complete {
        out.gauge(
            "sockeye_watch_last_complete_reading_timestamp_seconds",
            "When the last complete reading was, since 1970.",
        )
        .push(&[], seconds(at));
        out.gauge(
            "sockeye_watch_last_complete_reading_duration_seconds",
            "How long the last complete reading took.",
        )
        .push(&[], took.as_secs_f64());
    }
    if let Some(period) = period {
        out.gauge(
            "sockeye_watch_period_seconds",
            "The time between two readings: the interval, or more where they take long.",
        )
        .push(&[], period.as_secs_f64());
        out.gauge("sockeye_watch_listeners", "Sockets that are held against the policy.")
            .push(&[], health.listeners);
    }
}

fn hearing(out: &mut Exposition, health: &Health) {
    for (name, help, count) in [
        (
            "sockeye_watch_hearing_overruns_total",
            "How often more was told at once between readings than there was room for.",
            health.hearing_overruns,
        ),
        (
            "sockeye_watch_lost_words_total",
            "Words about sockets that begin or end that were lost, where that is counted.",
            health.words_lost,
        ),
        (
            "sockeye_watch_clock_steps_total",
            "How often the clock of the machine was set.",
            health.clock_steps,
        ),
        ("sockeye_watch_sleeps_total", "How often the machine slept.", health.sleeps),
        (
            "sockeye_watch_standstills_total",
            "How often the watch itself stood still for five seconds or longer.",
            health.standstills,
        ),
    ] {
        out.counter(name, help).push(&[], count);
    }
}

fn files(out: &mut Exposition, health: &Health) {
    let Reloads { taken, refused, was_refused, in_force_since } = health.reloads;
    let mut samples = out.counter(
        "sockeye_watch_reloads_total",
        "How often the policy and the sinks were read again, and what came of it.",
    );
    samples.push(&[("result", b"taken")], taken);
    samples.push(&[("result", b"refused")], refused);
    out.gauge(
        "sockeye_watch_last_reload_successful",
        "Whether the policy and the sinks are those of the files as they were read last.",
    )
    .push(&[], u8::from(!was_refused));
    if let Some(at) = in_force_since {
        out.gauge(
            "sockeye_watch_policy_timestamp_seconds",
            "When the policy and the sinks in force were read, since 1970.",
        )
        .push(&[], seconds(at));
    }
    if let Some(StoreHealth { works, lost }) = health.store {
        out.gauge("sockeye_watch_store_works", "Whether the store can be written.")
            .push(&[], u8::from(works));
        out.counter(
            "sockeye_watch_store_lost_facts_total",
            "Facts about listeners that the store lacks, because it could not be written for too long.",
        )
        .push(&[], lost);
    }
}

fn places(out: &mut Exposition, places: &[PlaceHealth]) {
    let mut samples =
        out.gauge("sockeye_watch_sink_works", "Whether the last attempt of a sink did not fail.");
    for place in places {
        samples.push(&[("sink", place.name.as_bytes())], u8::from(place.works));
    }
    let mut samples = out.gauge("sockeye_watch_sink_waiting_alerts", "Alerts that a sink did not take yet.");
    for place in places {
        samples.push(&[("sink", place.name.as_bytes())], place.waiting);
    }
    let mut counter = |name, help, count: fn(&PlaceHealth) -> u64| {
        let mut samples = out.counter(name, help);
        for place in places {
            samples.push(&[("sink", place.name.as_bytes())], count(place));
        }
    };
    counter("sockeye_watch_sink_delivered_alerts_total", "Alerts that a sink took.", |place| place.delivered);
    counter(
        "sockeye_watch_sink_failures_total",
        "Attempts of a sink that failed and were made again.",
        |place| place.failures,
    );
    counter(
        "sockeye_watch_sink_dropped_alerts_total",
        "Alerts that a sink never got: refused for good, or given up because too much waited for too long.",
        |place| place.dropped,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[test]
    fn all_that_is_noted_is_told() {
        let board = Board::default();
        board.note(|health| {
            health.readings = Readings {
                complete: 5,
                partial: 2,
                failed: 1,
                overruns: 3,
                last: at(1_800_000_010),
                last_complete: at(1_800_000_000).map(|at| (at, Duration::from_millis(12))),
                period: Some(Duration::from_secs(1)),
            };
            health.listeners = 12;
            (health.hearing_overruns, health.words_lost) = (4, 17);
            (health.clock_steps, health.sleeps, health.standstills) = (1, 2, 3);
            health.reloads =
                Reloads { taken: 2, refused: 1, was_refused: true, in_force_since: at(1_799_999_000) };
            health.store = Some(StoreHealth { works: false, lost: 9 });
            let place = |name: &str, works| PlaceHealth {
                name: name.to_owned(),
                waiting: 3,
                delivered: 40,
                failures: 7,
                dropped: 1,
                works,
            };
            health.places = vec![place("stdout", true), place("a \"pager\"", false)];
        });
        insta::assert_snapshot!("health", board.text());
    }

    #[test]
    fn what_nobody_knows_is_not_told() {
        let text = Board::default().text();
        for absent in ["_timestamp_", "_duration_", "_period_", "_listeners ", "_store_", "_sink_"] {
            assert!(!text.contains(absent), "{absent}: {text}");
        }
        assert!(text.contains("sockeye_watch_readings_total{result=\"failed\"} 0\n"), "{text}");
        assert!(text.contains("sockeye_watch_last_reload_successful 1\n"), "{text}");
    }
}
