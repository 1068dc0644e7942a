//! Alerts in numbers, for Prometheus: how many of each kind and severity were delivered, and when the last was.
//!
//! Every series is there from the start, at zero: what first appears with a one has risen from nothing that
//! anybody could see. How many there are is bounded, because no label holds what others chose.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Notice;
use super::fields::Fields;
use crate::output::metrics::Exposition;
use crate::policy::{AlertKind, Severity};

/// Where a kind is counted that has no word here, such as a summary of many alerts.
const OTHER: &str = "other";

#[derive(Clone, Debug)]
pub(super) struct Tally {
    /// By kind and severity.
    counts: BTreeMap<(&'static str, &'static str), u64>,
    last: Option<Timestamp>,
}

impl Tally {
    pub(super) fn new() -> Self {
        let severities = |kind| Severity::ALL.map(|severity| ((kind, severity.word()), 0));
        let counts = kinds().flat_map(severities).collect();
        Self { counts, last: None }
    }

    pub(super) fn count(&mut self, notice: &Notice) {
        let fields = Fields::of(notice);
        let kind = kinds().find(|kind| *kind == fields.alert()).unwrap_or(OTHER);
        *self.counts.entry((kind, notice.severity.word())).or_default() += 1;
        self.last = self.last.max(Some(notice.at));
    }

    /// The text that a scrape gets.
    pub(super) fn text(&self) -> String {
        let mut out = Exposition::default();
        let mut samples = out.counter(
            "sockeye_alerts_total",
            "Alerts since the watch began, by kind and severity; other is what has no kind.",
        );
        for ((kind, severity), count) in &self.counts {
            samples.push(&[("alert", kind.as_bytes()), ("severity", severity.as_bytes())], count);
        }
        if let Some(last) = self.last {
            out.gauge("sockeye_last_alert_timestamp_seconds", "When the last alert was raised, since 1970.")
                .push(&[], last.as_duration().as_secs_f64());
        }
        out.into_text()
    }
}

fn kinds() -> impl Iterator<Item = &'static str> {
    AlertKind::ALL.into_iter().map(AlertKind::word).chain([OTHER])
}

#[cfg(test)]
mod tests {
    use super::super::tests::notice;
    use super::*;

    #[test]
    fn every_alert_counts_once_and_what_never_came_is_zero() {
        let mut tally = Tally::new();
        let series = tally.text().lines().count();
        assert_eq!(series, 2 + (AlertKind::ALL.len() + 1) * Severity::ALL.len());
        let later = Notice { at: "2026-11-30T10:00:01.5Z".parse().unwrap(), ..notice(2) };
        let hostile =
            Notice { json: r#"{"alert":"\"} 9\nx 1"}"#.to_owned(), severity: Severity::Low, ..notice(3) };
        for notice in [&notice(1), &later, &hostile] {
            tally.count(notice);
        }
        let text = tally.text();
        for line in [
            "# TYPE sockeye_alerts_total counter",
            r#"sockeye_alerts_total{alert="unexpected-listener",severity="high"} 2"#,
            r#"sockeye_alerts_total{alert="unexpected-listener",severity="low"} 0"#,
            r#"sockeye_alerts_total{alert="other",severity="low"} 1"#,
            "sockeye_last_alert_timestamp_seconds 1796032801.5",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is missing:\n{text}");
        }
        assert_eq!(text.lines().count(), series + 3);
    }
}
