//! From the script as written to samples that can be played, with every mistake pointed at.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::super::Stage;
use super::script::{self, Place, Script};
use super::uses::{self, Use};
use crate::model::{
    Ancestor, Basics, Container, Cookie, Endpoint, Ends, Executable, Family, Fd, Held, Host, Identity,
    IfIndex, Inode, Known, Lineage, Names, NetnsId, NoOwner, Owners, Pid, PortRange, Process, ProcessId,
    Protocol, Published, PublishedPort, Role, Runtime, Slice, SliceStatus, Socket, SocketKey, SocketType,
    Span, Stamp, State, SystemBytes, Terminal, Uid, UnixName, Workload,
};
use crate::text;
use crate::wire::cgroup_path;

/// A script that makes sense.
#[derive(Debug)]
pub(super) struct Play {
    pub(super) start: jiff::Timestamp,
    pub(super) netns: NetnsId,
    host: Arc<Host>,
    names: Arc<Names>,
    /// Of each process of which that is written.
    uses: BTreeMap<ProcessId, Use>,
    /// Never empty, in the order of their times.
    pub(super) scenes: Vec<Scene>,
}

/// One sample.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) at: Duration,
    pub(super) sockets: Vec<Socket>,
    pub(super) gaps: Vec<(Slice, SliceStatus)>,
}

impl Play {
    /// Checks the script. The error points into `text`.
    pub(super) fn new(text: &str, script: &Script) -> Result<Self, String> {
        let maker = Maker { text, netns: NetnsId(script.netns.unwrap_or(4_026_531_840)), script };
        let start = match &script.start {
            Some(start) => maker.moment(start)?,
            None => jiff::Timestamp::UNIX_EPOCH,
        };
        let processes = maker.processes()?;
        let scenes = maker.scenes(&processes)?;
        let names = Arc::new(maker.names()?);
        let (host, uses) = (Arc::new(maker.host(start)?), maker.uses()?);
        Ok(Self { start, netns: maker.netns, host, names, uses, scenes })
    }

    /// The surroundings of a scene at its moment.
    pub(super) fn stage(&self, taken: Stamp, scene: &Scene, shown: &[Socket]) -> Stage {
        let holders = scene.sockets.iter().filter_map(|socket| socket.owners.known());
        let processes: std::collections::BTreeSet<_> = holders.flat_map(Known::ids).collect();
        let mut owners = crate::model::OwnerCoverage { method: "scenario", ..Default::default() };
        owners.processes = processes.len();
        let denied = |socket: &&Socket| socket.owners == Owners::Unknown(NoOwner::Denied);
        owners.denied = usize::from(shown.iter().any(|socket| denied(&socket)));
        let used = |id: &ProcessId| Some((*id, self.uses.get(id)?.map(|steady| uses::until(taken, steady))));
        let usages = processes.iter().filter_map(used).collect();
        Stage { taken, host: Arc::clone(&self.host), names: Arc::clone(&self.names), owners, usages }
    }
}

/// Makes model values from what is written, and points at what makes none.
pub(super) struct Maker<'a> {
    text: &'a str,
    netns: NetnsId,
    pub(super) script: &'a Script,
}

type Processes = BTreeMap<String, Arc<Process>>;

impl Maker<'_> {
    pub(super) fn wrong<T>(&self, place: &toml::Spanned<T>, why: impl Display) -> String {
        text::point(self.text, place.span(), &why.to_string())
    }

    fn bytes(&self, place: &Place) -> Result<SystemBytes, String> {
        text::unescape(place.get_ref())
            .map(SystemBytes::from)
            .ok_or_else(|| self.wrong(place, "not a valid escape; write \\\\ for a backslash"))
    }

    fn moment(&self, place: &Place) -> Result<jiff::Timestamp, String> {
        place.get_ref().parse().map_err(|error: jiff::Error| self.wrong(place, error))
    }

    pub(super) fn word<T: Copy>(
        &self,
        place: &Place,
        what: &str,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Result<T, String> {
        all.iter().copied().find(|one| word(*one) == place.get_ref()).ok_or_else(|| {
            let known: Vec<_> = all.iter().map(|one| word(*one)).collect();
            self.wrong(place, format_args!("no {what} {:?}; known: {}", place.get_ref(), known.join(", ")))
        })
    }

    fn host(&self, start: jiff::Timestamp) -> Result<Host, String> {
        let host = &self.script.host;
        let or = |place: &Option<Place>, default: &str| {
            place.as_ref().map_or(Ok(default.into()), |place| self.bytes(place))
        };
        let up = host.up.map(|seconds| jiff::SignedDuration::from_secs(seconds.into()));
        Ok(Host {
            name: or(&host.name, "scenario")?,
            kernel: or(&host.kernel, "0.0.0")?,
            boot_id: host.boot_id.as_ref().map(|id| self.bytes(id)).transpose()?,
            booted: up.and_then(|up| start.checked_sub(up).ok()),
        })
    }

    fn names(&self) -> Result<Names, String> {
        let mut names = Names::default();
        for (uid, name) in &self.script.users {
            let number = uid.get_ref().parse().map_err(|_| self.wrong(uid, "a user number is wanted"))?;
            names.users.insert(Uid(number), self.bytes(name)?);
        }
        for (index, name) in &self.script.interfaces {
            let number = index.get_ref().parse().ok().and_then(IfIndex::new);
            let number = number.ok_or_else(|| self.wrong(index, "an interface number is wanted"))?;
            names.interfaces.insert((self.netns, number), self.bytes(name)?);
        }
        names.ephemeral.insert(self.netns, self.ephemeral());
        if let Some(name) = &self.script.netns_name {
            names.namespaces.insert(self.netns, self.bytes(name)?);
        }
        for socket in self.script.socket.values() {
            if let Some(unit) = &socket.activates {
                names.activates.insert(self.key(socket), self.bytes(unit)?);
            }
            if let Some(what) = &socket.kernel_use {
                names.kernel_uses.insert(self.key(socket), self.bytes(what)?);
            }
        }
        let rules = self.script.dnat.as_ref();
        names.published =
            rules.map(|rules| rules.iter().map(|rule| self.rule(rule)).collect()).transpose()?;
        Ok(names)
    }

    fn rule(&self, rule: &script::Dnat) -> Result<Arc<PublishedPort>, String> {
        let numbers = [Protocol::Tcp, Protocol::Udp];
        let protocol = self.word(&rule.protocol, "protocol of rules", &numbers, Protocol::word)?;
        let target = self.endpoint(&rule.to)?;
        let container = rule.container.as_ref().map(|name| self.bytes(name)).transpose()?;
        Ok(Arc::new(PublishedPort {
            family: Some(if target.addr.is_ipv4() { Family::Inet } else { Family::Inet6 }),
            protocol: Some(if protocol == Protocol::Tcp { 6 } else { 17 }),
            host: None,
            ports: Some(Span::one(rule.port)),
            interface: None,
            conditional: rule.conditional,
            target: Some(Span::one(target.addr)),
            target_ports: Some(Span::one(target.port)),
            container: container
                .map(|name| Container { name: Some(name.clone()), ..Container::new(name, Runtime::Docker) }),
            table_family: if target.addr.is_ipv4() { "ip" } else { "ip6" },
            table: "nat".into(),
            chain: "DOCKER".into(),
        }))
    }

    fn processes(&self) -> Result<Processes, String> {
        let make = |(name, process): (&String, &script::Process)| {
            let path = process.exe.as_ref().map(|exe| self.bytes(exe)).transpose()?;
            let arguments = |args: &Vec<Place>| args.iter().map(|arg| self.bytes(arg)).collect();
            Ok((
                name.clone(),
                Arc::new(Process {
                    id: ProcessId { pid: Pid(process.pid), start: process.start },
                    comm: self.bytes(&process.comm)?,
                    exe: path.map(|path| Executable { path, deleted: process.deleted, file: None }),
                    cmdline: process.cmdline.as_ref().map(arguments).transpose()?,
                    uid: process.uid.map(Uid),
                    security: None,
                    started: process.started.as_ref().map(|at| self.moment(at)).transpose()?,
                    workload: self.workload(process)?,
                    lineage: self.lineage(process)?,
                    publishes: process.publishes.as_ref().map(|to| self.published(to)).transpose()?,
                }),
            ))
        };
        self.script.process.iter().map(make).collect()
    }

    fn workload(&self, process: &script::Process) -> Result<Option<Arc<Workload>>, String> {
        let Some(cgroup) = &process.cgroup else { return Ok(None) };
        let mut workload = cgroup_path::workload(self.bytes(cgroup)?.as_bytes());
        let bytes = |place: &Option<Place>| place.as_ref().map(|place| self.bytes(place)).transpose();
        if let Some(container) = &mut workload.container {
            container.name = bytes(&process.container_name)?.or(container.name.take());
            container.image = bytes(&process.image)?;
        }
        Ok(Some(Arc::new(workload)))
    }

    fn published(&self, target: &Place) -> Result<Box<Published>, String> {
        Ok(Box::new(Published { target: self.endpoint(target)?, container: None }))
    }

    fn lineage(&self, process: &script::Process) -> Result<Option<Arc<Lineage>>, String> {
        let Some(parents) = &process.parents else { return Ok(None) };
        let ancestor = |place: &Place| {
            let parent = self.script.process.get(place.get_ref());
            let parent = parent.ok_or_else(|| {
                self.wrong(place, format_args!("there is no [process.{}]", place.get_ref()))
            })?;
            let id = ProcessId { pid: Pid(parent.pid), start: parent.start };
            Ok(Ancestor { id, comm: self.bytes(&parent.comm)? })
        };
        Ok(Some(Arc::new(Lineage {
            parents: parents.iter().map(ancestor).collect::<Result<_, String>>()?,
            terminal: process.terminal.map(|[major, minor]| Terminal { major, minor }),
            session: process.session.map(Pid),
            login: process.login.map(Uid),
        })))
    }

    fn scenes(&self, processes: &Processes) -> Result<Vec<Scene>, String> {
        let samples = self.script.sample.get_ref();
        if samples.is_empty() {
            return Err(self.wrong(&self.script.sample, "at least one [[sample]] is needed"));
        }
        let mut before = Duration::ZERO;
        let mut scenes = Vec::new();
        for sample in samples {
            let at = Duration::try_from_secs_f64(*sample.at.get_ref()).ok().filter(|at| *at >= before);
            before =
                at.ok_or_else(|| self.wrong(&sample.at, "this lies before the start or the last sample"))?;
            scenes.push(self.scene(before, sample, processes)?);
        }
        Ok(scenes)
    }

    fn scene(&self, at: Duration, sample: &script::Sample, processes: &Processes) -> Result<Scene, String> {
        for changed in sample.change.keys() {
            if !sample.sockets.iter().any(|name| name.get_ref() == changed.get_ref()) {
                return Err(
                    self.wrong(changed, format_args!("no socket {:?} in this sample", changed.get_ref()))
                );
            }
        }
        let sockets = sample.sockets.iter().map(|name| {
            let written = self.script.socket.get(name.get_ref());
            let written = written
                .ok_or_else(|| self.wrong(name, format_args!("there is no [socket.{}]", name.get_ref())))?;
            let mut socket = self.socket(written, processes)?;
            if let Some(patch) = sample.change.get(name.get_ref().as_str()) {
                self.patch(&mut socket, patch, processes)?;
            }
            Ok(socket)
        });
        let gaps = sample.gap.iter().map(|gap| self.gap(gap)).collect::<Result<_, String>>()?;
        Ok(Scene { at, sockets: sockets.collect::<Result<_, String>>()?, gaps })
    }

    fn gap(&self, gap: &script::Gap) -> Result<(Slice, SliceStatus), String> {
        let family = self.word(&gap.family, "family", Family::ALL, Family::word)?;
        let protocol = self.word(&gap.protocol, "protocol", Protocol::ALL, Protocol::word)?;
        let reason = gap.reason.clone();
        let status = match gap.status.get_ref().as_str() {
            "unlisted" => SliceStatus::Unlisted(reason),
            "partial" => SliceStatus::Partial(reason),
            "failed" => SliceStatus::Failed(reason),
            "denied" => SliceStatus::Denied(reason),
            "unsupported" => SliceStatus::Unsupported(reason),
            "fallback" => SliceStatus::Fallback(reason),
            _ => {
                return Err(
                    self.wrong(&gap.status, "a gap is partial, failed, denied, unsupported or fallback")
                );
            }
        };
        Ok((Slice { netns: self.netns, family, protocol }, status))
    }

    fn key(&self, written: &script::Socket) -> SocketKey {
        SocketKey { netns: self.netns, id: Identity::Cookie(Cookie(written.cookie)) }
    }

    fn socket(&self, written: &script::Socket, processes: &Processes) -> Result<Socket, String> {
        let protocol = self.word(&written.protocol, "protocol", Protocol::ALL, Protocol::word)?;
        let (family, ends) = self.ends(written, protocol)?;
        let kind = match (&written.kind, protocol) {
            (Some(kind), _) => self.word(kind, "socket type", SocketType::ALL, SocketType::word)?,
            (None, Protocol::Udp) => SocketType::Dgram,
            (None, _) => SocketType::Stream,
        };
        let basics = Basics {
            key: self.key(written),
            family,
            protocol,
            kind,
            state: State::Closed,
            ends,
            inode: None,
        };
        let mut socket = Socket {
            interface: written.interface.and_then(IfIndex::new),
            v6only: written.v6only,
            owners: Owners::Unknown(NoOwner::Nobody),
            ..Socket::new(basics, &self.ephemeral())
        };
        let first = script::Patch {
            state: Some(written.state.clone()),
            inode: written.inode,
            uid: written.uid,
            recv_q: written.recv_q,
            send_q: written.send_q,
            owners: written.owners.clone(),
            no_owner: written.no_owner.clone(),
            tcp_info: written.tcp_info.clone(),
            memory: written.memory,
            timer: written.timer.clone(),
        };
        self.patch(&mut socket, &first, processes)?;
        Ok(socket)
    }

    fn ends(&self, written: &script::Socket, protocol: Protocol) -> Result<(Family, Ends), String> {
        if protocol == Protocol::Unix {
            let name = written.path.as_ref().map(|path| self.bytes(path)).transpose()?;
            let name = name.map(|name| match name.as_bytes() {
                [b'@', rest @ ..] => UnixName::Abstract(rest.into()),
                _ => UnixName::Path(name),
            });
            return Ok((Family::Unix, Ends::Unix { name, peer: written.peer.and_then(Inode::new) }));
        }
        let local = written
            .local
            .as_ref()
            .ok_or_else(|| self.wrong(&written.protocol, "it needs a local address"))?;
        let local = self.endpoint(local)?;
        let remote = written.remote.as_ref().map(|remote| self.endpoint(remote)).transpose()?;
        let family = if local.addr.is_ipv4() { Family::Inet } else { Family::Inet6 };
        Ok((family, Ends::Inet { local, remote }))
    }

    fn endpoint(&self, place: &Place) -> Result<Endpoint, String> {
        let parsed: Result<SocketAddr, _> = place.get_ref().parse();
        parsed
            .map(Endpoint::from)
            .map_err(|_| self.wrong(place, "an address and a port are wanted, as 127.0.0.1:80"))
    }

    fn patch(&self, socket: &mut Socket, patch: &script::Patch, processes: &Processes) -> Result<(), String> {
        if let Some(state) = &patch.state {
            socket.state = self.word(state, "state", State::ALL, State::word)?;
            socket.role = Role::of(socket.protocol, socket.state, &socket.ends, &self.ephemeral());
        }
        socket.inode = patch.inode.map_or(socket.inode, Inode::new);
        socket.uid = patch.uid.map(Uid).or(socket.uid);
        socket.queues.recv = patch.recv_q.or(socket.queues.recv);
        socket.queues.send = patch.send_q.or(socket.queues.send);
        self.details(socket, patch)?;
        if let Some(owners) = &patch.owners {
            socket.owners = self.owners(owners, processes)?;
        }
        if let Some(why) = &patch.no_owner {
            socket.owners = Owners::Unknown(self.word(why, "reason", &NoOwner::ALL, NoOwner::word)?);
        }
        Ok(())
    }

    fn ephemeral(&self) -> PortRange {
        let [first, last] = self.script.ephemeral_ports.unwrap_or([32768, 60999]);
        PortRange { first, last }
    }

    /// Owners as `process:fd,fd`.
    fn owners(&self, written: &[Place], processes: &Processes) -> Result<Owners, String> {
        let mut all = Vec::new();
        for place in written {
            let (name, fds) = place
                .get_ref()
                .split_once(':')
                .ok_or_else(|| self.wrong(place, "an owner is written process:fd,fd"))?;
            let process = processes
                .get(name)
                .ok_or_else(|| self.wrong(place, format_args!("there is no [process.{name}]")))?;
            let fds = fds.split(',').map(|fd| fd.trim().parse().map(Fd)).collect::<Result<_, _>>();
            let fds = fds.map_err(|_| self.wrong(place, "an owner is written process:fd,fd"))?;
            all.push(Held { process: Arc::clone(process), thread: None, ring: false, fds });
        }
        all.sort_by_key(|held| held.process.id.age());
        Ok(Owners::of(all))
    }
}
