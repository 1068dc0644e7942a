//! `sockeye doctor`: what this user on this host can see, and what not.

use std::io::{self, BufWriter, Write as _};

use super::args::DoctorArgs;
use super::exit::Exit;
use super::live;
use super::reader::{self, Request};
use super::settings::{Reading, audience};
use crate::config::Config;
use crate::model::{Ask, HearingCoverage};
use crate::output::{doctor, json};
use crate::source::everything;
use crate::sys::{host, rights};

/// Reads everything once, in every namespace, and tells how that went.
pub(super) fn run(args: &DoctorArgs, config: &Config) -> anyhow::Result<Exit> {
    let settings = config.settings(audience(args.json));
    let reading = args.reading.resolve(&settings);
    // A source that was named may not know namespaces; then the own one is looked at.
    let all_netns = reading.net.is_none() && reading.source.knows_namespaces();
    let reading = Reading { all_netns, ..reading };
    let rights = rights::ours(); // before they are given up
    let (_, hearing) = live::hear(&reading, &everything());
    let runtimes = args.runtimes.places(&settings, &config.environment);
    let (_, mut moment) =
        reader::read_once(&reading, Request::all(everything(), Ask::EVERYTHING), runtimes.as_ref())?;
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        moment.coverage.hearing = Some(HearingCoverage { told: hearing, ..HearingCoverage::default() });
        json::write_coverage(&mut out, &moment)?;
    } else {
        doctor::write(&mut out, &moment, &doctor::Asker { is_root: host::is_root(), rights, hearing })?;
    }
    out.flush()?;
    Ok(Exit::Ok)
}
