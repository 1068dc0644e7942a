//! The records of `assets/bpf/states.bpf.c`: what happened to a TCP socket. Pure.

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

/// `struct record` of the program, 120 bytes.
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
}

impl Record {
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
    /// It began to listen, or to call. By whom; `None` where that has no number in the pid namespace of who looks.
    Began(Option<Incarnation>),
    /// It ended, with that errno or 0.
    Ended(u32),
}

/// Reads one record. Its port is 0 when the kernel had not chosen one yet.
pub fn decode(bytes: &[u8; LENGTH], ephemeral: &PortRange) -> Result<Turn, WireError> {
    let record =
        Record::ref_from_bytes(bytes).map_err(|_| WireError::Short { got: bytes.len(), want: LENGTH })?;
    let (before, after) = (state(record.before)?, state(record.after)?);
    let family = match record.family.get() {
        AF_INET => Family::Inet,
        AF_INET6 => Family::Inet6,
        other => return Err(WireError::Family(u8::try_from(other).unwrap_or(u8::MAX))),
    };
    let address = |bytes: [u8; 16]| match (family, bytes) {
        (Family::Inet, [a, b, c, d, ..]) => IpAddr::from(Ipv4Addr::new(a, b, c, d)),
        _ => IpAddr::from(Ipv6Addr::from(bytes)),
    };
    let now = if after == State::Closed { before } else { after };
    let remote = Endpoint::new(address(record.peer), record.peer_port.get());
    let basics = Basics {
        key: SocketKey {
            netns: NetnsId(record.netns.get().into()),
            id: Identity::Cookie(Cookie(record.cookie.get())),
        },
        family,
        protocol: Protocol::Tcp,
        kind: SocketType::Stream,
        state: now,
        ends: Ends::Inet {
            local: Endpoint::new(address(record.address), record.port.get()),
            remote: (now != State::Listen).then_some(remote),
        },
        inode: None,
    };
    let socket = Socket { interface: IfIndex::new(record.interface.get()), ..Socket::new(basics, ephemeral) };
    let what = match after {
        State::Closed => What::Ended(record.error.get()),
        _ => What::Began((record.pid.get() != 0).then(|| record.by())),
    };
    Ok(Turn { at: Duration::from_nanos(record.at_ns.get()), socket, what })
}

fn state(raw: u8) -> Result<State, WireError> {
    State::from_tcp(raw).ok_or(WireError::State(raw))
}

/// socket(2).
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(family: u16, [before, after]: [u8; 2], [pid, errno]: [u32; 2]) -> [u8; LENGTH] {
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
        bytes.try_into().unwrap()
    }

    fn end(addr: &str, port: u16) -> Endpoint {
        Endpoint::new(addr.parse().unwrap(), port)
    }

    fn told(bytes: &[u8; LENGTH]) -> Result<Turn, WireError> {
        decode(bytes, &PortRange::default())
    }

    #[test]
    fn a_beginning_tells_who_where_and_when() {
        let turn = told(&record(2, [7, 10], [40, 0])).unwrap();
        assert_eq!(turn.at, Duration::from_secs(5));
        let socket = turn.socket;
        assert_eq!((socket.state, socket.interface), (State::Listen, IfIndex::new(3)));
        assert_eq!(socket.key.cookie(), Some(Cookie(7)));
        assert_eq!(socket.ends, Ends::Inet { local: end("127.0.0.1", 8080), remote: None });
        let What::Began(Some(who)) = turn.what else { panic!("{:?}", turn.what) };
        assert_eq!((who.pid, who.start_ns, who.exec_id, who.uid), (Pid(40), 1_230_000_000, 2, Uid(1000)));
        assert_eq!(who.comm().as_bytes(), b"a) b\n\x1b");
        assert_eq!(told(&record(2, [7, 10], [0, 0])).unwrap().what, What::Began(None));
    }

    #[test]
    fn an_end_tells_what_it_was_and_why() {
        let turn = told(&record(10, [1, 7], [40, 104])).unwrap();
        assert_eq!((turn.socket.state, turn.what), (State::Established, What::Ended(104)));
        assert_eq!(turn.socket.ends.remote(), Some(end("a00:2::2", 443)));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_survived(
            mut bytes in prop::collection::vec(any::<u8>(), LENGTH),
            family in prop_oneof![Just(2u16), Just(10), any::<u16>()],
            states in [0u8..14, 0u8..14],
        ) {
            bytes[48..50].copy_from_slice(&family.to_ne_bytes());
            bytes[54..56].copy_from_slice(&states);
            let told = told(&bytes.try_into().unwrap());
            let known = states.iter().all(|state| State::from_tcp(*state).is_some());
            prop_assert_eq!(told.is_ok(), known && [2, 10].contains(&family));
            if let Ok(Turn { socket, what, .. }) = told {
                prop_assert_eq!(socket.state == State::Listen, socket.ends.remote().is_none());
                prop_assert_eq!(matches!(what, What::Ended(_)), states[1] == 7);
            }
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert_eq!(told(&record(1, [7, 10], [1, 0])), Err(WireError::Family(1)));
        assert_eq!(told(&record(2, [7, 99], [1, 0])), Err(WireError::State(99)));
        assert_eq!(told(&record(2, [0, 10], [1, 0])), Err(WireError::State(0)));
    }
}
