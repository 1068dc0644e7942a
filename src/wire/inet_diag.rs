//! `inet_diag`: TCP, UDP, UDP-Lite, raw, SCTP, DCCP and MPTCP sockets (`linux/inet_diag.h`,
//! `net/ipv4/inet_diag.c`, `sock_diag(7)`). The attributes of a reply are read by `inet_details`.

use std::mem::offset_of;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use zerocopy::byteorder::native_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned, network_endian};

use super::{Context, WireError, inet_details, netlink, prefix, sctp};
use crate::model::{
    Ask, Basics, Cookie, Counters, Endpoint, Ends, Family, Identity, IfIndex, Inode, Narrow, Protocol,
    Queues, Socket, SocketKey, SocketType, State, Timer, TimerKind, Uid,
};

/// `SOCK_DIAG_BY_FAMILY` (`linux/sock_diag.h`)
pub const BY_FAMILY: u16 = 20;
/// `TCPDIAG_GETSOCK` (`linux/inet_diag.h`)
pub const BOTH_FAMILIES: u16 = 18;
/// Where a request says which of them it is.
const KIND: Range<usize> = offset_of!(netlink::Header, kind)..offset_of!(netlink::Header, flags);
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
/// `INET_DIAG_REQ_PROTOCOL`: the protocol, where its number does not fit the header's byte.
const REQ_PROTOCOL: u16 = 3;
/// `INET_DIAG_REQ_BYTECODE`: a program that judges each socket.
const REQ_BYTECODE: u16 = 1;
/// `INET_DIAG_REQ_SK_BPF_STORAGES`, `SK_DIAG_BPF_STORAGE_REQ_MAP_FD`: without a map, all of them.
const REQ_SK_BPF_STORAGES: u16 = 2;
/// Every state, those included that later kernels added: 12 is a request socket, 13 a bound one
/// that is dumped only when asked for.
const ALL_STATES: u32 = 0xffff_ffff;
/// `TCPF_LISTEN` (`include/net/tcp_states.h`): for it alone the kernel walks the small table of
/// listeners and leaves the large one of connections in peace.
const LISTENING: u32 = 1 << 10;
/// `TCPF_CLOSE`: one of TCP is in no table then (`tcp_set_state`), and yet the kernel would walk the large one for it.
const CLOSED: u32 = 1 << 7;

/// `struct inet_diag_sockid`, 48 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
pub(super) struct SockId {
    sport: network_endian::U16,
    dport: network_endian::U16,
    src: [u8; 16],
    dst: [u8; 16],
    interface: U32,
    cookie: [U32; 2],
}

/// `struct inet_diag_req_v2`, 56 bytes.
#[derive(Clone, Copy, Debug, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Request {
    family: u8,
    protocol: u8,
    ext: u8,
    pad: u8,
    states: U32,
    id: SockId,
}

/// `struct inet_diag_req`, 60 bytes.
#[derive(Clone, Copy, Debug, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct OldRequest {
    family: u8,
    lengths: [u8; 2],
    ext: u8,
    id: SockId,
    states: U32,
    databases: U32,
}

/// `struct inet_diag_msg`, 72 bytes.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Reply {
    family: u8,
    state: u8,
    timer: u8,
    retrans: u8,
    id: SockId,
    expires: U32,
    rqueue: U32,
    wqueue: U32,
    uid: U32,
    inode: U32,
}

/// The number of a protocol in an IP header, or beyond it (`linux/in.h`).
pub(super) fn protocol_number(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::Udp => 17,
        Protocol::Dccp => 33,
        Protocol::Sctp => 132,
        Protocol::UdpLite => 136,
        Protocol::Raw => 255,
        Protocol::Mptcp => 262,
        _ => 6,
    }
}

/// The request that dumps every socket of a family and protocol.
#[must_use]
pub fn dump_request(context: &Context, seq: u32, ask: Ask) -> Vec<u8> {
    let number = protocol_number(context.protocol);
    let header = Request {
        family: if context.family == Family::Inet6 { AF_INET6 } else { AF_INET },
        protocol: u8::try_from(number).unwrap_or(6), // as libmnl users do: the attribute decides
        ext: inet_details::extensions(ask),
        pad: 0,
        states: if ask.listening { LISTENING } else { ALL_STATES }.into(),
        id: SockId::ANY,
    };
    let mut body = header.as_bytes().to_vec();
    if number > u32::from(u8::MAX) {
        netlink::push_attribute(&mut body, REQ_PROTOCOL, &number.to_ne_bytes());
    }
    if ask.storages && context.protocol == Protocol::Tcp {
        netlink::push_attribute(&mut body, REQ_SK_BPF_STORAGES, &[]);
    }
    netlink::dump_request(BY_FAMILY, seq, &body)
}

/// Has a request of [`dump_request`] or [`both_families_request`] ask for fewer sockets.
pub fn narrow(request: &mut Vec<u8>, narrow: &Narrow) {
    let is_old = request.get(KIND) == Some(&BOTH_FAMILIES.to_ne_bytes());
    let at = if is_old { offset_of!(OldRequest, states) } else { offset_of!(Request, states) };
    let protocol = request.get(size_of::<netlink::Header>() + offset_of!(Request, protocol));
    let is_tcp =
        is_old || protocol.is_some_and(|number| u32::from(*number) == protocol_number(Protocol::Tcp));
    let at = size_of::<netlink::Header>() + at;
    if let Some(states) = request.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()) {
        let asked = narrow.states.iter().fold(0, |bits, state| bits | state_bits(*state));
        let asked = if is_tcp { asked & !CLOSED } else { asked };
        *states = (u32::from_ne_bytes(*states) & asked).to_ne_bytes();
    }
    if !narrow.code.is_empty() {
        netlink::push_attribute(request, REQ_BYTECODE, &narrow.code);
    }
    netlink::set_length(request);
}

/// The states of the kernel that are told as this one (`include/net/tcp_states.h`); UDP has but two.
fn state_bits(state: State) -> u32 {
    match state {
        State::Unknown => !0x3fff,
        State::Unconnected => 1 << 7,
        _ => (1..=13).filter(|raw| State::from_tcp(*raw) == Some(state)).fold(0, |bits, raw| bits | 1 << raw),
    }
}

/// The request that dumps the sockets of one local port, with their memory.
#[must_use]
pub fn port_request(context: &Context, seq: u32, port: u16) -> Vec<u8> {
    let mut request = dump_request(context, seq, Ask { memory: true, ..Ask::NOTHING });
    let at = size_of::<netlink::Header>() + size_of::<Request>() - size_of::<SockId>();
    if let Some(sport) = request.get_mut(at..at + size_of::<u16>()) {
        sport.copy_from_slice(&port.to_be_bytes());
    }
    request
}

/// The body of a request that means one socket, by its ends, its interface and its cookie.
pub(super) fn exact_body(context: &Context, id: SockId) -> Vec<u8> {
    let header = Request {
        family: if context.family == Family::Inet6 { AF_INET6 } else { AF_INET },
        protocol: u8::try_from(protocol_number(context.protocol)).unwrap_or(6),
        ext: 0,
        pad: 0,
        states: ALL_STATES.into(),
        id,
    };
    header.as_bytes().to_vec()
}

/// The request that dumps every TCP socket of either family: the one that there was before families were asked for. Each
/// reply is a [`BOTH_FAMILIES`] message and otherwise the same (`inet_diag_dump_compat`).
#[must_use]
pub fn both_families_request(seq: u32, ask: Ask) -> Vec<u8> {
    let header = OldRequest {
        family: 0,
        lengths: [0; 2],
        ext: inet_details::extensions(ask),
        id: SockId::ANY,
        states: ALL_STATES.into(),
        databases: 0.into(),
    };
    netlink::dump_request(BOTH_FAMILIES, seq, header.as_bytes())
}

/// One socket from the payload of a [`BY_FAMILY`] message.
pub fn decode(payload: &[u8], context: &Context) -> Result<Socket, WireError> {
    let (reply, attributes) = prefix::<Reply>(payload)?;
    let family = match reply.family {
        AF_INET => Family::Inet,
        AF_INET6 => Family::Inet6,
        other => return Err(WireError::Family(other)),
    };
    let told = inet_details::read(attributes, context.protocol, context.details)?;
    let (kind, state) = kind_and_state(context, reply.state);
    // An endpoint of SCTP is told as a socket, its associations with numbers of their own.
    let association = context.protocol == Protocol::Sctp && told.details.peers.is_some();
    let state = if association { sctp::association_state(reply.state) } else { state };
    let timer = if association { sctp::timer(reply.timer) } else { TimerKind::from_diag(reply.timer) };
    let state = state.ok_or(WireError::State(reply.state))?;
    // A bound socket that is dumped on request (TCP_BOUND_INACTIVE, Linux 6.8) reports TCP_CLOSE.
    let bound = context.protocol == Protocol::Tcp && reply.id.sport.get() != 0;
    let state = if state == State::Closed && bound { State::Bound } else { state };
    let inode = Inode::new(reply.inode.get().into());
    let basics = Basics {
        key: SocketKey { netns: context.netns, id: Identity::Cookie(reply.id.cookie()) },
        family,
        protocol: context.protocol,
        kind,
        state,
        ends: reply.id.ends(family),
        inode,
    };
    Ok(Socket {
        // The kernel writes uid 0 with inode 0 (SYN-RECV, TIME-WAIT, before accept): that is not root.
        uid: inode.map(|_| Uid(reply.uid.get())),
        // Of an association it is where its route leads, not what it is bound to.
        interface: reply.id.interface().filter(|_| !association),
        queues: Queues { recv: Some(reply.rqueue.get()), send: Some(reply.wqueue.get()) },
        timer: timer.map(|kind| Timer { kind, expires_ms: reply.expires.get(), retransmits: reply.retrans }),
        v6only: told.v6only,
        details: context.kept(told.details),
        ..Socket::new(basics, &context.ephemeral)
    })
}

/// The bytes that went through the socket of a [`BY_FAMILY`] message; `None` for what is no TCP connection.
#[must_use]
pub fn counters(payload: &[u8], context: &Context) -> Option<Counters> {
    let (_, attributes) = prefix::<Reply>(payload).ok().filter(|_| context.protocol == Protocol::Tcp)?;
    inet_details::counters(attributes)
}

/// The type and state of a socket. Datagram protocols borrow two of TCP's state numbers.
pub(super) fn kind_and_state(context: &Context, raw: u8) -> (SocketType, Option<State>) {
    match context.protocol {
        Protocol::Udp | Protocol::UdpLite | Protocol::Icmp => (SocketType::Dgram, State::from_udp(raw)),
        Protocol::Raw => (SocketType::Raw, State::from_udp(raw)),
        Protocol::Dccp => (SocketType::Dccp, State::from_dccp(raw, context.dccp_partopen)),
        // One-to-one and one-to-many sockets look alike here; the file's owner may tell.
        Protocol::Sctp => (SocketType::Unknown, State::from_tcp(raw)),
        _ => (SocketType::Stream, State::from_tcp(raw)),
    }
}

impl SockId {
    /// The id that matches every socket (`INET_DIAG_NOCOOKIE`).
    pub(super) const ANY: Self = Self {
        sport: network_endian::U16::ZERO,
        dport: network_endian::U16::ZERO,
        src: [0; 16],
        dst: [0; 16],
        interface: U32::ZERO,
        cookie: [U32::MAX_VALUE; 2],
    };

    /// The id of one socket. The cookie decides: where the addresses lead to another one, the kernel refuses.
    pub(super) fn exact(local: Endpoint, remote: Endpoint, interface: u32, cookie: Cookie) -> Self {
        let [low, high] = [cookie.0 & u64::from(u32::MAX), cookie.0 >> 32];
        let half = |half: u64| U32::new(u32::try_from(half).unwrap_or(u32::MAX));
        Self {
            sport: local.port.into(),
            dport: remote.port.into(),
            src: octets(local.addr),
            dst: octets(remote.addr),
            interface: interface.into(),
            cookie: [half(low), half(high)],
        }
    }

    pub(super) fn ends(&self, family: Family) -> Ends {
        let local = Endpoint::new(address(family, self.src), self.sport.get());
        let remote = Endpoint::new(address(family, self.dst), self.dport.get());
        Ends::Inet { local, remote: (!remote.is_nowhere()).then_some(remote) }
    }

    pub(super) fn cookie(&self) -> Cookie {
        cookie(self.cookie)
    }

    pub(super) fn interface(&self) -> Option<IfIndex> {
        IfIndex::new(self.interface.get())
    }

    /// True when nothing stands where only an IPv6 address would reach.
    pub(super) fn fits_ipv4(&self) -> bool {
        self.src[4..].iter().chain(&self.dst[4..]).all(|byte| *byte == 0)
    }
}

/// A cookie from its two halves, the low one first.
pub(super) fn cookie([low, high]: [U32; 2]) -> Cookie {
    Cookie(u64::from(high.get()) << 32 | u64::from(low.get()))
}

/// An address where the kernel has room for the longest.
fn octets(addr: IpAddr) -> [u8; 16] {
    let mut bytes = [0; 16];
    match addr {
        IpAddr::V4(addr) => bytes[..4].copy_from_slice(&addr.octets()),
        IpAddr::V6(addr) => bytes = addr.octets(),
    }
    bytes
}

fn address(family: Family, bytes: [u8; 16]) -> IpAddr {
    match family {
        Family::Inet6 => Ipv6Addr::from(bytes).into(),
        _ => Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::Role;

    const TCP: Context = Context::of(Family::Inet, Protocol::Tcp);

    /// A listener on `[::]:8080`, uid 1000, inode 77, accept queue 2 of 128, as the kernel sends it.
    fn listener() -> Vec<u8> {
        let mut bytes = vec![10, 10, 0, 0]; // family, state, timer, retrans
        bytes.extend([0x1f, 0x90, 0, 0]); // ports, network order
        bytes.extend([0; 32]); // addresses
        bytes.extend(3u32.to_ne_bytes()); // interface
        bytes.extend(5u32.to_ne_bytes()); // cookie, low half
        bytes.extend(1u32.to_ne_bytes()); // cookie, high half
        for number in [0u32, 2, 128, 1000, 77] {
            bytes.extend(number.to_ne_bytes()); // expires, rqueue, wqueue, uid, inode
        }
        bytes.extend([5, 0, 8, 0, 0, 0, 0, 0]); // INET_DIAG_SHUTDOWN
        bytes.extend([5, 0, 11, 0, 1, 0, 0, 0]); // INET_DIAG_SKV6ONLY = 1
        bytes
    }

    #[test]
    fn decodes_a_listener() {
        let socket = decode(&listener(), &TCP).unwrap();
        assert_eq!(socket.key.cookie(), Some(Cookie(0x1_0000_0005)));
        assert_eq!(
            socket.ends,
            Ends::Inet { local: Endpoint::new(Ipv6Addr::UNSPECIFIED.into(), 8080), remote: None }
        );
        assert_eq!((socket.state, socket.role), (State::Listen, Role::Listener));
        assert_eq!((socket.inode, socket.uid), (Inode::new(77), Some(Uid(1000))));
        assert_eq!(socket.interface, IfIndex::new(3));
        assert_eq!(socket.queues, Queues { recv: Some(2), send: Some(128) });
        assert_eq!((socket.v6only, socket.timer), (Some(true), None));
    }

    #[test]
    fn uid_goes_with_the_inode_and_the_timer_is_told() {
        let mut bytes = listener();
        bytes[1] = 6; // TIME-WAIT
        bytes[2] = 3; // time-wait timer
        bytes[52..56].copy_from_slice(&60_000u32.to_ne_bytes());
        bytes[68..72].copy_from_slice(&0u32.to_ne_bytes()); // inode 0
        let socket = decode(&bytes, &TCP).unwrap();
        assert_eq!((socket.inode, socket.uid), (None, None));
        assert_eq!(
            socket.timer,
            Some(Timer { kind: TimerKind::TimeWait, expires_ms: 60_000, retransmits: 0 })
        );
    }

    #[test]
    fn a_closed_socket_with_a_port_is_bound() {
        let mut bytes = listener();
        bytes[1] = 7; // TCP_CLOSE
        assert_eq!(decode(&bytes, &TCP).unwrap().state, State::Bound);
        bytes[4..6].fill(0);
        assert_eq!(decode(&bytes, &TCP).unwrap().state, State::Closed);
    }

    #[test]
    fn refuses_by_name_what_it_does_not_know() {
        let with = |at: usize, byte: u8| {
            let mut bytes = listener();
            bytes[at] = byte;
            decode(&bytes, &TCP).unwrap_err()
        };
        assert_eq!(with(0, 1), WireError::Family(1));
        assert_eq!(with(1, 14), WireError::State(14));
        assert_eq!(with(72, 3), WireError::Length(3));
        assert_eq!(decode(&listener()[..71], &TCP).unwrap_err(), WireError::Short { got: 71, want: 72 });
    }

    #[test]
    fn dccp_has_states_beyond_those_of_tcp() {
        let dccp = Context { protocol: Protocol::Dccp, ..TCP };
        let mut bytes = listener();
        bytes[1] = 14; // DCCP_PARTOPEN since Linux 6.8
        assert_eq!(decode(&bytes, &dccp).unwrap().state, State::Established);
    }

    #[test]
    fn the_request_names_family_and_protocol() {
        let request = |family, protocol| dump_request(&Context { family, protocol, ..TCP }, 9, Ask::NOTHING);
        let udp6 = request(Family::Inet6, Protocol::Udp);
        assert_eq!((udp6.len(), &udp6[16..19]), (16 + 56, &[AF_INET6, 17, 0][..]));
        let mptcp = request(Family::Inet, Protocol::Mptcp);
        assert_eq!(mptcp[16 + 56..], [8, 0, 3, 0, 6, 1, 0, 0], "262 does not fit a byte");
        assert_eq!(mptcp[..4], 80u32.to_ne_bytes());
    }

    #[test]
    fn the_request_for_both_families_names_none() {
        let request = both_families_request(9, Ask { rates: true, ..Ask::NOTHING });
        assert_eq!((request.len(), &request[4..6]), (16 + 60, &BOTH_FAMILIES.to_ne_bytes()[..]));
        assert_eq!(request[16..20], [0, 0, 0, 2], "INET_DIAG_INFO");
        assert_eq!(request[60..68], [0xff; 8], "no cookie");
        assert_eq!(request[68..72], [0xff; 4], "every state");
    }

    #[test]
    fn either_request_is_narrowed_at_its_own_place() {
        let fewer = Narrow {
            states: vec![State::Listen, State::Closed],
            code: [5; 8].into(),
            blanks: Arc::default(),
        };
        let (one, both) = (dump_request(&TCP, 9, Ask::NOTHING), both_families_request(9, Ask::NOTHING));
        for (mut request, states) in [(one, 16 + 4), (both, 16 + 52)] {
            let before = request.clone();
            narrow(&mut request, &fewer);
            assert_eq!(
                request[states..states + 4],
                (1_u32 << 10).to_ne_bytes(),
                "no closed one is in a table"
            );
            assert_eq!(request[..4], u32::try_from(request.len()).unwrap().to_ne_bytes());
            assert_eq!(
                (&request[4..states], &request[states + 4..before.len()]),
                (&before[4..states], &before[states + 4..])
            );
            assert_eq!(
                request[before.len()..],
                [12, 0, 1, 0, 5, 5, 5, 5, 5, 5, 5, 5],
                "INET_DIAG_REQ_BYTECODE"
            );
        }
    }

    #[test]
    fn an_association_has_states_and_timers_of_its_own() {
        let sctp = Context { protocol: Protocol::Sctp, ..TCP };
        let mut bytes = listener();
        bytes[1] = 3; // SCTP_STATE_ESTABLISHED; of a socket it would be SYN-RECV
        bytes[2] = 4; // T3-rtx; of TCP it would be a window probe
        netlink::push_attribute(&mut bytes, 13, &[0; 128]); // INET_DIAG_PEERS
        netlink::push_attribute(&mut bytes, 2, &[1; 32]); // struct sctp_info, which is no tcp_info
        let socket = decode(&bytes, &sctp).unwrap();
        assert_eq!(socket.state, State::Established);
        assert_eq!(socket.timer.unwrap().kind, TimerKind::Retransmit);
        assert_eq!(socket.interface, None, "a route is no binding");
        assert_eq!(socket.details.unwrap().tcp_info, None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _socket = decode(&bytes, &TCP);
        }

        #[test]
        fn no_attributes_make_it_panic(tail: Vec<u8>) {
            let mut bytes = listener();
            bytes.truncate(72);
            bytes.extend(tail);
            let _socket = decode(&bytes, &TCP);
        }
    }
}
