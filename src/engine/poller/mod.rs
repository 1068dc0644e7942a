//! The poller thread: takes samples on time and hands snapshots over.
//!
//! Polls never overlap. Where one takes long, the next starts later than the interval says, so that at most
//! half of a core goes into polling.

mod handle;
mod hint;
#[cfg(test)]
mod tests;

pub use handle::PollerHandle;
pub use hint::{Hear, Hint, Hurry, Listening};

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use self::handle::Asked;
use super::{Sampler, Snapshot};
use crate::model::{Heard, HearingCoverage, Sample, SliceStatus, Stamp};
use crate::source::SourceError;
use crate::store::Table;
use crate::sys::{clock, memory};

/// What the poller tells.
#[derive(Debug)]
pub enum Feed {
    Snapshot(Snapshot),
    /// The poll failed as a whole; the next one is tried on time.
    Failed(SourceError),
}

/// Who listens looks that often whether something is asked.
const LISTEN: Duration = Duration::from_millis(50);
/// Where nobody hurries, and much is told, it is heard so often.
const BREATHER: Duration = Duration::from_millis(10);
/// Hints bring no more readings than this many in an interval, …
const EARLY: u32 = 10;
/// … which nobody waits for longer than this, …
const SOON: Duration = Duration::from_millis(100);
/// … nor longer than this for a new listener, …
const AT_ONCE: Duration = Duration::from_millis(20);
/// … and they take no more than one part in this many of the time.
const REST: u32 = 5;
/// A reading is started no sooner than this many times what the last one took after the start of that.
const SHARE: u32 = 2;
/// The most hints that one reading takes in; the next one follows soon, and nobody listens until then.
const MOST: usize = 100_000;
/// What comes without an end for so long is a flood. Whoever hears less than all that waits may take a socket for gone
/// whose beginning, or end, is still to be heard.
const FLOOD: Duration = Duration::from_secs(1);
/// So many bring a reading forward even where nothing hurries: a few megabytes.
const ENOUGH: usize = 10_000;

/// Starts polling: at once, then every `interval`, and soon after what is heard where that is to be hurried for. Each
/// reading takes in what was heard before.
/// `deliver` is called in the poller's thread and returns false when nobody listens any more.
pub fn spawn(
    sampler: Sampler,
    interval: Duration,
    keep_closed: Duration,
    listening: Option<Listening>,
    deliver: impl FnMut(Feed) -> bool + Send + 'static,
) -> std::io::Result<PollerHandle> {
    memory::give_large_blocks_back();
    let (asks, asked) = channel();
    let thread = std::thread::Builder::new().name("poller".into()).spawn(move || {
        Poller::new(sampler, interval, keep_closed, listening).run(&asked, deliver);
    })?;
    Ok(PollerHandle::new(asks, thread))
}

struct Poller {
    sampler: Sampler,
    interval: Duration,
    table: Arc<Table>,
    generation: u64,
    hear: Option<Hear>,
    /// Which hints bring a reading forward.
    hurry: Hurry,
    /// What was heard since the last reading.
    heard: Heard,
    /// A listener is among that.
    has_listener: bool,
    /// What is heard, and how much was lost; `None` where nobody listens.
    hearing: Option<HearingCoverage>,
    /// Something was lost since the last reading, and some hints hurry; or another socket is looked at.
    stale: bool,
    /// The last glance since then showed nothing that can be understood.
    glanced_in_vain: bool,
    /// When the last look began, of whatever extent.
    looked: Stamp,
    /// When the last glance began, and how long it took.
    glanced: Option<(Stamp, Duration)>,
}

/// What follows a wait.
enum Next {
    Reading,
    Glance,
    /// Nobody wants any more.
    End,
}

impl Poller {
    fn new(
        sampler: Sampler,
        interval: Duration,
        keep_closed: Duration,
        listening: Option<Listening>,
    ) -> Self {
        let table = Arc::new(Table::new(keep_closed));
        let hurry = listening.as_ref().map_or(Hurry::ForNothing, |listening| listening.hurry);
        let (hear, told) = listening.map(|listening| (listening.hear, listening.told)).unzip();
        let coverage =
            |told| HearingCoverage { told, interval: Some(interval), ..HearingCoverage::default() };
        Self {
            sampler,
            interval,
            table,
            generation: 0,
            hear: hear.flatten(),
            hurry,
            heard: Heard::default(),
            has_listener: false,
            hearing: told.map(coverage),
            stale: false,
            glanced_in_vain: false,
            looked: clock::now(),
            glanced: None,
        }
    }

    /// Hears one hint. False when there was none.
    fn hear(&mut self, patience: Duration) -> bool {
        match self.hear.as_mut().map(|hear| hear(patience)) {
            Some(Some(Hint::Began(begun))) => {
                self.has_listener |= begun.socket.is_listener();
                self.heard.begun.push(*begun);
            }
            Some(Some(Hint::Turned(end))) => {
                self.has_listener |= end.socket.is_listener();
                self.heard.ends.push(*end);
            }
            Some(Some(Hint::Ended(socket))) => self.heard.ended.push(*socket),
            Some(Some(Hint::Lost(words))) => self.lose(|hearing| hearing.words_lost += words),
            Some(Some(Hint::NoWords(why))) => self.lose(|hearing| hearing.told.lose_words(&why)),
            Some(Some(Hint::NoEnds(why))) => self.lose(|hearing| hearing.told.lose_ends(&why)),
            Some(Some(Hint::Nothing)) => return false,
            Some(None) | None => {
                self.hear = None;
                return false;
            }
        }
        true
    }

    /// Counts what was not heard. Only a reading can tell what it was.
    fn lose(&mut self, note: impl FnOnce(&mut HearingCoverage)) {
        self.stale |= self.hurry != Hurry::ForNothing;
        if let Some(hearing) = &mut self.hearing {
            hearing.overruns += 1;
            note(hearing);
        }
    }

    /// True when the next reading is to come sooner than usual.
    fn is_wanted_soon(&self) -> bool {
        let is_urgent = match self.hurry {
            Hurry::ForNothing => false,
            Hurry::ForListeners => {
                self.has_listener || (!self.heard.ended.is_empty() && !self.hears_of_listeners())
            }
            Hurry::ForAll => !self.heard.is_empty(),
        };
        self.stale || is_urgent || self.heard.len() > ENOUGH
    }

    /// True when it is for listeners alone that something is wanted soon.
    fn is_glance_enough(&self) -> bool {
        let is_for_more = self.stale || self.heard.len() > ENOUGH || self.glanced_in_vain;
        let is_of_listeners = self.hurry == Hurry::ForListeners && self.has_listener;
        is_of_listeners && !is_for_more && self.hears_of_listeners() && self.sampler.can_glance()
    }

    /// True when every listener that begins is told.
    fn hears_of_listeners(&self) -> bool {
        let is_told = |told: &Option<SliceStatus>| told.as_ref().is_none_or(|told| !told.is_blind());
        self.hearing
            .as_ref()
            .is_some_and(|hearing| is_told(&hearing.told.beginnings) && is_told(&hearing.told.binds))
    }

    /// Hears what comes next, and what waits then. Returns how long nobody has to listen after it: to wake up for each
    /// word takes longer than to hear it. Who hurries is told of processes that are gone by then.
    fn hear_what_comes(&mut self, patience: Duration) -> Duration {
        let is_much = self.hear(patience) && self.hurry == Hurry::ForNothing;
        if !is_much {
            return Duration::ZERO;
        }
        self.hear_what_waits();
        BREATHER
    }

    /// Takes in what is asked for. True where a reading is to follow at once.
    fn take(&mut self, asked: Asked) -> bool {
        let is_urgent = matches!(asked, Asked::Of(_));
        match asked {
            Asked::Of(ask) => self.sampler.ask(ask),
            Asked::Closely(closely) => {
                self.stale |= closely.is_some();
                self.sampler.look_closely(closely);
            }
            Asked::Nothing(shown) => drop(shown),
        }
        is_urgent
    }

    /// How long until the next look, and whether a glance is enough for it, when the last reading began then and took
    /// so long.
    fn next_look(&self, started: Stamp, took: Duration) -> (Duration, bool) {
        let now = clock::now();
        let until = |span: Duration, since: &Stamp| span.saturating_sub(now.since(since));
        let usual = until(due(self.interval, took), &started);
        let early = (self.interval / EARLY).min(SOON);
        let rest = took.saturating_mul(REST);
        let is_glance = self.is_glance_enough();
        let soon = match () {
            () if !self.is_wanted_soon() => return (usual, false),
            () if is_glance => {
                let rested = self.glanced.map(|(glanced, took)| until(took.saturating_mul(REST), &glanced));
                until(early.min(AT_ONCE), &self.looked).max(rested.unwrap_or_default())
            }
            () if self.has_listener && self.hurry != Hurry::ForNothing => {
                until(early.min(AT_ONCE).max(rest), &started)
            }
            () => until(early.max(rest), &started),
        };
        (soon.min(usual), soon < usual && is_glance)
    }

    /// Waits for the next look, which follows sooner after a hint. The last reading began then and took so long.
    fn wait(&mut self, asked: &Receiver<Asked>, started: Stamp, took: Duration) -> Next {
        let mut breather = Duration::ZERO;
        loop {
            let (rest, is_glance) = self.next_look(started, took);
            let listens = self.hear.is_some() && self.heard.len() < MOST;
            let patience = if listens { breather.min(rest) } else { rest };
            match asked.recv_timeout(patience) {
                Ok(one) => {
                    if !self.take(one) {
                        continue;
                    }
                    // Of several questions the last one counts: nobody waits for an answer to the others any more.
                    for one in asked.try_iter() {
                        self.take(one);
                    }
                }
                Err(RecvTimeoutError::Timeout) if rest > patience => {
                    breather = self.hear_what_comes(rest.min(LISTEN));
                    continue;
                }
                Err(RecvTimeoutError::Timeout) if is_glance => return Next::Glance,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Next::End,
            }
            return Next::Reading;
        }
    }

    fn run(mut self, asked: &Receiver<Asked>, mut deliver: impl FnMut(Feed) -> bool) {
        loop {
            let started = clock::now();
            let feed = self.poll().map_or_else(Feed::Failed, Feed::Snapshot);
            if !deliver(feed) {
                return;
            }
            let took = clock::now().since(&started);
            loop {
                let glance = match self.wait(asked, started, took) {
                    Next::End => return,
                    Next::Reading => break,
                    Next::Glance => self.glance(),
                };
                if !glance.is_none_or(|snapshot| deliver(Feed::Snapshot(snapshot))) {
                    return;
                }
            }
        }
    }

    fn poll(&mut self) -> Result<Snapshot, SourceError> {
        let started = clock::now();
        self.looked = started;
        // What ended before the dump begins cannot be in it, but for TIME-WAIT.
        self.hear_what_waits();
        let sample = self.sampler.take()?;
        let sample = Sample { heard: std::mem::take(&mut self.heard), ..sample };
        (self.stale, self.glanced_in_vain) = (false, false);
        Ok(self.take_in(sample, started))
    }

    /// Looks at listeners alone, with what was heard of them: the rest is left to the next reading. `None` when that
    /// must tell of these, too.
    fn glance(&mut self) -> Option<Snapshot> {
        let started = clock::now();
        self.looked = started;
        self.hear_what_waits();
        let heard = self.heard_of_listeners();
        let sample = self.sampler.glance();
        self.glanced = Some((started, clock::now().since(&started)));
        if let Some(sample) = sample.filter(|sample| self.table.fits(&sample.coverage)) {
            return Some(self.take_in(Sample { heard, ..sample }, started));
        }
        self.heard.put_back(heard);
        self.glanced_in_vain = true;
        None
    }

    fn heard_of_listeners(&mut self) -> Heard {
        let begun = self.heard.begun.iter().map(|begun| &begun.socket);
        let all = begun.chain(self.heard.ends.iter().map(|end| &end.socket));
        let told: BTreeSet<_> = all.filter(|socket| socket.is_listener()).map(|socket| socket.key).collect();
        self.heard.take_of(|key| told.contains(key) || self.table.is_listener(key))
    }

    /// Takes a look that began then into the table.
    fn take_in(&mut self, mut sample: Sample, started: Stamp) -> Snapshot {
        self.has_listener = false;
        self.hear_of(&mut sample);
        self.sampler.name_the_heard(&mut sample);
        sample.coverage.hearing.clone_from(&self.hearing);
        let (table, changes) = self.table.apply(sample);
        self.table = Arc::new(table);
        self.generation += 1;
        let took = clock::now().since(&started);
        Snapshot {
            table: Arc::clone(&self.table),
            changes: changes.into(),
            asked: self.sampler.asked(),
            generation: self.generation,
            took,
            interval: self.interval,
            due: due(self.interval, took),
            hints_lost: self.hearing.as_ref().map_or(0, |hearing| hearing.overruns),
        }
    }

    /// Hears what waits, but not for long: where as much comes as is taken in, no reading would ever begin.
    fn hear_what_waits(&mut self) {
        let started = clock::now();
        while self.heard.len() < MOST && self.hear(Duration::ZERO) {
            if clock::now().since(&started) >= FLOOD {
                break;
            }
        }
    }

    /// Lets the reading know of what it has how that began, where it did meanwhile. The rest waits for the next.
    fn hear_of(&mut self, sample: &mut Sample) {
        self.hear_what_waits();
        if self.heard.begun.is_empty() {
            return;
        }
        let begun: BTreeSet<_> = self.heard.begun.iter().map(|begun| begun.socket.key).collect();
        let read = sample.sockets.iter().map(|socket| socket.key);
        let read: BTreeSet<_> = read.filter(|key| begun.contains(key)).collect();
        let meanwhile = self.heard.begun.extract_if(.., |begun| read.contains(&begun.socket.key));
        sample.heard.begun.extend(meanwhile);
    }
}

/// The time from the start of a reading that took so long to the start of the next.
fn due(interval: Duration, took: Duration) -> Duration {
    interval.max(took.saturating_mul(SHARE))
}
