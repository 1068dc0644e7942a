//! The records of `assets/bpf/states.bpf.c` and `binds.bpf.c`: what happened to a TCP or UDP socket. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use zerocopy::byteorder::native_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::WireError;
use super::task_file::Incarnation;
use crate::model::{
    Basics, Cookie, Endpoint, Ends, Family, Identity, IfIndex, NetnsId, Pid, PortRange, Protocol, Socket,
    SocketKey, SocketType, State, Uid,
};

/// `struct record` of the programs (`assets/bpf/told.bpf.h`), 112 bytes.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Record {
    at_ns: U64,
    cookie: U64,
    start_ns: U64,
    netns: U32,
    pid: U32,
    uid: U32,
    exec_id: U32,
    interface: U32,
    error: U32,
    family: U16,
    port: U16,
    peer_port: U16,
    before: u8,
    after: u8,
    address: [u8; 16],
    peer: [u8; 16],
    comm: [u8; 16],
    protocol: U32,
    first_port: U16,
    last_port: U16,
}

impl Record {
    /// Which protocol, in which state it is, or was just before it ended, and whether it has ended.
    fn turn(&self) -> Result<(Protocol, State, bool), WireError> {
        let (protocol, read): (_, fn(u8) -> Option<State>) = match self.protocol.get() {
            IPPROTO_TCP => (Protocol::Tcp, State::from_tcp),
            IPPROTO_UDP => (Protocol::Udp, from_udp),
            IPPROTO_UDPLITE => (Protocol::UdpLite, from_udp),
            other => return Err(WireError::Protocol(other)),
        };
        let known = |raw| read(raw).ok_or(WireError::State(raw));
        let (before, after) = (known(self.before)?, known(self.after)?);
        let has_ended = self.after == CLOSE;
        Ok((protocol, if has_ended { before } else { after }, has_ended))
    }

    /// The ports that the kernel chose from then, in the namespace of the socket.
    fn ephemeral(&self) -> PortRange {
        PortRange { first: self.first_port.get(), last: self.last_port.get() }
    }

    fn by(&self) -> Incarnation {
        let (pid, uid) = (Pid(self.pid.get()), Uid(self.uid.get()));
        Incarnation::told(pid, self.start_ns.get(), self.exec_id.get(), uid, self.comm)
    }
}

/// How long a record is.
pub const LENGTH: usize = size_of::<Record>();

/// What happened to one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Since boot.
    pub at: Duration,
    /// In its state after it; of one that ended in the one before.
    pub socket: Socket,
    pub what: What,
}

/// What it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It began to listen, or to call, or was bound. By whom; `None` where that has no number in the pid namespace of who looks.
    Began(Option<Incarnation>),
    /// It ended, with that errno or 0.
    Ended(u32),
}

/// Reads one record. Its port is 0 when the kernel had not chosen one yet.
pub fn decode(bytes: &[u8; LENGTH]) -> Result<Turn, WireError> {
    let record =
        Record::ref_from_bytes(bytes).map_err(|_| WireError::Short { got: bytes.len(), want: LENGTH })?;
    let (protocol, state, has_ended) = record.turn()?;
    let family = match record.family.get() {
        AF_INET => Family::Inet,
        AF_INET6 => Family::Inet6,
        other => return Err(WireError::Family(u8::try_from(other).unwrap_or(u8::MAX))),
    };
    let address = |bytes: [u8; 16]| match (family, bytes) {
        (Family::Inet, [a, b, c, d, ..]) => IpAddr::from(Ipv4Addr::new(a, b, c, d)),
        _ => IpAddr::from(Ipv6Addr::from(bytes)),
    };
    let remote = Endpoint::new(address(record.peer), record.peer_port.get());
    let basics = Basics {
        key: SocketKey {
            netns: NetnsId(record.netns.get().into()),
            id: Identity::Cookie(Cookie(record.cookie.get())),
        },
        family,
        protocol,
        kind: if protocol == Protocol::Tcp { SocketType::Stream } else { SocketType::Dgram },
        state,
        ends: Ends::Inet {
            local: Endpoint::new(address(record.address), record.port.get()),
            remote: (!matches!(state, State::Listen | State::Unconnected)).then_some(remote),
        },
        inode: None,
    };
    let interface = IfIndex::new(record.interface.get());
    let what = if has_ended {
        What::Ended(record.error.get())
    } else {
        What::Began((record.pid.get() != 0).then(|| record.by()))
    };
    let socket = Socket { interface, ..Socket::new(basics, &record.ephemeral()) };
    Ok(Turn { at: Duration::from_nanos(record.at_ns.get()), socket, what })
}

/// The state of a UDP socket, or what the programs call one that was bound.
fn from_udp(raw: u8) -> Option<State> {
    if raw == BOUND { Some(State::Unconnected) } else { State::from_udp(raw) }
}

/// `TCP_CLOSE` (`net/tcp_states.h`).
const CLOSE: u8 = 7;
/// No state of the kernel's.
const BOUND: u8 = 64;

/// ip(7), udp(7), udplite(7).
const IPPROTO_TCP: u32 = 6;
const IPPROTO_UDP: u32 = 17;
const IPPROTO_UDPLITE: u32 = 136;

/// socket(2).
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Role;

    /// The protocol, and the ports that the kernel chooses from.
    const TCP: (u32, [u16; 2]) = (6, [0, 0]);
    const UDP: (u32, [u16; 2]) = (17, [32768, 60999]);

    fn record(
        (protocol, range): (u32, [u16; 2]),
        family: u16,
        [before, after]: [u8; 2],
        [pid, errno]: [u32; 2],
    ) -> [u8; LENGTH] {
        let mut bytes = Vec::new();
        for number in [5_000_000_000u64, 7, 1_230_000_000] {
            bytes.extend(number.to_ne_bytes()); // at, cookie, start
        }
        for number in [4_026_531_840u32, pid, 1000, 2, 3, errno] {
            bytes.extend(number.to_ne_bytes()); // netns, pid, uid, exec_id, interface, error
        }
        for number in [family, 8080, 443] {
            bytes.extend(number.to_ne_bytes());
        }
        bytes.extend([before, after]);
        bytes.extend([127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.extend([10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
        bytes.extend(b"a) b\n\x1b\0xxxxxxxxx");
        bytes.extend(protocol.to_ne_bytes());
        for port in range {
            bytes.extend(port.to_ne_bytes());
        }
        bytes.try_into().unwrap()
    }

    fn end(addr: &str, port: u16) -> Endpoint {
        Endpoint::new(addr.parse().unwrap(), port)
    }

    #[test]
    fn a_beginning_tells_who_where_and_when() {
        let turn = decode(&record(TCP, 2, [7, 10], [40, 0])).unwrap();
        assert_eq!(turn.at, Duration::from_secs(5));
        let socket = turn.socket;
        assert_eq!((socket.state, socket.interface), (State::Listen, IfIndex::new(3)));
        assert_eq!(socket.key.cookie(), Some(Cookie(7)));
        assert_eq!(socket.ends, Ends::Inet { local: end("127.0.0.1", 8080), remote: None });
        let What::Began(Some(who)) = turn.what else { panic!("{:?}", turn.what) };
        assert_eq!((who.pid, who.start_ns, who.exec_id, who.uid), (Pid(40), 1_230_000_000, 2, Uid(1000)));
        assert_eq!(who.comm().as_bytes(), b"a) b\n\x1b");
        assert_eq!(decode(&record(TCP, 2, [7, 10], [0, 0])).unwrap().what, What::Began(None));
    }

    #[test]
    fn an_end_tells_what_it_was_and_why() {
        let turn = decode(&record(TCP, 10, [1, 7], [40, 104])).unwrap();
        assert_eq!((turn.socket.state, turn.what), (State::Established, What::Ended(104)));
        assert_eq!(turn.socket.ends.remote(), Some(end("a00:2::2", 443)));
    }

    #[test]
    fn a_bind_is_of_a_server_outside_of_the_ports_that_the_kernel_chooses_from() {
        for (of, protocol, role) in [
            (UDP, Protocol::Udp, Role::Listener),
            ((136, [32768, 60999]), Protocol::UdpLite, Role::Listener),
            ((17, [8080, 8080]), Protocol::Udp, Role::Client),
            ((17, [8000, 8079]), Protocol::Udp, Role::Listener),
        ] {
            let Turn { socket, what, .. } = decode(&record(of, 2, [7, 64], [40, 0])).unwrap();
            let told = (socket.protocol, socket.kind, socket.state, socket.role);
            assert_eq!(told, (protocol, SocketType::Dgram, State::Unconnected, role));
            assert_eq!(socket.ends, Ends::Inet { local: end("127.0.0.1", 8080), remote: None });
            assert!(matches!(what, What::Began(Some(_))), "{what:?}");
        }
        let ended = |before| decode(&record(UDP, 2, [before, 7], [0, 0])).unwrap();
        assert_eq!((ended(7).socket.state, ended(7).what), (State::Unconnected, What::Ended(0)));
        assert_eq!(ended(1).socket.ends.remote(), Some(end("10.0.0.2", 443)), "it was connected");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_survived(
            mut bytes in prop::collection::vec(any::<u8>(), LENGTH),
            family in prop_oneof![Just(2u16), Just(10), any::<u16>()],
            protocol in prop_oneof![Just(6u32), Just(17), any::<u32>()],
            states in (0u8..14, prop_oneof![0u8..14, Just(64)]).prop_map(<[u8; 2]>::from),
        ) {
            bytes[48..50].copy_from_slice(&family.to_ne_bytes());
            bytes[54..56].copy_from_slice(&states);
            bytes[104..108].copy_from_slice(&protocol.to_ne_bytes());
            let told = decode(&bytes.try_into().unwrap());
            let of_tcp = states.iter().all(|state| State::from_tcp(*state).is_some());
            let of_udp = states.iter().all(|state| [1, 7, 64].contains(state));
            let known = match protocol {
                6 => of_tcp,
                17 | 136 => of_udp,
                _ => false,
            };
            prop_assert_eq!(told.is_ok(), known && [2, 10].contains(&family));
            if let Ok(Turn { socket, what, .. }) = told {
                let alone = matches!(socket.state, State::Listen | State::Unconnected);
                prop_assert_eq!(alone, socket.ends.remote().is_none());
                prop_assert_eq!(matches!(what, What::Ended(_)), states[1] == 7);
            }
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert_eq!(decode(&record(TCP, 1, [7, 10], [1, 0])), Err(WireError::Family(1)));
        assert_eq!(decode(&record(TCP, 2, [7, 99], [1, 0])), Err(WireError::State(99)));
        assert_eq!(decode(&record(TCP, 2, [0, 10], [1, 0])), Err(WireError::State(0)));
        assert_eq!(decode(&record(UDP, 2, [7, 10], [1, 0])), Err(WireError::State(10)));
        assert_eq!(decode(&record((132, [0, 0]), 2, [7, 64], [1, 0])), Err(WireError::Protocol(132)));
    }
}
