//! From arguments to a sampler: the one place that chooses a source.

use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use anyhow::Context as _;

use super::args::{OwnersChoice, ReadingArgs, SourceChoice};
use crate::engine::{OwnerMethod, Sampler, single};
use crate::model::Ask;
use crate::policy;
use crate::source::namespaces::{Namespaces, Pick};
use crate::source::netlink::Netlink;
#[cfg(feature = "portable")]
use crate::source::portable::Portable;
use crate::source::procfs::Procfs;
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
        #[cfg(feature = "portable")]
        (SourceChoice::Portable, true) => {
            anyhow::bail!("netstat2 reads no other network namespace: leave out --all-netns and --net")
        }
        #[cfg(feature = "portable")]
        (SourceChoice::Portable, false) => Box::new(Portable),
        (SourceChoice::Auto, false) => Box::new(Netlink::with_fallback(ask)),
        (SourceChoice::Netlink, false) => Box::new(Netlink::strict(ask)),
        (SourceChoice::Procfs, false) => Box::new(Procfs),
        (SourceChoice::Auto, true) => namespaces(Namespaces::netlink(ask, true), args, budget),
        (SourceChoice::Netlink, true) => namespaces(Namespaces::netlink(ask, false), args, budget),
        (SourceChoice::Procfs, true) => namespaces(Namespaces::procfs(), args, budget),
    };
    let method = match args.owners {
        OwnersChoice::Auto | OwnersChoice::Proc => OwnerMethod::Proc,
        OwnersChoice::None => OwnerMethod::None,
    };
    Ok(Sampler::new(source, wanted, method))
}

/// All namespaces, or the one that was named.
fn namespaces(mut source: Namespaces, args: &ReadingArgs, budget: Option<Duration>) -> Box<dyn SocketSource> {
    if let Some(net) = &args.net {
        source = source.only(Pick(net.as_bytes().into()));
    }
    if let Some(budget) = budget {
        source = source.within(budget);
    }
    Box::new(source)
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
