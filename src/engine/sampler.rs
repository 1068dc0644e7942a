//! One reading made whole: sockets, owners and names become a [`Sample`].

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::holders::{self, Holders};
use super::{OwnerAsk, published, relations};
use crate::model::{
    Ask, Closely, Coverage, Extent, Heard, Host, Known, Names, NamespaceCoverage, Narrow, OwnerCoverage,
    Sample, SliceStatus, Socket, Stamp, Uid, Usages,
};
use crate::owner::{self, Activations, Facts, PublishedPorts, RuntimePlaces, Workloads};
use crate::source::{Reading, SocketSource, SourceError, Stage, Wanted};
use crate::sys::cgroup::Cgroups;
use crate::sys::names::Users;
use crate::sys::{clock, host};

/// How listeners alone are read.
struct Glancing {
    source: Box<dyn SocketSource>,
    /// The tables of which the kernel can tell listeners alone: of others nobody hears as they begin.
    wanted: Vec<Wanted>,
}

/// Takes samples from a source.
pub struct Sampler {
    source: Box<dyn SocketSource>,
    wanted: Vec<Wanted>,
    glancing: Option<Glancing>,
    holders: Holders,
    facts: Facts,
    users: Users,
    cgroups: Cgroups,
    /// Shared with those who look for owners, so that nobody is asked twice.
    workloads: Mutex<Workloads>,
    activations: Activations,
    ports: PublishedPorts,
    asked: Ask,
    closely: Option<Closely>,
    host: Option<Arc<Host>>,
    /// Who was heard of last. What they began may be told with the next reading.
    heard: BTreeSet<Uid>,
}

impl Sampler {
    /// A sampler of the wanted tables.
    #[must_use]
    pub fn new(source: Box<dyn SocketSource>, wanted: Vec<Wanted>, owners: OwnerAsk) -> Self {
        Self {
            source,
            wanted,
            glancing: None,
            holders: Holders::new(owners),
            facts: owners.facts,
            users: Users::default(),
            cgroups: Cgroups::default(),
            workloads: Mutex::default(),
            activations: Activations::new(Path::new("/")),
            ports: PublishedPorts::default(),
            asked: Ask::NOTHING,
            closely: None,
            host: None,
            heard: BTreeSet::new(),
        }
    }

    /// Asks container runtimes, too, for the names that their files do not tell.
    #[must_use]
    pub fn asking(mut self, places: Option<&RuntimePlaces>) -> Self {
        if let Some(places) = places {
            self.workloads().ask_runtimes(places);
        }
        self
    }

    /// Able to glance at listeners, through that source, if there is one.
    #[must_use]
    pub fn glancing(mut self, source: Option<Box<dyn SocketSource>>) -> Self {
        let wanted = self.wanted.iter().filter(|table| Narrow::concerns(table.1)).copied().collect();
        self.glancing = source.map(|mut source| {
            source.narrow(Some(Narrow::to_listeners()));
            source.ask(self.asked);
            Glancing { source, wanted }
        });
        self
    }

    /// True when it can look at listeners alone.
    #[must_use]
    pub fn can_glance(&self) -> bool {
        self.glancing.is_some()
    }

    /// What a thread that panicked had learnt is no less true.
    fn workloads(&mut self) -> &mut Workloads {
        self.workloads.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the source tell fewer sockets, where these are enough. What is known from all of them
    /// together, such as the listener that a connection waits for, may not be known then.
    pub fn narrow(&mut self, narrow: Option<Narrow>) {
        self.source.narrow(narrow);
    }

    /// Asks the source for other details from the next sample on.
    pub fn ask(&mut self, ask: Ask) {
        self.asked = ask;
        self.source.ask(ask);
        if let Some(glancing) = &mut self.glancing {
            glancing.source.ask(ask);
        }
    }

    /// Has the source tell more of one socket from the next sample on.
    pub fn look_closely(&mut self, closely: Option<Closely>) {
        self.closely = closely;
        self.source.look_closely(closely);
    }

    /// What the source is asked for.
    #[must_use]
    pub fn asked(&self) -> Ask {
        self.asked
    }

    /// Takes the next sample. Sockets are read first and owners after: a socket that is on the
    /// list and still open then is found with its owner.
    pub fn take(&mut self) -> Result<Sample, SourceError> {
        self.read(Extent::All)
    }

    /// Glances at listeners. Owners are those of the last sample of all. `None` where it [cannot](Self::can_glance), or
    /// nothing could be read.
    pub fn glance(&mut self) -> Option<Sample> {
        self.can_glance().then(|| self.read(Extent::Listeners).ok()).flatten()
    }

    fn read(&mut self, extent: Extent) -> Result<Sample, SourceError> {
        let (source, wanted) = match &mut self.glancing {
            Some(glancing) if extent == Extent::Listeners => (&mut glancing.source, &glancing.wanted),
            _ => (&mut self.source, &self.wanted),
        };
        let mut reading = source.read(wanted)?;
        if let Some(stage) = reading.stage.take() {
            return Ok(staged(stage, reading));
        }
        let taken = clock::now();
        relations::relate(&mut reading.sockets);
        self.workloads.get_mut().unwrap_or_else(PoisonError::into_inner).begin(taken.mono);
        let mut owners = match extent {
            Extent::All => self.holders.find(&mut reading, wanted, &mut **source, &self.workloads),
            Extent::Listeners => self.holders.recall(&mut reading.sockets),
        };
        if !owners.candidates.is_empty() {
            reading.namespaces.tell_in_flight();
        }
        let usages = if self.asked.usage { holders::usages(&reading.sockets) } else { Usages::new() };
        let mut names = self.names(std::mem::take(&mut reading.names), &reading.sockets, taken);
        let published = self.published(&mut names, &reading.sockets, &reading.namespaces, taken);
        owners.silent_runtimes = self.workloads().silent_runtimes();
        Ok(Sample {
            taken,
            extent,
            host: Arc::clone(self.host.get_or_insert_with(|| Arc::new(host::host()))),
            names: Arc::new(names),
            sockets: reading.sockets,
            heard: Heard::default(),
            usages,
            coverage: Coverage {
                slices: reading.slices,
                owners,
                namespaces: reading.namespaces,
                published,
                hearing: None,
            },
        })
    }

    /// Adds the names of users that were heard of, and of whom the sockets that were read tell nothing.
    pub fn name_the_heard(&mut self, sample: &mut Sample) {
        let now: BTreeSet<Uid> =
            sample.heard.begun.iter().flat_map(|begun| users_of(&begun.socket)).collect();
        let before = std::mem::replace(&mut self.heard, now);
        let unnamed: Vec<Uid> = before.union(&self.heard).copied().collect();
        let unnamed = unnamed.into_iter().filter(|uid| !sample.names.users.contains_key(uid));
        let named: Vec<_> = match self.facts {
            Facts::Names => Vec::new(),
            Facts::All => unnamed.filter_map(|uid| Some((uid, self.users.name(uid)?))).collect(),
        };
        if !named.is_empty() {
            Arc::make_mut(&mut sample.names).users.extend(named);
        }
    }

    /// Adds the ports that rules publish, where they are asked for. Returns how that went.
    fn published(
        &mut self,
        names: &mut Names,
        sockets: &[Socket],
        known: &NamespaceCoverage,
        taken: Stamp,
    ) -> Option<SliceStatus> {
        if !self.closely.map_or(self.asked, |one| self.asked.or(one.ask)).published {
            return None;
        }
        let Some(netns) = host::netns().ok().filter(|own| known.list.iter().any(|one| one.id == *own)) else {
            let why = "only rules of the network namespace that sockeye runs in are read";
            return Some(SliceStatus::Failed(why.to_owned()));
        };
        let told =
            self.ports.read(self.workloads.get_mut().unwrap_or_else(PoisonError::into_inner), taken.mono);
        names.passed_on = published::passed_on(sockets, told.ports.as_deref().unwrap_or_default(), netns);
        names.published = told.ports;
        Some(match told.status {
            SliceStatus::Ok if known.list.len() > 1 => {
                SliceStatus::Partial("rules of other network namespaces are not read".to_owned())
            }
            status => status,
        })
    }

    /// Adds the names of users, cgroups and what these are for to those that the source knows.
    fn names(&mut self, mut names: Names, sockets: &[Socket], taken: Stamp) -> Names {
        if self.facts == Facts::Names {
            // Nobody will look at users.
            if self.asked.cgroups {
                let cgroup = |socket: &Socket| socket.details.as_ref().and_then(|details| details.cgroup);
                names.cgroups = self.cgroups.paths(&sockets.iter().filter_map(cgroup).collect());
            }
            return names;
        }
        // One pass, and each number once: one without a name is asked for again, and the answer may
        // be far away.
        let (mut uids, mut cgroups, mut unowned) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for socket in sockets {
            uids.extend(users_of(socket));
            let cgroup = socket.details.as_ref().and_then(|details| details.cgroup);
            cgroups.extend(cgroup);
            let told = socket.owners.first().is_some_and(|owner| owner.process.workload.is_some());
            unowned.extend(cgroup.filter(|_| !told));
        }
        for uid in uids {
            if !names.users.contains_key(&uid)
                && let Some(name) = self.users.name(uid)
            {
                names.users.insert(uid, name);
            }
        }
        names.activates = self.activations.of(sockets, taken.wall);
        names.cgroups = self.cgroups.paths(&cgroups);
        for (id, path) in names.cgroups.iter().filter(|(id, _)| unowned.contains(id)) {
            names.workloads.insert(*id, self.workloads().of_path(path.as_bytes()));
        }
        names
    }
}

/// Those of a socket and of who holds it.
fn users_of(socket: &Socket) -> impl Iterator<Item = Uid> {
    let owners = socket.owners.known().into_iter().flat_map(Known::shown);
    let of_owners = owners.flat_map(|owner| {
        let login = owner.process.lineage.as_ref().and_then(|lineage| lineage.login);
        owner.process.uid.into_iter().chain(login)
    });
    socket.uid.into_iter().chain(of_owners)
}

/// The sample of a script, which tells its owners and its time itself.
fn staged(stage: Stage, reading: Reading) -> Sample {
    let counted = owner::tally(stage.owners.method, &reading.sockets);
    let owners = OwnerCoverage { processes: stage.owners.processes, denied: stage.owners.denied, ..counted };
    let mut names = stage.names;
    let ports = names.published.clone().unwrap_or_default();
    if let Some(netns) = reading.namespaces.list.first().map(|one| one.id)
        && !ports.is_empty()
    {
        let passed_on = published::passed_on(&reading.sockets, &ports, netns);
        Arc::make_mut(&mut names).passed_on = passed_on;
    }
    let published = names.published.as_ref().map(|_| SliceStatus::Ok);
    Sample {
        taken: stage.taken,
        extent: Extent::All,
        host: stage.host,
        names,
        sockets: reading.sockets,
        heard: Heard::default(),
        usages: stage.usages,
        coverage: Coverage {
            slices: reading.slices,
            owners,
            namespaces: reading.namespaces,
            published,
            hearing: None,
        },
    }
}
