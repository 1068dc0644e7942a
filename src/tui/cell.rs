//! What stands in a cell: values of fields as text for eyes.
//!
//! Every text that leaves this file is escaped. It knows no widths and no positions.

use std::borrow::Cow;

use crate::model::{Field, Life, NoOwner, Reach, Scope, Stamp, Subject, UnixName, Value};
use crate::{phrase, text};

use super::other_ends::Nobody;
use super::standing::Standing;
use super::theme::{Look, Meaning};

/// What a cell is made from.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) now: Stamp,
    pub(super) look: Look,
    /// What the policy says of it.
    pub(super) standing: Option<Standing>,
}

/// The text of a cell and how it is to be shown.
#[derive(Debug)]
pub(super) struct Cell<'a> {
    pub(super) text: Cow<'a, str>,
    /// What follows the text and is never cut before it: a port says more than the address.
    pub(super) tail: Cow<'a, str>,
    pub(super) meaning: Meaning,
    /// Where it is cut when there is no room: the end of a path says most.
    pub(super) cut: Cut,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    End,
    Start,
}

/// Makes the cell of a column.
pub(super) type Show = for<'a> fn(&'static Field, &Seen<'a>) -> Cell<'a>;

pub(super) fn cell<'a>(text: impl Into<Cow<'a, str>>) -> Cell<'a> {
    Cell { text: text.into(), tail: Cow::Borrowed(""), meaning: Meaning::Text, cut: Cut::End }
}

pub(super) fn tailed<'a>(text: impl Into<Cow<'a, str>>, tail: String) -> Cell<'a> {
    Cell { tail: tail.into(), ..cell(text) }
}

pub(super) fn muted<'a>(text: impl Into<Cow<'a, str>>) -> Cell<'a> {
    Cell { meaning: Meaning::Muted, ..cell(text) }
}

/// The value of the field itself.
pub(super) fn plain<'a>(field: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    let value = (field.extract)(&seen.subject);
    if let Value::Endpoint(end) = value {
        return match end.addr {
            std::net::IpAddr::V4(addr) => tailed(addr.to_string(), format!(":{}", end.port)),
            std::net::IpAddr::V6(addr) => tailed(format!("[{addr}"), format!("]:{}", end.port)),
        };
    }
    if let Value::Name(name) = value {
        return tailed(name.to_string(), name.port().map_or_else(String::new, |port| format!(":{port}")));
    }
    let Some(text) = value_text(&value, seen) else { return muted(seen.look.symbols.none) };
    let cut = match value {
        Value::Path(_) | Value::Executable(_) => Cut::Start,
        _ => Cut::End,
    };
    Cell { cut, ..cell(text) }
}

/// A count with its thousands apart, zero quietly.
pub(super) fn amount<'a>(field: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    match (field.extract)(&seen.subject) {
        Value::Number(0) => muted("0"),
        Value::Number(number) => cell(text::count(usize::try_from(number).unwrap_or(usize::MAX))),
        _ => muted(seen.look.symbols.none),
    }
}

/// Bytes a second, none quietly. What counts no bytes, or was read once, has no rate.
pub(super) fn rate<'a>(field: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    match (field.extract)(&seen.subject) {
        Value::Number(bytes) => bytes_a_second(bytes),
        _ => muted(seen.look.symbols.none),
    }
}

/// How long a segment and its answer take, in a unit that fits; 0 is not measured yet.
pub(super) fn round_trip<'a>(field: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    match (field.extract)(&seen.subject) {
        Value::Number(micros @ 1..) => cell(text::brief(std::time::Duration::from_micros(micros))),
        _ => muted(seen.look.symbols.none),
    }
}

/// A rate in a unit that fits.
pub(super) fn bytes_a_second<'a>(bytes: u64) -> Cell<'a> {
    if bytes == 0 { muted("0") } else { cell(text::bytes(bytes)) }
}

/// Connections that wait to be accepted, and how many may.
pub(super) fn backlog<'a>(_: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    let socket = &seen.subject.row.socket;
    match (socket.queues.recv, socket.queues.send) {
        (Some(waiting), Some(limit)) if socket.state == crate::model::State::Listen => {
            let text = format!("{waiting}/{limit}");
            match waiting {
                0 => muted(text),
                // A full queue turns callers away.
                _ if socket.is_accept_queue_full() == Some(true) => {
                    Cell { meaning: Meaning::Warning, ..cell(text) }
                }
                _ => cell(text),
            }
        }
        (Some(0), _) => muted("0"),
        (Some(bytes), _) => cell(text::count(bytes as usize)),
        (None, _) => muted(seen.look.symbols.none),
    }
}

/// How far the bind reaches and by which IP version: `any v4+v6`.
pub(super) fn scope<'a>(_: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    let socket = &seen.subject.row.socket;
    let Some(scope) = socket.scope() else { return muted(seen.look.symbols.none) };
    let text = match socket.reach() {
        Some(Reach::V4) => format!("{} v4", scope.word()),
        Some(Reach::V6) => format!("{} v6", scope.word()),
        Some(Reach::Both) => format!("{} v4+v6", scope.word()),
        None => scope.word().to_owned(),
    };
    if scope == Scope::Loopback { muted(text) } else { cell(text) }
}

/// Who holds the other end of a Unix socket, or why nobody is there.
pub(super) fn other_end<'a>(_: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    if let Some(peer) = seen.subject.peer {
        return owner_of(&Seen { subject: Subject { row: peer, ..seen.subject }, ..*seen });
    }
    match Nobody::at(&seen.subject.row.socket) {
        Some(why) => muted(why.word()),
        None => muted(seen.look.symbols.none),
    }
}

/// How long it has been there, or since when it is gone.
pub(super) fn since<'a>(_: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    let row = seen.subject.row;
    match (row.life(), row.history().opened) {
        (Life::Closed { at }, _) => cell(format!("closed {} ago", text::span(seen.now.since(&at)))),
        (_, Some(opened)) => cell(text::span(seen.now.since(&opened))),
        (_, None) => muted("before"),
    }
}

/// The first owner and how many more, or why there is none.
pub(super) fn owner<'a>(_: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    owner_of(seen)
}

/// The first owner and how many more, or why there is none.
pub(super) fn owner_of<'a>(seen: &Seen<'a>) -> Cell<'a> {
    let socket = &seen.subject.row.socket;
    match socket.owners.found() {
        Err(why) => match kernel_use(seen) {
            Some(what) => muted(format!("kernel: {what}")),
            None => muted(no_owner(why, socket.uid, seen)),
        },
        Ok(known) => {
            let first = known.first();
            let pid = first.process.id.pid.0;
            let tail = match known.count() {
                0 | 1 => format!(" {pid}"),
                count => format!(" {pid} +{}", count - 1),
            };
            tailed(seen.look.escape(first.process.comm.as_bytes()), tail)
        }
    }
}

/// What the kernel uses the socket for, where it tells.
pub(super) fn kernel_use<'a>(seen: &Seen<'a>) -> Option<Cow<'a, str>> {
    seen.subject.kernel_use().map(|what| seen.look.escape(what.as_bytes()))
}

/// Why there is no owner, with what proves it.
pub(super) fn no_owner_reason(why: NoOwner, seen: &Seen<'_>) -> String {
    match (why, kernel_use(seen)) {
        (NoOwner::Kernel, Some(what)) => format!("{}: {what}", why.reason()),
        _ => why.reason().to_owned(),
    }
}

/// The reason in a word or three.
pub(super) fn no_owner(why: NoOwner, uid: Option<crate::model::Uid>, seen: &Seen<'_>) -> Cow<'static, str> {
    Cow::Borrowed(match (why, uid) {
        (NoOwner::Denied, Some(uid)) => return format!("? of {}", user(uid, seen)).into(),
        (NoOwner::Denied, None) => "? not readable",
        (NoOwner::NotScanned, _) => "not looked up",
        (NoOwner::Nobody, _) => "no process",
        (NoOwner::InFlight, _) => "in flight",
        (NoOwner::OtherPidns, _) => "outside",
        (NoOwner::AcceptQueue, _) => "not accepted yet",
        (NoOwner::Orphan, _) => "left to kernel",
        (NoOwner::Handshake, _) => "handshake",
        (NoOwner::Kernel, _) => "kernel",
        (NoOwner::Unverified, _) => "? unverified",
    })
}

/// The user's name, or its number.
pub(super) fn user(uid: crate::model::Uid, seen: &Seen<'_>) -> String {
    phrase::user(uid, seen.subject.names, seen.look.charset())
}

/// The name of the network namespace, or its number.
pub(super) fn namespace<'a>(field: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    match (field.extract)(&seen.subject) {
        Value::Null => muted(seen.subject.row.socket.key.netns.0.to_string()),
        _ => plain(field, seen),
    }
}

/// The user that made the socket.
pub(super) fn user_name<'a>(_: &'static Field, seen: &Seen<'a>) -> Cell<'a> {
    match seen.subject.row.socket.uid {
        Some(uid) => cell(user(uid, seen)),
        None => muted(seen.look.symbols.none),
    }
}

/// A Unix name; `@` stands for the NUL that begins an abstract one.
fn unix_name<'a>(name: &'a UnixName, look: &Look) -> Cow<'a, str> {
    match name {
        UnixName::Path(path) => look.escape(path.as_bytes()),
        UnixName::Abstract(name) => Cow::Owned(format!("@{}", look.escape(name.as_bytes()))),
    }
}

/// A value as text, `None` when there is none.
pub(super) fn value_text<'a>(value: &Value<'a>, seen: &Seen<'a>) -> Option<Cow<'a, str>> {
    let (look, charset) = (&seen.look, seen.look.charset());
    Some(match value {
        Value::Null => return None,
        Value::Bool(yes) => (if *yes { "yes" } else { "no" }).into(),
        Value::Number(number) | Value::Id(number) => number.to_string().into(),
        Value::Word(word) => (*word).into(),
        Value::Text(bytes) => look.escape(bytes.as_bytes()),
        Value::Address(addr) => addr.to_string().into(),
        Value::Endpoint(end) => end.to_string().into(),
        Value::Path(name) => unix_name(name, look),
        Value::Moment(moment) => format!("{moment:.0}").into(),
        Value::Executable(exe) => phrase::executable(exe, charset).into(),
        Value::Name(name) => match name.port() {
            Some(port) => format!("{name}:{port}").into(),
            None => name.to_string().into(),
        },
        Value::Addresses(list) => joined(list.iter()).into(),
        Value::Numbers(list) => joined(list.iter()).into(),
        Value::Inodes(list) => joined(list.iter().map(|inode| inode.get())).into(),
        Value::Sockets(list) => {
            joined(list.iter().filter_map(crate::model::SocketKey::cookie).map(|cookie| cookie.0)).into()
        }
        Value::Md5Keys(list) => joined(list.iter().map(|key| format!("{}/{}", key.addr, key.prefix))).into(),
        Value::Storages(list) => {
            joined(list.iter().map(|one| format!("map {} of {} bytes", one.map, one.bytes))).into()
        }
        Value::Filter(list) => text::counted(list.len(), "BPF instruction", "BPF instructions").into(),
        Value::Owner(owners) => owners.status().into(),
        Value::OwnerList(set) => text::counted(set.count(), "process", "processes").into(),
        Value::Candidates(list) => {
            joined(list.iter().map(|process| phrase::process(process, charset))).into()
        }
        Value::PublishedPorts(list) => joined(list.iter().map(|port| phrase::rule(port, charset))).into(),
        Value::PeerOwners(set) => {
            joined(set.shown().map(|owner| phrase::process(owner.process, charset))).into()
        }
    })
}

fn joined<T: ToString>(list: impl Iterator<Item = T>) -> String {
    list.map(|one| one.to_string()).collect::<Vec<_>>().join(", ")
}
