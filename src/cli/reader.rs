//! From arguments to a sampler: the one place that chooses a source.

use anyhow::Context as _;

use super::args::{OwnersChoice, ReadingArgs, SourceChoice};
use crate::engine::{OwnerMethod, Sampler, single};
use crate::model::Ask;
use crate::policy;
use crate::source::netlink::Netlink;
use crate::source::procfs::Procfs;
use crate::source::scenario::Scenario;
use crate::source::{SocketSource, Wanted, everything};
use crate::store::{Moment, Table};

/// The tables that policies judge.
pub(super) fn judged_tables() -> Vec<Wanted> {
    everything().into_iter().filter(|(_, protocol)| policy::PROTOCOLS.contains(protocol)).collect()
}

/// A sampler of the wanted tables.
pub(super) fn sampler(args: &ReadingArgs, wanted: Vec<Wanted>, ask: Ask) -> anyhow::Result<Sampler> {
    let source: Box<dyn SocketSource> = match &args.source {
        SourceChoice::Auto => Box::new(Netlink::with_fallback(ask)),
        SourceChoice::Netlink => Box::new(Netlink::strict(ask)),
        SourceChoice::Procfs => Box::new(Procfs),
        SourceChoice::Scenario(path) => Box::new(Scenario::open(path)?),
    };
    let method = match args.owners {
        OwnersChoice::Auto | OwnersChoice::Proc => OwnerMethod::Proc,
        OwnersChoice::None => OwnerMethod::None,
    };
    Ok(Sampler::new(source, wanted, method))
}

/// One reading, as a table and its moment.
pub(super) fn read_once(
    args: &ReadingArgs,
    wanted: Vec<Wanted>,
    ask: Ask,
) -> anyhow::Result<(Table, Moment)> {
    let table = single(sampler(args, wanted, ask)?.take()?);
    let moment = table.moment().cloned().context("the reading left no trace")?;
    Ok((table, moment))
}
