//! `sockeye watch`: alert mode, until it is stopped.

use std::io::{self, Write as _};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;

use super::args::WatchArgs;
use super::exit::Exit;
use super::{complain, notice, policy, reader};
use crate::config::Environment;
use crate::engine::{Feed, Snapshot, spawn};
use crate::model::{Ask, SliceStatus};
use crate::output::alert;
use crate::policy::{Watcher, is_judged};
use crate::store::Moment;
use crate::text::counted;

/// Watches and reports, line by line, each flushed at once.
pub(super) fn run(args: &WatchArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let loaded = policy::load(&args.policy, environment)?;
    let mut watch = Watch {
        path: crate::text::path(&loaded.path).into_owned(),
        json: args.json,
        expectations: loaded.policy.expectations.len(),
        watcher: Watcher::new(loaded.policy),
        told: None,
    };
    let sampler = reader::sampler(&args.reading, reader::judged_tables(), Ask::NOTHING)?;
    // A reader that stands still stops the polling before it fills the memory.
    let (send, feed) = mpsc::sync_channel(2);
    let _poller = spawn(sampler, args.interval.interval, Duration::ZERO, move |feed| send.send(feed).is_ok())
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
    watcher: Watcher,
    /// The coverage that was told last, by status of each table, so that trouble is told once.
    told: Option<Vec<SliceStatus>>,
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
        let status: Vec<_> = moment.coverage.slices.iter().map(|read| read.status.clone()).collect();
        if self.told.as_ref() == Some(&status) {
            return;
        }
        if self.told.is_none() {
            let listeners = snapshot.table.open().filter(|row| is_judged(&row.socket)).count();
            complain(&format!(
                "sockeye: watching {} by {} of {}, every {}",
                counted(listeners, "listener", "listeners"),
                counted(self.expectations, "expectation", "expectations"),
                self.path,
                crate::text::brief(snapshot.interval),
            ));
        } else if moment.coverage.gaps().next().is_none() {
            complain("sockeye: every table can be read again");
        }
        notice::tell(&moment.coverage, true);
        self.told = Some(status);
    }
}
