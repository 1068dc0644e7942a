//! Containers, units and rules in words, escaped.

use crate::model::{Ancestor, Container, Incoming, Process, PublishedPort, Runtime, SystemBytes, Workload};
use crate::text::escape;

fn shown(bytes: &SystemBytes) -> String {
    escape(bytes.as_bytes()).into_owned()
}

/// Name and pid.
pub(super) fn process(process: &Process) -> String {
    format!("{} {}", escape(process.comm.as_bytes()), process.id.pid.0)
}

/// The arguments as one line; `None` when there are none to show.
pub(super) fn command_line(process: &Process) -> Option<String> {
    let words = process.cmdline.as_ref().filter(|words| !words.is_empty())?;
    Some(words.iter().map(shown).collect::<Vec<_>>().join(" "))
}

/// From the first known ancestor down to the process: `systemd 1 → sshd 812 → bash 900`. `None` when
/// no ancestor is known.
pub(super) fn ancestry(process: &Process) -> Option<String> {
    let parents = &process.lineage.as_ref()?.parents;
    let name = |parent: &Ancestor| format!("{} {}", escape(parent.comm.as_bytes()), parent.id.pid.0);
    let mut names: Vec<_> = parents.iter().rev().map(name).collect();
    names.push(self::process(process));
    (!parents.is_empty()).then(|| names.join(" → "))
}

/// The runtime, where it is known, the name and the image of a container.
pub(super) fn container(container: &Container) -> String {
    let runtime = match container.runtime {
        Runtime::Unknown => String::new(),
        known => format!("{} ", known.word()),
    };
    let name = container.name.as_ref().map_or_else(|| escape(container.short_id()).into_owned(), shown);
    let image = container.image.as_ref().map_or_else(String::new, |image| format!(" ({})", shown(image)));
    format!("{runtime}{name}{image}")
}

/// What a process is part of, from the inside out. Empty for what runs for itself.
pub(super) fn workload(workload: &Workload) -> String {
    let Workload { unit, user_unit, session, container, pod, user: _ } = workload;
    let container = container.as_ref().map(|it| format!("container {}", self::container(it)));
    let pod = pod.as_ref().map(|pod| match (&pod.namespace, &pod.name) {
        (Some(namespace), Some(name)) => format!("pod {}/{}", shown(namespace), shown(name)),
        _ => format!("pod {}", shown(&pod.uid)),
    });
    // Of a user's unit the manager says nothing more, nor does the scope of a session.
    let user_unit = user_unit.as_ref().map(|unit| format!("user unit {}", shown(unit)));
    let session = session.as_ref().map(|session| format!("session {}", shown(session)));
    let unit = user_unit.or(session).or(unit.as_ref().map(|unit| format!("unit {}", shown(unit))));
    [container, pod, unit].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What a rule passes on, and where: `0.0.0.0:8080 to 172.17.0.2:80 of docker web`.
pub(super) fn rule(port: &PublishedPort) -> String {
    let of = port.container.as_ref().map_or_else(String::new, |one| format!(" of {}", container(one)));
    let from = match &port.interface {
        Some(Incoming::From(name)) => format!(", from {}", shown(name)),
        Some(Incoming::NotFrom(name)) => format!(", unless from {}", shown(name)),
        None => String::new(),
    };
    let condition = if port.conditional { ", under conditions" } else { "" };
    let protocol = port.protocol_word().map_or_else(String::new, |word| format!("{word} "));
    let (host, target, chain) = (port.host_side(), port.target_side(), shown(&port.chain));
    format!("{protocol}{host} to {target}{of}{from}{condition} (rule in {chain})")
}
