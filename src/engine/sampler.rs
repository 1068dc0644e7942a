//! One reading made whole: sockets, owners and names become a [`Sample`].

use std::sync::Arc;

use crate::model::{Coverage, Family, Host, Names, OwnerCoverage, Protocol, Sample, Socket};
use crate::owner::{self, ProcScanner};
use crate::source::{SocketSource, SourceError};
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
    host: Option<Arc<Host>>,
}

impl Sampler {
    /// A sampler of the wanted tables.
    #[must_use]
    pub fn new(source: Box<dyn SocketSource>, wanted: Vec<(Family, Protocol)>, method: OwnerMethod) -> Self {
        Self { source, wanted, method, scanner: ProcScanner::default(), users: Users::default(), host: None }
    }

    /// Takes the next sample. Sockets are read first and owners after: a socket that is on the
    /// list and still open then is found with its owner.
    pub fn take(&mut self) -> Result<Sample, SourceError> {
        let mut reading = self.source.read(&self.wanted)?;
        if let Some(stage) = reading.stage {
            let method = stage.owners.method;
            let counted = owner::tally(method, &reading.sockets);
            let owners =
                OwnerCoverage { processes: stage.owners.processes, denied: stage.owners.denied, ..counted };
            return Ok(Sample {
                taken: stage.taken,
                host: stage.host,
                names: stage.names,
                sockets: reading.sockets,
                coverage: Coverage { slices: reading.slices, owners, namespaces: reading.namespaces },
            });
        }
        let taken = clock::now();
        let owners = match self.method {
            OwnerMethod::Proc => self.scanner.scan(&reading.sockets).assign(&mut reading.sockets),
            OwnerMethod::None => owner::tally("none", &reading.sockets),
        };
        let names = Arc::new(self.names(reading.names, &reading.sockets));
        Ok(Sample {
            taken,
            host: Arc::clone(self.host.get_or_insert_with(|| Arc::new(host::host()))),
            names,
            sockets: reading.sockets,
            coverage: Coverage { slices: reading.slices, owners, namespaces: reading.namespaces },
        })
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
        names
    }
}
