//! `/proc/net/{tcp,udp,udplite,raw,icmp}` and the same for IPv6 (proc(5), `net/ipv4/tcp_ipv4.c`,
//! `net/ipv4/udp.c`, `net/ipv4/ping.c`).
//!
//! Less than netlink tells: no cookie, no interface, no backlog, no `IPV6_V6ONLY`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::inet_diag::kind_and_state;
use super::line::{Line, columns, decimal, hex, next, rows};
use super::{Context, WireError};
use crate::model::{Endpoint, Ends, Family, Inode, Memory, Protocol, Queues, State, Timer, TimerKind, Uid};

/// Calls `each` with every row.
pub fn parse(text: &[u8], context: &Context, each: &mut dyn FnMut(Result<Line, WireError>)) {
    rows(text).for_each(|line| each(row(line, context)));
}

fn row(line: &[u8], context: &Context) -> Result<Line, WireError> {
    let mut columns = columns(line);
    next(&mut columns)?.strip_suffix(':').ok_or(WireError::Line)?;
    let local = endpoint(next(&mut columns)?, context.family)?;
    let remote = endpoint(next(&mut columns)?, context.family)?;
    let raw_state = u8::try_from(hex(next(&mut columns)?)?).map_err(|_| WireError::Line)?;
    let (send, recv) = pair(next(&mut columns)?)?;
    let (timer, when) = pair(next(&mut columns)?)?;
    let retransmits = hex(next(&mut columns)?)?;
    let uid: u32 = decimal(next(&mut columns)?)?;
    next(&mut columns)?; // unanswered probes
    let inode = Inode::new(decimal(next(&mut columns)?)?);
    let (kind, state) = kind_and_state(context, raw_state);
    let state = state.ok_or(WireError::State(raw_state))?;
    let ends = Ends::Inet { local, remote: (!remote.is_nowhere()).then_some(remote) };
    let mut line = Line::new(kind, state, ends, inode);
    line.uid = inode.map(|_| Uid(uid));
    // The text of a listener holds its accept queue, but 0 where its backlog should stand.
    line.queues = Queues { recv: Some(recv), send: (state != State::Listen).then_some(send) };
    if context.protocol == Protocol::Tcp {
        line.timer = u8::try_from(timer).ok().and_then(TimerKind::from_diag).map(|kind| Timer {
            kind,
            expires_ms: when.saturating_mul(10), // printed in ticks of USER_HZ, 100 a second
            retransmits: u8::try_from(retransmits).unwrap_or(u8::MAX),
        });
    } else {
        // Datagram tables end with references, a pointer and the drops.
        let drops = columns.nth(2).and_then(|drops| drops.parse().ok());
        line.details.memory = drops.map(|drops| Memory { drops: Some(drops), ..Memory::default() });
        line.details.ip_protocol =
            (context.protocol == Protocol::Raw).then(|| u8::try_from(local.port).ok()).flatten();
    }
    Ok(line)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SocketType;

    fn only(text: &str, family: Family, protocol: Protocol) -> Result<Line, WireError> {
        row(text.as_bytes(), &Context::of(family, protocol))
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
        assert_eq!(line.details.memory.unwrap().drops, Some(0));
    }

    #[test]
    fn raw_sockets_hold_their_protocol_where_others_hold_a_port() {
        let text = "   1: 00000000:0001 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 77 2 0000000000000000 5";
        let line = only(text, Family::Inet, Protocol::Raw).unwrap();
        assert_eq!((line.kind, line.state), (SocketType::Raw, State::Unconnected));
        assert_eq!((line.details.ip_protocol, line.details.memory.unwrap().drops), (Some(1), Some(5)));
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
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(text: String) {
            for family in [Family::Inet, Family::Inet6] {
                let _row = only(&text, family, Protocol::Tcp);
            }
        }
    }
}
