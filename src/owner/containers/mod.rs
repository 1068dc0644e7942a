//! Names and images of containers, from the files that their runtimes keep, and where these do not
//! tell and the user wants it so, from the runtimes themselves ([`daemons`]).
//!
//! What cannot be read is not known, and never an error: other versions keep other files. Homes of
//! others are never looked into: what is mounted in there may be their own program, and wait.

mod addresses;
mod daemons;
mod files;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::{Runtime, SilentRuntime, SystemBytes, Uid, Workload};
use crate::sys::{file, host, names};
pub use daemons::RuntimePlaces;
use daemons::{Asked, Daemons};
use files::Facts;

/// How long an answer counts: containers are rarely renamed.
const FRESH: Duration = Duration::from_mins(5);
/// How long the lack of one counts: the file may be written after the process has begun.
const RETRY: Duration = Duration::from_secs(10);
/// More containers than a machine has; then all are forgotten.
const MOST: usize = 10_000;
/// A file of Docker has some 10 kB, a list of Podman some for each container.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Where runtimes keep what they know, below the root or a home.
const DOCKERS: [&str; 2] = ["var/lib/docker/containers", "var/snap/docker/common/var-lib-docker/containers"];
/// Kubernetes distributions bring a containerd of their own: K3s and RKE2, `MicroK8s`.
const CONTAINERDS: [&str; 3] =
    ["run/containerd", "run/k3s/containerd", "var/snap/microk8s/common/run/containerd"];
/// The tasks in the state directory of a containerd, by namespace.
const TASKS: &str = "io.containerd.runtime.v2.task";
const STORAGES: [&str; 2] = ["var/lib/containers/storage", "run/containers/storage"];
const OWN_DOCKER: &str = ".local/share/docker/containers";
const OWN_STORAGE: &str = ".local/share/containers/storage";

/// What is known of containers.
#[derive(Debug)]
pub(super) struct Containers {
    root: PathBuf,
    home: OnceCell<Option<(Uid, PathBuf)>>,
    /// By id and the user in whose slice it runs, since when.
    known: HashMap<(SystemBytes, Option<Uid>), (Duration, Option<Facts>)>,
    /// The lists of Podman's storages, since when.
    lists: HashMap<PathBuf, (Duration, HashMap<String, Facts>)>,
    /// Who has which address, since when.
    addresses: Option<(Duration, addresses::Addresses)>,
    /// `None` when nobody shall be asked.
    daemons: Option<Daemons>,
}

impl Containers {
    /// Those of the system below this directory, and those of the user who runs this.
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            home: OnceCell::new(),
            known: HashMap::new(),
            lists: HashMap::new(),
            addresses: None,
            daemons: None,
        }
    }

    /// Asks the runtimes, too.
    pub(super) fn ask(&mut self, places: &RuntimePlaces) {
        self.daemons = Some(Daemons::new(&self.root, places, host::own_uid()));
    }

    /// Begins another reading: it has a time of its own for questions.
    pub(super) fn begin(&mut self) {
        if let Some(daemons) = &mut self.daemons {
            daemons.begin();
        }
    }

    /// The runtimes that did not tell when they were asked last.
    pub(super) fn silent(&self) -> Vec<SilentRuntime> {
        self.daemons.as_ref().map(Daemons::silent).unwrap_or_default()
    }

    /// Adds what the runtime knows. `now` is of the monotonic clock.
    pub(super) fn describe(&mut self, workload: &mut Workload, now: Duration) {
        let Some(container) = &mut workload.container else { return };
        let Some(id) = valid(container.id.as_bytes()) else { return };
        let key = (container.id.clone(), workload.user);
        let usable = |(since, facts): &(Duration, Option<Facts>)| {
            let named = facts.as_ref().is_some_and(|facts| facts.name.is_some());
            now.saturating_sub(*since) < if named { FRESH } else { RETRY }
        };
        if !self.known.get(&key).is_some_and(usable) {
            let written = self.find(id, container.runtime, workload.user, now);
            let named = written.as_ref().is_some_and(|facts| facts.name.is_some());
            let ask = |daemons: &mut Daemons| daemons.ask(id, container.runtime, workload.user, now);
            let (since, facts) = match self.daemons.as_mut().filter(|_| !named).map(ask) {
                Some(Asked::Told(told)) => (now, written.into_iter().chain([told]).reduce(Facts::or)),
                Some(Asked::Nothing) | None => (now, written),
                // Until it can be asked, what was known before is better than nothing.
                Some(Asked::Later) => {
                    let before = self.known.get(&key).and_then(|(_, facts)| facts.clone());
                    (Duration::ZERO, written.into_iter().chain(before).reduce(Facts::or))
                }
            };
            if self.known.len() >= MOST {
                self.known.clear();
            }
            self.known.insert(key.clone(), (since, facts));
        }
        let Some((_, Some(facts))) = self.known.get(&key) else { return };
        container.name.clone_from(&facts.name);
        container.image.clone_from(&facts.image);
        if container.runtime == Runtime::Unknown {
            container.runtime = facts.runtime;
        }
        if let Some(pod) = &mut workload.pod {
            pod.name.clone_from(&facts.pod);
            pod.namespace.clone_from(&facts.namespace);
        }
    }

    /// Looks where the runtime keeps its files; where any does when it is not known.
    fn find(&mut self, id: &str, runtime: Runtime, user: Option<Uid>, now: Duration) -> Option<Facts> {
        let is = |one| runtime == one || runtime == Runtime::Unknown;
        let below = |places: &[&str]| places.iter().map(|place| self.root.join(place)).collect::<Vec<_>>();
        // A user may name a cgroup after any container. So what runs in the slice of a user is
        // looked up among that user's own; sessions of root run what belongs to the system.
        let (dockers, containerds, storages) = match user {
            Some(user) if user != Uid(0) => {
                let home = self.home_of(user)?;
                (vec![home.join(OWN_DOCKER)], vec![], vec![home.join(OWN_STORAGE)])
            }
            _ => (below(&DOCKERS), below(&CONTAINERDS), below(&STORAGES)),
        };
        let read = |path: PathBuf| file::read_foreign(&path, LARGEST);
        let docker = || {
            let mut texts = dockers.iter().filter_map(|docker| read(docker.join(id).join("config.v2.json")));
            texts.find_map(|text| files::docker(&text))
        };
        let containerd = || {
            let namespaces = containerds.iter().flat_map(|state| file::entries(&state.join(TASKS)));
            let mut texts = namespaces.filter_map(|dir| read(dir.join(id).join("config.json")));
            texts.find_map(|text| files::bundle(&text, Runtime::Containerd))
        };
        let found = is(Runtime::Docker).then(docker).flatten();
        let found = found.or_else(|| is(Runtime::Containerd).then(containerd).flatten());
        if found.is_some() || !(is(Runtime::Podman) || is(Runtime::CriO)) {
            return found;
        }
        storages.iter().filter_map(|storage| self.stored(storage, id, now)).reduce(Facts::or)
    }

    /// What a storage of Podman or CRI-O says. CRI-O's own words are in the bundle, Podman's in the
    /// list; the name that the list has for a container of CRI-O is made up.
    fn stored(&mut self, storage: &Path, id: &str, now: Duration) -> Option<Facts> {
        let containers = storage.join("overlay-containers");
        let bundle = file::read_foreign(&containers.join(id).join("userdata/config.json"), LARGEST);
        let bundle = bundle.and_then(|text| files::bundle(&text, Runtime::CriO));
        let list = containers.join("containers.json");
        let fresh = |since: Duration| now.saturating_sub(since) < RETRY;
        if !self.lists.get(&list).is_some_and(|(since, _)| fresh(*since)) {
            let facts = file::read_foreign(&list, LARGEST).map(|text| files::podman(&text));
            self.lists.insert(list.clone(), (now, facts.unwrap_or_default()));
        }
        let listed = self.lists.get(&list).and_then(|(_, facts)| facts.get(id)).cloned();
        [bundle, listed].into_iter().flatten().reduce(Facts::or)
    }

    /// The home of a user, when that is who runs this.
    fn home_of(&self, user: Uid) -> Option<PathBuf> {
        let home = self.home.get_or_init(names::own_home).as_ref();
        home.filter(|(own, _)| *own == user).map(|(_, home)| home.clone())
    }
}

/// An id that is safe in a path.
fn valid(id: &[u8]) -> Option<&str> {
    let hex = id.len() == 64 && id.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(id).ok().filter(|_| hex)
}
