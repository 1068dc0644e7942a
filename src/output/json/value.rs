//! Field values, owners and timers as JSON.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use serde::ser::{SerializeMap as _, SerializeSeq as _, Serializer};

use super::published::PublishedPortView;
use super::words;
use crate::model::field::Object;
use crate::model::{
    Container, Executable, Field, Known, Lineage, Names, Owner, Pid, Pod, Subject, SystemBytes, UnixName,
    Value,
};
use crate::text::{escape, push};

/// An object of fields; null when none of them has a value.
pub(super) struct ObjectView<'a> {
    pub(super) object: &'static Object,
    pub(super) subject: Subject<'a>,
}

impl Serialize for ObjectView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = |field: &Field| (field.extract)(&self.subject);
        if self.object.fields.iter().all(|field| matches!(value(field), Value::Null)) {
            return serializer.serialize_unit();
        }
        let mut map = serializer.serialize_map(Some(self.object.fields.len()))?;
        for field in self.object.fields {
            map.serialize_entry(field.member, &View { value: value(field), names: self.subject.names })?;
        }
        map.end()
    }
}

/// A value with the names that its owners need.
pub(super) struct View<'a> {
    pub(super) value: Value<'a>,
    pub(super) names: &'a Names,
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(flag),
            Value::Number(number) => serializer.serialize_u64(number),
            Value::Id(id) => serializer.collect_str(&id),
            Value::Word(word) => serializer.serialize_str(word),
            Value::Text(text) => serializer.serialize_str(&escape(text.as_bytes())),
            Value::Address(addr) => serializer.collect_str(&addr),
            Value::Path(name) => serializer.serialize_str(&unix_name(name)),
            Value::Moment(moment) => serializer.collect_str(&moment),
            Value::Name(name) => serializer.collect_str(&name),
            Value::Addresses(list) => serializer.collect_seq(list),
            Value::Numbers(list) => serializer.collect_seq(list),
            Value::Inodes(list) => serializer.collect_seq(list.iter().map(|inode| inode.get())),
            Value::Sockets(list) => {
                serializer.collect_seq(list.iter().map(|key| key.cookie().map(|cookie| cookie.0.to_string())))
            }
            Value::Md5Keys(list) => {
                serializer.collect_seq(list.iter().map(|key| format!("{}/{}", key.addr, key.prefix)))
            }
            Value::Storages(list) => {
                serializer.collect_seq(list.iter().map(|one| StorageView { map: one.map, bytes: one.bytes }))
            }
            Value::Filter(list) => serializer.collect_seq(
                list.iter().map(|step| format!("0x{:02x} {} {} {}", step.code, step.jt, step.jf, step.k)),
            ),
            Value::Candidates(list) => {
                serializer.collect_seq(list.iter().map(|one| ProcessView::new(one.id.pid, &one.comm)))
            }
            Value::PublishedPorts(list) => {
                serializer.collect_seq(list.iter().map(|port| PublishedPortView::new(port)))
            }
            Value::OwnerList(set) => owner_list(serializer, set, self.names),
            Value::PeerOwners(set) => peer_owners(serializer, set),
            // Composed for eyes; no exported field has such a value, which a test asserts.
            Value::Endpoint(end) => serializer.collect_str(&end),
            Value::Executable(exe) => serializer.serialize_str(&escape(exe.path.as_bytes())),
            Value::Owner(owners) => serializer.serialize_str(owners.status()),
        }
    }
}

/// The raw bytes of a value in hexadecimal, when its text had to be escaped.
#[must_use]
pub(super) fn hex_twin(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Path(UnixName::Path(path)) => hex(path.as_bytes()),
        Value::Path(UnixName::Abstract(name)) => hex(name.as_bytes()).map(|hex| format!("00{hex}")),
        _ => None,
    }
}

/// A Unix name as text: abstract ones begin with `@`, and a path that begins so itself is written
/// with its first byte escaped, so that the two are never mistaken.
pub(in crate::output) fn unix_name(name: &UnixName) -> String {
    match name {
        UnixName::Abstract(name) => format!("@{}", escape(name.as_bytes())),
        UnixName::Path(path) => match escape(path.as_bytes()).strip_prefix('@') {
            Some(rest) => format!("\\x40{rest}"),
            None => escape(path.as_bytes()).into_owned(),
        },
    }
}

/// The bytes in hexadecimal, unless they are shown as they are.
fn hex(bytes: &[u8]) -> Option<String> {
    (escape(bytes).as_bytes() != bytes).then(|| digits(bytes))
}

fn digits(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        push(&mut out, format_args!("{byte:02x}"));
    }
    out
}

/// A BPF storage of a socket.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "bpf_storage", deny_unknown_fields)]
pub(super) struct StorageView {
    /// The id of its map.
    map: u32,
    /// Its size.
    bytes: u32,
}

fn owner_list<S: Serializer>(serializer: S, set: Known<'_>, names: &Names) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(set.count() - set.beyond()))?;
    for owner in set.shown() {
        list.serialize_element(&OwnerView::new(owner, names))?;
    }
    list.end()
}

fn peer_owners<S: Serializer>(serializer: S, set: Known<'_>) -> Result<S::Ok, S::Error> {
    serializer
        .collect_seq(set.shown().map(|owner| ProcessView::new(owner.process.id.pid, &owner.process.comm)))
}

/// A process of which no more than its name is told.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "process", deny_unknown_fields)]
pub(super) struct ProcessView<'a> {
    pid: u32,
    comm: Cow<'a, str>,
    /// The bytes of `comm`, where they had to be escaped.
    comm_hex: Option<String>,
}

impl<'a> ProcessView<'a> {
    fn new(pid: Pid, comm: &'a SystemBytes) -> Self {
        Self { pid: pid.0, comm: escape(comm.as_bytes()), comm_hex: hex(comm.as_bytes()) }
    }
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
    fn new(owner: Owner<'a>, names: &'a Names) -> Self {
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
