//! From arguments to a sampler: the one place that chooses a source.

use std::time::Duration;

use anyhow::Context as _;

use super::args::{ReadingArgs, SourceChoice};
use super::live;
use crate::engine::{Sampler, single};
use crate::model::Ask;
use crate::policy;
#[cfg(any(feature = "portable", not(linux)))]
use crate::source::portable::Portable;
use crate::source::scenario::Scenario;
use crate::source::{SocketSource, Wanted, everything};
use crate::store::{Moment, Table};

/// The tables that policies judge.
pub(super) fn judged_tables() -> Vec<Wanted> {
    everything().into_iter().filter(|(_, protocol)| policy::PROTOCOLS.contains(protocol)).collect()
}

/// A sampler of the wanted tables, to be read once.
pub(super) fn sampler(args: &ReadingArgs, wanted: Vec<Wanted>, ask: Ask) -> anyhow::Result<Sampler> {
    build(args, wanted, ask, None)
}

/// A sampler of the wanted tables, to be read again and again.
pub(super) fn live_sampler(
    args: &ReadingArgs,
    wanted: Vec<Wanted>,
    ask: Ask,
    interval: Duration,
) -> anyhow::Result<Sampler> {
    // A quarter of the time for entering namespaces leaves the rest for owners and for the machine.
    build(args, wanted, ask, Some(interval / 4))
}

fn build(
    args: &ReadingArgs,
    wanted: Vec<Wanted>,
    ask: Ask,
    budget: Option<Duration>,
) -> anyhow::Result<Sampler> {
    let source: Box<dyn SocketSource> = match (&args.source, args.all_netns || args.net.is_some()) {
        (SourceChoice::Scenario(_), true) => {
            anyhow::bail!("a scenario has the namespaces that it tells of: leave out --all-netns and --net")
        }
        (SourceChoice::Scenario(path), false) => Box::new(Scenario::open(path)?),
        #[cfg(any(feature = "portable", not(linux)))]
        (SourceChoice::Portable, true) => {
            anyhow::bail!("netstat2 reads no other network namespace: leave out --all-netns and --net")
        }
        #[cfg(any(feature = "portable", not(linux)))]
        (SourceChoice::Portable, false) => Box::new(Portable),
        (SourceChoice::Auto | SourceChoice::Netlink | SourceChoice::Procfs, _) => {
            live::source(args, ask, budget)?
        }
    };
    Ok(Sampler::new(source, wanted, live::owner_method(args.owners)?))
}

/// One reading, as a table and its moment.
pub(super) fn read_once(
    args: &ReadingArgs,
    wanted: Vec<Wanted>,
    ask: Ask,
) -> anyhow::Result<(Table, Moment)> {
    // The sampler ends here, and its buffers with it, before the table is made.
    let sample = sampler(args, wanted, ask)?.take()?;
    let table = single(sample);
    let moment = table.moment().cloned().context("the reading left no trace")?;
    Ok((table, moment))
}
