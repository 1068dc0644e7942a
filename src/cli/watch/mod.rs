//! `sockeye watch`: alert mode, until it is stopped.

mod keeping;
mod out;
mod places;

use std::time::Duration;

use anyhow::Context as _;

use self::keeping::Keeping;
use self::out::{Out, STDOUT, Stdout};
use super::args::WatchArgs;
use super::exit::Exit;
use super::policy::{self, Loaded};
use super::polled::Polled;
use super::settings::audience;
use super::{complain, live, reader};
use crate::config::{Audience, Config};
use crate::engine::{Listening, Snapshot};
use crate::model::Hearing;
use crate::policy::{Alert, Quiet, Vigil, is_judged};
use crate::source::Wanted;
use crate::store::Moment;
use crate::sys::reload::Reload;
use crate::sys::stop::Stop;
use crate::sys::{clock, host, service};
use crate::text::counted;

/// How long a request to stop or to read the policy again may wait, and what is counted.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long places may take what is left when the watch ends.
const FAREWELL: Duration = Duration::from_secs(3);

/// Watches and reports, until it is stopped.
pub(super) fn run(args: &WatchArgs, config: &Config) -> anyhow::Result<Exit> {
    // The alerts are the same on a terminal and in a service.
    let settings = config.settings(Audience::Program);
    let interval = args.interval.resolve(&settings);
    let named = args.policy.resolve(&settings);
    let reload = Reload::on_hangup().context("cannot listen for SIGHUP")?;
    let stop = Stop::on_request().context("cannot listen for SIGTERM and SIGINT")?;
    let loaded = policy::load(named.clone(), &config.environment)?;
    let (tables, ask) = reader::wanted_by(&loaded.policy);
    let path = crate::text::path(&loaded.path).into_owned();
    let quiet = Quiet { cooldown: args.cooldown, remind: Some(args.remind).filter(|span| !span.is_zero()) };
    let sinks = places::load(args.sinks.as_deref(), &config.environment)?;
    let (keeping, left) = Keeping::open(args.store.as_deref(), host::host().boot_id)?;
    let vigil = Vigil::new(loaded.policy, quiet, left.memory.clone());
    let face = args.face.face(&config.settings(audience(args.json)), &config.environment);
    let out = Out::start(Stdout::new(args.json, face), &sinks, left)?;
    let reading = args.reading.resolve(&settings);
    // First, so that nothing comes and goes between the first reading and the listening.
    let (hear, hearing) = live::hear(&reading, &tables);
    let sampler = reader::live_sampler(&reading, tables.clone(), ask, interval)?;
    let mut polled =
        Polled::start(sampler, interval, Listening { hear, told: hearing.clone(), hurries: true })?;
    let sinks = sinks.into_iter().map(|sink| sink.name).collect();
    let mut watch = Watch { path, sinks, tables, hearing, lost: 0, vigil, keeping, out };
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
        watch.go_on(last.as_ref())?;
        if watch.out.delivery.is_closed(STDOUT) {
            return Ok(Exit::Ok);
        }
        if let Some(signal) = stop.signal() {
            watch.end(last.as_ref())?;
            signal.end_as_asked().context("cannot end as asked")?;
        }
    }
}

struct Watch {
    path: String,
    /// The names of the places besides stdout.
    sinks: Vec<String>,
    /// Those that are read.
    tables: Vec<Wanted>,
    hearing: Hearing,
    /// How often not all could be told of what happened between readings.
    lost: u64,
    vigil: Vigil,
    keeping: Keeping,
    out: Out,
}

impl Watch {
    fn take(&mut self, snapshot: &Snapshot, polled: &mut Polled) -> anyhow::Result<()> {
        let Some(moment) = snapshot.table.moment() else { return Ok(()) };
        if polled.is_first() {
            self.greet(snapshot);
        }
        if polled.tell(&moment.coverage) {
            self.out.tell_coverage(moment)?;
        }
        if snapshot.hints_lost > self.lost {
            self.lost = snapshot.hints_lost;
            complain(
                "sockeye: more happened at once than could be told; what came and went meanwhile is not known",
            );
        }
        let alerts = self.vigil.take(&snapshot.changes, &snapshot.table, moment);
        self.keeping.note(&snapshot.changes, moment);
        self.report(&alerts, moment)?;
        service::alive();
        if !snapshot.changes.is_empty() {
            service::tell(&format!("{} watched", listeners(snapshot)));
        }
        Ok(())
    }

    /// Commits the alerts to the store, if there is one, and then gives them to all places.
    fn report(&mut self, alerts: &[Alert], moment: &Moment) -> anyhow::Result<()> {
        let notices = self.out.rendered(alerts, moment, &self.path)?;
        self.keeping.commit(&notices, &self.vigil, &self.out.delivery);
        self.out.delivery.push(notices, moment.taken.wall);
        Ok(())
    }

    /// What is due between readings.
    fn go_on(&mut self, last: Option<&Snapshot>) -> anyhow::Result<()> {
        let alerts = self.vigil.due(clock::now());
        if let Some(moment) = last.and_then(|snapshot| snapshot.table.moment()).filter(|_| !alerts.is_empty())
        {
            self.report(&alerts, moment)?;
        }
        self.keeping.catch_up(&self.vigil, &self.out.delivery);
        self.out.tell();
        self.keeping.tell();
        Ok(())
    }

    /// Tells what is counted, waits for the places a while, and notes how far they got.
    fn end(&mut self, last: Option<&Snapshot>) -> anyhow::Result<()> {
        service::stopping();
        let alerts = self.vigil.rest(clock::now());
        if let Some(moment) = last.and_then(|snapshot| snapshot.table.moment()) {
            self.report(&alerts, moment)?;
        }
        self.out.delivery.wait(FAREWELL);
        self.out.tell();
        self.keeping.close(&self.vigil, &self.out.delivery);
        self.keeping.tell();
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
        let alerts = self.vigil.replace(loaded.policy, &snapshot.table, moment);
        complain(&format!("sockeye: the policy was read again: {}", self.policy()));
        self.report(&alerts, moment)
    }

    /// What it is that is held against the sockets: `3 expectations and 1 rule of policy.toml`.
    fn policy(&self) -> String {
        let policy = self.vigil.policy();
        let rules = match policy.rules.len() {
            0 => String::new(),
            count => format!(" and {}", counted(count, "rule", "rules")),
        };
        let expectations = counted(policy.expectations.len(), "expectation", "expectations");
        format!("{expectations}{rules} of {}", self.path)
    }

    /// Says what is watched, and by what.
    fn greet(&self, snapshot: &Snapshot) {
        complain(&format!(
            "sockeye: watching {} by {}, every {}; {}",
            listeners(snapshot),
            self.policy(),
            crate::text::brief(snapshot.interval),
            self.hearing.promise(),
        ));
        if !self.sinks.is_empty() {
            complain(&format!("sockeye: alerts go to stdout, {}", self.sinks.join(", ")));
        }
        if let Some(told) = self.keeping.greeting() {
            complain(&told);
        }
        service::ready();
    }
}

/// How many there are: `3 listeners`.
fn listeners(snapshot: &Snapshot) -> String {
    let listeners = snapshot.table.open().filter(|row| is_judged(&row.socket));
    counted(listeners.count(), "listener", "listeners")
}
