//! `sockeye metrics [FILTER]`: one reading in numbers, for Prometheus.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Args as ClapArgs;

use super::args::{Command, OwnersChoice, ReadingArgs, RuntimeArgs};
use super::exit::Exit;
use super::reader::Request;
use super::{filter, notice, reader};
use crate::config::{Audience, Config};
use crate::model::Ask;
use crate::output::metrics::{self, Surroundings};
use crate::sys::{clock, file, procnet};
use crate::text;

#[derive(Debug, ClapArgs)]
pub(super) struct MetricsArgs {
    #[arg(
        long,
        value_name = "FILE",
        help = "Replace this file as a whole, such as sockeye.prom for the textfile collector of node_exporter"
    )]
    output: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    runtimes: RuntimeArgs,
    /// Count only sockets that pass, such as: tcp, exposed, netns = web
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
}

/// What is counted of a socket: TCP retransmissions, drops, and the cgroup, which tells the unit where no
/// owner does.
const COUNTED: Ask = Ask { info: true, memory: true, rest: true, cgroups: true, ..Ask::NOTHING };

/// True when a file will be written, perhaps in a directory that is not root's.
pub(super) fn writes(command: Option<&Command>) -> bool {
    matches!(command, Some(Command::Metrics(args)) if args.output.is_some())
}

/// Reads and counts once.
pub(super) fn run(args: &MetricsArgs, config: &Config) -> anyhow::Result<Exit> {
    let filter = filter::parse(&args.filter, None)?;
    ensure!(
        !filter.needs().history,
        "a single look knows no ages, no rates and nothing new: use sockeye events"
    );
    let tables = filter::all_tables(&filter)?;
    let settings = config.settings(Audience::Program);
    let reading = &args.reading.resolve(&settings);
    let runtimes = args.runtimes.places(&settings, &config.environment);
    let start = clock::now();
    let (table, moment) =
        reader::read_once(reading, Request::all(tables, COUNTED.or(filter.ask())), runtimes.as_ref())?;
    let took = clock::now().since(&start);
    let counters = if reading.is_here() { procnet::counters().ok() } else { None };
    let passing = table.open().filter(|row| filter::passes(&filter, row, &moment));
    let told = metrics::text(passing, Surroundings { moment: &moment, took, counters });
    if let Some(path) = &args.output {
        write(path, &told)?;
    } else {
        let mut out = io::stdout().lock();
        out.write_all(told.as_bytes())?;
        out.flush()?;
    }
    let failed = notice::tell(&moment.coverage, reading.owners != OwnersChoice::None);
    Ok(if failed { Exit::Error } else { Exit::Ok })
}

fn write(path: &Path, told: &str) -> anyhow::Result<()> {
    let done = file::publish(path, told);
    done.map_err(|error| {
        let hint = "name a file in a directory that may be written to: --output FILE";
        anyhow::anyhow!("cannot write the metrics to {}: {error}\n{hint}", text::path(path))
    })
}
