//! `tipc_diag`: TIPC sockets (`linux/tipc_sockets_diag.h`, `linux/tipc_netlink.h`,
//! `net/tipc/socket.c`). The reply has no struct of its own: all of it is attributes.
//!
//! Which service addresses a socket has is not told, only that it has some.

use std::sync::Arc;

use zerocopy::byteorder::native_endian::U32;
use zerocopy::{Immutable, IntoBytes, KnownLayout, Unaligned};

use super::inet_diag::{BY_FAMILY, cookie};
use super::{Context, WireError, netlink, number, number_at};
use crate::model::{
    Ask, Basics, Cookie, Details, Ends, Family, Identity, Inode, Memory, Name, Protocol, Queues, Role,
    Socket, SocketKey, SocketType, State, Uid,
};

const AF_TIPC: u8 = 30;
/// `TIPC_NLA_SOCK`, which holds all others.
const SOCK: u16 = 2;
const ADDR: u16 = 1;
const REF: u16 = 2;
const CON: u16 = 3;
const HAS_PUBL: u16 = 4;
const STAT: u16 = 5;
const TYPE: u16 = 6;
const INO: u16 = 7;
const UID: u16 = 8;
const STATE: u16 = 9;
const COOKIE: u16 = 10;
/// `TIPC_NLA_CON_NODE`, `TIPC_NLA_CON_SOCK`
const CON_NODE: u16 = 2;
const CON_SOCK: u16 = 3;
/// `TIPC_NLA_SOCK_STAT_RCVQ`, `TIPC_NLA_SOCK_STAT_SENDQ`, `TIPC_NLA_SOCK_STAT_DROP`: this nest alone
/// is counted from 0.
const STAT_RCVQ: u16 = 0;
const STAT_SENDQ: u16 = 1;
const STAT_DROP: u16 = 4;

/// `struct tipc_sock_diag_req`, 8 bytes.
#[derive(Clone, Copy, Debug, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Request {
    family: u8,
    protocol: u8,
    pad: [u8; 2],
    states: U32,
}

/// The request that dumps every TIPC socket.
#[must_use]
pub fn dump_request(_context: &Context, seq: u32, _ask: Ask) -> Vec<u8> {
    let request = Request { family: AF_TIPC, protocol: 0, pad: [0; 2], states: U32::MAX_VALUE };
    netlink::dump_request(BY_FAMILY, seq, request.as_bytes())
}

/// One socket from the payload of a `SOCK_DIAG_BY_FAMILY` message.
pub fn decode(payload: &[u8], context: &Context) -> Result<Socket, WireError> {
    let told = Told::read(payload)?;
    let missing = WireError::Short { got: payload.len(), want: LEAST };
    let raw_kind = told.kind.ok_or(missing)?;
    let raw_state = told.state.ok_or(missing)?;
    let kind = SocketType::from_raw(raw_kind).ok_or(WireError::Type(byte(raw_kind)))?;
    let basics = Basics {
        key: SocketKey { netns: context.netns, id: Identity::Cookie(told.cookie.ok_or(missing)?) },
        family: Family::Tipc,
        protocol: Protocol::Tipc,
        kind,
        state: state(raw_state, kind, told.published).ok_or(WireError::State(byte(raw_state)))?,
        ends: Ends::Other {
            local: told.node.zip(told.port).map(|(node, port)| Name::Tipc { node, port }),
            remote: told.peer_node.zip(told.peer_port).map(|(node, port)| Name::Tipc { node, port }),
        },
        inode: told.inode,
    };
    let socket = Socket::new(basics, &context.ephemeral);
    let memory = told.drops.map(|drops| Memory { drops: Some(drops), ..Memory::default() });
    Ok(Socket {
        // A datagram socket with a service address is there for others, as a UDP server is.
        role: if told.published && socket.state == State::Unconnected { Role::Listener } else { socket.role },
        uid: told.inode.and(told.uid),
        queues: told.queues,
        details: Some(Arc::new(Details { memory, ..Details::default() })),
        ..socket
    })
}

/// Attributes for type, state and cookie, in the one that holds them.
const LEAST: usize = 4 + 8 + 8 + 12;

fn byte(raw: u32) -> u8 {
    u8::try_from(raw).unwrap_or(u8::MAX)
}

/// `TIPC_LISTEN` and its kind are numbers of TCP (`net/tipc/socket.c`); `TIPC_OPEN` is `TCP_CLOSE`.
fn state(raw: u32, kind: SocketType, published: bool) -> Option<State> {
    match (State::from_tcp(u8::try_from(raw).ok()?)?, kind) {
        (State::Closed, SocketType::Dgram | SocketType::Rdm) => Some(State::Unconnected),
        (State::Closed, _) if published => Some(State::Bound),
        (state, _) => Some(state),
    }
}

/// What the attributes say.
#[derive(Default)]
struct Told {
    node: Option<u32>,
    port: Option<u32>,
    peer_node: Option<u32>,
    peer_port: Option<u32>,
    published: bool,
    kind: Option<u32>,
    state: Option<u32>,
    inode: Option<Inode>,
    uid: Option<Uid>,
    cookie: Option<Cookie>,
    /// In messages: TIPC counts no bytes.
    queues: Queues,
    drops: Option<u32>,
}

impl Told {
    fn read(payload: &[u8]) -> Result<Self, WireError> {
        let mut told = Self::default();
        for attribute in netlink::attributes(payload) {
            let (kind, nested) = attribute?;
            if kind != SOCK {
                continue;
            }
            for attribute in netlink::attributes(nested) {
                let (kind, payload) = attribute?;
                told.take(kind, payload);
            }
        }
        Ok(told)
    }

    fn take(&mut self, kind: u16, payload: &[u8]) {
        match kind {
            ADDR => self.node = number(payload),
            REF => self.port = number(payload),
            CON => [self.peer_node, self.peer_port] = numbers(payload, [CON_NODE, CON_SOCK]),
            HAS_PUBL => self.published = true,
            STAT => {
                let [recv, send, drops] = numbers(payload, [STAT_RCVQ, STAT_SENDQ, STAT_DROP]);
                self.queues = Queues { recv, send };
                self.drops = drops;
            }
            TYPE => self.kind = number(payload),
            INO => self.inode = number(payload).and_then(|inode| Inode::new(inode.into())),
            UID => self.uid = number(payload).map(Uid),
            STATE => self.state = number(payload),
            // Two halves like every other cookie, though it is sent as one number.
            COOKIE => {
                let halves = number(payload).zip(number_at(payload, 1));
                self.cookie = halves.map(|(low, high)| cookie([low.into(), high.into()]));
            }
            _ => {}
        }
    }
}

/// Numbers out of a nest.
fn numbers<const N: usize>(nest: &[u8], wanted: [u16; N]) -> [Option<u32>; N] {
    wanted.map(|wanted| {
        let mut known = netlink::attributes(nest).flatten();
        known.find(|(kind, _)| *kind == wanted).and_then(|(_, payload)| number(payload))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: Context = Context::of(Family::Tipc, Protocol::Tipc);

    fn nest(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut inner = Vec::new();
        for (kind, payload) in attributes {
            netlink::push_attribute(&mut inner, *kind, payload);
        }
        let mut bytes = Vec::new();
        netlink::push_attribute(&mut bytes, kind | 0x8000, &inner); // NLA_F_NESTED
        bytes
    }

    fn message(kind: u32, state: u32, more: &[(u16, &[u8])]) -> Vec<u8> {
        let [kind, state] = [kind, state].map(u32::to_ne_bytes);
        let mut attributes: Vec<(u16, &[u8])> = vec![
            (2, &[0xd2, 4, 0, 0]),
            (1, &[1, 0x10, 0, 1]),
            (6, &kind),
            (9, &state),
            (7, &[42, 0, 0, 0]),
            (8, &[0xe8, 3, 0, 0]),
            (10, &[9, 0, 0, 0, 1, 0, 0, 0]),
        ];
        attributes.extend(more);
        nest(2, &attributes)
    }

    #[test]
    fn decodes_a_listener_and_a_connection() {
        let stat = nest(5, &[(0, &[2, 0, 0, 0]), (1, &[3, 0, 0, 0]), (4, &[5, 0, 0, 0])]);
        let listener = decode(&message(1, 10, &[(4, &[]), (5, &stat[4..])]), &CONTEXT).unwrap();
        assert_eq!((listener.state, listener.role), (State::Listen, Role::Listener));
        assert_eq!((listener.key.cookie(), listener.inode), (Some(Cookie(1 << 32 | 9)), Inode::new(42)));
        assert_eq!(
            (listener.uid, listener.queues),
            (Some(Uid(1000)), Queues { recv: Some(2), send: Some(3) })
        );
        let local = Name::Tipc {
            node: u32::from_ne_bytes([1, 0x10, 0, 1]),
            port: u32::from_ne_bytes([0xd2, 4, 0, 0]),
        };
        assert_eq!(listener.ends.names(), (Some(local), None));

        assert_eq!(listener.details.unwrap().memory.unwrap().drops, Some(5));

        let con = nest(3, &[(2, &[7, 0, 0, 0]), (3, &[8, 0, 0, 0])]);
        let connection = decode(&message(5, 1, &[(3, &con[4..])]), &CONTEXT).unwrap();
        let peer =
            Name::Tipc { node: u32::from_ne_bytes([7, 0, 0, 0]), port: u32::from_ne_bytes([8, 0, 0, 0]) };
        assert_eq!((connection.kind, connection.ends.names().1), (SocketType::Seqpacket, Some(peer)));
    }

    #[test]
    fn a_service_address_makes_a_datagram_socket_a_listener() {
        let published: &[(u16, &[u8])] = &[(4, &[])];
        for (kind, more, state, role) in [
            (4, published, State::Unconnected, Role::Listener),
            (4, &[], State::Unconnected, Role::Idle),
            (1, published, State::Bound, Role::Idle),
            (1, &[], State::Closed, Role::Idle),
        ] {
            let socket = decode(&message(kind, 7, more), &CONTEXT).unwrap();
            assert_eq!((socket.state, socket.role), (state, role), "type {kind}");
        }
    }

    #[test]
    fn refuses_by_name_what_it_does_not_know() {
        let error = |bytes: &[u8]| decode(bytes, &CONTEXT).unwrap_err();
        assert_eq!(error(&message(9, 1, &[])), WireError::Type(9));
        assert_eq!(error(&message(1, 300, &[])), WireError::State(255));
        assert_eq!(error(&[]), WireError::Short { got: 0, want: 32 }, "no state was asked for");
        assert_eq!(error(&[3, 0, 2, 0]), WireError::Length(3));
    }

    proptest::proptest! {
        #[test]
        fn no_attributes_make_it_panic(kind in 0u16..13, payload: Vec<u8>, tail: Vec<u8>) {
            let _socket = decode(&message(1, 1, &[(kind, &payload)]), &CONTEXT);
            let _socket = decode(&nest(2, &[(kind, &tail)]), &CONTEXT);
        }
    }
}
