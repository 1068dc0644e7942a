//! What stands in a cell of a tally.
//!
//! Every text that leaves this file is escaped. It knows no widths and no positions.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::cell::{self, Cell, Seen, cell, muted, tailed};
use super::tally::{Common, Tally};
use super::theme::Meaning;
use crate::model::{Process, Rate};
use crate::{phrase, text};

/// A tally as its cells see it: with the first of its sockets.
#[derive(Clone, Copy)]
pub(super) struct SeenTally<'a> {
    pub(super) tally: Tally,
    pub(super) socket: Seen<'a>,
}

/// Makes the cell of a column.
pub(super) type ShowTally = for<'a> fn(&SeenTally<'a>) -> Cell<'a>;
/// The order of a column.
pub(super) type Rank = fn(&SeenTally<'_>, &SeenTally<'_>) -> Ordering;

impl<'a> SeenTally<'a> {
    /// The process that holds its sockets.
    pub(super) fn process(&self) -> Option<&'a Process> {
        let Common::Process(id) = self.tally.common else { return None };
        let known = self.socket.subject.row.socket.owners.known()?;
        known.shown().map(|owner| &**owner.process).find(|process| process.id == id)
    }
}

/// What its sockets have in common.
pub(super) fn common<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    let look = seen.socket.look;
    match seen.tally.common {
        Common::Process(id) => match seen.process() {
            Some(process) => tailed(look.escape(process.comm.as_bytes()), format!(" {}", id.pid.0)),
            None => tailed("", id.pid.0.to_string()),
        },
        Common::Unowned(why) => muted(cell::no_owner(why, None, &seen.socket)),
        Common::Peer(addr) => cell(addr.to_string()),
        Common::Netns(netns) => match seen.socket.subject.names.namespaces.get(&netns) {
            Some(name) => cell(look.escape(name.as_bytes())),
            None => muted(netns.0.to_string()),
        },
    }
}

/// By name, those without one last.
pub(super) fn by_common(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
    let rank = |seen: &SeenTally<'_>| match seen.tally.common {
        Common::Process(id) => (0, seen.process().map(|process| process.comm.clone()), id.pid.0.into(), None),
        Common::Unowned(why) => (1, None, why as u64, None),
        Common::Peer(addr) => (0, None, 0, Some(addr)),
        Common::Netns(netns) => (0, seen.socket.subject.names.namespaces.get(&netns).cloned(), netns.0, None),
    };
    rank(one).cmp(&rank(other))
}

/// The systemd unit or the container that the process is part of.
pub(super) fn workload<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    let (look, none) = (seen.socket.look, || muted(seen.socket.look.symbols.none));
    let Some(workload) = seen.process().and_then(|process| process.workload.as_deref()) else {
        return none();
    };
    match phrase::workload(workload, look.charset()).into_iter().next() {
        Some((_, name)) => cell(name),
        None => none(),
    }
}

pub(super) fn by_workload(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
    let rank = |seen: &SeenTally<'_>| {
        let Cell { text, meaning, .. } = workload(seen);
        (meaning != Meaning::Text, text.into_owned())
    };
    rank(one).cmp(&rank(other))
}

/// The user that the process runs as.
pub(super) fn user<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    match seen.process().and_then(|process| process.uid) {
        Some(uid) => cell(cell::user(uid, &seen.socket)),
        None => muted(seen.socket.look.symbols.none),
    }
}

pub(super) fn by_user(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
    let uid = |seen: &SeenTally<'_>| seen.process().and_then(|process| process.uid);
    (uid(one).is_none(), uid(one)).cmp(&(uid(other).is_none(), uid(other)))
}

/// What the process runs.
pub(super) fn executable<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    let charset = seen.socket.look.charset();
    match seen.process().and_then(|process| process.exe.as_ref()) {
        Some(exe) => Cell { cut: cell::Cut::Start, ..cell(phrase::executable(exe, charset)) },
        None => muted(seen.socket.look.symbols.none),
    }
}

pub(super) fn by_executable(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
    let path = |seen: &SeenTally<'_>| {
        seen.process().and_then(|process| process.exe.as_ref()).map(|exe| exe.path.clone())
    };
    (path(one).is_none(), path(one)).cmp(&(path(other).is_none(), path(other)))
}

/// Who talks with the peer: the first owner of the first socket; a filter shows the others.
pub(super) fn owner<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    cell::owner_of(&seen.socket)
}

pub(super) fn by_first_owner(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
    let rank = |seen: &SeenTally<'_>| {
        let Cell { text, tail, .. } = owner(seen);
        (text.into_owned(), tail.into_owned())
    };
    rank(one).cmp(&rank(other))
}

fn number<'a>(number: usize) -> Cell<'a> {
    if number == 0 { muted("0") } else { cell(text::count(number)) }
}

fn rate<'a>(seen: &SeenTally<'a>, pick: fn(Rate) -> u64) -> Cell<'a> {
    match seen.tally.rate {
        Some(rate) => cell::bytes_a_second(pick(rate)),
        None => muted(seen.socket.look.symbols.none),
    }
}

macro_rules! counts {
    ($($show:ident $order:ident: $pick:expr, $help:literal;)+) => {
        $(
            #[doc = $help]
            pub(super) fn $show<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
                let pick: fn(&Tally) -> usize = $pick;
                number(pick(&seen.tally))
            }

            pub(super) fn $order(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
                let pick: fn(&Tally) -> usize = $pick;
                pick(&one.tally).cmp(&pick(&other.tally))
            }
        )+
    };
}

counts! {
    sockets by_sockets: |tally| tally.sockets, "All of them.";
    listeners by_listeners: |tally| tally.listeners, "Those that wait for others.";
    connections by_connections: |tally| tally.incoming + tally.outgoing, "Those that talk to another end.";
    incoming by_incoming: |tally| tally.incoming, "Connections that others opened.";
    outgoing by_outgoing: |tally| tally.outgoing, "Connections that were opened from here.";
    unix by_unix: |tally| tally.unix, "Unix sockets.";
}

/// Bytes that come in a second.
pub(super) fn receiving<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    rate(seen, |rate| rate.received)
}

/// Bytes that go out a second.
pub(super) fn sending<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    rate(seen, |rate| rate.sent)
}

pub(super) fn by_receiving(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
    let received = |seen: &SeenTally<'_>| seen.tally.rate.map(|rate| rate.received);
    received(one).cmp(&received(other))
}

pub(super) fn by_sending(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
    let sent = |seen: &SeenTally<'_>| seen.tally.rate.map(|rate| rate.sent);
    sent(one).cmp(&sent(other))
}

/// Bytes that wait to be read, and to be sent or acknowledged.
pub(super) fn queues<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    match seen.tally.queued {
        [0, 0] => muted("0"),
        [receive, send] => cell(format!("{}/{}", text::bytes(receive), text::bytes(send)).replace(" B", "B")),
    }
}

pub(super) fn by_queues(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
    let sum = |seen: &SeenTally<'_>| seen.tally.queued.iter().sum::<u64>();
    sum(one).cmp(&sum(other))
}

/// What its sockets have in common, in full, for the line under the table.
pub(super) fn headline(seen: &SeenTally<'_>) -> String {
    let charset = seen.socket.look.charset();
    match (seen.tally.common, seen.process()) {
        (Common::Process(_), Some(process)) => {
            let runs = phrase::command_line(process, charset);
            let runs = runs.or_else(|| process.exe.as_ref().map(|exe| phrase::executable(exe, charset)));
            let runs = runs.map_or_else(String::new, |runs| format!(": {runs}"));
            format!("{}{runs}", phrase::process(process, charset))
        }
        (Common::Unowned(why), _) => why.reason().to_owned(),
        _ => {
            let Cell { text, tail, .. } = common(seen);
            format!("{text}{tail}")
        }
    }
}

/// What the tally counts, for the line under the table.
pub(super) fn sentence(seen: &SeenTally<'_>) -> String {
    let tally = &seen.tally;
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
    parts.join(", ")
}
