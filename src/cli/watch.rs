//! `sockeye watch`: alert mode, until it is stopped.

use std::io::{self, Write as _};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;

use super::args::WatchArgs;
use super::exit::Exit;
use super::{complain, notice, policy, reader};
use crate::config::{Audience, Config};
use crate::engine::{Feed, Snapshot, spawn};
use crate::model::{Coverage, Family, Protocol, SliceStatus};
use crate::output::alert;
use crate::policy::{Watcher, is_judged};
use crate::store::Moment;
use crate::text::counted;

/// What closed stays in the table for the reading that notices it, so that rules see its age.
const KEEP_CLOSED: Duration = Duration::from_nanos(1);

/// Watches and reports, line by line, each flushed at once.
pub(super) fn run(args: &WatchArgs, config: &Config) -> anyhow::Result<Exit> {
    // The alerts are the same on a terminal and in a service.
    let settings = config.settings(Audience::Program);
    let interval = args.interval.resolve(&settings);
    let loaded = policy::load(args.policy.resolve(&settings), &config.environment)?;
    let (tables, ask) = reader::wanted_by(&loaded.policy);
    let mut watch = Watch {
        path: crate::text::path(&loaded.path).into_owned(),
        json: args.json,
        expectations: loaded.policy.expectations.len(),
        rules: loaded.policy.rules.len(),
        watcher: Watcher::new(loaded.policy),
        told: None,
    };
    let reading = args.reading.resolve(&settings);
    let sampler = reader::live_sampler(&reading, tables, ask, interval)?;
    // A reader that stands still stops the polling before it fills the memory.
    let (send, feed) = mpsc::sync_channel(2);
    let _poller = spawn(sampler, interval, KEEP_CLOSED, move |feed| send.send(feed).is_ok())
        .context("cannot start the poller thread")?;
    for feed in feed {
        match feed {
            Feed::Snapshot(snapshot) => watch.take(&snapshot)?,
            Feed::Failed(error) => {
                complain(&format!("sockeye: this reading failed, the next is tried on time: {error}"));
            }
        }
    }
    anyhow::bail!("the poller ended")
}

struct Watch {
    path: String,
    json: bool,
    expectations: usize,
    rules: usize,
    watcher: Watcher,
    /// The trouble that was told last, so that it is told once.
    told: Option<Vec<Trouble>>,
}

impl Watch {
    fn take(&mut self, snapshot: &Snapshot) -> anyhow::Result<()> {
        let Some(moment) = snapshot.table.moment() else { return Ok(()) };
        self.tell_coverage(snapshot, moment);
        let mut out = io::stdout().lock();
        for found in self.watcher.watch(&snapshot.changes, &snapshot.table, moment) {
            if self.json {
                alert::write_json(&mut out, &found, moment, &self.path)?;
            } else {
                alert::write_line(&mut out, &found, moment, &self.path)?;
            }
        }
        out.flush()?;
        Ok(())
    }

    fn tell_coverage(&mut self, snapshot: &Snapshot, moment: &Moment) {
        let trouble = trouble(&moment.coverage);
        if self.told.as_ref() == Some(&trouble) {
            return;
        }
        if self.told.is_none() {
            let listeners = snapshot.table.open().filter(|row| is_judged(&row.socket)).count();
            let rules = match self.rules {
                0 => String::new(),
                count => format!(" and {}", counted(count, "rule", "rules")),
            };
            complain(&format!(
                "sockeye: watching {} by {}{rules} of {}, every {}",
                counted(listeners, "listener", "listeners"),
                counted(self.expectations, "expectation", "expectations"),
                self.path,
                crate::text::brief(snapshot.interval),
            ));
        } else if moment.coverage.is_whole() {
            complain("sockeye: every table can be read again");
        }
        notice::tell(&moment.coverage, true);
        self.told = Some(trouble);
    }
}

/// A table that was not read as it should be, in whichever namespace: those come, go and take turns.
pub(super) type Trouble = (Family, Protocol, SliceStatus);

/// Each trouble once, in the order of the tables.
pub(super) fn trouble(coverage: &Coverage) -> Vec<Trouble> {
    let mut all: Vec<Trouble> = Vec::new();
    for read in coverage.slices.iter().filter(|read| read.status != SliceStatus::Ok) {
        let one = (read.slice.family, read.slice.protocol, read.status.clone());
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all.sort_by_key(|(family, protocol, status)| {
        (*family, *protocol, status.word(), status.reason().map(str::to_owned))
    });
    all
}
