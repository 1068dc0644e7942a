//! One reading made whole: sockets, owners and names become a [`Sample`].

use std::sync::Arc;

use super::{relations, residual};
use crate::model::{
    Ask, Coverage, Family, Host, Names, OwnerCoverage, Protocol, Sample, Slice, SliceCoverage, SliceStatus,
    Socket,
};
use crate::owner::{self, ProcScanner};
use crate::source::{RESIDUAL, Reading, SocketSource, SourceError, Stage};
use crate::sys::cgroup::Cgroups;
use crate::sys::names::Users;
use crate::sys::{clock, host};

/// How owners are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerMethod {
    /// Scan `/proc`.
    Proc,
    /// Do not look.
    None,
}

/// Takes samples from a source.
pub struct Sampler {
    source: Box<dyn SocketSource>,
    wanted: Vec<(Family, Protocol)>,
    method: OwnerMethod,
    scanner: ProcScanner,
    users: Users,
    cgroups: Cgroups,
    host: Option<Arc<Host>>,
}

impl Sampler {
    /// A sampler of the wanted tables.
    #[must_use]
    pub fn new(source: Box<dyn SocketSource>, wanted: Vec<(Family, Protocol)>, method: OwnerMethod) -> Self {
        Self {
            source,
            wanted,
            method,
            scanner: ProcScanner::default(),
            users: Users::default(),
            cgroups: Cgroups::default(),
            host: None,
        }
    }

    /// Asks the source for other details from the next sample on.
    pub fn ask(&mut self, ask: Ask) {
        self.source.ask(ask);
    }

    /// Takes the next sample. Sockets are read first and owners after: a socket that is on the
    /// list and still open then is found with its owner.
    pub fn take(&mut self) -> Result<Sample, SourceError> {
        let mut reading = self.source.read(&self.wanted)?;
        if let Some(stage) = reading.stage.take() {
            return Ok(staged(stage, reading));
        }
        let taken = clock::now();
        relations::relate(&mut reading.sockets);
        let owners = self.find_owners(&mut reading);
        let names = Arc::new(self.names(std::mem::take(&mut reading.names), &reading.sockets));
        Ok(Sample {
            taken,
            host: Arc::clone(self.host.get_or_insert_with(|| Arc::new(host::host()))),
            names,
            sockets: reading.sockets,
            coverage: Coverage { slices: reading.slices, owners, namespaces: reading.namespaces },
        })
    }

    /// Gives every socket its owners, and sockets that are in no table a row.
    fn find_owners(&mut self, reading: &mut Reading) -> OwnerCoverage {
        let netns = reading.slices.first().map(|read| read.slice.netns);
        let residual = netns.filter(|_| self.wanted.contains(&RESIDUAL));
        // What is in no table may be in one that was not read.
        let all_read = reading.namespaces.list.iter().all(|known| known.status.proves_absence());
        let map = match self.method {
            OwnerMethod::Proc => Some(self.scanner.scan(&reading.sockets, residual.filter(|_| all_read))),
            OwnerMethod::None => None,
        };
        if let Some(netns) = residual {
            let (family, protocol) = RESIDUAL;
            let mut coverage = SliceCoverage::new(Slice { netns, family, protocol }, "procfs");
            let blind = reading.slices.iter().any(|read| may_hold_more(&read.status));
            match &map {
                // Whatever stands in the table that could not be read would seem to be in none.
                _ if blind => {
                    coverage.status = SliceStatus::Partial("not every table could be read".to_owned());
                }
                Some(map) => {
                    residual::append(reading, map, &mut coverage, || self.source.read(&self.wanted).ok());
                }
                None => coverage.status = SliceStatus::Partial("owners were not looked up".to_owned()),
            }
            if !all_read {
                let why = "not every network namespace was read, so nothing is known to be in no table";
                coverage.status = SliceStatus::Partial(why.to_owned());
            }
            reading.slices.push(coverage);
        }
        match map {
            Some(map) => map.assign(&mut reading.sockets),
            None => owner::tally("none", &reading.sockets),
        }
    }

    /// Adds the names of users to those that the source knows.
    fn names(&mut self, mut names: Names, sockets: &[Socket]) -> Names {
        let owners = sockets.iter().filter_map(|socket| socket.owners.known()).flat_map(|set| &set.shown);
        let uids = sockets
            .iter()
            .filter_map(|socket| socket.uid)
            .chain(owners.filter_map(|owner| owner.process.uid));
        for uid in uids {
            if !names.users.contains_key(&uid)
                && let Some(name) = self.users.name(uid)
            {
                names.users.insert(uid, name);
            }
        }
        let cgroup = |socket: &Socket| socket.details.as_ref().and_then(|details| details.cgroup);
        names.cgroups = self.cgroups.paths(&sockets.iter().filter_map(cgroup).collect());
        names
    }
}

/// The sample of a script, which tells its owners and its time itself.
fn staged(stage: Stage, reading: Reading) -> Sample {
    let counted = owner::tally(stage.owners.method, &reading.sockets);
    let owners = OwnerCoverage { processes: stage.owners.processes, denied: stage.owners.denied, ..counted };
    Sample {
        taken: stage.taken,
        host: stage.host,
        names: stage.names,
        sockets: reading.sockets,
        coverage: Coverage { slices: reading.slices, owners, namespaces: reading.namespaces },
    }
}

/// True for a table that has rows which were not read. One that the kernel does not keep has none.
fn may_hold_more(status: &SliceStatus) -> bool {
    !status.proves_absence() && !matches!(status, SliceStatus::Unlisted(_))
}
