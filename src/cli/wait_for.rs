//! `sockeye wait-for FILTER`: until such a socket is there, or none is any more, or the time is over.

use std::mem::ManuallyDrop;
use std::time::Duration;

use super::args::WaitForArgs;
use super::claim::{Answer, Tally};
use super::claimed::Claimed;
use super::exit::Exit;
use super::polled::Polled;
use super::selection::Selection;
use super::{complain, live, notice, reader};
use crate::config::Config;
use crate::engine::{Hurry, Listening, Snapshot};
use crate::store::Moment;
use crate::sys::clock;
use crate::text;

/// The first reading gets so much, however short the time is: without one there is nothing to say.
const FIRST_LOOK: Duration = Duration::from_secs(10);
/// What network namespaces may take of a reading is a part of this: what the other live commands give them.
const NAMESPACES: Duration = Duration::from_secs(1);

pub(super) fn run(args: &WaitForArgs, config: &Config) -> anyhow::Result<Exit> {
    let claim = args.sockets.claim(args.gone);
    let claimed = Claimed::of(&args.sockets, claim, config, Selection::of_several_looks)?;
    let selection = &claimed.selection;
    let start = clock::now();
    // First, so that nothing begins between the first reading and the listening.
    let (hear, told) = live::hear(&claimed.asked, &selection.tables);
    let interval = args.interval.min(args.timeout);
    let (tables, budget) = (selection.tables.clone(), interval.max(NAMESPACES));
    let mut sampler = reader::live_sampler(&claimed.reading(), tables, selection.ask, budget)?;
    sampler.narrow(selection.narrow());
    // Whoever waits goes on at once: nobody waits for the last reading of a poller that ends with the process.
    let mut polled =
        ManuallyDrop::new(Polled::start(sampler, interval, Listening { hear, told, hurry: Hurry::ForAll })?);
    let mut last = None;
    let mut span = args.timeout.max(FIRST_LOOK);
    while let Some(snapshot) = polled.next(Some((start, span)))? {
        span = args.timeout;
        let Some(moment) = snapshot.table.moment().cloned() else { continue };
        let tally = Tally::of(&snapshot.table, &moment, selection);
        match claim.answer(&tally) {
            Answer::Holds => return met(&claimed, &snapshot, &moment, &polled),
            // It may be seen later, and whoever waits meanwhile knows why it takes so long.
            Answer::Unknown => drop(polled.tell(&moment.coverage)),
            Answer::Fails => {}
        }
        last = Some((snapshot, moment, tally));
    }
    let Some((snapshot, moment, tally)) = last else {
        complain(&format!("sockeye: no reading was done within {}", text::brief(span)));
        return Ok(Exit::Unseen);
    };
    claimed.print(&snapshot.table, &moment)?;
    claimed.say(&tally, &moment, &format!("the time is over, {}: ", text::brief(args.timeout)));
    Ok(claim.answer(&tally).into())
}

/// It is so.
fn met(claimed: &Claimed, snapshot: &Snapshot, moment: &Moment, polled: &Polled) -> anyhow::Result<Exit> {
    claimed.print(&snapshot.table, moment)?;
    if polled.is_first() && !claimed.is_quiet() {
        notice::tell(&moment.coverage, claimed.looks_at_owners());
    }
    Ok(Exit::Ok)
}
