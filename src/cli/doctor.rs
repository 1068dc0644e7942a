//! `sockeye doctor`: what this user on this host can see, and what not.

use std::io::{self, BufWriter, Write as _};

use super::args::{DoctorArgs, ReadingArgs};
use super::exit::Exit;
use super::reader::{self, Request};
use crate::config::Environment;
use crate::model::Ask;
use crate::output::{doctor, json};
use crate::source::everything;
use crate::sys::{host, rights};

/// Reads everything once, in every namespace, and tells how that went.
pub(super) fn run(args: &DoctorArgs, environment: &Environment) -> anyhow::Result<Exit> {
    // A source that was named may not know namespaces; then the own one is looked at.
    let all_netns = args.reading.net.is_none() && args.reading.source.knows_namespaces();
    let reading = ReadingArgs { all_netns, ..args.reading.clone() };
    let rights = rights::ours(); // before they are given up
    let runtimes = args.runtimes.places(environment);
    let (_, moment) =
        reader::read_once(&reading, Request::all(everything(), Ask::EVERYTHING), runtimes.as_ref())?;
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        json::write_coverage(&mut out, &moment)?;
    } else {
        doctor::write(&mut out, &moment, doctor::Asker { is_root: host::is_root(), rights })?;
    }
    out.flush()?;
    Ok(Exit::Ok)
}
