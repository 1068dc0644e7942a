//! `sockeye events [FILTER]`: what opens, closes and changes, as it is noticed.

use std::io::{self, Write as _};
use std::time::Duration;

use clap::Args as ClapArgs;

use super::args::{IntervalArgs, ReadingArgs};
use super::exit::Exit;
use super::polled::Polled;
use super::settings::audience;
use super::stdout::FaceArgs;
use super::{complain, filter, live, reader};
use crate::config::{Config, interval};
use crate::engine::{Hurry, Listening, Snapshot};
use crate::filter::Filter;
use crate::model::{Ask, Hearing};
use crate::output::{Face, event, json};
use crate::sys::clock;
use crate::text;

#[derive(Debug, ClapArgs)]
pub(super) struct EventsArgs {
    /// One JSON object per line
    #[arg(long)]
    json: bool,
    /// End after this time, such as 10s
    #[arg(long = "for", value_name = "TIME", value_parser = interval)]
    span: Option<Duration>,
    /// End after so many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[command(flatten)]
    face: FaceArgs,
    #[command(flatten)]
    interval: IntervalArgs,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Only sockets that pass, such as: port = 443, listening, proc = nginx, new
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
}

/// What is asked of TCP sockets in any case: their bytes.
const BYTES: Ask = Ask { rates: true, ..Ask::NOTHING };
/// All that a socket can tell by itself.
const DETAILS: Ask = Ask { published: false, ..Ask::EVERYTHING };

/// Tells events, each line flushed at once, until it is stopped or has told enough.
pub(super) fn run(args: &EventsArgs, config: &Config) -> anyhow::Result<Exit> {
    let filter = filter::parse(&args.filter, None)?;
    // Whose a connection is that waits for accept(2), its listener tells.
    let tables = filter::all_tables(&filter)?;
    let ask = if args.json { DETAILS } else { BYTES.or(filter.ask()) };
    let deadline = args.span.map(|span| (clock::now(), span));
    let settings = config.settings(audience(args.json));
    let reading = args.reading.resolve(&settings);
    // First, so that nothing ends between the first reading and the listening.
    let (hear, hearing) = live::hear(&reading, &tables);
    let interval = args.interval.resolve(&settings);
    let sampler = reader::live_sampler(&reading, tables, ask, interval)?;
    let mut polled =
        Polled::start(sampler, interval, Listening { hear, told: hearing.clone(), hurry: Hurry::ForAll })?;
    let face = args.face.face(&settings, &config.environment);
    let mut events = Events { filter, json: args.json, face, left: args.count, hearing, lost: 0 };
    while events.left != Some(0)
        && let Some(snapshot) = polled.next(deadline)?
    {
        events.take(&snapshot, &mut polled)?;
    }
    Ok(Exit::Ok)
}

struct Events {
    filter: Filter,
    json: bool,
    face: Face,
    /// How many events may still be told.
    left: Option<u64>,
    hearing: Hearing,
    /// How often it could not tell all.
    lost: u64,
}

impl Events {
    fn take(&mut self, snapshot: &Snapshot, polled: &mut Polled) -> anyhow::Result<()> {
        let Some(moment) = snapshot.table.moment() else { return Ok(()) };
        if polled.is_first() {
            let passing = snapshot.table.open().filter(|row| filter::passes(&self.filter, row, moment));
            let every = text::brief(snapshot.interval);
            complain(&format!(
                "sockeye: watching {}, every {every}; {}",
                text::counted(passing.count(), "socket", "sockets"),
                self.hearing.promise(),
            ));
        }
        if polled.tell(&moment.coverage) && self.json {
            json::write_coverage(io::stdout().lock(), moment)?;
        }
        if snapshot.hints_lost > self.lost {
            self.lost = snapshot.hints_lost;
            complain(
                "sockeye: more happened at once than could be told; what was read before, or is there, is told in time",
            );
        }
        let mut out = io::stdout().lock();
        for event in event::events(&snapshot.changes, &snapshot.table, moment) {
            if !filter::passes(&self.filter, event.row, moment) {
                continue;
            }
            if self.left == Some(0) {
                break;
            }
            self.left = self.left.map(|left| left - 1);
            if self.json {
                event::write_json(&mut out, &event, moment)?;
            } else {
                event::write_line(&mut out, &event, moment, self.face)?;
            }
        }
        out.flush()?;
        Ok(())
    }
}
