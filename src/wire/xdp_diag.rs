//! `xsk_diag`: `AF_XDP` sockets (`linux/xdp_diag.h`, `net/xdp/xsk_diag.c`).
//!
//! One that is not bound yet is told without a place. Newer kernels end the dump at one whose
//! interface is gone (`XSK_UNBOUND` in `xsk_diag_fill`), so that older sockets are not told.

use std::sync::Arc;

use zerocopy::byteorder::native_endian::U32;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::inet_details::memory;
use super::inet_diag::cookie;
use super::{Context, WireError, netlink, number, number_at, prefix, show_request};
use crate::model::{
    Ask, Basics, Details, Ends, Family, Identity, IfIndex, Inode, Name, Protocol, Socket, SocketKey,
    SocketType, State, Uid, XdpDetails,
};

const AF_XDP: u8 = 44;
/// `XDP_SHOW_INFO`: interface, queue and user.
const SHOW_ALWAYS: u32 = 0x01;
/// `XDP_SHOW_MEMINFO`
const SHOW_MEMORY: u32 = 0x08;
/// `XDP_SHOW_RING_CFG | XDP_SHOW_UMEM | XDP_SHOW_STATS`
const SHOW_REST: u32 = 0x02 | 0x04 | 0x10;
const INFO: u16 = 1;
const UID: u16 = 2;
const RX_RING: u16 = 3;
const TX_RING: u16 = 4;
const UMEM: u16 = 5;
const MEMINFO: u16 = 8;
const STATS: u16 = 9;

/// `struct xdp_diag_msg`, 16 bytes.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Reply {
    family: u8,
    kind: u8,
    pad: [u8; 2],
    inode: U32,
    cookie: [U32; 2],
}

/// The request that dumps every XDP socket.
#[must_use]
pub fn dump_request(_context: &Context, seq: u32, ask: Ask) -> Vec<u8> {
    let memory = if ask.memory { SHOW_MEMORY } else { 0 };
    let rest = if ask.rest { SHOW_REST } else { 0 };
    show_request::dump_request(AF_XDP, 0, seq, SHOW_ALWAYS | memory | rest)
}

/// One socket from the payload of a `SOCK_DIAG_BY_FAMILY` message.
pub fn decode(payload: &[u8], context: &Context) -> Result<Socket, WireError> {
    let (reply, attributes) = prefix::<Reply>(payload)?;
    if reply.family != AF_XDP {
        return Err(WireError::Family(reply.family));
    }
    let kind = SocketType::from_raw(reply.kind.into()).ok_or(WireError::Type(reply.kind))?;
    let (uid, details) = read(attributes)?;
    let place = details.xdp.as_deref().copied().unwrap_or_default();
    let bound = place.interface.and(place.queue);
    let basics = Basics {
        key: SocketKey { netns: context.netns, id: Identity::Cookie(cookie(reply.cookie)) },
        family: Family::Xdp,
        protocol: Protocol::Xdp,
        kind,
        // One that is bound takes what its queue receives; one that is not has no place yet.
        state: if bound.is_some() { State::Unconnected } else { State::Closed },
        ends: Ends::Other { local: bound.map(|queue| Name::Xdp { queue }), remote: None },
        inode: Inode::new(reply.inode.get().into()),
    };
    Ok(Socket {
        uid,
        interface: place.interface,
        details: Some(Arc::new(details)),
        ..Socket::new(basics, &context.ephemeral)
    })
}

fn read(attributes: &[u8]) -> Result<(Option<Uid>, Details), WireError> {
    let mut uid = None;
    let mut details = Details::default();
    let mut xdp = XdpDetails::default();
    for attribute in netlink::attributes(attributes) {
        let (kind, payload) = attribute?;
        match kind {
            UID => uid = number(payload).map(Uid),
            MEMINFO => details.memory = Some(memory(payload)),
            _ => take(&mut xdp, kind, payload),
        }
    }
    details.xdp = Some(Box::new(xdp));
    Ok((uid, details))
}

fn take(xdp: &mut XdpDetails, kind: u16, payload: &[u8]) {
    let at = |index: usize| number_at(payload, index);
    let wide = |index: usize| payload.get(index * 8..)?.first_chunk().copied().map(u64::from_ne_bytes);
    match kind {
        INFO => (xdp.interface, xdp.queue) = (at(0).and_then(IfIndex::new), at(1)),
        RX_RING => xdp.rx_entries = at(0),
        TX_RING => xdp.tx_entries = at(0),
        // struct xdp_diag_umem: a size of 64 bits, then the id.
        UMEM => (xdp.umem_bytes, xdp.umem_id) = (wide(0), at(2)),
        STATS => {
            xdp.rx_dropped = wide(0);
            xdp.rx_invalid = wide(1);
            xdp.rx_ring_full = wide(2);
            xdp.fill_ring_empty = wide(3);
            xdp.tx_invalid = wide(4);
            xdp.tx_ring_empty = wide(5);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cookie, Role};

    const CONTEXT: Context = Context::of(Family::Xdp, Protocol::Xdp);

    fn words(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
    }

    fn message(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![44, 3, 0, 0]; // family, raw
        bytes.extend(words(&[42, 9, 0])); // inode, cookie
        for (kind, payload) in attributes {
            netlink::push_attribute(&mut bytes, *kind, payload);
        }
        bytes
    }

    #[test]
    fn decodes_a_bound_socket() {
        let umem = [(1u64 << 33).to_ne_bytes().to_vec(), words(&[6, 4, 2048, 0, 2, 3, 0, 1])].concat();
        let stats: Vec<u8> = (1..=6u64).flat_map(u64::to_ne_bytes).collect();
        let bytes = message(&[
            (1, &words(&[2, 3])),
            (2, &words(&[1000])),
            (3, &words(&[2048])),
            (5, &umem),
            (9, &stats),
        ]);
        let socket = decode(&bytes, &CONTEXT).unwrap();
        assert_eq!((socket.key.cookie(), socket.inode), (Some(Cookie(9)), Inode::new(42)));
        assert_eq!((socket.state, socket.role), (State::Unconnected, Role::Listener));
        assert_eq!((socket.interface, socket.uid), (IfIndex::new(2), Some(Uid(1000))));
        assert_eq!(socket.ends.names(), (Some(Name::Xdp { queue: 3 }), None));
        let xdp = socket.details.unwrap().xdp.clone().unwrap();
        assert_eq!((xdp.rx_entries, xdp.tx_entries), (Some(2048), None));
        assert_eq!((xdp.umem_id, xdp.umem_bytes), (Some(6), Some(1 << 33)));
        assert_eq!((xdp.rx_dropped, xdp.tx_ring_empty), (Some(1), Some(6)));
    }

    #[test]
    fn an_unbound_socket_listens_nowhere() {
        for bytes in [message(&[]), message(&[(1, &words(&[0, 0]))])] {
            let socket = decode(&bytes, &CONTEXT).unwrap();
            assert_eq!((socket.state, socket.role), (State::Closed, Role::Idle));
            assert_eq!(socket.ends.names(), (None, None));
        }
    }

    #[test]
    fn refuses_by_name_what_it_does_not_know() {
        let error = |bytes: &[u8]| decode(bytes, &CONTEXT).unwrap_err();
        assert_eq!(error(&[43; 16]), WireError::Family(43));
        assert_eq!(error(&[44; 16]), WireError::Type(44));
        assert_eq!(error(&[44; 15]), WireError::Short { got: 15, want: 16 });
        assert_eq!(error(&[message(&[]), vec![3, 0, 0, 0]].concat()), WireError::Length(3));
    }

    proptest::proptest! {
        #[test]
        fn no_attributes_make_it_panic(kind in 0u16..11, payload: Vec<u8>, tail: Vec<u8>) {
            let mut bytes = message(&[(kind, &payload)]);
            bytes.extend(tail);
            let _socket = decode(&bytes, &CONTEXT);
        }
    }
}
