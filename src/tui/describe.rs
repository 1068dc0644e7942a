//! A socket in a sentence, for somebody who has never seen one.

use crate::model::{Endpoint, Ends, Life, Reach, Role, Row, Scope, State};
use crate::{phrase, text};

use super::cell::{self, Seen};
use super::other_ends::Nobody;

/// What the socket is, where it can be reached from, and how it is doing.
pub(super) fn sentence(seen: &Seen<'_>) -> String {
    let row = seen.subject.row;
    let socket = &row.socket;
    let what = match (socket.role, &socket.ends) {
        (Role::Listener, Ends::Inet { local, .. }) => listener(row, *local),
        (_, Ends::Inet { local, remote }) => connection(row, *local, *remote),
        (Role::Listener, Ends::Other { .. }) => "receives whatever passes".to_owned(),
        (_, Ends::Other { .. }) => format!("{} socket, {}", socket.protocol.word(), socket.state.word()),
        (role, Ends::Unix { .. }) => unix(role, seen),
    };
    match row.life() {
        Life::Closed { at } => format!("{what}; closed {} ago", text::span(seen.now.since(&at))),
        Life::Missed => format!("{what}; missing from the last reading, perhaps closed"),
        Life::Open => what,
    }
}

fn listener(row: &Row, local: Endpoint) -> String {
    let protocol = row.socket.protocol.word();
    let versions = match row.socket.reach() {
        Some(Reach::V4) => "IPv4 only",
        Some(Reach::V6) => "IPv6 only",
        Some(Reach::Both) => "IPv4 and IPv6",
        None => "IP versions unknown",
    };
    let from = match Scope::of(local.addr) {
        Scope::Any => format!("on every address of this machine, {versions}"),
        Scope::Loopback => "from this machine only".to_owned(),
        Scope::Link => "from the local link only".to_owned(),
        Scope::Private => format!("on the private address {}", local.addr),
        Scope::Public => format!("on the public address {}", local.addr),
    };
    format!("waits for others at {protocol} port {}, {from}", local.port)
}

fn connection(row: &Row, local: Endpoint, remote: Option<Endpoint>) -> String {
    let socket = &row.socket;
    let Some(remote) = remote else {
        return match socket.role {
            Role::Client => format!("asks others from udp port {}, and hears their answers", local.port),
            _ => format!("{} socket that talks to nobody", socket.protocol.word()),
        };
    };
    let doing = match socket.state {
        State::Established => "",
        State::SynSent => ", not answered yet",
        State::SynRecv => ", not finished yet",
        State::TimeWait => ", closed; the kernel keeps the port for stragglers",
        State::CloseWait => ", closed by the other end and not by this one",
        State::FinWait1 | State::FinWait2 | State::Closing | State::LastAck => ", being closed",
        State::Listen | State::Closed | State::Unconnected | State::Bound | State::Unknown => ", no more",
    };
    format!("{} connection with {}{doing}", socket.protocol.word(), remote)
}

fn unix(role: Role, seen: &Seen<'_>) -> String {
    let socket = &seen.subject.row.socket;
    match (role, seen.subject.peer.map(|peer| peer.socket.owners.found())) {
        (Role::Listener, _) => "waits for processes of this machine".to_owned(),
        (_, Some(Ok(known))) => {
            format!("talks to {}", phrase::process(known.first().process, seen.look.charset()))
        }
        (_, Some(Err(why))) => format!("talks to a socket of this machine: {}", why.reason()),
        (Role::Connection, None) => match Nobody::at(socket) {
            Some(Nobody::Elsewhere(inode)) => format!(
                "talks to the socket with inode {inode}, which is in no table that was read: of another \
                 network namespace, or just closed"
            ),
            _ => "nobody is at its other end: closed, or not accepted yet".to_owned(),
        },
        (Role::Client | Role::Idle, None) => format!("Unix socket, {}", socket.state.word()),
    }
}

/// Who holds it, or why nobody is shown.
pub(super) fn ownership(seen: &Seen<'_>) -> String {
    match seen.subject.row.socket.owners.found() {
        Err(why) => cell::no_owner_reason(why, seen),
        Ok(known) => {
            let (first, charset) = (known.first(), seen.look.charset());
            let name = phrase::process(first.process, charset);
            let more = match known.count() - 1 {
                0 => String::new(),
                more => format!(" and {}", text::counted(more, "more process", "more processes")),
            };
            let runs = phrase::command_line(first.process, charset)
                .or_else(|| {
                    first.process.exe.as_ref().map(|exe| seen.look.escape(exe.path.as_bytes()).into_owned())
                })
                .map_or_else(String::new, |runs| format!(": {runs}"));
            format!("{name}{more}{runs}")
        }
    }
}
