//! The plain table: the columns of `ss`, in its order and with its words, so that scripts and eyes
//! that know `ss` find everything in place.
//!
//! Two passes: the first measures, the second writes. No row is kept as text. Rows are measured in
//! the order in which they lie in memory, before they are sorted: that is twice as fast.
//!
//! A pipe gets what `ss` would write. A terminal that is too narrow gets fewer columns, and is told so.

mod cells;
mod details;
mod fit;
mod info;
mod stream;
mod users;
mod words;

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::IpAddr;

use cells::{Cells, LAST};
pub use details::Extras;
use details::Tail;
use fit::{Measure, Widths};
pub use stream::Stream;
use words::NETIDS;

use super::face::Face;
use super::group::Group;
use super::parts::{in_order, in_parts};
use crate::model::{
    Endpoint, Holding, Inode, Names, Protocol, Row, Socket, SocketKey, State, SystemBytes, UnixName,
};

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
    /// Names that stand for addresses, those of mapped ones with the address of IPv4.
    pub hosts: Option<&'a HashMap<IpAddr, SystemBytes>>,
    /// What is told of holders on request.
    pub holding: Option<&'a Holding>,
    pub face: Face,
}

/// Writes the rows as a table, in the order of `ss`, each group under its heading. Returns the columns
/// for which there was no room.
pub fn write(out: &mut dyn Write, groups: Vec<Group<'_>>, sheet: Sheet<'_>) -> io::Result<Vec<&'static str>> {
    let mut head = Cells::default();
    if sheet.layout.header {
        head.fill_header(sheet.layout);
    }
    let mut measure = head.measure();
    let mut measured = Vec::with_capacity(groups.len());
    for group in groups {
        let mut ordered = Vec::with_capacity(group.rows.len());
        for (part, needed) in in_parts(&group.rows, WORTH_A_THREAD, |rows| sheet.measure(rows)) {
            ordered.extend(part);
            measure.widen(needed);
        }
        if !sheet.layout.ordered {
            sort(&mut ordered);
        }
        measured.push((group.heading, ordered));
    }
    if sheet.layout.extras.any() {
        measure.columns[LAST] = measure.columns[LAST].max(1); // what is told there is not measured: nothing follows
    }
    // Where details follow, lines are longer than any terminal.
    let widths = measure.fit(sheet.face.width.filter(|_| !sheet.layout.extras.any()));
    if sheet.layout.header {
        head.write(out, &widths, &mut String::new(), sheet.face)?;
    }
    for (at, (heading, rows)) in measured.iter().enumerate() {
        if let Some(heading) = heading {
            heading.write(out, at == 0 && !sheet.layout.header, sheet.face)?;
        }
        let fill = |page: &mut Page, rows: &[(Order, &Row)]| sheet.fill_page(page, rows, &widths);
        in_order(rows, WORTH_A_THREAD, fill, |page: &Page| out.write_all(&page.lines))?;
    }
    Ok(widths.left_out)
}

/// Fewer rows than this are done sooner than a thread starts.
const WORTH_A_THREAD: usize = 4096;

/// Rows as lines, and what they are made in.
#[derive(Default)]
struct Page {
    cells: Cells,
    below: String,
    line: String,
    lines: Vec<u8>,
}

impl Sheet<'_> {
    /// The rows with their order, and how wide their columns must be.
    fn measure<'r>(&self, rows: &[&'r Row]) -> (Vec<(Order, &'r Row)>, Measure) {
        let mut cells = Cells::default();
        let mut needed = Measure::default();
        let measure = |row: &&'r Row| {
            cells.fill(&row.socket, self);
            needed.widen(cells.measure());
            (order(&row.socket), *row)
        };
        (rows.iter().map(measure).collect(), needed)
    }

    /// Makes the cells of a socket, and the lines below it.
    fn fill(&self, cells: &mut Cells, below: &mut String, socket: &Socket) {
        cells.fill(socket, self);
        below.clear();
        if self.layout.extras.any() {
            let tail = Tail::new(cells.last(), below, self.layout);
            details::push_all(tail, socket, self.names);
        }
    }

    fn fill_page(&self, page: &mut Page, rows: &[(Order, &Row)], widths: &Widths) -> io::Result<()> {
        let Page { cells, below, line, lines } = page;
        lines.clear();
        for (_, row) in rows {
            self.fill(cells, below, &row.socket);
            cells.write(lines, widths, line, self.face)?;
            lines.write_all(self.face.charset.show(below).as_bytes())?;
        }
        Ok(())
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
