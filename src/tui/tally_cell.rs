//! What stands in a cell of a tally.
//!
//! Every text that leaves this file is escaped. It knows no widths and no positions.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::cell::{self, Cell, Seen, cell, muted, tailed};
use super::tally::{Branch, Common, Fold, Tally};
use super::theme::Meaning;
use crate::model::{Process, Rate, SystemBytes};
use crate::{phrase, text};

/// A tally as its cells see it: with the first of its sockets.
#[derive(Clone, Copy)]
pub(super) struct SeenTally<'a> {
    pub(super) tally: &'a Tally,
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
        if self.tally.comm.is_some() {
            return None; // it only started others, and no more is known of it
        }
        let known = self.socket.subject.row.socket.owners.known()?;
        known.shown().map(|owner| &**owner.process).find(|process| process.id == id)
    }
}

/// What its sockets have in common.
pub(super) fn common<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    let look = seen.socket.look;
    let named = |name: Option<&'a SystemBytes>, unnamed: &'static str| match name {
        Some(name) => cell(look.escape(name.as_bytes())),
        None => muted(unnamed),
    };
    match &seen.tally.common {
        Common::Process(id) => {
            let comm = seen.process().map(|process| &process.comm);
            match (comm, &seen.tally.comm) {
                (Some(comm), _) => tailed(look.escape(comm.as_bytes()), format!(" {}", id.pid.0)),
                (None, Some(comm)) => muted(format!("{} {}", look.escape(comm.as_bytes()), id.pid.0)),
                (None, None) => tailed("", id.pid.0.to_string()),
            }
        }
        Common::Unowned(why) => muted(cell::no_owner(*why, None, &seen.socket)),
        Common::Peer(addr) => cell(addr.to_string()),
        Common::Netns(netns) => match seen.socket.subject.names.namespaces.get(netns) {
            Some(name) => cell(look.escape(name.as_bytes())),
            None => muted(netns.0.to_string()),
        },
        Common::Unit(unit) => named(unit.as_ref(), "no unit known"),
        Common::Container(container) => named(container.as_ref(), "no container known"),
        Common::User(Some(uid)) => cell(cell::user(*uid, &seen.socket)),
        Common::User(None) => muted("user not known"),
        Common::Network(network) => cell(network.to_string()),
        Common::Scope(scope) => cell(scope.word()),
    }
}

/// The same at its place in the tree, with how many a group has.
pub(super) fn branch<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    let Cell { text, tail, meaning, cut } = common(seen);
    let Some(Branch { depth, fold }) = seen.tally.branch else { return Cell { text, tail, meaning, cut } };
    let symbols = seen.socket.look.symbols;
    let glyph = match fold {
        Fold::Leaf => " ",
        Fold::Open => symbols.open,
        Fold::Folded => symbols.folded,
    };
    let text = format!("{:indent$}{glyph} {text}", "", indent = 2 * depth).into();
    let is_process = matches!(seen.tally.common, Common::Process(_));
    let count = match (fold, seen.tally.members) {
        // Nobody whose holder is not known is a member.
        (Fold::Leaf, _) | (_, 0) => String::new(),
        _ if is_process && fold == Fold::Open => String::new(),
        (_, members) => format!(" ({})", text::count(members)),
    };
    Cell { text, tail: tail + Cow::Owned(count), meaning, cut }
}

/// By name, those without one last.
pub(super) fn by_common(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
    let rank = |seen: &SeenTally<'_>| {
        let comm = || seen.process().map(|process| process.comm.clone()).or_else(|| seen.tally.comm.clone());
        let named = |name: &Option<SystemBytes>| (u8::from(name.is_none()), name.clone(), 0, None);
        match &seen.tally.common {
            Common::Process(id) => (0, comm(), id.pid.0.into(), None),
            Common::Unowned(why) => (2, None, *why as u64, None),
            Common::Peer(addr) => (0, None, 0, Some((*addr, None))),
            Common::Network(network) => (0, None, 0, Some((network.addr(), Some(*network)))),
            Common::Netns(netns) => {
                (0, seen.socket.subject.names.namespaces.get(netns).cloned(), netns.0, None)
            }
            Common::Unit(name) | Common::Container(name) => named(name),
            Common::User(user) => (u8::from(user.is_none()), None, user.map_or(0, |uid| uid.0.into()), None),
            Common::Scope(scope) => (0, None, *scope as u64, None),
        }
    };
    rank(one).cmp(&rank(other))
}

/// The systemd unit or the container that the process is part of.
pub(super) fn workload<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    let (look, none) = (seen.socket.look, || nothing(seen));
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
        None => nothing(seen),
    }
}

/// In place of what a process has and could not be seen. Groups have nothing of the kind.
fn nothing<'a>(seen: &SeenTally<'a>) -> Cell<'a> {
    let of_processes = matches!(seen.tally.common, Common::Process(_) | Common::Unowned(_));
    muted(if of_processes { seen.socket.look.symbols.none } else { "" })
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
        None => nothing(seen),
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
                number(pick(seen.tally))
            }

            pub(super) fn $order(one: &SeenTally<'_>, other: &SeenTally<'_>) -> Ordering {
                let pick: fn(&Tally) -> usize = $pick;
                pick(one.tally).cmp(&pick(other.tally))
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
