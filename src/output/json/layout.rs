//! Compact JSON with every socket on a line of its own: `grep` and `head` work, parsers do not care.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// Breaks the line before each element of an array directly below the document.
#[derive(Debug, Default)]
pub(super) struct SocketPerLine {
    /// How many objects and arrays are open.
    depth: usize,
}

/// The document is open, and an array in it.
const SOCKETS: usize = 2;

impl Formatter for SocketPerLine {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        let sockets = self.depth == SOCKETS;
        self.depth -= 1;
        out.write_all(if sockets { b"\n]" } else { b"]" })
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(match (first, self.depth) {
            (true, SOCKETS) => b"\n",
            (false, SOCKETS) => b",\n",
            (true, _) => b"",
            (false, _) => b",",
        })
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        out.write_all(b"}")
    }
}
