//! From arguments to a sampler: the one place that chooses a source.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;

use super::args::SourceChoice;
use super::filter::{self, Version};
use super::live;
use super::selection::Selection;
use super::settings::Reading;
use crate::engine::{OwnerAsk, OwnerChoice, Sampler, single};
use crate::model::{Ask, Narrow};
use crate::owner::{Facts, RuntimePlaces};
use crate::policy::{self, AlertKind, Policy};
#[cfg(any(feature = "portable", not(linux)))]
use crate::source::portable::Portable;
use crate::source::scenario::Scenario;
use crate::source::{SocketSource, Wanted, everything};
use crate::store::{Moment, Table};
use crate::sys::rights;

/// The tables whose listeners policies judge.
pub(super) fn judged_tables() -> Vec<Wanted> {
    everything().into_iter().filter(|(_, protocol)| policy::PROTOCOLS.contains(protocol)).collect()
}

/// What a watch has to be told beside that: of sockets that no port tells of, unless the policy ignores them.
pub(super) fn wanted_by(policy: &Policy) -> (Vec<Wanted>, Ask) {
    let (judged, ask) = judged_by(policy);
    if policy.ignored.contains(&AlertKind::RawOpened) {
        return (judged, ask);
    }
    let is_wanted = |table: &Wanted| judged.contains(table) || policy::TAPS.contains(&table.1);
    (everything().into_iter().filter(is_wanted).collect(), Ask { filters: true, ..ask })
}

/// What a policy has to be told: the tables whose listeners it judges, those of which a socket can pass
/// a rule, and the details that rules look at.
pub(super) fn judged_by(policy: &Policy) -> (Vec<Wanted>, Ask) {
    let ask = policy.rules.iter().fold(Ask::NOTHING, |ask, rule| ask.or(rule.when.ask()));
    let tables = everything();
    let of_rules = policy.rules.iter().flat_map(|rule| filter::tables(&rule.when, &tables, Version::Either));
    let wanted: BTreeSet<Wanted> = judged_tables().into_iter().chain(of_rules).collect();
    (tables.iter().filter(|table| wanted.contains(table)).copied().collect(), ask)
}

/// A sampler of the wanted tables, to be read again and again.
pub(super) fn live_sampler(
    args: &Reading,
    wanted: Vec<Wanted>,
    ask: Ask,
    interval: Duration,
) -> anyhow::Result<Sampler> {
    // A quarter of the time for entering namespaces leaves the rest for owners and for the machine.
    build(args, wanted, ask, Facts::All, Some(interval / 4))
}

fn build(
    args: &Reading,
    wanted: Vec<Wanted>,
    ask: Ask,
    facts: Facts,
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
    let choice = match args.source {
        SourceChoice::Scenario(_) => OwnerChoice::None, // it tells them itself
        _ => live::owner_choice(args.owners)?,
    };
    let owners = OwnerAsk { choice, facts, live: budget.is_some(), by_bpf: ask.reuse };
    let mut sampler = Sampler::new(source, wanted, owners);
    sampler.ask(ask);
    // Where a program is being loaded, its thread took the rights with it.
    rights::give_up_loading().context("rights that are of no use any more cannot be given up")?;
    Ok(sampler)
}

/// What one reading is to bring.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) wanted: Vec<Wanted>,
    pub(super) ask: Ask,
    pub(super) facts: Facts,
    /// Which sockets are enough; `None` for all.
    pub(super) narrow: Option<Narrow>,
}

impl Request {
    /// What a listing needs: the sockets that can pass, and as much of each as is shown or judged.
    pub(super) fn of(selection: &Selection) -> Self {
        Self {
            wanted: selection.tables.clone(),
            ask: selection.ask,
            facts: if selection.needs.facts { Facts::All } else { Facts::Names },
            narrow: selection.narrow(),
        }
    }

    /// All sockets of these tables, and all that is known of their owners.
    pub(super) fn all(wanted: Vec<Wanted>, ask: Ask) -> Self {
        Self { wanted, ask, facts: Facts::All, narrow: None }
    }
}

/// One reading, as a table and its moment.
pub(super) fn read_once(
    args: &Reading,
    request: Request,
    runtimes: Option<&RuntimePlaces>,
) -> anyhow::Result<(Table, Moment)> {
    let Request { wanted, ask, facts, narrow } = request;
    let mut sampler = build(args, wanted, ask, facts, None)?.asking(runtimes);
    sampler.narrow(narrow);
    let sample = sampler.take()?;
    drop(sampler); // and its buffers, before the table is made
    let table = single(sample);
    let moment = table.moment().cloned().context("the reading left no trace")?;
    Ok((table, moment))
}
