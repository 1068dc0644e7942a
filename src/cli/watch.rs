//! `sockeye watch`: alert mode, until it is stopped.

use std::io::{self, Write as _};

use super::args::WatchArgs;
use super::exit::Exit;
use super::polled::Polled;
use super::settings::audience;
use super::{complain, live, policy, reader};
use crate::config::{Audience, Config};
use crate::engine::Snapshot;
use crate::model::Hearing;
use crate::output::{Face, alert};
use crate::policy::{Watcher, is_judged};
use crate::text::counted;

/// Watches and reports, line by line, each flushed at once.
pub(super) fn run(args: &WatchArgs, config: &Config) -> anyhow::Result<Exit> {
    // The alerts are the same on a terminal and in a service.
    let settings = config.settings(Audience::Program);
    let interval = args.interval.resolve(&settings);
    let loaded = policy::load(args.policy.resolve(&settings), &config.environment)?;
    let (tables, ask) = reader::wanted_by(&loaded.policy);
    let reading = args.reading.resolve(&settings);
    // First, so that nothing comes and goes between the first reading and the listening.
    let (hear, hearing) = live::hear(&reading, &tables);
    let sampler = reader::live_sampler(&reading, tables, ask, interval)?;
    let mut polled = Polled::start(sampler, interval, hear)?;
    let mut watch = Watch {
        path: crate::text::path(&loaded.path).into_owned(),
        json: args.json,
        face: args.face.face(&config.settings(audience(args.json)), &config.environment),
        expectations: loaded.policy.expectations.len(),
        rules: loaded.policy.rules.len(),
        hearing,
        lost: 0,
        watcher: Watcher::new(loaded.policy),
    };
    while let Some(snapshot) = polled.next(None)? {
        watch.take(&snapshot, &mut polled)?;
    }
    Ok(Exit::Ok)
}

struct Watch {
    path: String,
    json: bool,
    face: Face,
    expectations: usize,
    rules: usize,
    hearing: Hearing,
    /// How often not all could be told of what happened between readings.
    lost: u64,
    watcher: Watcher,
}

impl Watch {
    fn take(&mut self, snapshot: &Snapshot, polled: &mut Polled) -> anyhow::Result<()> {
        let Some(moment) = snapshot.table.moment() else { return Ok(()) };
        if polled.is_first() {
            self.greet(snapshot);
        }
        polled.tell(&moment.coverage);
        if snapshot.hints_lost > self.lost {
            self.lost = snapshot.hints_lost;
            complain(
                "sockeye: more happened at once than could be told; what came and went meanwhile is not known",
            );
        }
        let mut out = io::stdout().lock();
        for found in self.watcher.watch(&snapshot.changes, &snapshot.table, moment) {
            if self.json {
                alert::write_json(&mut out, &found, moment, &self.path)?;
            } else {
                alert::write_line(&mut out, &found, moment, &self.path, self.face)?;
            }
        }
        out.flush()?;
        Ok(())
    }

    /// Says what is watched, and by what.
    fn greet(&self, snapshot: &Snapshot) {
        let listeners = snapshot.table.open().filter(|row| is_judged(&row.socket)).count();
        let rules = match self.rules {
            0 => String::new(),
            count => format!(" and {}", counted(count, "rule", "rules")),
        };
        complain(&format!(
            "sockeye: watching {} by {}{rules} of {}, every {}; {}",
            counted(listeners, "listener", "listeners"),
            counted(self.expectations, "expectation", "expectations"),
            self.path,
            crate::text::brief(snapshot.interval),
            self.hearing.promise(),
        ));
    }
}
