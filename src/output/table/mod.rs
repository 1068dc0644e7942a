//! The plain table: the columns of `ss`, in its order and with its words, so that scripts and eyes
//! that know `ss` find everything in place.
//!
//! Two passes: the first measures, the second writes. No row is kept as text. Rows are measured in
//! the order in which they lie in memory, before they are sorted: that is twice as fast.

mod details;
mod info;
mod stream;
mod words;

use std::io::{self, Write};
use std::panic::resume_unwind;
use std::thread::Builder;

pub use details::Extras;
use details::Tail;
pub use stream::Stream;
use words::{NETIDS, netid_of, state_of};

use super::other_ends;
use crate::model::{
    Endpoint, Ends, Family, Inode, Names, NetnsId, Owners, Protocol, Row, Socket, SocketKey, State, UnixName,
};
use crate::text::{escape, push, push_addr, push_number, width};

/// Which columns are shown, and how.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a part that ss shows or hides")]
pub struct Layout {
    pub header: bool,
    /// `Netns`, which `ss` does not have: when there are several.
    pub netns: bool,
    /// `Netid`, which `ss` shows only when more than one kind of socket is asked for.
    pub netid: bool,
    /// `State`, which `ss` hides when only one state can occur.
    pub state: bool,
    pub processes: bool,
    /// Numbers for protocols too, as `ss -n` has them.
    pub numeric: bool,
    /// The rows come in the order in which they are to stand.
    pub ordered: bool,
    /// What is told of a socket behind its columns.
    pub extras: Extras,
}

/// Gives a port its service name, if it has one and names are wanted.
pub type Services<'a> = &'a (dyn Fn(Protocol, u16) -> Option<String> + Sync);

/// What a row needs to become a line.
#[derive(Clone, Copy)]
pub struct Sheet<'a> {
    pub layout: Layout,
    pub names: &'a Names,
    pub services: Services<'a>,
}

/// Writes the rows as a table, in the order of `ss`.
pub fn write<'a>(
    out: &mut dyn Write,
    rows: impl Iterator<Item = &'a Row>,
    sheet: Sheet<'_>,
) -> io::Result<()> {
    let rows: Vec<&Row> = rows.collect();
    let mut head = Cells::default();
    if sheet.layout.header {
        head.fill_header(sheet.layout);
    }
    let mut widths = head.widths();
    let mut ordered = Vec::with_capacity(rows.len());
    for (part, widest) in in_parts(&rows, |rows| sheet.measure(rows)) {
        ordered.extend(part);
        widen(&mut widths, widest);
    }
    if sheet.layout.extras.any() {
        widths[LAST] = widths[LAST].max(1); // what is told there is not measured: nothing follows
    }
    if !sheet.layout.ordered {
        sort(&mut ordered);
    }
    if sheet.layout.header {
        head.write(out, widths, &mut String::new())?;
    }
    for page in ordered.chunks(PAGE) {
        for lines in in_parts(page, |rows| sheet.lines(rows, widths)) {
            out.write_all(&lines?)?;
        }
    }
    Ok(())
}

/// Rows that are made into lines at once.
const PAGE: usize = 32 * 1024;
/// Fewer rows than this are done sooner than a thread starts.
const WORTH_A_THREAD: usize = 4096;

/// Does the work on equal parts, as many as there are cores, and returns what each made, in order.
fn in_parts<T: Sync, R: Send>(rows: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let size = rows.len().div_ceil(cores).max(WORTH_A_THREAD);
    let (mine, others) = rows.split_at(size.min(rows.len()));
    std::thread::scope(|scope| {
        let work = &work;
        // Where no thread can be started this one does it all.
        let start = |part| Builder::new().spawn_scoped(scope, move || work(part)).map_err(|_| part);
        let others: Vec<_> = others.chunks(size).map(start).collect();
        let mut made = vec![work(mine)];
        made.extend(others.into_iter().map(|other| match other {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(part) => work(part),
        }));
        made
    })
}

impl Sheet<'_> {
    /// The rows with their order, and how wide their columns must be.
    fn measure<'r>(&self, rows: &[&'r Row]) -> (Vec<(Order, &'r Row)>, [usize; COLUMNS]) {
        let mut cells = Cells::default();
        let mut widths = [0; COLUMNS];
        let measure = |row: &&'r Row| {
            cells.fill(&row.socket, self);
            widen(&mut widths, cells.widths());
            (order(&row.socket), *row)
        };
        (rows.iter().map(measure).collect(), widths)
    }

    fn lines(&self, rows: &[(Order, &Row)], widths: [usize; COLUMNS]) -> io::Result<Vec<u8>> {
        let (mut cells, mut line, mut lines) = (Cells::default(), String::new(), Vec::new());
        let mut below = String::new();
        for (_, row) in rows {
            self.fill(&mut cells, &mut below, &row.socket);
            cells.write(&mut lines, widths, &mut line)?;
            lines.write_all(below.as_bytes())?;
        }
        Ok(lines)
    }
}

impl Sheet<'_> {
    /// Makes the cells of a socket, and the lines below it.
    fn fill(&self, cells: &mut Cells, below: &mut String, socket: &Socket) {
        cells.fill(socket, self);
        below.clear();
        if self.layout.extras.any() {
            let tail = Tail::new(&mut cells.0[LAST], below, self.layout);
            details::push_all(tail, socket, self.names);
        }
    }
}

fn widen(widths: &mut [usize; COLUMNS], needed: [usize; COLUMNS]) {
    for (widest, width) in widths.iter_mut().zip(needed) {
        *widest = width.max(*widest);
    }
}

/// By what rows are ordered: by protocol as `ss` does it, listeners first, then by local and
/// remote end.
type Order = (u8, bool, u16, Option<Endpoint>, Option<Endpoint>);

fn order(socket: &Socket) -> Order {
    let rank = NETIDS.iter().zip(0..).find(|((protocol, _), _)| *protocol == socket.protocol);
    let local = socket.ends.local();
    let port = local.map_or(0, |end| end.port);
    (rank.map_or(u8::MAX, |(_, rank)| rank), socket.state != State::Listen, port, local, socket.ends.remote())
}

fn sort(rows: &mut [(Order, &Row)]) {
    rows.sort_unstable_by_key(|(order, _)| *order);
    // Internet sockets, of which there may be very many, hardly ever tie.
    for ties in rows.chunk_by_mut(|a, b| a.0 == b.0) {
        ties.sort_by(|a, b| tie(a.1).cmp(&tie(b.1)));
    }
}

fn tie(row: &Row) -> (Option<&UnixName>, Option<Inode>, SocketKey) {
    (row.socket.ends.unix_name(), row.socket.inode, row.socket.key)
}

const COLUMNS: usize = 10;
/// The column behind which nothing follows.
const LAST: usize = COLUMNS - 1;
/// Columns that are pushed to the right, towards the separator behind them.
const RIGHT: [bool; COLUMNS] = [false, false, false, false, false, true, false, true, false, false];
/// What stands behind each column.
const GAPS: [&str; COLUMNS] = [" ", " ", " ", " ", " ", "", " ", "", " ", ""];

/// The cells of one line: Netns, Netid, State, Recv-Q, Send-Q, local address, local port (with its
/// separator), peer address, peer port, processes. An empty column takes no room.
#[derive(Default)]
struct Cells([String; COLUMNS]);

impl Cells {
    fn fill_header(&mut self, layout: Layout) {
        self.clear();
        let [netns, netid, state, recv, send, local, port, peer, peer_port, process] = &mut self.0;
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

    fn fill(&mut self, socket: &Socket, sheet: &Sheet<'_>) {
        let Sheet { layout, names, services } = *sheet;
        self.clear();
        let [netns, netid, state, recv, send, local, port, peer, peer_port, process] = &mut self.0;
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
                address(local, socket, *here);
                interface(local, socket, names);
                port_of(port, here.port, socket.protocol, services);
                address(peer, socket, remote.unwrap_or_else(|| nowhere(*here)));
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
            users(process, &socket.owners);
        }
    }

    fn clear(&mut self) {
        self.0.iter_mut().for_each(String::clear);
    }

    fn widths(&self) -> [usize; COLUMNS] {
        self.0.each_ref().map(|cell| width(cell))
    }

    /// Makes one line of the cells, in `line`, and writes it at once.
    fn write(&self, out: &mut dyn Write, widths: [usize; COLUMNS], line: &mut String) -> io::Result<()> {
        line.clear();
        let last = self.0.iter().rposition(|cell| !cell.is_empty()).unwrap_or(0);
        for (at, cell) in self.0.iter().enumerate().take(last + 1) {
            if widths[at] == 0 {
                continue;
            }
            let pad = if at == LAST { 0 } else { widths[at] - width(cell) };
            let (before, after) = if RIGHT[at] { (pad, 0) } else { (0, pad) };
            // No blanks at the end of a line: there is nothing to align there.
            let (after, gap) = if at == last { (0, "") } else { (after, GAPS[at]) };
            line.extend(std::iter::repeat_n(' ', before));
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', after));
            line.push_str(gap);
        }
        line.push('\n');
        out.write_all(line.as_bytes())
    }
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

/// An address as `ss` writes it: `*` for the dual-stack wildcard, brackets around IPv6.
fn address(cell: &mut String, socket: &Socket, end: Endpoint) {
    if socket.family == Family::Inet6 && end.addr.is_unspecified() && socket.v6only != Some(true) {
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

/// `users:(("nginx",pid=1,fd=3),…)`. The owners that are not kept are counted.
fn users(cell: &mut String, owners: &Owners) {
    let Some(known) = owners.known() else { return };
    cell.push_str("users:(");
    let mut begin = "(\"";
    for owner in known.shown() {
        let comm = escape(owner.process.comm.as_bytes());
        for fd in owner.fds {
            for part in [begin, &comm, "\",pid="] {
                cell.push_str(part);
            }
            push_number(cell, owner.process.id.pid.0);
            cell.push_str(",fd=");
            push_number(cell, fd.0);
            cell.push(')');
            begin = ",(\"";
        }
    }
    if known.beyond() > 0 {
        push(cell, format_args!(",+{} more", known.beyond()));
    }
    cell.push(')');
}
