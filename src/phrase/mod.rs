//! Processes, containers, units, rules and commands in words: the same in the dashboard, `who`, alerts and tables.
//!
//! Layer 1. Every text that leaves this file is escaped. It knows no widths, no colours and no lines:
//! who shows the words arranges them.

mod change;
mod packet_filter;
mod stop;

pub use change::{argument, change};
pub use packet_filter::packet_filter;
pub use stop::{Stop, stop};

use crate::model::{
    Ancestor, Container, Executable, Incoming, Names, Process, Published, PublishedPort, Runtime,
    SystemBytes, Uid, Workload,
};
use crate::text::Charset;

/// Name and pid: `sshd 812`.
#[must_use]
pub fn process(process: &Process, charset: Charset) -> String {
    format!("{} {}", shown(&process.comm, charset), process.id.pid.0)
}

/// The path of what it runs, and whether that is gone.
#[must_use]
pub fn executable(exe: &Executable, charset: Charset) -> String {
    let deleted = if exe.deleted { " (deleted)" } else { "" };
    format!("{}{deleted}", charset.escape(exe.path.as_bytes()))
}

/// The arguments as one line; `None` when there are none to show.
#[must_use]
pub fn command_line(process: &Process, charset: Charset) -> Option<String> {
    let words = process.cmdline.as_ref().filter(|words| !words.is_empty())?;
    Some(words.iter().map(|word| shown(word, charset)).collect::<Vec<_>>().join(" "))
}

/// The processes that it comes from, the nearest first; empty when none is known.
#[must_use]
pub fn ancestors(process: &Process, charset: Charset) -> Vec<String> {
    let name = |parent: &Ancestor| format!("{} {}", shown(&parent.comm, charset), parent.id.pid.0);
    process.lineage.iter().flat_map(|lineage| lineage.parents.iter()).map(name).collect()
}

/// A user by name, or by number.
#[must_use]
pub fn user(uid: Uid, names: &Names, charset: Charset) -> String {
    names.users.get(&uid).map_or_else(|| uid.0.to_string(), |name| shown(name, charset))
}

/// Who logged in, and the terminal; `None` for what runs without either.
#[must_use]
pub fn login(process: &Process, names: &Names, charset: Charset) -> Option<String> {
    let lineage = process.lineage.as_deref()?;
    let who = lineage.login.map(|uid| format!("user {}", user(uid, names, charset)));
    let place = lineage.terminal.map(|terminal| format!("on {terminal}"));
    let parts: Vec<_> = [who, place].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The runtime, where it is known, the name and the image of a container.
#[must_use]
pub fn container(container: &Container, charset: Charset) -> String {
    let runtime = match container.runtime {
        Runtime::Unknown => String::new(),
        known => format!("{} ", known.word()),
    };
    let name = container.name.as_ref().map(|name| shown(name, charset));
    let name = name.unwrap_or_else(|| charset.escape(container.short_id()).into_owned());
    let image = container.image.as_ref();
    let image = image.map_or_else(String::new, |image| format!(" ({})", shown(image, charset)));
    format!("{runtime}{name}{image}")
}

/// What a process is part of, from the inside out, each with what it is called: its container, pod and
/// unit. Nothing for what runs for itself.
#[must_use]
pub fn workload(workload: &Workload, charset: Charset) -> Vec<(&'static str, String)> {
    let Workload { unit, user_unit, session, container, pod, user: _ } = workload;
    let text = |bytes: &SystemBytes| shown(bytes, charset);
    let container = container.as_ref().map(|one| ("container", self::container(one, charset)));
    let pod = pod.as_ref().map(|pod| match (&pod.namespace, &pod.name) {
        (Some(namespace), Some(name)) => ("pod", format!("{}/{}", text(namespace), text(name))),
        _ => ("pod", text(&pod.uid)),
    });
    // Of a user's unit the manager says nothing more, nor does the scope of a session.
    let user_unit = user_unit.as_ref().map(|unit| ("user unit", text(unit)));
    let session = session.as_ref().map(|session| ("session", text(session)));
    let unit = user_unit.or(session).or(unit.as_ref().map(|unit| ("unit", text(unit))));
    [container, pod, unit].into_iter().flatten().collect()
}

/// Where a process comes from, as far as is known: what it is part of, who started it, who logged in and where:
/// `session 3; started by bash 40, sshd 12; user alice, on pts/0`.
#[must_use]
pub fn origin(process: &Process, names: &Names, charset: Charset) -> Option<String> {
    let parts = process.workload.iter().flat_map(|workload| self::workload(workload, charset));
    let parts = parts.map(|(what, name)| format!("{what} {name}"));
    let parents = ancestors(process, charset);
    let started = (!parents.is_empty()).then(|| format!("started by {}", parents.join(", ")));
    let parts: Vec<_> = parts.chain(started).chain(login(process, names, charset)).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Where a process passes on what arrives at its port: `172.17.0.2:80 of docker web`.
#[must_use]
pub fn published(published: &Published, charset: Charset) -> String {
    format!("{}{}", published.target, of(published.container.as_ref(), charset))
}

/// What a rule passes on, and where: `tcp 0.0.0.0:8080 to 172.17.0.2:80 of docker web`.
#[must_use]
pub fn rule(port: &PublishedPort, charset: Charset) -> String {
    let from = match &port.interface {
        Some(Incoming::From(name)) => format!(", from {}", shown(name, charset)),
        Some(Incoming::NotFrom(name)) => format!(", unless from {}", shown(name, charset)),
        None => String::new(),
    };
    let condition = if port.conditional { ", under conditions" } else { "" };
    let protocol = port.protocol_word().map_or_else(String::new, |word| format!("{word} "));
    let (of, chain) = (of(port.container.as_ref(), charset), shown(&port.chain, charset));
    let (host, target) = (port.host_side(), port.target_side());
    format!("{protocol}{host} to {target}{of}{from}{condition} (rule in {chain})")
}

fn of(container: Option<&Container>, charset: Charset) -> String {
    container.map_or_else(String::new, |one| format!(" of {}", self::container(one, charset)))
}

fn shown(bytes: &SystemBytes, charset: Charset) -> String {
    charset.escape(bytes.as_bytes()).into_owned()
}
