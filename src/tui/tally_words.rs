//! A tally in two lines, for under the table: what it is, and what it counts.
//!
//! Every text that leaves this file is escaped.

use std::borrow::Cow;

use super::cell::Cell;
use super::tally::Common;
use super::tally_cell::{SeenTally, common};
use super::tally_used;
use super::used::Used;
use crate::{phrase, text};

/// What its sockets have in common, in full.
pub(super) fn headline(seen: &SeenTally<'_>) -> String {
    let charset = seen.socket.look.charset();
    match (&seen.tally.common, seen.process()) {
        (Common::Process(_), Some(process)) => {
            let runs = phrase::command_line(process, charset);
            let runs = runs.or_else(|| process.exe.as_ref().map(|exe| phrase::executable(exe, charset)));
            let runs = runs.map_or_else(String::new, |runs| format!(": {runs}"));
            format!("{}{runs}", phrase::process(process, charset))
        }
        (Common::Process(_), None) => {
            let Cell { text, tail, .. } = common(seen);
            format!("{text}{tail}, which holds no socket itself and started who does")
        }
        (Common::Unowned(why), _) => why.reason().to_owned(),
        (Common::Unit(None), _) => {
            "processes in no unit of systemd, or whose unit may not be read".to_owned()
        }
        (Common::Container(None), _) => {
            "processes in no container, or whose container may not be read".to_owned()
        }
        (Common::User(None), _) => "sockets of which nobody tells the user".to_owned(),
        (Common::Unit(_), _) => named("unit", seen),
        (Common::Container(_), _) => named("container", seen),
        (Common::User(_), _) => named("user", seen),
        (Common::Network(_), _) => named("network", seen),
        (Common::Scope(_), _) => named("hosts whose address is", seen),
        (Common::Peer(_) | Common::Netns(_), _) => named("", seen),
    }
}

fn named(what: &str, seen: &SeenTally<'_>) -> String {
    let Cell { text, tail, .. } = common(seen);
    format!("{what} {text}{tail}").trim_start().to_owned()
}

/// What the tally counts, and what its processes take.
pub(super) fn sentence(seen: &SeenTally<'_>) -> String {
    let tally = seen.tally;
    let counts = [
        (tally.listeners, "listener", "listeners"),
        (tally.incoming, "connection that came in", "connections that came in"),
        (tally.outgoing, "connection that went out", "connections that went out"),
        (tally.unix, "Unix socket", "Unix sockets"),
    ];
    let told = counts.into_iter().filter(|(count, ..)| *count > 0);
    let mut parts: Vec<Cow<'static, str>> =
        told.map(|(count, one, many)| text::counted(count, one, many).into()).collect();
    if parts.is_empty() {
        parts.push(text::counted(tally.sockets, "socket", "sockets").into());
    }
    let of = match (tally.is_group(), &tally.common) {
        (true, Common::Network(_) | Common::Scope(_)) => {
            format!(", with {}", text::counted(tally.members, "host", "hosts"))
        }
        (true, _) if tally.members > 0 => {
            format!(", of {}", text::counted(tally.members, "process", "processes"))
        }
        _ => String::new(),
    };
    let takes = takes(seen).map_or_else(String::new, |takes| format!("; {takes}"));
    format!("{}{of}{takes}", parts.join(", "))
}

/// What its processes take of the machine, and what is not known of that; `None` where there are none.
fn takes(seen: &SeenTally<'_>) -> Option<String> {
    let has_processes = matches!(
        seen.tally.common,
        Common::Process(_) | Common::Unit(_) | Common::Container(_) | Common::User(_)
    );
    if !has_processes || seen.tally.members == 0 {
        return None;
    }
    let Used { cpu, resident, no_cpu, unread, why } = seen.tally.used;
    let cpu = cpu.map(|cpu| format!("{} % of a core", tally_used::percent(cpu)));
    let memory = resident.map(|bytes| format!("{} of memory", text::bytes(bytes)));
    let known: Vec<String> = cpu.into_iter().chain(memory).collect();
    let lacking = match (unread, why, no_cpu) {
        (0, _, 0) => None,
        (0, _, _) => Some("CPU time is known after the next reading".to_owned()),
        (_, None, _) => Some("CPU and memory are known after the next reading".to_owned()),
        (unread, Some(why), _) if seen.tally.members > 1 => {
            let of = text::counted(unread, "process", "processes");
            Some(format!("CPU and memory of {of} not known: {}", why.reason()))
        }
        (_, Some(why), _) => Some(format!("CPU and memory not known: {}", why.reason())),
    };
    let known = (!known.is_empty()).then(|| format!("takes {}", known.join(" and ")));
    let parts: Vec<String> = known.into_iter().chain(lacking).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
