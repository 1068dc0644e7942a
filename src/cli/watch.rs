//! `sockeye watch`: alert mode, until it is stopped.

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::Context as _;

use super::args::WatchArgs;
use super::exit::Exit;
use super::policy::{self, Loaded};
use super::polled::Polled;
use super::settings::audience;
use super::{complain, live, reader};
use crate::config::{Audience, Config};
use crate::engine::Snapshot;
use crate::model::Hearing;
use crate::output::{Face, alert};
use crate::policy::{Alert, Watcher, is_judged};
use crate::source::Wanted;
use crate::store::Moment;
use crate::sys::clock;
use crate::sys::reload::Reload;
use crate::text::counted;

/// How long a request to read the policy again may wait.
const PATIENCE: Duration = Duration::from_millis(200);

/// Watches and reports, line by line, each flushed at once.
pub(super) fn run(args: &WatchArgs, config: &Config) -> anyhow::Result<Exit> {
    // The alerts are the same on a terminal and in a service.
    let settings = config.settings(Audience::Program);
    let interval = args.interval.resolve(&settings);
    let named = args.policy.resolve(&settings);
    let reload = Reload::on_hangup().context("cannot listen for SIGHUP")?;
    let loaded = policy::load(named.clone(), &config.environment)?;
    let (tables, ask) = reader::wanted_by(&loaded.policy);
    let reading = args.reading.resolve(&settings);
    // First, so that nothing comes and goes between the first reading and the listening.
    let (hear, hearing) = live::hear(&reading, &tables);
    let sampler = reader::live_sampler(&reading, tables.clone(), ask, interval)?;
    let mut polled = Polled::start(sampler, interval, hear)?;
    let mut watch = Watch {
        path: crate::text::path(&loaded.path).into_owned(),
        json: args.json,
        face: args.face.face(&config.settings(audience(args.json)), &config.environment),
        tables,
        hearing,
        lost: 0,
        watcher: Watcher::new(loaded.policy),
    };
    let mut last = None;
    loop {
        if let Some(snapshot) = polled.next(Some((clock::now(), PATIENCE)))? {
            watch.take(&snapshot, &mut polled)?;
            last = Some(snapshot);
        }
        if let Some(snapshot) = last.as_ref().filter(|_| reload.is_asked()) {
            let loaded = policy::load(named.clone(), &config.environment);
            watch.reload(loaded, snapshot, &polled)?;
        }
    }
}

struct Watch {
    path: String,
    json: bool,
    face: Face,
    /// Those that are read.
    tables: Vec<Wanted>,
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
        let found = self.watcher.watch(&snapshot.changes, &snapshot.table, moment);
        self.report(&found, moment)
    }

    fn report(&self, alerts: &[Alert], moment: &Moment) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        for found in alerts {
            if self.json {
                alert::write_json(&mut out, found, moment, &self.path)?;
            } else {
                alert::write_line(&mut out, found, moment, &self.path, self.face)?;
            }
        }
        out.flush()?;
        Ok(())
    }

    /// Watches by the policy as it is now. Whatever is wrong with it, the old one stays in force, which is told.
    fn reload(
        &mut self,
        loaded: anyhow::Result<Loaded>,
        snapshot: &Snapshot,
        polled: &Polled,
    ) -> anyhow::Result<()> {
        let Some(moment) = snapshot.table.moment() else { return Ok(()) };
        let refused = |why: &str| {
            complain(&format!("sockeye: the policy was not read again, the old one stays in force: {why}"));
        };
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(error) => {
                refused(&format!("{error:#}"));
                return Ok(());
            }
        };
        let (tables, ask) = reader::wanted_by(&loaded.policy);
        if let Some((_, protocol)) = tables.iter().find(|table| !self.tables.contains(table)) {
            let what = protocol.word();
            refused(&format!(
                "its rules look at {what} sockets, which are not read: start sockeye watch anew"
            ));
            return Ok(());
        }
        polled.ask(ask);
        self.path = crate::text::path(&loaded.path).into_owned();
        let alerts = self.watcher.replace(loaded.policy, &snapshot.table, moment);
        complain(&format!("sockeye: the policy was read again: {}", self.policy()));
        self.report(&alerts, moment)
    }

    /// What it is that is held against the sockets: `3 expectations and 1 rule of policy.toml`.
    fn policy(&self) -> String {
        let policy = self.watcher.policy();
        let rules = match policy.rules.len() {
            0 => String::new(),
            count => format!(" and {}", counted(count, "rule", "rules")),
        };
        let expectations = counted(policy.expectations.len(), "expectation", "expectations");
        format!("{expectations}{rules} of {}", self.path)
    }

    /// Says what is watched, and by what.
    fn greet(&self, snapshot: &Snapshot) {
        let listeners = snapshot.table.open().filter(|row| is_judged(&row.socket)).count();
        complain(&format!(
            "sockeye: watching {} by {}, every {}; {}",
            counted(listeners, "listener", "listeners"),
            self.policy(),
            crate::text::brief(snapshot.interval),
            self.hearing.promise(),
        ));
    }
}
