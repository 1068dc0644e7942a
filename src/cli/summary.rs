//! `sockeye -s`: the sockets in numbers.

use std::io::{self, BufWriter, Write as _};

use anyhow::ensure;

use super::args::{ListArgs, ShapeArgs};
use super::exit::Exit;
use super::reader::Request;
use super::selection::chooses;
use super::settings::audience;
use super::{notice, reader};
use crate::config::Config;
use crate::model::Ask;
use crate::output::summary::Summary;
use crate::source::everything;
use crate::sys::procnet;

/// Counts once.
pub(super) fn run(args: &ListArgs, config: &Config) -> anyhow::Result<Exit> {
    let filtered = !args.filter.is_empty() || args.filter_file.is_some();
    let listed =
        chooses(args) || args.processes || args.holders.any() || args.extras.resolve().any() || filtered;
    ensure!(
        !listed,
        "--summary counts all sockets: leave out what chooses among them, or tells more of each"
    );
    let other = ShapeArgs { json: false, ..args.shape.clone() };
    ensure!(!other.is_any(), "--summary is text or, with --json, one JSON object");
    let settings = config.settings(audience(args.shape.json));
    let reading = args.reading.resolve(&settings);
    let runtimes = args.runtimes.places(&settings, &config.environment);
    // The cgroup tells the unit where no owner does; more of a socket is not looked at.
    let ask = Ask { rest: true, cgroups: true, ..Ask::NOTHING };
    let kernel = if reading.is_here() { procnet::counts().ok() } else { None };
    let (table, moment) = reader::read_once(&reading, Request::all(everything(), ask), runtimes.as_ref())?;
    let summary = Summary::of(&table, &moment, kernel);
    let mut out = BufWriter::new(io::stdout().lock());
    if args.shape.json {
        summary.write_json(&mut out)?;
    } else {
        summary.write(&mut out)?;
    }
    out.flush()?;
    let failed = notice::tell(&moment.coverage, true);
    Ok(if failed { Exit::Error } else { Exit::Ok })
}
