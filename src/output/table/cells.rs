//! The cells of one line: what stands in them, and how they are put together.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};
use std::mem;
use std::net::IpAddr;

use super::fit::{Measure, Widths};
use super::users::users;
use super::words::{netid_of, state_of};
use super::{Layout, Services, Sheet};
use crate::model::{
    Endpoint, Ends, Family, Inode, Names, NetnsId, Protocol, Scope, Socket, SystemBytes, UnixName,
};
use crate::output::face::{Face, Meaning, Paint};
use crate::output::other_ends;
use crate::text::{Charset, escape, push, push_addr, push_number, width};

pub(super) const COLUMNS: usize = 10;
pub(super) const STATE: usize = 2;
pub(super) const RECV: usize = 3;
pub(super) const SEND: usize = 4;
pub(super) const LOCAL: usize = 5;
pub(super) const PEER: usize = 7;
pub(super) const PEER_PORT: usize = 8;
/// The column behind which nothing follows.
pub(super) const LAST: usize = COLUMNS - 1;
/// Columns that are pushed to the right, towards the separator behind them.
const RIGHT: [bool; COLUMNS] = [false, false, false, false, false, true, false, true, false, false];
/// What stands behind each column.
pub(super) const GAPS: [&str; COLUMNS] = [" ", " ", " ", " ", " ", "", " ", "", " ", ""];

/// The cells of one line: Netns, Netid, State, Recv-Q, Send-Q, local address, local port (with its
/// separator), peer address, peer port, processes. An empty column takes no room.
#[derive(Default)]
pub(super) struct Cells {
    texts: [String; COLUMNS],
    meanings: [Meaning; COLUMNS],
    /// What the row is of, as far as room is concerned.
    is_path: bool,
    has_peer: bool,
}

impl Cells {
    pub(super) fn fill_header(&mut self, layout: Layout) {
        self.clear();
        self.meanings = [Meaning::Heading; COLUMNS];
        let [netns, netid, state, recv, send, local, port, peer, peer_port, process] = &mut self.texts;
        if layout.netns {
            netns.push_str("Netns");
        }
        if layout.netid {
            netid.push_str("Netid");
        }
        if layout.state {
            state.push_str("State");
        }
        recv.push_str("Recv-Q");
        send.push_str("Send-Q");
        local.push_str("Local Address");
        port.push_str(":Port");
        peer.push_str("Peer Address");
        peer_port.push_str(":Port");
        process.push_str("Process");
    }

    pub(super) fn fill(&mut self, socket: &Socket, sheet: &Sheet<'_>) {
        let Sheet { layout, names, services, hosts, holding, face } = *sheet;
        self.clear();
        self.is_path = matches!(socket.ends, Ends::Unix { .. });
        self.has_peer = has_peer(&socket.ends);
        let [netns, netid, state, recv, send, local, port, peer, peer_port, process] = &mut self.texts;
        if layout.netns {
            netns_name(netns, socket.key.netns, names);
        }
        if layout.netid {
            netid.push_str(netid_of(socket));
        }
        if layout.state {
            state.push_str(state_of(socket.state));
        }
        number(recv, socket.queues.recv);
        number(send, socket.queues.send);
        match &socket.ends {
            Ends::Inet { local: here, remote } => {
                address(local, socket, *here, hosts);
                interface(local, socket, names);
                port_of(port, here.port, socket.protocol, services);
                address(peer, socket, remote.unwrap_or_else(|| nowhere(*here)), hosts);
                port_of(peer_port, remote.map_or(0, |end| end.port), socket.protocol, services);
            }
            Ends::Unix { name, peer: other } => {
                unix_name(local, name.as_ref());
                inode(port, socket.inode);
                peer.push('*');
                inode(peer_port, *other);
            }
            Ends::Other { .. } => {
                other_ends::local(local, port, socket, names, layout.numeric);
                other_ends::remote(peer, peer_port, socket, layout.numeric);
            }
        }
        if layout.processes {
            users(process, socket, holding);
        }
        self.meanings = if face.paint == Paint::Plain { [Meaning::Text; COLUMNS] } else { meanings(socket) };
        self.translate(face.charset);
    }

    fn clear(&mut self) {
        self.texts.iter_mut().for_each(String::clear);
    }

    /// The last cell, for what follows there.
    pub(super) fn last(&mut self) -> &mut String {
        &mut self.texts[LAST]
    }

    /// Names in the characters that can be shown.
    fn translate(&mut self, charset: Charset) {
        for text in &mut self.texts {
            if let Cow::Owned(shown) = charset.show(text) {
                *text = shown;
            }
        }
    }

    pub(super) fn measure(&self) -> Measure {
        let mut columns = self.texts.each_ref().map(|text| width(text));
        let path = if self.is_path { mem::take(&mut columns[LOCAL]) } else { 0 };
        let held = columns[LAST] > 0 && self.meanings[LAST] != Meaning::Heading;
        Measure { columns, path, peers: self.has_peer, held }
    }

    /// Makes one line of the cells, in `line`, and writes it at once.
    pub(super) fn write(
        &self,
        out: &mut dyn Write,
        widths: &Widths,
        line: &mut String,
        face: Face,
    ) -> io::Result<()> {
        line.clear();
        let shown = |at: usize| widths.columns[at] > 0 && !self.texts[at].is_empty();
        let last = (0..COLUMNS).rev().find(|at| shown(*at)).unwrap_or(0);
        let mut used = 0;
        for (at, text) in self.texts.iter().enumerate().take(last + 1) {
            let cells = widths.columns[at];
            if cells == 0 {
                continue;
            }
            let text = match (at, widths.room) {
                (LAST, Some(room)) if room > used => face.charset.elide(text, room - used),
                (LOCAL, Some(_)) => face.charset.elide_start(text, cells),
                _ => Cow::Borrowed(text.as_str()),
            };
            let pad = if at == LAST { 0 } else { cells.saturating_sub(width(&text)) };
            let (before, after) = if RIGHT[at] { (pad, 0) } else { (0, pad) };
            // No blanks at the end of a line: there is nothing to align there.
            let (after, gap) = if at == last { (0, "") } else { (after, GAPS[at]) };
            line.extend(std::iter::repeat_n(' ', before));
            face.paint.push(line, self.meanings[at], &text);
            line.extend(std::iter::repeat_n(' ', after));
            line.push_str(gap);
            used += cells + gap.len();
        }
        line.push('\n');
        out.write_all(line.as_bytes())
    }
}

/// True when it is connected to somebody.
fn has_peer(ends: &Ends) -> bool {
    match ends {
        Ends::Inet { remote, .. } => remote.is_some(),
        Ends::Unix { peer, .. } => peer.is_some(),
        Ends::Other { remote, .. } => remote.is_some(),
    }
}

/// What the cells of a socket mean: its state, a queue that turns callers away, what is quiet.
fn meanings(socket: &Socket) -> [Meaning; COLUMNS] {
    let mut meanings = [Meaning::Text; COLUMNS];
    meanings[STATE] = Meaning::of(socket.state);
    for (at, queue) in [(RECV, socket.queues.recv), (SEND, socket.queues.send)] {
        if queue == Some(0) {
            meanings[at] = Meaning::Quiet;
        }
    }
    if socket.is_accept_queue_full() == Some(true) {
        meanings[RECV] = Meaning::Alarm;
    }
    if socket.scope() == Some(Scope::Loopback) {
        (meanings[LOCAL], meanings[LOCAL + 1]) = (Meaning::Quiet, Meaning::Quiet);
    }
    meanings
}

/// The name of a namespace; its number when it has none.
fn netns_name(cell: &mut String, id: NetnsId, names: &Names) {
    match names.namespaces.get(&id) {
        Some(name) => cell.push_str(&escape(name.as_bytes())),
        None => push(cell, format_args!("{}", id.0)),
    }
}

/// A queue; `?` where the source cannot tell it, because 0 would be a claim.
fn number(cell: &mut String, value: Option<u32>) {
    match value {
        Some(value) => push_number(cell, value),
        None => cell.push('?'),
    }
}

/// An address as `ss` writes it: `*` for the dual-stack wildcard, brackets around IPv6; or its name.
fn address(cell: &mut String, socket: &Socket, end: Endpoint, hosts: Option<&HashMap<IpAddr, SystemBytes>>) {
    if let Some(name) = hosts.and_then(|hosts| hosts.get(&end.addr.to_canonical())) {
        cell.push_str(&escape(name.as_bytes()));
    } else if socket.family == Family::Inet6 && end.addr.is_unspecified() && socket.v6only != Some(true) {
        cell.push('*');
    } else if end.addr.is_ipv6() {
        push(cell, format_args!("[{}]", end.addr));
    } else {
        push_addr(cell, end.addr);
    }
}

/// The interface that the socket is bound to, as in `0.0.0.0%eth0`.
fn interface(cell: &mut String, socket: &Socket, names: &Names) {
    if socket.interface.is_some() {
        cell.push('%');
        other_ends::interface(cell, socket, names);
    }
}

/// The wildcard of the same family, for the peer of a socket that has none.
fn nowhere(local: Endpoint) -> Endpoint {
    let addr = if local.addr.is_ipv4() {
        std::net::Ipv4Addr::UNSPECIFIED.into()
    } else {
        std::net::Ipv6Addr::UNSPECIFIED.into()
    };
    Endpoint::new(addr, 0)
}

fn port_of(cell: &mut String, port: u16, protocol: Protocol, services: Services<'_>) {
    cell.push(':');
    match (port, services(protocol, port)) {
        (0, _) => cell.push('*'),
        (_, Some(name)) => cell.push_str(&escape(name.as_bytes())),
        (_, None) => push_number(cell, port),
    }
}

fn unix_name(cell: &mut String, name: Option<&UnixName>) {
    match name {
        None => cell.push('*'),
        Some(UnixName::Path(path)) => cell.push_str(&escape(path.as_bytes())),
        Some(UnixName::Abstract(name)) => push(cell, format_args!("@{}", escape(name.as_bytes()))),
    }
}

fn inode(cell: &mut String, inode: Option<Inode>) {
    cell.push(' ');
    push_number(cell, inode.map_or(0, Inode::get));
}
