//! What a manager starts when somebody calls at a socket that it holds itself: by the address, from
//! the unit files. No manager is asked: what it answers takes a bus and its time.
//!
//! A unit file is read by its name of a directory, never run through links to others. Homes are never
//! looked into: units that users wrote for themselves stay unknown.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::model::{Process, Role, Socket, SocketKey, SystemBytes, Uid, Workload};
use crate::sys::file;
use crate::wire::socket_unit::{Listen, SocketUnit, Specifiers};

/// Where units of the system are, the first one counts (systemd.unit(5)).
const SYSTEM: &[&str] = &[
    "etc/systemd/system.control",
    "run/systemd/system.control",
    "run/systemd/transient",
    "run/systemd/generator.early",
    "etc/systemd/system",
    "run/systemd/system",
    "run/systemd/generator",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
    "run/systemd/generator.late",
];
/// Where units of every user are.
const USER: &[&str] = &[
    "etc/systemd/user",
    "run/systemd/user",
    "usr/local/lib/systemd/user",
    "usr/lib/systemd/user",
    "lib/systemd/user",
];
/// Larger files are no units.
const LARGEST: u64 = 64 * 1024;

/// Whose units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Manager {
    System,
    User(Uid),
}

/// The socket units that were read, kept until a directory changes.
#[derive(Debug)]
pub struct Activations {
    root: PathBuf,
    known: BTreeMap<Manager, Units>,
}

#[derive(Debug, Default)]
struct Units {
    /// Each directory that was looked into, and how it was then.
    seen: Vec<(PathBuf, Option<file::Version>)>,
    units: Vec<Unit>,
}

#[derive(Debug)]
struct Unit {
    listens: Vec<Listen>,
    activates: SystemBytes,
    /// Some target or unit wants it.
    wanted: bool,
}

impl Activations {
    /// Those whose files are below this directory.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), known: BTreeMap::new() }
    }

    /// The unit that each of these sockets will start. Files are looked at only when a manager holds a
    /// socket, and read only when a directory has changed; one that is edited in place keeps its old
    /// meaning, as for a manager that is not told to reload.
    pub fn of(&mut self, sockets: &[Socket], now: jiff::Timestamp) -> BTreeMap<SocketKey, SystemBytes> {
        let mut found = BTreeMap::new();
        let mut checked = BTreeSet::new();
        for socket in sockets.iter().filter(|socket| socket.role != Role::Connection) {
            let Some(manager) = held_by(socket) else { continue };
            let units = self.known.entry(manager).or_default();
            if checked.insert(manager) && !units.are_fresh(now) {
                *units = Units::read(&self.root, manager);
            }
            if let Some(unit) = units.of(socket) {
                found.insert(socket.key, unit.clone());
            }
        }
        found
    }
}

/// The manager that holds the socket alone: once a service runs it holds the socket, too.
fn held_by(socket: &Socket) -> Option<Manager> {
    let known = socket.owners.known().filter(|known| known.count() == 1)?;
    manager(known.first().process)
}

/// The manager that a process is. In a container, one is of other files; what it calls itself proves
/// nothing, so a user's manager is told by its cgroup.
fn manager(process: &Process) -> Option<Manager> {
    if process.id.pid.0 == 1 {
        return Some(Manager::System);
    }
    let Workload { unit, user_unit, user, container: None, .. } = process.workload.as_deref()? else {
        return None;
    };
    let is =
        |unit: &Option<SystemBytes>, name: &[u8]| unit.as_ref().is_some_and(|unit| unit.as_bytes() == name);
    let user = (*user)?;
    let service = format!("user@{}.service", user.0);
    let is_manager = is(unit, service.as_bytes()) && is(user_unit, b"init.scope");
    (is_manager && process.comm.as_bytes() == b"systemd").then_some(Manager::User(user))
}

impl Units {
    fn read(root: &Path, manager: Manager) -> Self {
        let (places, runtime) = match manager {
            Manager::System => (SYSTEM, "/run".to_owned()),
            Manager::User(uid) => (USER, format!("/run/user/{}", uid.0)),
        };
        let mut found = Search::default();
        for place in places {
            found.look_into(root, &root.join(place));
        }
        let mut units = Vec::new();
        // A template is no unit before it has an instance.
        let is_unit = |name: &OsString| !name.as_bytes().ends_with(b"@.socket");
        for (name, unit) in found.units.iter().filter(|(name, _)| is_unit(name)) {
            let specifiers = Specifiers { name: name.as_bytes(), runtime: &runtime };
            let mut parsed = SocketUnit::default();
            parsed.read(unit);
            found.drop_ins(name).for_each(|text| parsed.read(text));
            let listens = parsed.listens(&specifiers);
            let Some(activates) = parsed.activates(&specifiers) else { continue };
            units.push(Unit { listens, activates, wanted: found.wanted.contains(name) });
        }
        Self { seen: found.seen, units }
    }

    /// True when no directory has changed, nor did in the moment before it was read.
    fn are_fresh(&self, now: jiff::Timestamp) -> bool {
        let settled = |version: &Option<file::Version>| version.is_none_or(|version| version.is_settled(now));
        let fresh = |(dir, version): &(PathBuf, Option<file::Version>)| {
            settled(version) && file::version(dir) == *version
        };
        !self.seen.is_empty() && self.seen.iter().all(fresh)
    }

    /// The unit of a socket; `None` where several could be it.
    fn of(&self, socket: &Socket) -> Option<&SystemBytes> {
        let fit = |unit: &&Unit| unit.listens.iter().any(|listen| listen.is(socket));
        let mut fitting: Vec<&Unit> = self.units.iter().filter(fit).collect();
        if fitting.len() > 1 {
            // One that is not enabled does not hold the address.
            fitting.retain(|unit| unit.wanted);
        }
        match fitting[..] {
            [unit] => Some(&unit.activates),
            _ => None,
        }
    }
}

/// What a search over the directories finds.
#[derive(Default)]
struct Search {
    seen: Vec<(PathBuf, Option<file::Version>)>,
    /// The text of each unit, from the first directory that has one. Empty for one that is masked.
    units: BTreeMap<OsString, Vec<u8>>,
    /// Drop-ins by the directory's name and their own, from the first directory that has one.
    parts: BTreeMap<OsString, BTreeMap<OsString, Vec<u8>>>,
    wanted: BTreeSet<OsString>,
}

impl Search {
    fn look_into(&mut self, root: &Path, place: &Path) {
        // Before it is read: what changes meanwhile is read again.
        self.seen.push((place.to_owned(), file::version(place)));
        for path in file::entries(place) {
            let Some(name) = path.file_name().map(ToOwned::to_owned) else { continue };
            let bytes = name.as_bytes();
            if bytes.ends_with(b".socket") {
                if !self.units.contains_key(&name)
                    && let Some(text) = unit_text(root, &path)
                {
                    self.units.insert(name, text);
                }
            } else if bytes.ends_with(b".socket.d") {
                self.seen.push((path.clone(), file::version(&path)));
                let parts = self.parts.entry(name).or_default();
                for part in file::entries(&path).into_iter().filter(|part| is_drop_in(part)) {
                    let Some(name) = part.file_name().map(ToOwned::to_owned) else { continue };
                    parts.entry(name).or_insert_with(|| drop_in_text(root, &part));
                }
            } else if bytes.ends_with(b".wants") || bytes.ends_with(b".requires") {
                self.seen.push((path.clone(), file::version(&path)));
                for wanted in file::entries(&path) {
                    self.want(root, &wanted);
                }
            }
        }
    }

    /// Notes a unit that another one wants. A link `NAME@INSTANCE` to a template makes a unit of it.
    fn want(&mut self, root: &Path, link: &Path) {
        let Some(name) = link.file_name().filter(|name| name.as_bytes().ends_with(b".socket")) else {
            return;
        };
        self.wanted.insert(name.to_owned());
        let at = name.as_bytes().iter().position(|byte| *byte == b'@');
        if at.is_some_and(|at| name.as_bytes().get(at + 1) != Some(&b'.'))
            && let Some(target) = file::link(link)
            && let Some(text) = file::read_foreign(&below(root, link, &target), LARGEST)
        {
            self.units.entry(name.to_owned()).or_insert(text);
        }
    }

    /// The drop-ins of a unit in the order of their names: those of its template, too.
    fn drop_ins(&self, unit: &OsString) -> impl Iterator<Item = &Vec<u8>> {
        let mut own = unit.clone();
        own.push(".d");
        let mut all = BTreeMap::new();
        let template =
            unit.as_bytes().split(|byte| *byte == b'@').next().filter(|stem| stem.len() < unit.len());
        let template = template.map(|stem| [stem, b"@.socket.d"].concat());
        let template = template.and_then(|name| self.parts.get(std::ffi::OsStr::from_bytes(&name)));
        for parts in template.into_iter().chain(self.parts.get(&own)) {
            all.extend(parts); // those of the instance count more
        }
        all.into_values()
    }
}

fn is_drop_in(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "conf")
}

/// The text of a unit or drop-in. `None` for an alias: a link to a unit of another name tells nothing
/// that the other one does not. A link to `/dev/null` masks, by an empty text.
fn unit_text(root: &Path, path: &Path) -> Option<Vec<u8>> {
    let Some(target) = file::link(path) else { return file::read_foreign(path, LARGEST) };
    if target == Path::new("/dev/null") {
        return Some(Vec::new());
    }
    let same = target.file_name() == path.file_name();
    same.then(|| file::read_foreign(&below(root, path, &target), LARGEST)).flatten()
}

/// The text of a drop-in, empty for one that is masked.
fn drop_in_text(root: &Path, path: &Path) -> Vec<u8> {
    let path = file::link(path).map_or_else(|| path.to_owned(), |target| below(root, path, &target));
    file::read_foreign(&path, LARGEST).unwrap_or_default()
}

/// Where a link leads to, in the tree of that root.
fn below(root: &Path, link: &Path, target: &Path) -> PathBuf {
    match target.strip_prefix("/") {
        Ok(inside) => root.join(inside),
        Err(_) => link.parent().unwrap_or(root).join(target),
    }
}
