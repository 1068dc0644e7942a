//! The processes that hold a socket, as JSON.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;
use schemars::JsonSchema;
use serde::Serialize;

use super::value::{digits, hex, push_array};
use super::words;
use crate::model::{Container, Executable, Lineage, Names, Owner, Pid, Pod, Process, ProcessId, SystemBytes};
use crate::text::{escape, push_number};

/// A process of which no more than its name is told.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "process", deny_unknown_fields)]
pub(in crate::output) struct ProcessView<'a> {
    pid: u32,
    comm: Cow<'a, str>,
    /// The bytes of `comm`, where they had to be escaped.
    comm_hex: Option<String>,
}

impl<'a> ProcessView<'a> {
    pub(in crate::output) fn new(pid: Pid, comm: &'a SystemBytes) -> Self {
        Self { pid: pid.0, comm: escape(comm.as_bytes()), comm_hex: hex(comm.as_bytes()) }
    }
}

/// Owners as text. What is told of a process is the same for each of its sockets, which are near each
/// other where there are many, so it is made once.
#[derive(Default)]
pub(super) struct Owners {
    facts: HashMap<ProcessId, String, RandomState>,
    /// Processes of which no more than the name is told.
    named: HashMap<ProcessId, String, RandomState>,
}

/// Where the facts of the process begin: before it are numbers alone.
const FACTS: &str = ",\"comm\":";

impl Owners {
    /// Appends one owner, as [`OwnerView`] is.
    pub(super) fn push(
        &mut self,
        line: &mut String,
        owner: Owner<'_>,
        names: &Names,
    ) -> serde_json::Result<()> {
        push_hold(line, &owner);
        let facts = match self.facts.entry(owner.process.id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let view = serde_json::to_string(&OwnerView::new(owner, names))?;
                let facts = view.find(FACTS).map_or("}", |at| &view[at..]);
                new.insert(facts.to_owned())
            }
        };
        line.push_str(facts);
        Ok(())
    }

    /// Appends a process of which no more than its name is told, as [`ProcessView`] is.
    pub(super) fn push_name(&mut self, line: &mut String, process: &Process) -> serde_json::Result<()> {
        let text = match self.named.entry(process.id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                new.insert(serde_json::to_string(&ProcessView::new(process.id.pid, &process.comm))?)
            }
        };
        line.push_str(text);
        Ok(())
    }
}

/// With which descriptors it holds the socket: the first keys of [`OwnerView`].
fn push_hold(line: &mut String, owner: &Owner<'_>) {
    line.push_str("{\"pid\":");
    push_number(line, owner.process.id.pid.0);
    line.push_str(",\"tid\":");
    match owner.thread {
        Some(thread) => push_number(line, thread.0),
        None => line.push_str("null"),
    }
    line.push_str(if owner.ring { ",\"io_uring\":true,\"fds\":" } else { ",\"io_uring\":false,\"fds\":" });
    push_array(line, owner.fds, |line, fd| push_number(line, fd.0));
}

/// A process that holds a socket.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "owner", deny_unknown_fields)]
pub(super) struct OwnerView<'a> {
    pid: u32,
    /// The thread, where a thread has descriptors of its own.
    tid: Option<u32>,
    /// True when the socket is registered with `io_uring`, and the descriptors are those of the ring.
    io_uring: bool,
    /// Its descriptors of the socket.
    fds: Vec<u32>,
    /// Its name, which it chooses itself.
    comm: Cow<'a, str>,
    /// The bytes of `comm`, where they had to be escaped.
    comm_hex: Option<String>,
    /// The path of its executable.
    exe: Option<Cow<'a, str>>,
    /// The bytes of `exe`, where they had to be escaped.
    exe_hex: Option<String>,
    /// Its executable has no name any more.
    exe_deleted: Option<bool>,
    /// Its arguments.
    cmdline: Option<Vec<Cow<'a, str>>>,
    /// The arguments, when any of them had to be escaped.
    cmdline_hex: Option<Vec<String>>,
    /// The user that it runs as.
    uid: Option<u32>,
    /// The name of that user.
    user: Option<Cow<'a, str>>,
    #[schemars(extend("format" = "date-time"))]
    start_time: Option<String>,
    /// Its label of the security module.
    security_context: Option<Cow<'a, str>>,
    /// Its systemd unit.
    unit: Option<Cow<'a, str>>,
    /// Its unit of a user's systemd.
    user_unit: Option<Cow<'a, str>>,
    /// Its login session.
    session: Option<Cow<'a, str>>,
    container: Option<ContainerView<'a>>,
    pod: Option<PodView<'a>>,
    /// The processes that it comes from, the nearest first.
    parents: Option<Vec<ProcessView<'a>>>,
    /// Its terminal.
    tty: Option<String>,
    /// The pid of its session's leader.
    session_id: Option<u32>,
    /// The user that logged in, whoever the process is by now.
    login_uid: Option<u32>,
    /// What it passes on to a container.
    publishes: Option<PublishedView<'a>>,
}

/// What a process passes on to a container.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "publishes", deny_unknown_fields)]
struct PublishedView<'a> {
    address: String,
    port: u16,
    container: Option<ContainerView<'a>>,
}

/// A container.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "container", deny_unknown_fields)]
pub(super) struct ContainerView<'a> {
    id: Cow<'a, str>,
    #[schemars(schema_with = "words::runtime")]
    runtime: &'static str,
    name: Option<Cow<'a, str>>,
    image: Option<Cow<'a, str>>,
}

/// A pod of Kubernetes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "pod", deny_unknown_fields)]
struct PodView<'a> {
    uid: Cow<'a, str>,
    name: Option<Cow<'a, str>>,
    namespace: Option<Cow<'a, str>>,
}

impl<'a> OwnerView<'a> {
    pub(super) fn new(owner: Owner<'a>, names: &'a Names) -> Self {
        let process = &owner.process;
        let exe = process.exe.as_ref();
        let user = process.uid.and_then(|uid| names.users.get(&uid));
        let workload = process.workload.as_deref();
        let lineage = process.lineage.as_deref();
        let parents = |lineage: &'a Lineage| {
            lineage.parents.iter().map(|parent| ProcessView::new(parent.id.pid, &parent.comm)).collect()
        };
        Self {
            pid: process.id.pid.0,
            tid: owner.thread.map(|thread| thread.0),
            io_uring: owner.ring,
            fds: owner.fds.iter().map(|fd| fd.0).collect(),
            comm: escape(process.comm.as_bytes()),
            comm_hex: hex(process.comm.as_bytes()),
            exe: exe.map(|exe| escape(exe.path.as_bytes())),
            exe_hex: exe.and_then(|exe| hex(exe.path.as_bytes())),
            exe_deleted: exe.map(|exe: &Executable| exe.deleted),
            cmdline: process
                .cmdline
                .as_ref()
                .map(|args| args.iter().map(|arg| escape(arg.as_bytes())).collect()),
            cmdline_hex: process.cmdline.as_deref().and_then(cmdline_hex),
            uid: process.uid.map(|uid| uid.0),
            user: user.map(|name| escape(name.as_bytes())),
            security_context: process.security.as_ref().map(|name| escape(name.as_bytes())),
            start_time: process.started.map(|started| started.to_string()),
            unit: workload.and_then(|workload| escaped(workload.unit.as_ref())),
            user_unit: workload.and_then(|workload| escaped(workload.user_unit.as_ref())),
            session: workload.and_then(|workload| escaped(workload.session.as_ref())),
            container: workload.and_then(|workload| workload.container.as_ref()).map(ContainerView::new),
            pod: workload.and_then(|workload| workload.pod.as_ref()).map(PodView::new),
            parents: lineage.map(parents),
            tty: lineage.and_then(|lineage| lineage.terminal).map(|terminal| terminal.to_string()),
            session_id: lineage.and_then(|lineage| lineage.session).map(|leader| leader.0),
            login_uid: lineage.and_then(|lineage| lineage.login).map(|user| user.0),
            publishes: process.publishes.as_deref().map(|published| PublishedView {
                address: published.target.addr.to_string(),
                port: published.target.port,
                container: published.container.as_ref().map(ContainerView::new),
            }),
        }
    }
}

impl<'a> ContainerView<'a> {
    pub(super) fn new(container: &'a Container) -> Self {
        Self {
            id: escape(container.id.as_bytes()),
            runtime: container.runtime.word(),
            name: escaped(container.name.as_ref()),
            image: escaped(container.image.as_ref()),
        }
    }
}

impl<'a> PodView<'a> {
    fn new(pod: &'a Pod) -> Self {
        let (name, namespace) = (escaped(pod.name.as_ref()), escaped(pod.namespace.as_ref()));
        Self { uid: escape(pod.uid.as_bytes()), name, namespace }
    }
}

fn escaped(text: Option<&SystemBytes>) -> Option<Cow<'_, str>> {
    text.map(|text| escape(text.as_bytes()))
}

fn cmdline_hex(args: &[SystemBytes]) -> Option<Vec<String>> {
    if args.iter().all(|arg| hex(arg.as_bytes()).is_none()) {
        return None;
    }
    Some(args.iter().map(|arg| digits(arg.as_bytes())).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Fd;

    /// What is put together of two parts is what the schema is made from.
    #[test]
    fn an_owner_is_written_as_its_view_is() {
        let id = ProcessId { pid: Pid(7), start: 3 };
        let hostile = br#"",\"comm\":}"#;
        let process = Process { exe: None, ..Process::named(id, SystemBytes::from(&hostile[..])) };
        let (process, names) = (Arc::new(process), Names::default());
        let mut owners = Owners::default();
        for (thread, ring, fds) in
            [(None, false, &[Fd(3)][..]), (Some(Pid(9)), true, &[Fd(1), Fd(22)]), (None, false, &[Fd(4)])]
        {
            let owner = Owner { process: &process, thread, ring, fds };
            let mut line = String::new();
            owners.push(&mut line, owner, &names).unwrap();
            assert_eq!(line, serde_json::to_string(&OwnerView::new(owner, &names)).unwrap());
        }
        assert_eq!(owners.facts.len(), 1);
        let view = serde_json::to_string(&ProcessView::new(id.pid, &process.comm)).unwrap();
        let mut line = String::new();
        owners.push_name(&mut line, &process).unwrap();
        owners.push_name(&mut line, &process).unwrap();
        assert_eq!(line, format!("{view}{view}"));
    }
}
