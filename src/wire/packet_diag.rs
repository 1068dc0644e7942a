//! `packet_diag`: packet sockets (`linux/packet_diag.h`, `net/packet/diag.c`, packet(7)).
//!
//! They see what passes an interface, whoever it is meant for: each of them listens.

use std::sync::Arc;

use zerocopy::byteorder::native_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::inet_details::memory;
use super::inet_diag::cookie;
use super::{Context, WireError, netlink, number, number_at, prefix, show_request};
use crate::model::{
    Ask, Basics, BpfInstruction, Details, Ends, Family, Identity, IfIndex, Inode, Name, PacketDetails,
    Protocol, Queues, Ring, Socket, SocketKey, SocketType, State, Uid,
};

const AF_PACKET: u8 = 17;
/// `PACKET_SHOW_INFO | PACKET_SHOW_MEMINFO`. The interface and the user come with the first, what
/// waits to be read with the second.
const SHOW_ALWAYS: u32 = 0x01 | 0x10;
/// `PACKET_SHOW_FILTER`
const SHOW_FILTER: u32 = 0x20;
/// `PACKET_SHOW_RING_CFG | PACKET_SHOW_FANOUT`, and the filter.
const SHOW_REST: u32 = 0x04 | 0x08 | SHOW_FILTER;
const INFO: u16 = 0;
const RX_RING: u16 = 2;
const TX_RING: u16 = 3;
const FANOUT: u16 = 4;
const UID: u16 = 5;
const MEMINFO: u16 = 6;
const FILTER: u16 = 7;
/// `PDI_RUNNING`: it receives. One with protocol 0, or on an interface that is down, does not.
const RUNNING: u32 = 1;

/// `struct packet_diag_msg`, 16 bytes. The protocol is in host order: the kernel turns it round.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Reply {
    family: u8,
    kind: u8,
    protocol: U16,
    inode: U32,
    cookie: [U32; 2],
}

/// The request that dumps every packet socket.
#[must_use]
pub fn dump_request(_context: &Context, seq: u32, ask: Ask) -> Vec<u8> {
    let rest = match ask {
        Ask { rest: true, .. } => SHOW_REST,
        Ask { filters: true, .. } => SHOW_FILTER,
        _ => 0,
    };
    show_request::dump_request(AF_PACKET, 0, seq, SHOW_ALWAYS | rest)
}

/// One socket from the payload of a `SOCK_DIAG_BY_FAMILY` message.
pub fn decode(payload: &[u8], context: &Context) -> Result<Socket, WireError> {
    let (reply, attributes) = prefix::<Reply>(payload)?;
    if reply.family != AF_PACKET {
        return Err(WireError::Family(reply.family));
    }
    let kind = SocketType::from_raw(reply.kind.into()).ok_or(WireError::Type(reply.kind))?;
    let told = Told::read(attributes)?;
    let basics = Basics {
        key: SocketKey { netns: context.netns, id: Identity::Cookie(cookie(reply.cookie)) },
        family: Family::Packet,
        protocol: Protocol::Packet,
        kind,
        state: State::Unconnected,
        ends: ends(reply.protocol.get()),
        inode: Inode::new(reply.inode.get().into()),
    };
    Ok(Socket {
        uid: told.uid,
        interface: told.interface,
        queues: told.queues,
        details: Some(Arc::new(told.details)),
        ..Socket::new(basics, &context.ephemeral)
    })
}

/// The ends of a packet socket that receives an Ethernet protocol; 0 is none.
pub(super) fn ends(protocol: u16) -> Ends {
    Ends::Other { local: (protocol != 0).then_some(Name::Packet { protocol }), remote: None }
}

/// What the attributes say.
#[derive(Default)]
struct Told {
    interface: Option<IfIndex>,
    uid: Option<Uid>,
    queues: Queues,
    details: Details,
}

impl Told {
    fn read(attributes: &[u8]) -> Result<Self, WireError> {
        let mut told = Self::default();
        let mut packet = PacketDetails::default();
        for attribute in netlink::attributes(attributes) {
            let (kind, payload) = attribute?;
            told.take(&mut packet, kind, payload);
        }
        told.details.packet = Some(Box::new(packet));
        Ok(told)
    }

    fn take(&mut self, packet: &mut PacketDetails, kind: u16, payload: &[u8]) {
        let at = |index: usize| number_at(payload, index);
        match kind {
            // struct packet_diag_info: index, version, reserve, copy threshold, time stamps, flags.
            INFO => {
                self.interface = at(0).and_then(IfIndex::new);
                packet.version = at(1);
                packet.copy_threshold = at(3);
                packet.flags = at(5);
                packet.running = at(5).is_some_and(|flags| flags & RUNNING != 0);
            }
            UID => self.uid = number(payload).map(Uid),
            MEMINFO => {
                let memory = memory(payload);
                self.queues = Queues { recv: memory.rmem_alloc, send: memory.wmem_alloc };
                self.details.memory = Some(memory);
            }
            RX_RING => packet.rx_ring = ring(payload),
            TX_RING => packet.tx_ring = ring(payload),
            FANOUT => packet.fanout = number(payload).and_then(fanout),
            // Sent empty to who may not know it, and to the socket that has none.
            FILTER if !payload.is_empty() => packet.filter = Some(filter(payload)),
            _ => {}
        }
    }
}

/// The group in the low half, the mode in the high one.
fn fanout(both: u32) -> Option<(u16, u16)> {
    Some((u16::try_from(both & 0xffff).ok()?, u16::try_from(both >> 16).ok()?))
}

/// `struct packet_diag_ring`: block size and count, frame size and count; what version 3 adds is 0
/// before it.
fn ring(payload: &[u8]) -> Option<Ring> {
    let at = |index: usize| number_at(payload, index);
    Some(Ring {
        block_size: at(0)?,
        blocks: at(1)?,
        frame_size: at(2)?,
        frames: at(3)?,
        retire_ms: at(4)?,
        features: at(6)?,
    })
}

/// An array of `struct sock_filter`, 8 bytes each.
fn filter(payload: &[u8]) -> Vec<BpfInstruction> {
    let instruction = |raw: &[u8; 8]| {
        let [a, b, jt, jf, k @ ..] = *raw;
        BpfInstruction { code: u16::from_ne_bytes([a, b]), jt, jf, k: u32::from_ne_bytes(k) }
    };
    payload.as_chunks().0.iter().map(instruction).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cookie, Role};

    const CONTEXT: Context = Context::of(Family::Packet, Protocol::Packet);

    fn words(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
    }

    /// A raw socket for IPv4, inode 42, cookie 9.
    fn message(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![17, 3]; // family, type
        bytes.extend(0x0800u16.to_ne_bytes()); // protocol
        bytes.extend(words(&[42, 9, 0])); // inode, cookie
        for (kind, payload) in attributes {
            netlink::push_attribute(&mut bytes, *kind, payload);
        }
        bytes
    }

    #[test]
    fn decodes_a_sniffer_with_its_filter() {
        let bytes = message(&[
            (0, &words(&[2, 2, 0, 900, 0, 3])), // eth0, TPACKET_V3, copying, running with auxdata
            (5, &words(&[0])),
            (2, &words(&[4096, 8, 2048, 16, 60, 0, 1])),
            (4, &words(&[7 | 1 << 16])), // group 7, by CPU load
            (6, &words(&[768, 212_992, 0, 212_992, 0, 0, 0, 0, 5])),
            (7, &[[0x28, 0, 0, 0, 12, 0, 0, 0], [0x06, 0, 1, 2, 0xff, 0, 0, 0]].concat()),
        ]);
        let socket = decode(&bytes, &CONTEXT).unwrap();
        assert_eq!((socket.key.cookie(), socket.inode), (Some(Cookie(9)), Inode::new(42)));
        assert_eq!((socket.state, socket.role), (State::Unconnected, Role::Listener));
        assert_eq!(socket.ends, ends(0x0800));
        assert_eq!((socket.interface, socket.uid), (IfIndex::new(2), Some(Uid(0))));
        assert_eq!(socket.queues, Queues { recv: Some(768), send: Some(0) });
        let details = socket.details.unwrap();
        assert_eq!(details.memory.unwrap().drops, Some(5));
        let packet = details.packet.as_ref().unwrap();
        assert_eq!((packet.version, packet.running, packet.fanout), (Some(2), true, Some((7, 1))));
        assert_eq!((packet.copy_threshold, packet.flags), (Some(900), Some(3)));
        let ring =
            Ring { block_size: 4096, blocks: 8, frame_size: 2048, frames: 16, retire_ms: 60, features: 1 };
        assert_eq!((packet.rx_ring, packet.tx_ring), (Some(ring), None));
        assert_eq!(
            packet.filter.as_deref().unwrap()[1],
            BpfInstruction { code: 6, jt: 1, jf: 2, k: u32::from_ne_bytes([0xff, 0, 0, 0]) }
        );
    }

    #[test]
    fn a_filter_that_is_not_told_is_unknown_and_protocol_0_is_no_name() {
        let mut bytes = message(&[(7, &[]), (0, &words(&[0, 0]))]);
        bytes[2..4].fill(0);
        let socket = decode(&bytes, &CONTEXT).unwrap();
        assert_eq!((socket.ends.names(), socket.interface), ((None, None), None));
        let details = socket.details.unwrap();
        let packet = details.packet.as_ref().unwrap();
        assert_eq!((&packet.filter, packet.running), (&None, false), "cut short");
    }

    #[test]
    fn refuses_by_name_what_it_does_not_know() {
        let with = |at: usize, byte: u8| {
            let mut bytes = message(&[(5, &[0; 4])]);
            bytes[at] = byte;
            decode(&bytes, &CONTEXT).unwrap_err()
        };
        assert_eq!(with(0, 16), WireError::Family(16));
        assert_eq!(with(1, 9), WireError::Type(9));
        assert_eq!(with(16, 3), WireError::Length(3));
        assert_eq!(decode(&[17; 15], &CONTEXT).unwrap_err(), WireError::Short { got: 15, want: 16 });
    }

    proptest::proptest! {
        #[test]
        fn no_attributes_make_it_panic(kind in 0u16..10, payload: Vec<u8>, tail: Vec<u8>) {
            let mut bytes = message(&[(kind, &payload)]);
            bytes.extend(tail);
            let _socket = decode(&bytes, &CONTEXT);
        }
    }
}
