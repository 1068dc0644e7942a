//! All network namespaces of the machine in one reading, or one of them.
//!
//! A thread of its own enters them one after the other and ends with the reading: no other thread
//! ever changes its namespace, and it need not come back, which could be refused. No handle
//! outlives the reading, because a handle keeps a namespace alive.
//!
//! Time is limited. What is not read in time keeps its rows and is told; its turn comes.

mod discover;
mod name;
mod pick;
mod probe;
mod read;
mod turns;
mod visit;

pub use pick::{Pick, PickError};
pub use visit::{VisitError, visit};

use std::collections::BTreeSet;
use std::time::Duration;

use super::netlink::Reader;
use super::{Reading, SocketSource, SourceError, Wanted};
use crate::model::{Ask, Closely, KernelUse, Narrow};
use crate::model::{NamespaceCoverage, NetnsCoverage, NetnsFound, NetnsId, SliceStatus, SystemBytes};
use crate::sys::clock;
use discover::{Discovery, Found};
use name::Namer;
use probe::{Asked, Homes};
use read::Method;
use turns::Turns;

/// What one reading may take when nobody waits for the next.
const PATIENCE: Duration = Duration::from_secs(30);

/// The live kernel, in every network namespace.
#[derive(Debug)]
pub struct Namespaces {
    method: Method,
    pick: Option<Pick>,
    budget: Duration,
    turns: Turns,
    homes: Homes,
    /// The namespaces of the last reading, and the ways to them.
    found: Vec<Found>,
}

impl Namespaces {
    /// Through netlink, and with `fallback` through procfs for what it refuses.
    #[must_use]
    pub fn netlink(ask: Ask, fallback: bool) -> Self {
        Self::new(Method::Netlink { reader: Box::new(Reader::new(fallback)), ask })
    }

    /// Through procfs.
    #[must_use]
    pub fn procfs() -> Self {
        Self::new(Method::Procfs)
    }

    fn new(method: Method) -> Self {
        let (turns, homes) = (Turns::default(), Homes::default());
        Self { method, pick: None, budget: PATIENCE, turns, homes, found: Vec::new() }
    }

    /// Only the one that the user named.
    #[must_use]
    pub fn only(self, pick: Pick) -> Self {
        Self { pick: Some(pick), ..self }
    }

    /// How long one reading may enter namespaces. The own one and one more are always read.
    #[must_use]
    pub fn within(self, budget: Duration) -> Self {
        Self { budget, ..self }
    }
}

impl SocketSource for Namespaces {
    fn ask(&mut self, ask: Ask) {
        if let Method::Netlink { ask: asked, .. } = &mut self.method {
            *asked = ask;
        }
    }

    fn look_closely(&mut self, closely: Option<Closely>) {
        if let Method::Netlink { reader, .. } = &mut self.method {
            reader.look_closely(closely);
        }
    }

    fn narrow(&mut self, narrow: Option<Narrow>) {
        if let Method::Netlink { reader, .. } = &mut self.method {
            reader.narrow(narrow);
        }
    }

    fn read(&mut self, wanted: &[Wanted]) -> Result<Reading, SourceError> {
        std::thread::scope(|scope| {
            let name = std::thread::Builder::new().name("namespaces".to_owned());
            let thread = name.spawn_scoped(scope, || self.travel(wanted)).map_err(SourceError::Thread)?;
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn kernel_uses(&mut self, places: &BTreeSet<NetnsId>) -> Vec<(NetnsId, Vec<KernelUse>)> {
        let found = self.found.iter().filter(|found| places.contains(&found.id));
        let until = clock::now().mono + self.budget;
        std::thread::scope(|scope| {
            let name = std::thread::Builder::new().name("namespaces".to_owned());
            let thread = name.spawn_scoped(scope, || read::kernel_uses(found, until));
            thread.ok().and_then(|thread| thread.join().ok()).unwrap_or_default()
        })
    }
}

/// One reading on its way.
struct Journey {
    all: Discovery,
    reading: Reading,
    /// Of the namespaces in `all`, as far as they were looked at.
    statuses: Vec<Option<SliceStatus>>,
    until: Duration,
    asked: Asked,
}

impl Namespaces {
    /// Finds and reads. The calling thread ends up in any namespace.
    fn travel(&mut self, wanted: &[Wanted]) -> Result<Reading, SourceError> {
        let mut all = Discovery::walk()?;
        self.homes.recall(&mut all);
        let until = clock::now().mono + self.budget;
        let mut journey = Journey {
            all,
            reading: Reading::default(),
            statuses: Vec::new(),
            until,
            asked: Asked::default(),
        };
        match self.pick.clone() {
            None => self.read_all(wanted, &mut journey),
            Some(pick) => return self.read_one(wanted, &pick, journey),
        }
        let names = name_all(&journey.all);
        let places: Vec<usize> = (0..journey.all.known.len()).collect();
        let (reading, found) = journey.end(&places, names);
        self.found = found;
        Ok(reading)
    }

    fn read_all(&mut self, wanted: &[Wanted], journey: &mut Journey) {
        let own = journey.all.known[0].id;
        let status = self.method.read_own(wanted, own, &mut journey.reading);
        journey.tell(0, status);
        let others: Vec<NetnsId> = journey.all.known[1..].iter().map(|found| found.id).collect();
        let mut must = true;
        for id in self.turns.begin(&others) {
            // What vanished or is refused took no time, so it is not the one that must be read.
            must &= !self.take_turn(wanted, id, must, journey);
        }
        self.homes.remember(&journey.reading.sockets, &journey.all);
        let before = journey.all.known.len();
        journey.asked = self.homes.ask(&mut journey.all, journey.until);
        for id in probe::new_ones(&journey.all, before) {
            self.take_turn(wanted, id, false, journey);
        }
    }

    /// Reads one namespace, if there is time or it must be. Returns whether it was read.
    fn take_turn(&mut self, wanted: &[Wanted], id: NetnsId, must: bool, journey: &mut Journey) -> bool {
        let Some(at) = journey.all.at(id) else { return false };
        if !must && clock::now().mono >= journey.until {
            let why = format!(
                "not read this time: the {} for a reading were used up",
                crate::text::brief(self.budget)
            );
            let status = SliceStatus::Partial(why);
            read::skip(wanted, id, &status, &mut journey.reading);
            journey.tell(at, status);
            return false;
        }
        let rows = journey.reading.sockets.len();
        let status = self.method.read(wanted, &journey.all.known[at], &mut journey.reading);
        self.turns.was_read(id, journey.reading.sockets.len() > rows);
        let read = status.proves_absence();
        journey.tell(at, status);
        read
    }

    fn read_one(
        &mut self,
        wanted: &[Wanted],
        pick: &Pick,
        mut journey: Journey,
    ) -> Result<Reading, SourceError> {
        let mut names = name_all(&journey.all);
        let at = match pick.find(&journey.all, &names) {
            Err(PickError::None { .. }) => {
                journey.asked = self.homes.ask(&mut journey.all, journey.until);
                names = name_all(&journey.all);
                pick.find(&journey.all, &names)?
            }
            found => found?,
        };
        let found = &journey.all.known[at];
        let status = match found.how {
            NetnsFound::Own => self.method.read_own(wanted, found.id, &mut journey.reading),
            _ => self.method.read(wanted, found, &mut journey.reading),
        };
        if let Some(why) = status.reason().filter(|_| status.is_blind()) {
            return Err(PickError::Closed { wanted: pick.into(), why: why.to_owned() }.into());
        }
        journey.tell(at, status);
        let (mut reading, found) = journey.end(&[at], names);
        self.found = found;
        // Nobody asked whether there are others.
        let namespaces = &mut reading.namespaces;
        (namespaces.all, namespaces.gap, namespaces.left_out) = (false, None, 0);
        Ok(reading)
    }
}

impl Journey {
    fn tell(&mut self, at: usize, status: SliceStatus) {
        if self.statuses.len() <= at {
            self.statuses.resize(at + 1, None);
        }
        self.statuses[at] = Some(status);
    }

    /// The reading, with the namespaces at these places, and the ways to all.
    fn end(mut self, places: &[usize], mut names: Vec<Option<SystemBytes>>) -> (Reading, Vec<Found>) {
        self.statuses.resize(self.all.known.len(), None);
        let mut list = Vec::with_capacity(places.len());
        for at in places {
            let (found, name) = (&self.all.known[*at], names[*at].take());
            if let Some(name) = &name {
                self.reading.names.namespaces.insert(found.id, name.clone());
            }
            let never = || SliceStatus::Failed("it was not looked at".to_owned());
            let status = self.statuses[*at].take().unwrap_or_else(never);
            list.push(NetnsCoverage { id: found.id, name, found: found.how, status });
        }
        self.reading.namespaces = NamespaceCoverage {
            list,
            exhaustive: self.all.broken.is_none() && self.all.beyond.is_empty() && self.asked.left == 0,
            all: true,
            left_out: self.all.beyond.len(),
            gap: self.all.gap().or_else(|| self.asked.gap()),
        };
        (self.reading, self.all.known)
    }
}

fn name_all(all: &Discovery) -> Vec<Option<SystemBytes>> {
    let mut namer = Namer::new();
    all.known.iter().map(|found| namer.name(found)).collect()
}
