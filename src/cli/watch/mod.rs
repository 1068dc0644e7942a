//! `sockeye watch`: alert mode, until it is stopped.

mod keeping;
mod out;
mod passing;
mod places;
mod reloading;

use std::time::Duration;

use anyhow::Context as _;

use self::keeping::Keeping;
use self::out::{Out, STDOUT, Stdout};
use self::passing::{Odd, Pace, Passing};
use self::reloading::{Files, Settings};
use super::args::WatchArgs;
use super::exit::Exit;
use super::polled::Polled;
use super::settings::audience;
use super::{complain, live, reader};
use crate::config::{Audience, Config};
use crate::engine::{Hurry, Listening, Snapshot};
use crate::model::{Extent, Hearing, Stamp};
use crate::notify::SinkSpec;
use crate::notify::health::Board;
use crate::policy::{Alert, Quiet, Vigil, is_judged};
use crate::source::Wanted;
use crate::store::Moment;
use crate::sys::reload::Reload;
use crate::sys::stop::Stop;
use crate::sys::{clock, host, service};
use crate::text::counted;

/// How long a request to stop or to read the files again may wait, and what is counted.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long places may take what is left when the watch ends.
const FAREWELL: Duration = Duration::from_secs(3);
/// How the places and the store do is noted that often.
const SOMETIMES: Duration = Duration::from_millis(500);

/// Watches and reports, until it is stopped.
pub(super) fn run(args: &WatchArgs, config: &Config) -> anyhow::Result<Exit> {
    // The alerts are the same on a terminal and in a service.
    let settings = config.settings(Audience::Program);
    let interval = args.interval.resolve(&settings);
    let files = Files {
        policy: args.policy.resolve(&settings),
        sinks: args.sinks.clone(),
        environment: &config.environment,
    };
    let reload = Reload::on_hangup().context("cannot listen for SIGHUP")?;
    let stop = Stop::on_request().context("cannot listen for SIGTERM and SIGINT")?;
    let Settings { loaded, sinks } = files.read()?;
    let (tables, ask) = reader::wanted_by(&loaded.policy);
    let path = crate::text::path(&loaded.path).into_owned();
    let quiet = Quiet { cooldown: args.cooldown, remind: Some(args.remind).filter(|span| !span.is_zero()) };
    let (keeping, left) = Keeping::open(args.store.as_deref(), host::host().boot_id)?;
    let vigil = Vigil::new(loaded.policy, quiet, left.memory.clone());
    let face = args.face.face(&config.settings(audience(args.json)), &config.environment);
    let board = Board::default();
    board.note(|health| health.reloads.in_force_since = Some(clock::now().wall));
    let out = Out::start(Stdout::new(args.json, face), &sinks, left, &board)?;
    let reading = args.reading.resolve(&settings);
    // First, so that nothing comes and goes between the first reading and the listening.
    let (hear, hearing) = live::hear(&reading, &tables);
    let sampler =
        reader::live_sampler(&reading, tables.clone(), ask, interval)?.glancing(live::glances(&reading));
    let listening = Listening { hear, told: hearing.clone(), hurry: Hurry::ForListeners };
    let mut polled = Polled::start(sampler, interval, listening)?;
    let (passing, pace) = (Passing::default(), Pace::default());
    let mut watch = Watch {
        path,
        sinks,
        tables,
        hearing,
        lost: 0,
        vigil,
        keeping,
        out,
        board,
        passing,
        pace,
        noted: None,
    };
    watch.look_at_the_clocks();
    let mut last = None;
    loop {
        if let Some(snapshot) = polled.next(Some((clock::now(), PATIENCE)))? {
            watch.take(&snapshot, &mut polled)?;
            last = Some(snapshot);
        }
        if let Some(snapshot) = last.as_ref().filter(|_| reload.is_asked()) {
            watch.reload(&files, snapshot, &polled)?;
        }
        watch.go_on(last.as_ref(), &polled)?;
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
    /// The places besides stdout.
    sinks: Vec<SinkSpec>,
    /// Those that are read.
    tables: Vec<Wanted>,
    hearing: Hearing,
    /// How often not all could be told of what happened between readings.
    lost: u64,
    vigil: Vigil,
    keeping: Keeping,
    out: Out,
    /// How all of it does, for those who look at numbers.
    board: Board,
    passing: Passing,
    pace: Pace,
    /// When the places and the store were noted there.
    noted: Option<Stamp>,
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
        if moment.extent == Extent::All {
            if let Some(told) = self.pace.look(snapshot.took, snapshot.interval, snapshot.due) {
                complain(&format!("sockeye: {told}"));
            }
            self.note_reading(snapshot, moment);
            // A glance proves nothing of the rest.
            service::alive();
        }
        if !snapshot.changes.is_empty() {
            let listeners = listeners(snapshot);
            self.board.note(|health| health.listeners = listeners);
            service::tell(&format!("{} watched", told(listeners)));
        }
        Ok(())
    }

    /// Commits the alerts to the store, if there is one, and then gives them to all places.
    fn report(&mut self, alerts: &[Alert], moment: &Moment) -> anyhow::Result<()> {
        let notices = self.out.rendered(alerts, moment, &self.path)?;
        self.keeping.commit(&notices, &self.vigil, &self.out.delivery);
        self.out.delivery.push(notices, moment.taken);
        Ok(())
    }

    /// What is due between readings.
    fn go_on(&mut self, last: Option<&Snapshot>, polled: &Polled) -> anyhow::Result<()> {
        self.look_at_the_clocks();
        let alerts = self.vigil.due(clock::now());
        if let Some(moment) = last.and_then(|snapshot| snapshot.table.moment()).filter(|_| !alerts.is_empty())
        {
            self.report(&alerts, moment)?;
        }
        self.keeping.catch_up(&self.vigil, &self.out.delivery);
        self.out.tell();
        self.keeping.tell();
        self.note(polled);
        Ok(())
    }

    /// Tells where time did not pass as it should.
    fn look_at_the_clocks(&mut self) {
        let Some((now, asleep)) = clock::with_sleep() else { return };
        for odd in self.passing.look(now, asleep) {
            self.board.note(|health| match odd {
                Odd::Slept(_) => health.sleeps += 1,
                Odd::Set(_) => health.clock_steps += 1,
                Odd::Stood(_) => health.standstills += 1,
            });
            complain(&format!("sockeye: {}", odd.told()));
        }
    }

    /// Notes a reading that did not fail.
    fn note_reading(&self, snapshot: &Snapshot, moment: &Moment) {
        self.board.note(|health| {
            let readings = &mut health.readings;
            let at = moment.taken.wall;
            if moment.coverage.is_whole() {
                readings.complete += 1;
                readings.last_complete = Some((at, snapshot.took));
            } else {
                readings.partial += 1;
            }
            readings.overruns += u64::from(snapshot.took > snapshot.interval);
            (readings.last, readings.period) = (Some(at), Some(snapshot.due));
            if let Some(hearing) = &moment.coverage.hearing {
                (health.hearing_overruns, health.words_lost) = (hearing.overruns, hearing.words_lost);
            }
        });
    }

    /// Notes how everything else does, now and then.
    fn note(&mut self, polled: &Polled) {
        let now = clock::now();
        if self.noted.is_some_and(|noted| now.since(&noted) < SOMETIMES) {
            return;
        }
        self.noted = Some(now);
        let (places, store) = (self.out.delivery.health(), self.keeping.health());
        self.board.note(|health| {
            health.readings.failed = polled.failed();
            (health.places, health.store) = (places, store);
        });
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

    /// Watches by the policy and delivers to the sinks as they are now. Whatever is wrong with either, the old ones stay
    /// in force, which is told.
    fn reload(&mut self, files: &Files<'_>, snapshot: &Snapshot, polled: &Polled) -> anyhow::Result<()> {
        let Some(moment) = snapshot.table.moment() else { return Ok(()) };
        let taken = files.read().and_then(|settings| {
            let ask = settings.ask(&self.tables)?;
            settings.deliver_by(&self.out.delivery, &self.sinks, &self.board)?;
            Ok((settings, ask))
        });
        let now = clock::now().wall;
        self.board.note(|health| {
            let reloads = &mut health.reloads;
            reloads.was_refused = taken.is_err();
            if taken.is_ok() {
                reloads.taken += 1;
                reloads.in_force_since = Some(now);
            } else {
                reloads.refused += 1;
            }
        });
        let (Settings { loaded, sinks }, ask) = match taken {
            Ok(taken) => taken,
            Err(error) => {
                complain(&format!(
                    "sockeye: nothing was read again, the old policy and the old sinks stay in force: {error:#}"
                ));
                return Ok(());
            }
        };
        polled.ask(ask);
        self.path = crate::text::path(&loaded.path).into_owned();
        let alerts = self.vigil.replace(loaded.policy, &snapshot.table, moment);
        complain(&format!("sockeye: the policy was read again: {}", self.policy()));
        if sinks != self.sinks {
            complain(&format!(
                "sockeye: the sinks were read again: alerts go to {}",
                reloading::named(&sinks)
            ));
            self.sinks = sinks;
        }
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
            told(listeners(snapshot)),
            self.policy(),
            crate::text::brief(snapshot.interval),
            self.hearing.promise(),
        ));
        if !self.sinks.is_empty() {
            complain(&format!("sockeye: alerts go to {}", reloading::named(&self.sinks)));
        }
        if let Some(told) = self.keeping.greeting() {
            complain(&told);
        }
        service::ready();
    }
}

/// How many sockets are judged.
fn listeners(snapshot: &Snapshot) -> usize {
    snapshot.table.open().filter(|row| is_judged(&row.socket)).count()
}

/// How many there are: `3 listeners`.
fn told(listeners: usize) -> String {
    counted(listeners, "listener", "listeners")
}
