//! Sockets through netstat2, a library that knows other systems than Linux too.
//!
//! On Linux it is there to be compared with, never chosen by itself; elsewhere it is all there is.
//! It knows TCP and UDP of the own network namespace alone, and tells less than `/proc/net`: no
//! cookie, queue, timer or interface. Its defects (0.11.2, read in its source), and what is made of them:
//!
//! - It drops the state and the peer of a UDP socket. The state is unknown then, not made up.
//! - An error that the kernel answers ends its list silently, so an empty list may be a refused one.
//!   It is believed only when the kernel's own count agrees.
//! - It does not ask for TCP sockets that are bound and idle (`TCP_BOUND_INACTIVE`).
//! - It has no word for a dump that was interrupted.
//! - It scans `/proc` for every list, and panics where there is none. The list without processes is
//!   asked for: the search for owners finds them by inode.
//! - Elsewhere than on Linux it goes through the descriptors of the processes that it may look into and
//!   is silent about the others, so no list of it proves that a socket is not there.
//!
//! So no table that it read is ever called `ok`.

use std::error::Error as _;
use std::io::ErrorKind;

use netstat2::{AddressFamilyFlags, ProtocolFlags, ProtocolSocketInfo, SocketInfo, TcpState};

use super::place::Place;
use super::protocols::{Count, Counts};
use super::stand_in::StandIns;
use super::{RESIDUAL, Reading, SocketSource, SourceError, Wanted, keep};
use crate::model::{
    Endpoint, Ends, Family, Inode, Protocol, SliceCoverage, SliceStatus, SocketType, State, Uid,
};
use crate::sys::procnet::Whose;
use crate::wire::line::Line;

/// The tables that netstat2 knows, of the own network namespace.
#[derive(Debug, Default)]
pub struct Portable;

impl SocketSource for Portable {
    fn read(&mut self, wanted: &[Wanted]) -> Result<Reading, SourceError> {
        let place = Place::here()?;
        let mut reading = Reading::of_own(place.netns);
        let counts = Counts::read(Whose::Ours);
        for table in wanted.iter().copied().filter(|table| *table != RESIDUAL) {
            let mut coverage = read_table(table, place, &counts, &mut reading);
            coverage.counted = counts.number(table);
            reading.slices.push(coverage);
        }
        reading.tell_ports(place);
        Ok(reading)
    }
}

/// Appends the sockets of one table.
fn read_table(table: Wanted, place: Place, counts: &Counts, reading: &mut Reading) -> SliceCoverage {
    let mut coverage = SliceCoverage::new(place.slice(table), "portable");
    let Some((family, protocol)) = flags(table) else {
        coverage.status = unknown(counts.of(table));
        return coverage;
    };
    match list(family, protocol) {
        Ok(rows) => {
            let context = place.context(table);
            let mut stand_ins = StandIns::default();
            coverage.status = judge(table.1, rows.len(), counts.of(table));
            let sockets = rows.into_iter().map(|row| stand_ins.socket(line(row), &context)).collect();
            keep(sockets, &mut coverage, reading);
        }
        Err(error) => coverage.status = trouble(&error),
    }
    coverage
}

/// How netstat2 calls a table, when it knows it.
fn flags((family, protocol): Wanted) -> Option<(AddressFamilyFlags, ProtocolFlags)> {
    let family = match family {
        Family::Inet => AddressFamilyFlags::IPV4,
        Family::Inet6 => AddressFamilyFlags::IPV6,
        _ => return None,
    };
    let protocol = match protocol {
        Protocol::Tcp => ProtocolFlags::TCP,
        Protocol::Udp => ProtocolFlags::UDP,
        _ => return None,
    };
    Some((family, protocol))
}

/// One table, whole or not at all.
fn list(
    family: AddressFamilyFlags,
    protocol: ProtocolFlags,
) -> Result<Vec<SocketInfo>, netstat2::error::Error> {
    #[cfg(linux)]
    return netstat2::iterate_sockets_info_without_pids(family, protocol)?.collect();
    // It has no other list elsewhere, and tells of owners a number alone.
    #[cfg(not(linux))]
    return netstat2::iterate_sockets_info(family, protocol)?.collect();
}

/// What a list that ended without an error is worth.
fn judge(protocol: Protocol, rows: usize, count: Count) -> SliceStatus {
    if cfg!(not(linux)) {
        return SliceStatus::Partial(ELSEWHERE.to_owned());
    }
    match (rows, count) {
        (0, Count::Sockets(0)) => {
            SliceStatus::Fallback("by the kernel's own count there are none".to_owned())
        }
        (0, Count::NoProtocol) => SliceStatus::Unsupported("this kernel has no such protocol".to_owned()),
        // The kernel counts sockets too that it lists nowhere, so this is no proof of an error.
        (0, Count::Sockets(some)) => SliceStatus::Partial(format!(
            "netstat2 lists none, where the kernel counts {some}; it tells of no error"
        )),
        (0, _) => SliceStatus::Partial("netstat2 lists none, and tells of no error".to_owned()),
        _ => SliceStatus::Fallback(lacks(protocol).to_owned()),
    }
}

/// What a list is worth on other systems: it is made from the descriptors of processes, and the processes
/// that may not be looked into are passed over without a word (`integrations/osx/netstat.rs`).
const ELSEWHERE: &str = "netstat2 lists what is held by processes that this user may look into, \
    once for each descriptor, and does not tell of the others";

/// What netstat2 does not tell of a table that it knows.
fn lacks(protocol: Protocol) -> &'static str {
    if protocol == Protocol::Udp {
        "it tells neither cookies nor queues, nor whether a socket has a peer"
    } else {
        "it tells neither cookies, queues nor timers, and leaves out sockets that are bound and idle"
    }
}

/// What is known of a table that netstat2 does not know. Nothing was read, so unless the kernel
/// has none of these sockets that is a failure, not an empty table.
fn unknown(count: Count) -> SliceStatus {
    match count {
        Count::NoProtocol => SliceStatus::Unsupported("this kernel has no such protocol".to_owned()),
        Count::Sockets(0) => SliceStatus::Fallback("by the kernel's own count there are none".to_owned()),
        Count::Sockets(_) | Count::Uncounted | Count::Untold => {
            SliceStatus::Failed("netstat2 knows TCP and UDP alone".to_owned())
        }
    }
}

/// Its words say little (`Failed to call ffi`); what lies below them says why.
fn trouble(error: &netstat2::error::Error) -> SliceStatus {
    let mut why = format!("netstat2: {error}");
    let mut below = error.source();
    while let Some(cause) = below {
        why = format!("{why}: {cause}");
        below = cause.source();
    }
    match error {
        netstat2::error::Error::OsError(cause) if cause.kind() == ErrorKind::PermissionDenied => {
            SliceStatus::Denied(why)
        }
        _ => SliceStatus::Failed(why),
    }
}

/// The row as far as netstat2 tells it.
fn line(row: SocketInfo) -> Line {
    let (inode, uid) = file(&row);
    let (kind, state, ends) = match row.protocol_socket_info {
        ProtocolSocketInfo::Tcp(tcp) => {
            let local = Endpoint::new(tcp.local_addr, tcp.local_port);
            let remote = Endpoint::new(tcp.remote_addr, tcp.remote_port);
            let remote = (!remote.is_nowhere()).then_some(remote);
            (SocketType::Stream, state(tcp.state), Ends::Inet { local, remote })
        }
        ProtocolSocketInfo::Udp(udp) => {
            let local = Endpoint::new(udp.local_addr, udp.local_port);
            (SocketType::Dgram, State::Unknown, Ends::Inet { local, remote: None })
        }
    };
    Line { uid, ..Line::new(kind, state, ends, inode) }
}

/// The inode and the user.
#[cfg(linux)]
fn file(row: &SocketInfo) -> (Option<Inode>, Option<Uid>) {
    let inode = Inode::new(row.inode.into());
    // Without an inode the kernel writes 0 for the user, which is not root.
    (inode, inode.map(|_| Uid(row.uid)))
}

/// Elsewhere it has no fields for them.
#[cfg(not(linux))]
fn file(_: &SocketInfo) -> (Option<Inode>, Option<Uid>) {
    (None, None)
}

fn state(state: TcpState) -> State {
    match state {
        TcpState::Closed => State::Closed,
        TcpState::Listen => State::Listen,
        TcpState::SynSent => State::SynSent,
        TcpState::SynReceived => State::SynRecv,
        TcpState::Established => State::Established,
        TcpState::FinWait1 => State::FinWait1,
        TcpState::FinWait2 => State::FinWait2,
        TcpState::CloseWait => State::CloseWait,
        TcpState::Closing => State::Closing,
        TcpState::LastAck => State::LastAck,
        TcpState::TimeWait => State::TimeWait,
        TcpState::DeleteTcb | TcpState::Unknown => State::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use netstat2::{TcpSocketInfo, UdpSocketInfo, error::Error};

    use super::*;

    fn row(protocol_socket_info: ProtocolSocketInfo, inode: u32) -> Line {
        line(SocketInfo { protocol_socket_info, associated_pids: Vec::new(), inode, uid: 1000 })
    }

    #[test]
    fn what_it_does_not_tell_is_not_made_up() {
        let local_addr = [127, 0, 0, 1].into();
        let udp = row(ProtocolSocketInfo::Udp(UdpSocketInfo { local_addr, local_port: 53 }), 7);
        let ends = Ends::Inet { local: Endpoint::new(local_addr, 53), remote: None };
        assert_eq!((udp.kind, udp.state, &udp.ends), (SocketType::Dgram, State::Unknown, &ends));
        assert_eq!((udp.inode, udp.uid, udp.queues.recv), (Inode::new(7), Some(Uid(1000)), None));

        let tcp = TcpSocketInfo {
            local_addr,
            local_port: 80,
            remote_addr: local_addr,
            remote_port: 40000,
            state: TcpState::TimeWait,
        };
        let gone = row(ProtocolSocketInfo::Tcp(tcp.clone()), 0);
        assert_eq!((gone.inode, gone.uid, gone.state), (None, None, State::TimeWait));
        assert_eq!(gone.ends.remote(), Some(Endpoint::new(local_addr, 40000)));
        let nobody = TcpSocketInfo {
            remote_addr: [0, 0, 0, 0].into(),
            remote_port: 0,
            state: TcpState::Listen,
            ..tcp
        };
        assert_eq!(row(ProtocolSocketInfo::Tcp(nobody), 8).ends.remote(), None);
    }

    #[test]
    fn an_empty_list_is_not_believed_alone() {
        for (rows, count, word, proves) in [
            (0, Count::Sockets(0), "fallback", true),
            (0, Count::NoProtocol, "unsupported", true),
            (0, Count::Sockets(3), "partial", false),
            (0, Count::Untold, "partial", false),
            (2, Count::Sockets(3), "fallback", true),
            (2, Count::Untold, "fallback", true),
        ] {
            for protocol in [Protocol::Tcp, Protocol::Udp] {
                let status = judge(protocol, rows, count);
                assert_eq!((status.word(), status.proves_absence()), (word, proves), "{rows} {count:?}");
            }
        }
    }

    #[test]
    fn a_table_that_it_does_not_know_is_not_empty() {
        assert_eq!(unknown(Count::Untold).word(), "failed");
        assert_eq!(unknown(Count::Sockets(1)).word(), "failed");
        assert_eq!(unknown(Count::Sockets(0)).word(), "fallback");
        assert_eq!(unknown(Count::NoProtocol).word(), "unsupported");
    }

    #[test]
    fn an_error_keeps_its_cause() {
        let denied = trouble(&Error::OsError(io::Error::from(ErrorKind::PermissionDenied)));
        assert_eq!(denied.word(), "denied");
        assert!(denied.reason().unwrap().ends_with(": permission denied"), "{denied:?}");
        assert_eq!(trouble(&Error::NetLinkError).word(), "failed");
    }
}
