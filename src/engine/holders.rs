//! Owners for a reading, and rows for the sockets that only their owners know of. Reads no table
//! but for a second look.

use std::sync::Mutex;
use std::time::Duration;

use foldhash::fast::RandomState;

use super::OwnerAsk;
use super::plan::{Chances, Method, plan};
use super::residual::{self, Sought, Unlisted};
use crate::model::{Inode, NetnsId, NoOwner, OwnerCoverage, Owners, SliceStatus, Socket, Usages};
use crate::owner::{
    self, BpfScanner, Facts, Hidden, KernelUses, OwnerMap, OwnerSets, ProcScanner, Question, Scanner,
    Workloads,
};
use crate::source::{RESIDUAL, Reading, SocketSource, Wanted};
use crate::sys::bpf;
use crate::sys::clock;
use crate::sys::procnet::{self, Whose};
use crate::sys::rights;
use crate::wire::proc_sockstat::sockets_used;

/// Finds the holders of sockets.
pub(super) struct Holders {
    facts: Facts,
    live: bool,
    /// `None` when nobody is looked for.
    way: Option<Box<dyn Scanner>>,
    hidden: Hidden,
    kernel: KernelUses,
    /// Why it is not another one.
    why: Option<String>,
    found: Option<Found>,
}

/// What a scan found.
struct Found {
    /// The sockets whose holders were looked for.
    asked: owner::Wanted,
    sets: OwnerSets,
    unlisted: Unlisted,
    /// Where sockets that are in no table were looked for.
    places: Vec<NetnsId>,
    /// Until when it holds but for new sockets. A descriptor that is passed on, or inherited, changes
    /// no table: nothing tells but another scan of everything.
    until: Duration,
}

/// Scans take one part in this many of the time, while no socket is added.
const REST: u32 = 100;
/// However long a scan takes, the next one follows after this.
const LONGEST_REST: Duration = Duration::from_secs(10);

impl Holders {
    /// Chooses the way, and begins to prepare it.
    pub(super) fn new(ask: OwnerAsk) -> Self {
        let chances = || Chances {
            every_process: rights::ours().every_process,
            bpf: bpf::may_load().map_err(|error| error.to_string()),
            sockets: procnet::table(Whose::Ours, "sockstat").ok().and_then(|text| sockets_used(&text)),
        };
        let (method, why) = plan(ask, chances);
        let by_proc = || -> Box<dyn Scanner> { Box::new(ProcScanner::new(ask.live)) };
        let way = match method {
            Method::None => None,
            Method::Proc => Some(by_proc()),
            Method::Bpf => Some(match BpfScanner::prepare() {
                Ok(scanner) => Box::new(scanner),
                Err(_) => by_proc(), // too few threads to prepare anything
            }),
        };
        Self {
            facts: ask.facts,
            live: ask.live,
            way,
            hidden: Hidden::default(),
            kernel: KernelUses::default(),
            why,
            found: None,
        }
    }

    /// Gives every socket its owners, and sockets that are in no table a row.
    pub(super) fn find(
        &mut self,
        reading: &mut Reading,
        wanted: &[Wanted],
        source: &mut dyn SocketSource,
        workloads: &Mutex<Workloads>,
    ) -> OwnerCoverage {
        let residual = wanted.contains(&RESIDUAL);
        // Each namespace that was read, in the order of reading.
        let mut places: Vec<NetnsId> = reading.slices.iter().map(|read| read.slice.netns).collect();
        places.dedup();
        // What is in no table may be in one that was not read.
        let all_read = reading.namespaces.list.iter().all(|known| known.status.proves_absence());
        let blind = reading.slices.iter().any(|read| may_hold_more(&read.status));
        let gap = match &self.way {
            None => Some("owners were not looked up"),
            _ if blind => Some("not every table could be read"),
            _ if !all_read => {
                Some("not every network namespace was read, so nothing is known to be in no table")
            }
            _ => None,
        };
        let sought = Sought::of(&places, residual && gap.is_none(), reading);
        let found = self.found(reading, sought, workloads, || source.read(wanted).ok());
        if let Some(found) = found {
            found.unlisted.append(reading);
        }
        if residual {
            reading
                .slices
                .extend(places.iter().map(|netns| residual::coverage(*netns, &reading.sockets, gap)));
        }
        let told = match found {
            Some(found) => found.sets.assign(&mut reading.sockets),
            None => owner::tally("none", &reading.sockets),
        };
        owner::asked::ask(&mut reading.sockets);
        let told = OwnerCoverage { method_reason: self.why.clone(), ..told };
        self.spare_the_kernel(reading, source, told)
    }

    /// Gives sockets the owners that the last look found, and looks for none. One that was not there then has none yet.
    pub(super) fn recall(&self, sockets: &mut [Socket]) -> OwnerCoverage {
        let Some(found) = &self.found else { return owner::tally("none", sockets) };
        let told = found.sets.assign(sockets);
        self.kernel.recall(sockets);
        let is_new = |socket: &Socket| socket.inode.is_some_and(|inode| !found.asked.contains(&inode));
        for socket in sockets.iter_mut().filter(|socket| is_new(socket)) {
            socket.owners = Owners::Unknown(NoOwner::NotScanned);
        }
        OwnerCoverage { method_reason: self.why.clone(), ..told }
    }

    /// Of the sockets that are left without holder, gives the kernel those that are its own by evidence.
    /// A plain listing does not tell why a socket has no owner, so nobody is asked for one.
    fn spare_the_kernel(
        &mut self,
        reading: &mut Reading,
        source: &mut dyn SocketSource,
        told: OwnerCoverage,
    ) -> OwnerCoverage {
        if self.way.is_none() || self.facts == Facts::Names {
            return told;
        }
        let now = clock::now().mono;
        let uses = self.kernel.settle(&mut reading.sockets, now, |places| source.kernel_uses(places));
        if uses.is_empty() {
            return told;
        }
        reading.names.kernel_uses = uses;
        let OwnerCoverage { resolved, unresolved, .. } = owner::tally(told.method, &reading.sockets);
        OwnerCoverage { resolved, unresolved, ..told }
    }

    /// Who holds the sockets: what the last scan found, as long as there is no socket that it did not
    /// look for, or what another one finds now.
    fn found(
        &mut self,
        reading: &Reading,
        sought: Sought<'_>,
        workloads: &Mutex<Workloads>,
        look_again: impl FnOnce() -> Option<Reading>,
    ) -> Option<&Found> {
        let began = clock::now().mono;
        let mut before = self.found.take();
        if let Some(found) = &mut before {
            found.unlisted.settle(&reading.sockets, sought.places);
        }
        let holds = |found: &Found| {
            began < found.until
                && found.places == sought.places
                && wanted(reading).all(|inode| found.asked.contains(&inode))
        };
        if before.as_ref().is_some_and(holds) {
            self.found = before;
            return self.found.as_ref();
        }
        let mut asked =
            owner::Wanted::with_capacity_and_hasher(reading.sockets.len(), RandomState::default());
        asked.extend(wanted(reading));
        let question = Question {
            sockets: &reading.sockets,
            wanted: &asked,
            strays: sought.places,
            facts: self.facts,
            news: before.as_ref().is_some_and(|found| began < found.until),
            workloads,
        };
        let sets = scan(self.way.as_mut()?, &question, self.live, &mut self.why)?.settle();
        let mut sets = self.hidden.look(sets, &question);
        let whole_until = before.as_ref().map(|found| found.until).filter(|_| sets.tell_news_alone());
        // Whoever looks once, or for the first time, has no next reading to compare with.
        let unlisted = match before.as_mut().filter(|_| self.live) {
            Some(found) => std::mem::take(&mut found.unlisted).after(sought.among(&sets), sought.places),
            None => Unlisted::at_once(sought.among(&sets), sought.places, look_again),
        };
        if self.live {
            sets = sets.kept(before.map(|found| found.sets));
        }
        let ended = clock::now().mono;
        let rest = || ended + (REST * ended.saturating_sub(began)).min(LONGEST_REST);
        let until = whole_until.unwrap_or_else(rest);
        Some(self.found.insert(Found { asked, sets, unlisted, places: sought.places.to_vec(), until }))
    }
}

/// Who holds what. Where the way leads nowhere, `/proc` is scanned from then on, and `why` is told.
fn scan(
    way: &mut Box<dyn Scanner>,
    question: &Question<'_>,
    live: bool,
    why: &mut Option<String>,
) -> Option<OwnerMap> {
    if let Ok(map) = way.scan(question).map_err(|no_way| *why = Some(no_way.to_string())) {
        return Some(map);
    }
    *way = Box::new(ProcScanner::new(live));
    way.scan(question).ok()
}

/// What the processes use that hold sockets.
pub(super) fn usages(sockets: &[Socket]) -> Usages {
    owner::usages(sockets)
}

fn wanted(reading: &Reading) -> impl Iterator<Item = Inode> {
    reading.sockets.iter().filter_map(|socket| socket.inode)
}

/// True for a table that has rows which were not read. One that the kernel does not keep has none.
fn may_hold_more(status: &SliceStatus) -> bool {
    !status.proves_absence() && !matches!(status, SliceStatus::Unlisted(_))
}
