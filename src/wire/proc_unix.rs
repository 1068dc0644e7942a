//! `/proc/net/unix` (proc(5), `net/unix/af_unix.c`). It tells neither peer nor queue.
//!
//! A path may hold a newline and so begin rows of its own choice: what is no row is refused, what
//! has the form of one cannot be told from it here, only by the descriptors that refer to it.

use std::collections::{HashMap, HashSet};

use super::line::{Line, decimal, hex, rows};
use super::unix_diag::{name, socket_type};
use super::{Context, WireError};
use crate::model::{Ends, Inode, State, UnixName};

/// Calls `each` with every row.
pub fn parse(text: &[u8], _context: &Context, each: &mut dyn FnMut(Result<Line, WireError>)) {
    let mut all: Vec<_> = rows(text).map(row).collect();
    let doubtful = claimed_twice(&all);
    for line in all.iter_mut().flatten() {
        line.inode = line.inode.filter(|inode| !doubtful.contains(inode));
    }
    all.into_iter().for_each(each);
}

/// The inodes of rows with different names. One of them lies, and nothing tells which: neither may
/// have the owner of that inode.
fn claimed_twice(all: &[Result<Line, WireError>]) -> HashSet<Inode> {
    let mut first = HashMap::new();
    let named = all.iter().flatten().filter_map(|line| Some((line.inode?, &line.ends)));
    named
        .filter(|(inode, ends)| first.entry(*inode).or_insert(*ends) != ends)
        .map(|(inode, _)| inode)
        .collect()
}

/// `__SO_ACCEPTCON` in the column of flags.
const LISTENS: u32 = 0x0001_0000;

fn row(line: &[u8]) -> Result<Line, WireError> {
    // "%pK: %08X %08X %08X %04X %02X %5lu", and behind one blank the path, which may hold anything.
    let mut rest = line;
    let mut next = || {
        rest = rest.trim_ascii_start();
        let end = rest.iter().position(|b| *b == b' ').unwrap_or(rest.len());
        let (column, tail) = rest.split_at(end);
        rest = tail;
        std::str::from_utf8(column).map_err(|_| WireError::Line)
    };
    let slot = next()?.strip_suffix(':').ok_or(WireError::Line)?;
    if slot.len() < 8 || !slot.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(WireError::Line);
    }
    hex(next()?)?; // references
    hex(next()?)?; // protocol
    let flags = hex(next()?)?;
    let raw_kind = hex(next()?)?;
    let raw_state = hex(next()?)?;
    let inode = Inode::new(decimal(next()?)?);
    let path = rest.strip_prefix(b" ").unwrap_or(rest);
    let kind = socket_type(raw_kind).ok_or(WireError::Type(u8::try_from(raw_kind).unwrap_or(u8::MAX)))?;
    // SS_UNCONNECTED, SS_CONNECTING (established, but in an accept queue), SS_CONNECTED.
    let state = match raw_state {
        1 if flags & LISTENS != 0 => State::Listen,
        1 | 4 => State::Unconnected,
        2 | 3 => State::Established,
        _ => return Err(WireError::State(u8::try_from(raw_state).unwrap_or(u8::MAX))),
    };
    Ok(Line::new(kind, state, Ends::Unix { name: unix_name(path), peer: None }, inode))
}

/// The kernel prints `@` for the first NUL of an abstract name, and for every other NUL too. A
/// relative path that really begins with `@` reads the same; abstract names are the common case.
fn unix_name(text: &[u8]) -> Option<UnixName> {
    match text {
        [b'@', rest @ ..] => Some(UnixName::Abstract(rest.into())),
        path => name(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SocketType;

    fn only(text: &str) -> Result<Line, WireError> {
        row(text.as_bytes())
    }

    #[test]
    fn an_inode_that_two_names_claim_belongs_to_neither() {
        let text = b"head\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 7 /run/a\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 8 /run/b\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 8 /run/b\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 7 /run/forged\n";
        let context = Context::of(crate::model::Family::Unix, crate::model::Protocol::Unix);
        let mut inodes = Vec::new();
        parse(text, &context, &mut |line| inodes.push(line.unwrap().inode));
        assert_eq!(inodes, [None, Inode::new(8), Inode::new(8), None]);
    }

    #[test]
    fn unix() {
        let path = |name: &str| UnixName::Path(name.into());
        for (text, kind, state, inode, name) in [
            (
                "0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/a b",
                SocketType::Stream,
                State::Listen,
                Inode::new(12345),
                Some(path("/run/a b")),
            ),
            (
                "0000000000000000: 00000003 00000000 00000000 0001 03    77",
                SocketType::Stream,
                State::Established,
                Inode::new(77),
                None,
            ),
            (
                "ffff888100000000: 00000002 00000000 00000000 0002 01   500 @abs",
                SocketType::Dgram,
                State::Unconnected,
                Inode::new(500),
                Some(UnixName::Abstract("abs".into())),
            ),
            (
                "0000000000000000: 00000002 00000000 00000000 0005 02     0 /run/a",
                SocketType::Seqpacket,
                State::Established,
                None,
                Some(path("/run/a")),
            ),
        ] {
            let line = only(text).unwrap();
            assert_eq!((line.kind, line.state, line.inode), (kind, state, inode), "{text}");
            assert_eq!(line.ends, Ends::Unix { name, peer: None }, "{text}");
        }
    }

    #[test]
    fn garbage_spoils_its_own_line_only() {
        let text = b"head\n0000000000000000: 00000002 00000000 00010000 0001 01 5 /a\nb\xff c\n\n0000000000000000: 00000002 00000000 00000000 0001 01 6\n";
        let all: Vec<_> = rows(text).map(row).collect();
        assert_eq!(all.len(), 3);
        assert_eq!(all[1], Err(WireError::Line));
        assert_eq!(
            (all[0].as_ref().unwrap().inode, all[2].as_ref().unwrap().inode),
            (Inode::new(5), Inode::new(6))
        );
        assert!(only("/x: 1 1 1 1 1 1").is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _row = row(&bytes);
        }
    }
}
