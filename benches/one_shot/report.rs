//! From runs to what is told of them: medians, ratios, the table, the JSON. Pure, and tested by
//! `tests/it/bench_report.rs`; it must not measure, print or judge: a slow result is a result.

use std::time::Duration;

use serde_json::{Value, json};

/// A first run that takes longer is reason to run it less often.
const SLOW: Duration = Duration::from_secs(5);
const VERY_SLOW: Duration = Duration::from_secs(30);
/// The load does not live for ever.
const ENDLESS: Duration = Duration::from_mins(2);

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) wall: Duration,
    pub(crate) user: Duration,
    pub(crate) sys: Duration,
    pub(crate) peak_kib: u64,
}

/// The runs of one command, and what to compare it with.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) command: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) runs: Vec<Run>,
}

/// Everything that was measured under one load.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) size: &'static str,
    /// TCP sockets over IPv4 in the whole namespace, the load's and others'.
    pub(crate) sockets: u64,
    /// Processes of the whole machine.
    pub(crate) processes: usize,
    pub(crate) measured: Vec<Measured>,
}

/// How often a command is run in all, its first run included.
pub(crate) fn rounds(wanted: usize, first: Duration) -> usize {
    match first {
        _ if first > ENDLESS => 1,
        _ if first > VERY_SLOW => wanted.min(2),
        _ if first > SLOW => wanted.min(3),
        _ => wanted,
    }
}

/// The middle one; of an even count what is half way between the two in the middle.
fn median(values: impl Iterator<Item = Duration>) -> Duration {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable();
    let high = values.get(values.len() / 2).copied().unwrap_or_default();
    let low = values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    (low + high) / 2
}

impl Measured {
    fn wall(&self) -> Duration {
        median(self.runs.iter().map(|run| run.wall))
    }

    fn spread(&self) -> (Duration, Duration) {
        let walls = || self.runs.iter().map(|run| run.wall);
        (walls().min().unwrap_or_default(), walls().max().unwrap_or_default())
    }

    fn user(&self) -> Duration {
        median(self.runs.iter().map(|run| run.user))
    }

    fn sys(&self) -> Duration {
        median(self.runs.iter().map(|run| run.sys))
    }

    fn peak_kib(&self) -> u64 {
        self.runs.iter().map(|run| run.peak_kib).max().unwrap_or_default()
    }
}

impl Report {
    /// How many times as fast as its reference a command is. None where the reference was not run.
    fn ratio(&self, of: &Measured) -> Option<f64> {
        let reference = self.measured.iter().find(|measured| measured.command == of.reference)?;
        let own = of.wall().as_secs_f64();
        (own > 0.0).then(|| reference.wall().as_secs_f64() / own)
    }

    /// A table that is Markdown, so that it can be shown as it is.
    pub(crate) fn table(&self) -> String {
        let heads = ["command", "wall ms", "min–max", "user ms", "sys ms", "peak MB", "runs", "as fast as"];
        let mut rows = vec![heads.map(str::to_owned)];
        rows.extend(self.measured.iter().map(|measured| self.row(measured)));
        let wide =
            |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths: [usize; 8] = std::array::from_fn(wide);
        let mut text = String::new();
        for (at, row) in rows.iter().enumerate() {
            text += &line(row, &widths);
            if at == 0 {
                let rules: [String; 8] = std::array::from_fn(|column| rule(column, widths[column]));
                text += &line(&rules, &widths);
            }
        }
        text
    }

    fn row(&self, measured: &Measured) -> [String; 8] {
        let (min, max) = measured.spread();
        let ratio = self.ratio(measured);
        [
            format!("`{}`", measured.command),
            millis(measured.wall()),
            format!("{}–{}", millis(min), millis(max)),
            millis(measured.user()),
            millis(measured.sys()),
            format!("{}.{}", measured.peak_kib() / 1024, measured.peak_kib() % 1024 * 10 / 1024),
            measured.runs.len().to_string(),
            ratio.map_or_else(|| "—".to_owned(), |ratio| format!("{ratio:.2} × `{}`", measured.reference)),
        ]
    }

    pub(crate) fn json(&self) -> Value {
        let measured: Vec<_> = self.measured.iter().map(|measured| self.row_json(measured)).collect();
        json!({
            "size": self.size,
            "tcp_sockets": self.sockets,
            "processes": self.processes,
            "commands": measured,
        })
    }

    fn row_json(&self, measured: &Measured) -> Value {
        let millis = |took: Duration| took.as_secs_f64() * 1e3;
        let (min, max) = measured.spread();
        json!({
            "command": measured.command,
            "wall_ms": millis(measured.wall()),
            "wall_ms_min": millis(min),
            "wall_ms_max": millis(max),
            "wall_ms_runs": measured.runs.iter().map(|run| millis(run.wall)).collect::<Vec<_>>(),
            "user_ms": millis(measured.user()),
            "sys_ms": millis(measured.sys()),
            "peak_kib": measured.peak_kib(),
            "reference": measured.reference,
            "times_as_fast_as_reference": self.ratio(measured),
        })
    }
}

/// One line of the table. Numbers stand right, words left.
fn line(cells: &[String; 8], widths: &[usize; 8]) -> String {
    let cells = cells.iter().zip(widths).enumerate().map(|(column, (cell, &width))| {
        if is_text(column) { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
    });
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

fn rule(column: usize, width: usize) -> String {
    if is_text(column) { "-".repeat(width) } else { "-".repeat(width.saturating_sub(1)) + ":" }
}

fn is_text(column: usize) -> bool {
    column == 0 || column == 7
}

/// Three digits that count are enough: runs differ by more.
fn millis(took: Duration) -> String {
    let millis = took.as_secs_f64() * 1e3;
    if millis < 100.0 { format!("{millis:.1}") } else { format!("{millis:.0}") }
}
