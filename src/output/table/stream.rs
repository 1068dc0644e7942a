//! The table line by line, as sockets come: what closed, for `-E`. Widths grow and never shrink, because nobody
//! knows what comes.

use std::io::{self, Write};

use super::Sheet;
use super::cells::{COLUMNS, Cells, LAST};
use super::fit::Widths;
use super::words::state_of;
use crate::model::{Ends, Socket, State, TcpInfoPlace as P};
use crate::text::push;

/// Columns are as wide from the start as most addresses are.
const LEAST: [usize; COLUMNS] = [0, 5, 10, 6, 6, 20, 6, 20, 6, 0];

/// What was written so far decides how wide the columns are.
#[derive(Debug)]
pub struct Stream {
    widths: Widths,
    header: bool,
}

impl Stream {
    /// A table that has no line yet, with or without a header.
    #[must_use]
    pub fn new(header: bool) -> Self {
        Self { widths: Widths { columns: LEAST, room: None, left_out: Vec::new() }, header }
    }

    /// Writes a socket that ended, behind its columns the last counts, and the state before where it is known.
    pub fn write_end(
        &mut self,
        out: &mut dyn Write,
        socket: &Socket,
        before: Option<State>,
        sheet: Sheet<'_>,
    ) -> io::Result<()> {
        let (mut cells, mut below, mut line) = (Cells::default(), String::new(), String::new());
        if std::mem::take(&mut self.header) {
            let mut head = Cells::default();
            head.fill_header(sheet.layout);
            self.fit(&head);
            head.write(out, &self.widths, &mut line, sheet.face)?;
        }
        sheet.fill(&mut cells, &mut below, socket);
        end(cells.last(), socket, before, sheet);
        self.fit(&cells);
        cells.write(out, &self.widths, &mut line, sheet.face)?;
        out.write_all(sheet.face.charset.show(&below).as_bytes())
    }

    /// Makes room for these cells. A column that is not shown has none.
    fn fit(&mut self, cells: &Cells) {
        let needed = cells.measure().columns;
        for (at, (width, needed)) in self.widths.columns.iter_mut().zip(needed).enumerate() {
            *width = if needed == 0 && at != LAST { 0 } else { needed.max(*width) };
        }
    }
}

/// The counts by their names in `ss -i`, which tells them itself where it is asked to.
fn end(text: &mut String, socket: &Socket, before: Option<State>, sheet: Sheet<'_>) {
    let connected = matches!(socket.ends, Ends::Inet { remote: Some(_), .. });
    let details = socket.details.as_ref().filter(|_| connected && !sheet.layout.extras.info);
    if let Some(info) = details.and_then(|details| details.tcp_info.as_ref()) {
        for (name, place, always) in [
            ("bytes_sent", P::BYTES_SENT, true),
            ("bytes_retrans", P::BYTES_RETRANS, false),
            ("bytes_acked", P::BYTES_ACKED, true),
            ("bytes_received", P::BYTES_RECEIVED, true),
            ("segs_out", P::SEGS_OUT, true),
            ("segs_in", P::SEGS_IN, true),
            ("retrans", P::TOTAL_RETRANS, false),
        ] {
            if let Some(count) = info.read(place).filter(|count| always || *count > 0) {
                word(text, format_args!("{name}:{count}"));
            }
        }
    }
    if let Some(before) = before.filter(|before| *before != socket.state) {
        word(text, format_args!("was:{}", state_of(before)));
    }
}

fn word(text: &mut String, fact: std::fmt::Arguments<'_>) {
    let gap = if text.is_empty() { "" } else { " " };
    push(text, format_args!("{gap}{fact}"));
}
