//! From what was measured to what is told of it: shares of a core, ratios, distributions. Pure, and tested by
//! `tests/it/bench_live.rs`; it must not measure, print or judge.

use std::time::Duration;

use serde_json::{Value, json};

use super::told::chart::{self, short};
use super::told::table::markdown;

/// What something used meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// Of one core.
    pub(crate) share: f64,
    /// `None` where it was no process of its own.
    pub(crate) resident_kib: Option<u64>,
}

/// What is compared with everything else.
pub(crate) const LIMIT: &str = "bare dump, once a second";

/// A load, how fast it changes, and what everybody used meanwhile.
#[derive(Debug)]
pub(crate) struct Steady {
    pub(crate) size: &'static str,
    /// TCP sockets of the load.
    pub(crate) sockets: u64,
    /// A second: how many were asked for, and how many there were.
    pub(crate) changes: u32,
    pub(crate) changed: u64,
    /// By what used it. [`LIMIT`] is among them.
    pub(crate) used: Vec<(&'static str, Used)>,
}

/// How long something took, each time.
#[derive(Debug)]
pub(crate) struct Delays {
    pub(crate) size: &'static str,
    pub(crate) changes: u32,
    pub(crate) what: &'static str,
    took: Vec<Duration>,
}

impl Delays {
    pub(crate) fn new(size: &'static str, changes: u32, what: &'static str, mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        Self { size, changes, what, took }
    }

    /// The one that so many of a hundred are not longer than (the nearest rank), in milliseconds.
    fn at(&self, hundredths: usize) -> f64 {
        let rank = (self.took.len() * hundredths).div_ceil(100).saturating_sub(1);
        self.took.get(rank).copied().unwrap_or_default().as_secs_f64() * 1e3
    }

    fn distribution(&self) -> [f64; 4] {
        [0, 50, 99, 100].map(|hundredths| self.at(hundredths))
    }
}

/// Everything.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) steady: Vec<Steady>,
    pub(crate) delays: Vec<Delays>,
}

impl Steady {
    /// How many times as much as the least it used. `None` for the least itself.
    fn over_limit(&self, name: &str, used: Used) -> Option<f64> {
        let (_, limit) = self.used.iter().find(|(name, _)| *name == LIMIT)?;
        (name != LIMIT && limit.share > 0.0).then(|| used.share / limit.share)
    }
}

impl Report {
    /// What everybody used.
    pub(crate) fn shares(&self) -> String {
        let heads = [" sockets", " changes a second", "what", " % of a core", " MB", " times the limit"];
        let mut rows = Vec::new();
        for steady in &self.steady {
            for (name, used) in &steady.used {
                let over = steady.over_limit(name, *used);
                rows.push(vec![
                    steady.sockets.to_string(),
                    steady.changed.to_string(),
                    (*name).to_owned(),
                    short(used.share * 100.0),
                    used.resident_kib.map_or_else(String::new, |kib| (kib / 1024).to_string()),
                    over.map_or_else(String::new, short),
                ]);
            }
        }
        markdown(&heads, &rows)
    }

    /// How long it took, in milliseconds.
    pub(crate) fn times(&self) -> String {
        let heads = [" load", " changes a second", "milliseconds", " least", " median", " p99", " most"];
        let row = |delays: &Delays| {
            let mut row = vec![delays.size.to_owned(), delays.changes.to_string(), delays.what.to_owned()];
            row.extend(delays.distribution().map(short));
            row
        };
        markdown(&heads, &self.delays.iter().map(row).collect::<Vec<_>>())
    }

    /// Both tables of the README.
    pub(crate) fn summary(&self, machine: &str) -> String {
        format!("Every second. {machine}.\n\n{}\n{}", self.shares(), self.times())
    }

    pub(crate) fn json(&self) -> Value {
        let used = |steady: &Steady| -> Vec<_> {
            let used = steady.used.iter().map(|(name, used)| {
                json!({
                    "what": name,
                    "core_share": used.share,
                    "resident_kib": used.resident_kib,
                    "times_the_limit": steady.over_limit(name, *used),
                })
            });
            used.collect()
        };
        let steady = self.steady.iter().map(|steady| {
            json!({
                "size": steady.size,
                "tcp_sockets": steady.sockets,
                "changes_wanted_per_s": steady.changes,
                "changes_per_s": steady.changed,
                "used": used(steady),
            })
        });
        let delays = self.delays.iter().map(|delays| {
            let [min, median, p99, max] = delays.distribution();
            json!({
                "size": delays.size,
                "changes_wanted_per_s": delays.changes,
                "what": delays.what,
                "times": delays.took.len(),
                "ms_min": min,
                "ms_median": median,
                "ms_p99": p99,
                "ms_max": max,
            })
        });
        json!({ "steady": steady.collect::<Vec<_>>(), "delays": delays.collect::<Vec<_>>() })
    }

    /// The shares in a picture.
    pub(crate) fn chart(&self, machine: &str) -> chart::Chart {
        let bar = |(name, used): &(&'static str, Used)| {
            let value = used.share * 100.0;
            let tone = match *name {
                LIMIT => chart::Tone::Limit,
                "watch" => chart::Tone::Other,
                _ => chart::Tone::Sockeye,
            };
            chart::Bar { label: (*name).to_owned(), value, spread: (value, value), tone }
        };
        let group = |steady: &Steady| chart::Group {
            title: format!("{} TCP sockets, {} changes a second", steady.sockets, steady.changed),
            bars: steady.used.iter().map(bar).collect(),
        };
        chart::Chart {
            title: "What watching takes: less is better, and each line is ten times the one before"
                .to_owned(),
            scale: format!("Of one core. {machine}"),
            unit: "%",
            groups: self.steady.iter().map(group).collect(),
        }
    }
}
