//! From runs to what is told of them: medians, ratios, the table, the JSON. Pure, and tested by
//! `tests/it/bench_report.rs`; it must not measure, print or judge: a slow result is a result.

use std::time::Duration;

use serde_json::{Value, json};

use super::told::chart::{self, short};
use super::told::table::markdown;

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
    /// `None` where it was no process of its own.
    pub(crate) peak_kib: Option<u64>,
}

/// The runs of one command, what to compare it with, and the least that it could take.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) command: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) limit: &'static str,
    pub(crate) runs: Vec<Run>,
    /// How many sockets it printed, and how many it has to print at least.
    pub(crate) printed: Option<(u64, u64)>,
    /// It was ended, because it took longer than this.
    pub(crate) ended: Option<Duration>,
}

/// Everything that was measured under one load.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) size: &'static str,
    /// What there was beside TCP sockets, by name.
    pub(crate) kinds: Vec<&'static str>,
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
    pub(crate) fn wall(&self) -> Duration {
        median(self.runs.iter().map(|run| run.wall))
    }

    pub(crate) fn spread(&self) -> (Duration, Duration) {
        let walls = || self.runs.iter().map(|run| run.wall);
        (walls().min().unwrap_or_default(), walls().max().unwrap_or_default())
    }

    fn user(&self) -> Duration {
        median(self.runs.iter().map(|run| run.user))
    }

    fn sys(&self) -> Duration {
        median(self.runs.iter().map(|run| run.sys))
    }

    pub(crate) fn peak_kib(&self) -> Option<u64> {
        self.runs.iter().filter_map(|run| run.peak_kib).max()
    }

    /// True when it printed fewer sockets than there are.
    pub(crate) fn is_short(&self) -> bool {
        self.printed.is_some_and(|(printed, wanted)| printed < wanted)
    }
}

impl Report {
    /// By what the load is called.
    pub(crate) fn title(&self) -> String {
        let mut title =
            format!("{}: {} TCP sockets over IPv4, {} processes", self.size, self.sockets, self.processes);
        if !self.kinds.is_empty() {
            title.push_str(", and ");
            title.push_str(&self.kinds.join(", "));
        }
        title
    }

    /// How many times as long as another it took. `None` where the other was not run.
    fn times(&self, of: &Measured, other: &str) -> Option<f64> {
        let other = self.measured.iter().find(|measured| measured.command == other)?;
        let [own, other] = [of, other].map(|measured| measured.wall().as_secs_f64());
        (own > 0.0 && other > 0.0).then(|| own / other)
    }

    /// How many times as fast as its reference a command is.
    pub(crate) fn ratio(&self, of: &Measured) -> Option<f64> {
        self.times(of, of.reference).map(|times| 1.0 / times)
    }

    /// How many times as long as the least it took.
    pub(crate) fn over_limit(&self, of: &Measured) -> Option<f64> {
        self.times(of, of.limit)
    }

    /// What can be compared: that was run at all.
    pub(crate) fn run(&self) -> impl Iterator<Item = &Measured> {
        self.measured.iter().filter(|measured| !measured.runs.is_empty())
    }

    pub(crate) fn table(&self) -> String {
        let heads = [
            "command",
            " wall ms",
            " min–max",
            " user ms",
            " sys ms",
            " peak MB",
            " runs",
            "as fast as",
            "times the limit",
        ];
        markdown(&heads, &self.run().map(|measured| self.row(measured)).collect::<Vec<_>>())
    }

    fn row(&self, measured: &Measured) -> Vec<String> {
        let (min, max) = measured.spread();
        let nothing = || "—".to_owned();
        let peak = |kib: u64| format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024);
        let ratio = |ratio: Option<f64>, other: &str| {
            ratio.map_or_else(nothing, |ratio| format!("{} × `{other}`", short(ratio)))
        };
        vec![
            format!("`{}`", measured.command),
            millis(measured.wall()),
            format!("{}–{}", millis(min), millis(max)),
            millis(measured.user()),
            millis(measured.sys()),
            measured.peak_kib().map_or_else(nothing, peak),
            measured.runs.len().to_string(),
            ratio(self.ratio(measured), measured.reference),
            ratio(self.over_limit(measured), measured.limit),
        ]
    }

    /// What the table does not tell, in sentences.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for measured in &self.measured {
            let Measured { command, printed, ended, .. } = measured;
            if let Some((printed, wanted)) = printed.filter(|_| measured.is_short()) {
                notes.push(format!("`{command}` printed {printed} of {wanted} sockets."));
            }
            if let Some(limit) = ended {
                notes
                    .push(format!("`{command}` was ended after {} s, and is not measured.", limit.as_secs()));
            }
        }
        notes
    }

    pub(crate) fn json(&self) -> Value {
        let measured: Vec<_> = self.measured.iter().map(|measured| self.row_json(measured)).collect();
        json!({
            "size": self.size,
            "load": self.kinds,
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
            "limit": measured.limit,
            "times_the_limit": self.over_limit(measured),
            "sockets_printed": measured.printed.map(|(printed, _)| printed),
            "sockets_wanted": measured.printed.map(|(_, wanted)| wanted),
            "ended_after_s": measured.ended.map(|limit| limit.as_secs()),
        })
    }
}

/// What the picture leaves to the table, by a part of the command: variants of what it shows.
const LEFT_OUT: [&str; 5] = ["inode=1", "of listeners", "-tlnH", "--owners bpf", "-tulpnaH"];

/// All loads in one picture.
pub(crate) fn chart(machine: &str, reports: &[Report]) -> chart::Chart {
    let millis = |took: Duration| took.as_secs_f64() * 1e3;
    let bar = |measured: &Measured| {
        let (least, most) = measured.spread();
        chart::Bar {
            label: measured.command.to_owned(),
            value: millis(measured.wall()),
            spread: (millis(least), millis(most)),
            tone: match measured.command.split(' ').next() {
                Some("sockeye") => chart::Tone::Sockeye,
                Some("bare") => chart::Tone::Limit,
                _ => chart::Tone::Other,
            },
        }
    };
    let is_shown = |measured: &&Measured| !LEFT_OUT.iter().any(|part| measured.command.contains(part));
    let group = |report: &Report| chart::Group {
        title: report.title(),
        bars: report.run().filter(is_shown).map(bar).collect(),
    };
    chart::Chart {
        title: "What a listing takes: less is better, and each line is ten times the one before".to_owned(),
        scale: format!("Median wall time. {machine}"),
        unit: "ms",
        groups: reports.iter().map(group).collect(),
    }
}

/// The table of the README: a row for each command, a column for each load.
pub(crate) fn summary(machine: &str, versions: &[String], reports: &[Report]) -> String {
    let mut commands: Vec<&str> = Vec::new();
    for measured in reports.iter().flat_map(Report::run) {
        if !commands.contains(&measured.command) {
            commands.push(measured.command);
        }
    }
    let heads: Vec<_> = reports.iter().map(|report| format!(" {} sockets", report.sockets)).collect();
    let heads: Vec<_> =
        ["command"].into_iter().chain(heads.iter().map(String::as_str)).chain([" peak MB there"]).collect();
    let row = |command: &&str| {
        let of = |report: &Report| cell(report, command).unwrap_or_default();
        let last = reports.iter().rev().find_map(|report| report.run().find(|run| run.command == *command));
        let peak = last.and_then(Measured::peak_kib).map_or_else(String::new, |kib| (kib / 1024).to_string());
        [format!("`{command}`")].into_iter().chain(reports.iter().map(of)).chain([peak]).collect()
    };
    let table = markdown(&heads, &commands.iter().map(row).collect::<Vec<Vec<_>>>());
    let versions =
        if versions.is_empty() { String::new() } else { format!(" Beside it: {}.", versions.join(", ")) };
    let notes: Vec<_> = reports
        .iter()
        .flat_map(|report| report.notes().into_iter().map(|note| format!("{}: {note}", report.size)))
        .collect();
    let notes = if notes.is_empty() { String::new() } else { format!("\n{}\n", notes.join(" ")) };
    format!(
        "Median wall time in milliseconds. {machine}.{versions} In brackets: how many times as fast as the `ss` that \
         tells as much (×), and how many times as long as the bare limit (/).\n\n{table}{notes}"
    )
}

fn cell(report: &Report, command: &str) -> Option<String> {
    let measured = report.run().find(|measured| measured.command == command)?;
    let mut ratios = Vec::new();
    ratios.extend(
        report
            .ratio(measured)
            .filter(|_| measured.reference != command)
            .map(|ratio| format!("×{}", short(ratio))),
    );
    ratios.extend(
        report
            .over_limit(measured)
            .filter(|_| measured.limit != command)
            .map(|over| format!("/{}", short(over))),
    );
    let ratios = if ratios.is_empty() { String::new() } else { format!(" ({})", ratios.join(" ")) };
    Some(format!("{}{ratios}", millis(measured.wall())))
}

/// Three digits that count.
fn millis(took: Duration) -> String {
    short(took.as_secs_f64() * 1e3)
}
