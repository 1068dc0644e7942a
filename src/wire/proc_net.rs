//! `/proc/net/{tcp,tcp6,udp,udp6,unix}`: the text tables (proc(5), `net/ipv4/tcp_ipv4.c`,
//! `net/ipv4/udp.c`, `net/unix/af_unix.c`).
//!
//! Less than netlink tells: no cookie, no interface, no backlog, no Unix peer or queue, no
//! `IPV6_V6ONLY`. What is not there is `None`, not 0.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::WireError;
use super::unix_diag::{name, socket_type};
use crate::model::{
    Endpoint, Ends, Family, Inode, Protocol, Queues, SocketType, State, Timer, TimerKind, Uid, UnixName,
};

/// One line of a table: a socket as far as text can tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub kind: SocketType,
    pub state: State,
    pub ends: Ends,
    pub inode: Option<Inode>,
    pub uid: Option<Uid>,
    pub queues: Queues,
    pub timer: Option<Timer>,
}

/// The rows of a table; its heading is passed over. A row that cannot be understood is an error of
/// that row alone: a Unix path may hold a newline and so begin lines of its own choice.
pub fn lines(
    text: &[u8],
    family: Family,
    protocol: Protocol,
) -> impl Iterator<Item = Result<Line, WireError>> {
    text.split(|b| *b == b'\n').skip(1).filter(|line| !line.is_empty()).map(move |line| match family {
        Family::Unix => unix(line),
        Family::Inet | Family::Inet6 => inet(line, family, protocol),
    })
}

fn inet(line: &[u8], family: Family, protocol: Protocol) -> Result<Line, WireError> {
    let mut columns = line.split(u8::is_ascii_whitespace).filter(|column| !column.is_empty());
    let mut next =
        || columns.next().and_then(|column| std::str::from_utf8(column).ok()).ok_or(WireError::Line);
    next()?.strip_suffix(':').ok_or(WireError::Line)?;
    let local = endpoint(next()?, family)?;
    let remote = endpoint(next()?, family)?;
    let raw_state = u8::try_from(hex(next()?)?).map_err(|_| WireError::Line)?;
    let (send, recv) = pair(next()?)?;
    let (timer, when) = pair(next()?)?;
    let retransmits = hex(next()?)?;
    let uid: u32 = decimal(next()?)?;
    next()?; // unanswered probes
    let inode = Inode::new(decimal(next()?)?);
    let (kind, state) = match protocol {
        Protocol::Udp => (SocketType::Dgram, State::from_udp(raw_state)),
        _ => (SocketType::Stream, State::from_tcp(raw_state)),
    };
    let state = state.ok_or(WireError::State(raw_state))?;
    let kind_of_timer = if protocol == Protocol::Tcp {
        u8::try_from(timer).ok().and_then(TimerKind::from_diag)
    } else {
        None
    };
    Ok(Line {
        kind,
        state,
        ends: Ends::Inet { local, remote: (!remote.is_nowhere()).then_some(remote) },
        inode,
        uid: inode.map(|_| Uid(uid)),
        // The text of a listener holds its accept queue, but 0 where its backlog should stand.
        queues: Queues { recv: Some(recv), send: (state != State::Listen).then_some(send) },
        timer: kind_of_timer.map(|kind| Timer {
            kind,
            expires_ms: when.saturating_mul(10), // printed in ticks of USER_HZ, 100 a second
            retransmits: u8::try_from(retransmits).unwrap_or(u8::MAX),
        }),
    })
}

/// `__SO_ACCEPTCON` in the column of flags.
const LISTENS: u32 = 0x0001_0000;

fn unix(line: &[u8]) -> Result<Line, WireError> {
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
    Ok(Line {
        kind,
        state,
        ends: Ends::Unix { name: unix_name(path), peer: None },
        inode,
        uid: None,
        queues: Queues::default(),
        timer: None,
    })
}

/// The kernel prints `@` for the first NUL of an abstract name, and for every other NUL too. A
/// relative path that really begins with `@` reads the same; abstract names are the common case.
fn unix_name(text: &[u8]) -> Option<UnixName> {
    match text {
        [b'@', rest @ ..] => Some(UnixName::Abstract(rest.into())),
        path => name(path),
    }
}

fn endpoint(text: &str, family: Family) -> Result<Endpoint, WireError> {
    let (addr, port) = text.split_once(':').ok_or(WireError::Line)?;
    let port = u16::try_from(hex(port)?).map_err(|_| WireError::Line)?;
    // Each 32-bit word of the address is printed as a number, whatever the byte order of the host.
    let word =
        |at: usize| addr.get(at * 8..at * 8 + 8).ok_or(WireError::Line).and_then(hex).map(u32::to_ne_bytes);
    let addr: IpAddr = match family {
        Family::Inet6 if addr.len() == 32 => {
            let mut bytes = [0; 16];
            for (at, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(at)?);
            }
            Ipv6Addr::from(bytes).into()
        }
        Family::Inet if addr.len() == 8 => Ipv4Addr::from(word(0)?).into(),
        _ => return Err(WireError::Line),
    };
    Ok(Endpoint { addr, port })
}

fn pair(text: &str) -> Result<(u32, u32), WireError> {
    let (left, right) = text.split_once(':').ok_or(WireError::Line)?;
    Ok((hex(left)?, hex(right)?))
}

fn hex(text: &str) -> Result<u32, WireError> {
    if text.starts_with('+') {
        return Err(WireError::Line);
    }
    u32::from_str_radix(text, 16).map_err(|_| WireError::Line)
}

fn decimal<T: std::str::FromStr>(text: &str) -> Result<T, WireError> {
    text.parse().map_err(|_| WireError::Line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str, family: Family, protocol: Protocol) -> Result<Line, WireError> {
        let text = format!("heading\n{text}\n");
        let mut all = lines(text.as_bytes(), family, protocol);
        let line = all.next().unwrap();
        assert!(all.next().is_none());
        line
    }

    #[test]
    fn tcp() {
        let text = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 31337 1 0000000000000000 100 0 0 10 0";
        let line = only(text, Family::Inet, Protocol::Tcp).unwrap();
        assert_eq!(line.ends, Ends::Inet { local: Endpoint::new([127, 0, 0, 1].into(), 8080), remote: None });
        assert_eq!((line.state, line.inode, line.uid), (State::Listen, Inode::new(31337), Some(Uid(1000))));
        assert_eq!(line.queues, Queues { recv: Some(3), send: None }, "the backlog is not told");
    }

    #[test]
    fn time_wait_has_no_uid() {
        let text = "   3: 0100007F:1F90 0100007F:9C40 06 00000000:00000000 03:00000176 00000000     0        0 0 3 0000000000000000";
        let line = only(text, Family::Inet, Protocol::Tcp).unwrap();
        assert_eq!((line.state, line.inode, line.uid), (State::TimeWait, None, None));
        assert_eq!(line.timer, Some(Timer { kind: TimerKind::TimeWait, expires_ms: 3740, retransmits: 0 }));
        assert_eq!(line.ends.remote(), Some(Endpoint::new([127, 0, 0, 1].into(), 40000)));
    }

    #[test]
    fn udp6() {
        let text = " 1234: 00000000000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 9 2 0000000000000000 0";
        let line = only(text, Family::Inet6, Protocol::Udp).unwrap();
        assert_eq!(line.ends.local(), Some(Endpoint::new(Ipv6Addr::LOCALHOST.into(), 53)));
        assert_eq!((line.state, line.kind), (State::Unconnected, SocketType::Dgram));
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
            let line = only(text, Family::Unix, Protocol::Unix).unwrap();
            assert_eq!((line.kind, line.state, line.inode), (kind, state, inode), "{text}");
            assert_eq!(line.ends, Ends::Unix { name, peer: None }, "{text}");
        }
    }

    #[test]
    fn garbage_spoils_its_own_line_only() {
        let text = b"head\n0000000000000000: 00000002 00000000 00010000 0001 01 5 /a\nb\xff c\n\n0000000000000000: 00000002 00000000 00000000 0001 01 6\n";
        let all: Vec<_> = lines(text, Family::Unix, Protocol::Unix).collect();
        assert_eq!(all.len(), 3);
        assert_eq!(all[1], Err(WireError::Line));
        assert_eq!(
            (all[0].as_ref().unwrap().inode, all[2].as_ref().unwrap().inode),
            (Inode::new(5), Inode::new(6))
        );
    }

    #[test]
    fn refuses_lines_that_are_cut_or_made_up() {
        let whole = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 31337";
        assert!(only(whole, Family::Inet, Protocol::Tcp).is_ok());
        for text in [
            &whole[..whole.len() - 6],
            "0: 0100007F:1F90",
            &whole.replace("0100007F", "+100007F"),
            &whole.replace(":1F90", ":1F901"),
            &whole.replace("0100007F", "0100007F00"),
            &whole.replace(" 0A ", " 10A "),
            &whole.replace("31337", "-1"),
        ] {
            assert!(only(text, Family::Inet, Protocol::Tcp).is_err(), "{text}");
        }
        assert_eq!(
            only(&whole.replace(" 0A ", " 0E "), Family::Inet, Protocol::Tcp),
            Err(WireError::State(14))
        );
        assert!(only(whole, Family::Inet6, Protocol::Tcp).is_err());
        assert!(only("/x: 1 1 1 1 1 1", Family::Unix, Protocol::Unix).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            for family in [Family::Inet, Family::Inet6, Family::Unix] {
                let _rows = lines(&bytes, family, Protocol::Tcp).count();
            }
        }
    }
}
