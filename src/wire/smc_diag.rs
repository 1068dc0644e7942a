//! `smc_diag`: sockets of Shared Memory Communications (`linux/smc_diag.h`, `net/smc/smc_diag.c`).
//!
//! One dump holds those of IPv4 and then those of IPv6. The TCP socket beneath each is a row of the
//! TCP table.

use std::sync::Arc;

use zerocopy::byteorder::native_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::inet_diag::{BY_FAMILY, SockId};
use super::{Context, WireError, netlink, number, prefix};
use crate::model::{
    Ask, Basics, Details, Ends, Family, Identity, Inode, Protocol, Shutdown, SmcDetails, SmcMode, Socket,
    SocketKey, SocketType, State, Uid,
};

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const AF_SMC: u8 = 43;
const SHUTDOWN: u16 = 3;
const FALLBACK: u16 = 5;

/// `struct smc_diag_req`, 52 bytes.
#[derive(Clone, Copy, Debug, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Request {
    family: u8,
    pad: [u8; 2],
    ext: u8,
    id: SockId,
}

/// `struct smc_diag_msg`, 64 bytes. The inode is aligned to 8, and lies so by itself.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Reply {
    family: u8,
    state: u8,
    mode: u8,
    shutdown: u8,
    id: SockId,
    uid: U32,
    inode: U64,
}

/// The request that dumps every SMC socket.
#[must_use]
pub fn dump_request(_context: &Context, seq: u32, _ask: Ask) -> Vec<u8> {
    let request = Request { family: AF_SMC, pad: [0; 2], ext: 0, id: SockId::ANY };
    netlink::dump_request(BY_FAMILY, seq, request.as_bytes())
}

/// One socket from the payload of a `SOCK_DIAG_BY_FAMILY` message.
pub fn decode(payload: &[u8], context: &Context) -> Result<Socket, WireError> {
    let (reply, attributes) = prefix::<Reply>(payload)?;
    let version = match reply.family {
        // One of socket(AF_SMC): only its addresses tell the version, and wildcards do not.
        AF_SMC if reply.id.fits_ipv4() => Family::Inet,
        // One of IPPROTO_SMC, Linux 6.11, says its own.
        AF_INET => Family::Inet,
        AF_SMC | AF_INET6 => Family::Inet6,
        other => return Err(WireError::Family(other)),
    };
    let ends = reply.id.ends(version);
    let inode = Inode::new(reply.inode.get());
    let basics = Basics {
        key: SocketKey { netns: context.netns, id: Identity::Cookie(reply.id.cookie()) },
        family: Family::Smc,
        protocol: Protocol::Smc,
        kind: SocketType::Stream,
        state: state(reply.state, &ends).ok_or(WireError::State(reply.state))?,
        ends,
        inode,
    };
    Ok(Socket {
        uid: inode.map(|_| Uid(reply.uid.get())),
        interface: reply.id.interface(),
        details: Some(Arc::new(read(&reply, attributes)?)),
        ..Socket::new(basics, &context.ephemeral)
    })
}

fn read(reply: &Reply, attributes: &[u8]) -> Result<Details, WireError> {
    let mode = match reply.mode {
        0 => SmcMode::Rdma,
        1 => SmcMode::Tcp,
        2 => SmcMode::Ism,
        _ => SmcMode::Unknown,
    };
    let mut smc = SmcDetails { mode, fallback_reason: None };
    let mut details = Details::default();
    for attribute in netlink::attributes(attributes) {
        let (kind, payload) = attribute?;
        match kind {
            SHUTDOWN => details.shutdown = payload.first().map(|bits| Shutdown::from_bits(*bits)),
            // struct smc_diag_fallback: the reason (SMC_CLC_DECL_*), and what the peer found.
            FALLBACK if mode == SmcMode::Tcp => smc.fallback_reason = number(payload),
            _ => {}
        }
    }
    details.smc = Some(smc);
    Ok(details)
}

/// `enum smc_state` (`net/smc/smc.h`): some numbers are those of TCP, the ways to close are its
/// own and get the nearest word.
fn state(raw: u8, ends: &Ends) -> Option<State> {
    let bound = ends.local().is_some_and(|local| local.port != 0);
    match raw {
        1 => Some(State::Established),
        2 if bound => Some(State::Bound), // SMC_INIT: not listening, not connected
        2 | 7 => Some(State::Closed),
        10 => Some(State::Listen),
        20 => Some(State::FinWait1),       // SMC_PEERCLOSEWAIT1
        21 => Some(State::FinWait2),       // SMC_PEERCLOSEWAIT2
        22..=24 => Some(State::CloseWait), // SMC_APPCLOSEWAIT1, 2, SMC_APPFINCLOSEWAIT
        25 => Some(State::LastAck),        // SMC_PEERFINCLOSEWAIT
        26 | 27 => Some(State::Closing),   // SMC_PEERABORTWAIT, SMC_PROCESSABORT
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cookie, Endpoint, Role};

    const CONTEXT: Context = Context::of(Family::Smc, Protocol::Smc);

    /// A listener on port 8080 of the address, inode 77 beyond 32 bits.
    fn message(family: u8, state: u8, address: [u8; 16]) -> Vec<u8> {
        let mut bytes = vec![family, state, 1, 0]; // mode: fallen back to TCP
        bytes.extend([0x1f, 0x90, 0, 0]); // ports, network order
        bytes.extend(address);
        bytes.extend([0; 16]); // remote address
        for number in [0u32, 9, 0, 1000] {
            bytes.extend(number.to_ne_bytes()); // interface, cookie, uid
        }
        bytes.extend(((1u64 << 32) + 77).to_ne_bytes()); // inode
        netlink::push_attribute(&mut bytes, 3, &[2]);
        netlink::push_attribute(&mut bytes, 5, &[3, 0, 0, 3, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn decodes_a_listener() {
        let mut loopback = [0; 16];
        loopback[..4].copy_from_slice(&[127, 0, 0, 1]);
        let socket = decode(&message(43, 10, loopback), &CONTEXT).unwrap();
        let local = Endpoint::new([127, 0, 0, 1].into(), 8080);
        assert_eq!(socket.ends, Ends::Inet { local, remote: None });
        assert_eq!((socket.family, socket.state, socket.role), (Family::Smc, State::Listen, Role::Listener));
        assert_eq!((socket.key.cookie(), socket.inode), (Some(Cookie(9)), Inode::new((1 << 32) + 77)));
        assert_eq!(socket.uid, Some(Uid(1000)));
        let details = socket.details.unwrap();
        let reason = u32::from_ne_bytes([3, 0, 0, 3]);
        assert_eq!(details.smc, Some(SmcDetails { mode: SmcMode::Tcp, fallback_reason: Some(reason) }));
        assert_eq!(details.shutdown, Some(Shutdown::Send));
    }

    #[test]
    fn the_version_is_told_by_the_family_or_the_address() {
        let mut long = [0; 16];
        long[15] = 1;
        for (family, address, v6) in
            [(43, long, true), (43, [0; 16], false), (2, [0; 16], false), (10, [0; 16], true)]
        {
            let socket = decode(&message(family, 10, address), &CONTEXT).unwrap();
            assert_eq!(socket.ends.local().unwrap().addr.is_ipv6(), v6, "family {family}");
        }
    }

    #[test]
    fn refuses_by_name_what_it_does_not_know() {
        let error = |bytes: &[u8]| decode(bytes, &CONTEXT).unwrap_err();
        assert_eq!(error(&message(1, 10, [0; 16])), WireError::Family(1));
        assert_eq!(error(&message(43, 28, [0; 16])), WireError::State(28));
        assert_eq!(error(&[43; 63]), WireError::Short { got: 63, want: 64 });
        assert_eq!(dump_request(&CONTEXT, 1, Ask::NOTHING).len(), 16 + 52);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, tail: Vec<u8>) {
            let _socket = decode(&bytes, &CONTEXT);
            let _socket = decode(&[message(43, 10, [0; 16]), tail].concat(), &CONTEXT);
        }
    }
}
