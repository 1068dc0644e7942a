//! A row of a text table of `/proc/net`: what all of them have in common.

use super::WireError;
use crate::model::{Details, Ends, IfIndex, Inode, Queues, SocketType, State, Timer, Uid};

/// One row: a socket as far as text can tell it. What the text lacks is `None`, not 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub kind: SocketType,
    pub state: State,
    pub ends: Ends,
    pub inode: Option<Inode>,
    pub uid: Option<Uid>,
    pub queues: Queues,
    pub timer: Option<Timer>,
    pub interface: Option<IfIndex>,
    pub details: Details,
}

impl Line {
    /// A row of which no more is known.
    #[must_use]
    pub fn new(kind: SocketType, state: State, ends: Ends, inode: Option<Inode>) -> Self {
        Self {
            kind,
            state,
            ends,
            inode,
            uid: None,
            queues: Queues::default(),
            timer: None,
            interface: None,
            details: Details::default(),
        }
    }
}

/// The rows of a table, its heading passed over. A row that cannot be understood is an error of
/// that row alone.
pub(super) fn rows(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| *b == b'\n').skip(1).filter(|line| !line.is_empty())
}

/// The columns of a row that holds nothing but words.
pub(super) fn columns(line: &[u8]) -> impl Iterator<Item = &str> {
    let words = line.split(u8::is_ascii_whitespace).filter(|column| !column.is_empty());
    words.map_while(|column| std::str::from_utf8(column).ok())
}

/// The next column; a row that ends before it is no row of this table.
pub(super) fn next<'a>(columns: &mut impl Iterator<Item = &'a str>) -> Result<&'a str, WireError> {
    columns.next().ok_or(WireError::Line)
}

/// A hexadecimal number and nothing else.
pub(super) fn hex(text: &str) -> Result<u32, WireError> {
    if text.starts_with('+') {
        return Err(WireError::Line);
    }
    u32::from_str_radix(text, 16).map_err(|_| WireError::Line)
}

/// A decimal number and nothing else.
pub(super) fn decimal<T: std::str::FromStr>(text: &str) -> Result<T, WireError> {
    text.parse().map_err(|_| WireError::Line)
}
