//! `netlink_diag`: netlink sockets (`linux/netlink_diag.h`, `net/netlink/diag.c`, netlink(7)).
//!
//! The kernel's own sockets are among them: those with port 0. No user is told.

use std::sync::Arc;

use zerocopy::byteorder::native_endian::U32;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::inet_details::memory;
use super::inet_diag::cookie;
use super::{Context, WireError, netlink, number, prefix, show_request};
use crate::model::{
    Ask, Basics, Details, Ends, Family, Identity, Inode, Name, NetlinkDetails, Protocol, Queues, Socket,
    SocketKey, SocketType, State,
};

const AF_NETLINK: u8 = 16;
/// `NDIAG_PROTO_ALL`
const EVERY_PROTOCOL: u8 = 255;
/// `NDIAG_SHOW_MEMINFO`: what waits to be read is told nowhere else.
const SHOW_ALWAYS: u32 = 0x01;
/// `NDIAG_SHOW_GROUPS | NDIAG_SHOW_FLAGS`
const SHOW_REST: u32 = 0x02 | 0x08;
const MEMINFO: u16 = 0;
const GROUPS: u16 = 1;
const FLAGS: u16 = 4;

/// `struct netlink_diag_msg`, 28 bytes.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Reply {
    family: u8,
    kind: u8,
    protocol: u8,
    state: u8,
    port: U32,
    peer_port: U32,
    peer_group: U32,
    inode: U32,
    cookie: [U32; 2],
}

/// The request that dumps every netlink socket.
#[must_use]
pub fn dump_request(_context: &Context, seq: u32, ask: Ask) -> Vec<u8> {
    let rest = if ask.rest { SHOW_REST } else { 0 };
    show_request::dump_request(AF_NETLINK, EVERY_PROTOCOL, seq, SHOW_ALWAYS | rest)
}

/// One socket from the payload of a `SOCK_DIAG_BY_FAMILY` message.
pub fn decode(payload: &[u8], context: &Context) -> Result<Socket, WireError> {
    let (reply, attributes) = prefix::<Reply>(payload)?;
    if reply.family != AF_NETLINK {
        return Err(WireError::Family(reply.family));
    }
    let kind = SocketType::from_raw(reply.kind.into()).ok_or(WireError::Type(reply.kind))?;
    let (queues, details) = read(&reply, attributes)?;
    let name = |port: U32| Name::Netlink { protocol: reply.protocol, port: port.get() };
    let state = state(reply.state).ok_or(WireError::State(reply.state))?;
    let basics = Basics {
        key: SocketKey { netns: context.netns, id: Identity::Cookie(cookie(reply.cookie)) },
        family: Family::Netlink,
        protocol: Protocol::Netlink,
        kind,
        state,
        ends: Ends::Other {
            local: Some(name(reply.port)),
            remote: (state == State::Established).then(|| name(reply.peer_port)),
        },
        inode: Inode::new(reply.inode.get().into()),
    };
    Ok(Socket { queues, details: Some(Arc::new(details)), ..Socket::new(basics, &context.ephemeral) })
}

/// `NETLINK_UNCONNECTED`, `NETLINK_CONNECTED` (`net/netlink/af_netlink.c`), and the `TCP_CLOSE` that
/// every socket begins with.
fn state(raw: u8) -> Option<State> {
    match raw {
        0 | 7 => Some(State::Unconnected),
        1 => Some(State::Established),
        _ => None,
    }
}

fn read(reply: &Reply, attributes: &[u8]) -> Result<(Queues, Details), WireError> {
    let mut queues = Queues::default();
    let mut details = Details::default();
    let mut netlink = NetlinkDetails {
        dst_group: reply.peer_group.get(),
        dst_portid: reply.peer_port.get(),
        ..NetlinkDetails::default()
    };
    for attribute in netlink::attributes(attributes) {
        let (kind, payload) = attribute?;
        match kind {
            MEMINFO => {
                let memory = memory(payload);
                queues = Queues { recv: memory.rmem_alloc, send: memory.wmem_alloc };
                details.memory = Some(memory);
            }
            GROUPS => netlink.groups = Some(groups(payload)),
            FLAGS => netlink.flags = number(payload),
            _ => {}
        }
    }
    // A socket that never joined a group has no map; the flags, asked for together with it, show
    // that it was asked for.
    if netlink.flags.is_some() {
        netlink.groups.get_or_insert_default();
    }
    details.netlink = Some(Box::new(netlink));
    Ok((queues, details))
}

/// The groups of a bit map of longs: bit 0 is group 1. In bytes, because the map has no fixed
/// length; where bytes are in the other order, so are the longs.
pub(super) fn groups(map: &[u8]) -> Vec<u32> {
    let set = |bit: &u32| {
        let byte = (*bit / 8) as usize;
        let byte = if cfg!(target_endian = "big") { byte ^ (size_of::<usize>() - 1) } else { byte };
        map.get(byte).is_some_and(|byte| byte & 1 << (bit % 8) != 0)
    };
    let bits = u32::try_from(map.len().saturating_mul(8)).unwrap_or(u32::MAX - 1);
    (0..bits).filter(set).map(|bit| bit + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cookie;

    const CONTEXT: Context = Context::of(Family::Netlink, Protocol::Netlink);

    fn words(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
    }

    fn message(state: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![16, 3, 15, state]; // family, raw, NETLINK_KOBJECT_UEVENT
        bytes.extend(words(&[4321, 77, 2, 42, 9, 1])); // port, peer's port and group, inode, cookie
        for (kind, payload) in attributes {
            netlink::push_attribute(&mut bytes, *kind, payload);
        }
        bytes
    }

    #[test]
    fn decodes_a_listener_to_groups() {
        let bytes = message(
            7,
            &[
                (0, &words(&[1, 2, 3, 4, 5, 6, 7, 8, 9])),
                (1, &(1u64 << 32 | 0b101).to_ne_bytes()),
                (4, &words(&[8])),
            ],
        );
        let socket = decode(&bytes, &CONTEXT).unwrap();
        assert_eq!((socket.key.cookie(), socket.inode), (Some(Cookie(1 << 32 | 9)), Inode::new(42)));
        assert_eq!((socket.kind, socket.state, socket.uid), (SocketType::Raw, State::Unconnected, None));
        let local = Name::Netlink { protocol: 15, port: 4321 };
        assert_eq!(socket.ends, Ends::Other { local: Some(local), remote: None });
        assert_eq!(socket.queues, Queues { recv: Some(1), send: Some(3) });
        let details = socket.details.unwrap();
        let netlink = details.netlink.as_ref().unwrap();
        assert_eq!(netlink.groups.as_deref(), Some(&[1, 3, 33][..]));
        assert_eq!((netlink.flags, netlink.dst_group, netlink.dst_portid), (Some(8), 2, 77));
    }

    #[test]
    fn without_a_map_there_are_no_groups() {
        let socket = decode(&message(0, &[(FLAGS, &words(&[0]))]), &CONTEXT).unwrap();
        assert_eq!(socket.details.unwrap().netlink.as_ref().unwrap().groups, Some(Vec::new()));
    }

    #[test]
    fn a_connected_socket_has_a_peer() {
        let socket = decode(&message(1, &[]), &CONTEXT).unwrap();
        assert_eq!(socket.state, State::Established);
        assert_eq!(socket.ends.names().1, Some(Name::Netlink { protocol: 15, port: 77 }));
        assert_eq!(socket.queues, Queues::default());
        assert_eq!(socket.details.unwrap().netlink.as_ref().unwrap().groups, None, "not asked for");
    }

    #[test]
    fn refuses_by_name_what_it_does_not_know() {
        let with = |at: usize, byte: u8| {
            let mut bytes = message(0, &[(4, &[0; 4])]);
            bytes[at] = byte;
            decode(&bytes, &CONTEXT).unwrap_err()
        };
        assert_eq!(with(0, 17), WireError::Family(17));
        assert_eq!(with(1, 0), WireError::Type(0));
        assert_eq!(with(3, 2), WireError::State(2));
        assert_eq!(with(28, 3), WireError::Length(3));
        assert_eq!(decode(&[16; 27], &CONTEXT).unwrap_err(), WireError::Short { got: 27, want: 28 });
    }

    proptest::proptest! {
        #[test]
        fn no_attributes_make_it_panic(kind in 0u16..6, payload: Vec<u8>, tail: Vec<u8>) {
            let mut bytes = message(0, &[(kind, &payload)]);
            bytes.extend(tail);
            let _socket = decode(&bytes, &CONTEXT);
        }
    }
}
