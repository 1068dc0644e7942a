//! `/proc/net/sctp/{eps,assocs}` (`net/sctp/proc.c`): endpoints and their associations.
//!
//! Each file lists IPv4 and IPv6 together without saying which; the addresses tell. `sctp::settle`
//! brings the two together.

use std::net::IpAddr;

use super::line::{Line, columns, decimal, next, rows};
use super::{Context, WireError, sctp};
use crate::model::{Endpoint, Ends, Family, Inode, Queues, SocketType, State, Uid};

/// Calls `each` with every endpoint of the family that is read.
pub fn parse_endpoints(text: &[u8], context: &Context, each: &mut dyn FnMut(Result<Line, WireError>)) {
    rows(text).map(endpoint).filter(|line| is_of(line, context.family)).for_each(each);
}

/// Calls `each` with every association of the family that is read.
pub fn parse_associations(text: &[u8], context: &Context, each: &mut dyn FnMut(Result<Line, WireError>)) {
    rows(text).map(association).filter(|line| is_of(line, context.family)).for_each(each);
}

/// What cannot be understood may be of any family.
fn is_of(line: &Result<Line, WireError>, family: Family) -> bool {
    let local = line.as_ref().ok().and_then(|line| line.ends.local());
    local.is_none_or(|local| local.addr.is_ipv6() == (family == Family::Inet6))
}

/// `ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS`
fn endpoint(line: &[u8]) -> Result<Line, WireError> {
    let mut columns = columns(line);
    skip(&mut columns, 2)?; // places in memory
    let kind = kind(next(&mut columns)?)?;
    let raw_state = decimal(next(&mut columns)?)?;
    skip(&mut columns, 1)?; // hash bucket
    let port = decimal(next(&mut columns)?)?;
    let uid = Uid(decimal(next(&mut columns)?)?);
    let inode = Inode::new(decimal(next(&mut columns)?)?);
    let locals = addresses(&mut columns);
    let local = Endpoint::new(primary(&locals)?, port);
    let state = State::from_tcp(raw_state).ok_or(WireError::State(raw_state))?;
    let mut line = Line::new(kind, state, Ends::Inet { local, remote: None }, inode);
    line.uid = inode.map(|_| uid);
    line.details.locals = Some(plain(&locals));
    Ok(line)
}

/// `ASSOC SOCK STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS`
/// and counters.
fn association(line: &[u8]) -> Result<Line, WireError> {
    let mut columns = columns(line);
    skip(&mut columns, 2)?; // places in memory
    let kind = kind(next(&mut columns)?)?;
    skip(&mut columns, 1)?; // the state of its socket
    let raw_state = decimal(next(&mut columns)?)?;
    skip(&mut columns, 2)?; // hash bucket, id
    let send = decimal(next(&mut columns)?)?;
    let recv = decimal(next(&mut columns)?)?;
    let uid = Uid(decimal(next(&mut columns)?)?);
    let inode = Inode::new(decimal(next(&mut columns)?)?);
    let ports = (decimal(next(&mut columns)?)?, decimal(next(&mut columns)?)?);
    let locals = addresses(&mut columns); // takes the arrow with it
    let peers = addresses(&mut columns);
    let local = Endpoint::new(primary(&locals)?, ports.0);
    let remote = Some(Endpoint::new(primary(&peers)?, ports.1));
    let state = sctp::association_state(raw_state).ok_or(WireError::State(raw_state))?;
    let mut line = Line::new(kind, state, Ends::Inet { local, remote }, inode);
    line.uid = inode.map(|_| uid);
    line.queues = Queues { recv: Some(recv), send: Some(send) };
    line.details.locals = Some(plain(&locals));
    line.details.peers = Some(plain(&peers));
    Ok(line)
}

fn skip<'a>(columns: &mut impl Iterator<Item = &'a str>, count: usize) -> Result<(), WireError> {
    (0..count).try_for_each(|_| next(columns).map(|_| ()))
}

/// `enum sctp_socket_type` (`net/sctp/structs.h`): one-to-many, peeled off from such a one, and
/// one-to-one. The peeled off is one-to-many still as far as socket(2) is concerned.
fn kind(text: &str) -> Result<SocketType, WireError> {
    match text {
        "0" | "1" => Ok(SocketType::Seqpacket),
        "2" => Ok(SocketType::Stream),
        _ => Err(WireError::Line),
    }
}

/// Addresses up to the first word that is none; a star marks the primary one.
fn addresses<'a>(columns: &mut impl Iterator<Item = &'a str>) -> Vec<(bool, IpAddr)> {
    let address = |text: &str| {
        let plain = text.trim_start_matches('*');
        plain.parse().ok().map(|addr| (plain.len() < text.len(), addr))
    };
    columns.map_while(address).collect()
}

fn primary(addresses: &[(bool, IpAddr)]) -> Result<IpAddr, WireError> {
    let marked = addresses.iter().find(|(primary, _)| *primary);
    marked.or(addresses.first()).map(|(_, addr)| *addr).ok_or(WireError::Line)
}

fn plain(addresses: &[(bool, IpAddr)]) -> Vec<IpAddr> {
    addresses.iter().map(|(_, addr)| *addr).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Protocol;

    const ENDPOINTS: &str = " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n\
        00000000aaaaaaaa 00000000bbbbbbbb 2   10  29   7000  1000 15332 127.0.0.1 10.0.0.1 \n\
        00000000cccccccc 00000000dddddddd 0   7   30   7001      0 15333 0000:0000:0000:0000:0000:0000:0000:0001 \n";
    const ASSOCIATIONS: &str = " ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT INS OUTS MAXRT T1X T2X RTXC wmema wmemq sndbuf rcvbuf\n\
        00000000aaaaaaaa 00000000bbbbbbbb 2   1   3  0       7       11       12    1000 15334 7000  40000  10.0.0.1 *127.0.0.1 <-> *127.0.0.1 10.0.0.2 \t    7500    10    10   10    0    0        0        1        0   212992   212992\n";

    fn context(family: Family) -> Context {
        Context::of(family, Protocol::Sctp)
    }

    fn endpoints(text: &str, family: Family) -> Vec<Result<Line, WireError>> {
        let mut lines = Vec::new();
        parse_endpoints(text.as_bytes(), &context(family), &mut |line| lines.push(line));
        lines
    }

    #[test]
    fn endpoints_of_one_family() {
        let v4 = endpoints(ENDPOINTS, Family::Inet);
        let listener = v4[0].as_ref().unwrap();
        assert_eq!(v4.len(), 1);
        let local = Endpoint::new([127, 0, 0, 1].into(), 7000);
        assert_eq!(listener.ends, Ends::Inet { local, remote: None });
        assert_eq!((listener.kind, listener.state), (SocketType::Stream, State::Listen));
        assert_eq!((listener.inode, listener.uid), (Inode::new(15332), Some(Uid(1000))));
        assert_eq!(listener.details.locals.as_ref().unwrap().len(), 2);

        let v6 = endpoints(ENDPOINTS, Family::Inet6);
        let idle = v6[0].as_ref().unwrap();
        assert_eq!(idle.ends.local().unwrap().addr, IpAddr::V6(std::net::Ipv6Addr::LOCALHOST));
        assert_eq!((idle.kind, idle.state, v6.len()), (SocketType::Seqpacket, State::Closed, 1));
    }

    #[test]
    fn associations() {
        let mut lines = Vec::new();
        parse_associations(ASSOCIATIONS.as_bytes(), &context(Family::Inet), &mut |line| {
            lines.push(line.unwrap());
        });
        let line = &lines[0];
        let at = |port| Endpoint::new([127, 0, 0, 1].into(), port);
        assert_eq!(line.ends, Ends::Inet { local: at(7000), remote: Some(at(40000)) }, "the primary ones");
        assert_eq!((line.state, line.inode), (State::Established, Inode::new(15334)));
        assert_eq!(line.queues, Queues { recv: Some(12), send: Some(11) });
        assert_eq!(line.details.peers.as_ref().unwrap().len(), 2, "counters are no addresses");
    }

    #[test]
    fn refuses_lines_that_are_cut_or_made_up() {
        for (from, to) in [("127.0.0.1 10.0.0.1 ", ""), (" 2   10 ", " 3   10 "), (" 7000 ", " 70000 ")] {
            let lines = endpoints(&ENDPOINTS.replace(from, to), Family::Inet);
            assert_eq!(lines, [Err(WireError::Line)], "{to}");
        }
        let lines = endpoints(&ENDPOINTS.replace(" 2   10 ", " 2   99 "), Family::Inet);
        assert_eq!(lines, [Err(WireError::State(99))]);
        assert_eq!(association(b"a b 2 1 3 0 7 1 1 0 1 7000 40000 10.0.0.1 <->"), Err(WireError::Line));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, text in "[0-9a-f.:* <>-]*") {
            let _endpoint = endpoint(&bytes);
            let _association = association(text.as_bytes());
        }
    }
}
