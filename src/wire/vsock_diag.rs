//! `vsock_diag`: sockets between a host and its virtual machines (`linux/vm_sockets_diag.h`,
//! `net/vmw_vsock/diag.c`, vsock(7)). No user, no queue, no attribute is told.

use std::sync::Arc;

use zerocopy::byteorder::native_endian::U32;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::inet_diag::cookie;
use super::{Context, WireError, prefix, show_request};
use crate::model::{
    Ask, Basics, Details, Ends, Family, Identity, Inode, Name, Protocol, Shutdown, Socket, SocketKey,
    SocketType, State,
};

const AF_VSOCK: u8 = 40;
/// `VMADDR_CID_ANY`, `VMADDR_PORT_ANY`: the kernel writes both for the peer that is not there.
const ANY: u32 = u32::MAX;

/// `struct vsock_diag_msg`, 32 bytes.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Reply {
    family: u8,
    kind: u8,
    state: u8,
    shutdown: u8,
    cid: U32,
    port: U32,
    peer_cid: U32,
    peer_port: U32,
    inode: U32,
    cookie: [U32; 2],
}

/// The request that dumps every vsock socket.
#[must_use]
pub fn dump_request(_context: &Context, seq: u32, _ask: Ask) -> Vec<u8> {
    show_request::dump_states_request(AF_VSOCK, seq, 0)
}

/// One socket from the payload of a `SOCK_DIAG_BY_FAMILY` message.
pub fn decode(payload: &[u8], context: &Context) -> Result<Socket, WireError> {
    let (reply, _attributes) = prefix::<Reply>(payload)?;
    if reply.family != AF_VSOCK {
        return Err(WireError::Family(reply.family));
    }
    let kind = SocketType::from_raw(reply.kind.into()).ok_or(WireError::Type(reply.kind))?;
    let name = |cid: U32, port: U32| {
        let known = cid.get() != ANY || port.get() != ANY;
        known.then_some(Name::Vsock { cid: cid.get(), port: port.get() })
    };
    let basics = Basics {
        key: SocketKey { netns: context.netns, id: Identity::Cookie(cookie(reply.cookie)) },
        family: Family::Vsock,
        protocol: Protocol::Vsock,
        kind,
        state: state(reply.state, kind).ok_or(WireError::State(reply.state))?,
        ends: Ends::Other {
            local: name(reply.cid, reply.port),
            remote: name(reply.peer_cid, reply.peer_port),
        },
        inode: Inode::new(reply.inode.get().into()),
    };
    let shutdown = Some(Shutdown::from_bits(reply.shutdown));
    let details = Details { shutdown, ..Details::default() };
    Ok(Socket { details: Some(Arc::new(details)), ..Socket::new(basics, &context.ephemeral) })
}

/// The numbers of TCP (`net/vmw_vsock/af_vsock.c`). A stream in `TCP_CLOSE` is bound, or it would
/// be in no table; a datagram socket is connected to nobody.
fn state(raw: u8, kind: SocketType) -> Option<State> {
    match (State::from_tcp(raw), kind) {
        (Some(State::Closed), SocketType::Dgram) => Some(State::Unconnected),
        (Some(State::Closed), _) => Some(State::Bound),
        (state, _) => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cookie, Role};

    const CONTEXT: Context = Context::of(Family::Vsock, Protocol::Vsock);

    fn message(kind: u8, state: u8, numbers: [u32; 7]) -> Vec<u8> {
        let mut bytes = vec![40, kind, state, 1]; // family, …, shut down for receiving
        bytes.extend(numbers.iter().flat_map(|number| number.to_ne_bytes())); // ends, inode, cookie
        bytes
    }

    #[test]
    fn decodes_a_listener_and_a_connection() {
        let listener = decode(&message(1, 10, [ANY, 1024, ANY, ANY, 42, 9, 0]), &CONTEXT).unwrap();
        assert_eq!((listener.state, listener.role), (State::Listen, Role::Listener));
        let local = Name::Vsock { cid: ANY, port: 1024 };
        assert_eq!(listener.ends, Ends::Other { local: Some(local), remote: None });
        assert_eq!((listener.key.cookie(), listener.inode), (Some(Cookie(9)), Inode::new(42)));
        assert_eq!((listener.uid, listener.queues.recv), (None, None));

        let connection = decode(&message(1, 1, [3, 4000, 2, 22, 0, 10, 0]), &CONTEXT).unwrap();
        assert_eq!(connection.ends.names().1, Some(Name::Vsock { cid: 2, port: 22 }));
        assert_eq!((connection.state, connection.inode), (State::Established, None));
        assert_eq!(connection.details.unwrap().shutdown, Some(Shutdown::Receive));
    }

    #[test]
    fn a_closed_socket_is_bound_or_unconnected() {
        for (kind, state) in [(1, State::Bound), (5, State::Bound), (2, State::Unconnected)] {
            let socket = decode(&message(kind, 7, [1, 5, ANY, ANY, 1, 1, 0]), &CONTEXT).unwrap();
            assert_eq!(socket.state, state, "type {kind}");
        }
    }

    #[test]
    fn refuses_by_name_what_it_does_not_know() {
        let error = |bytes: &[u8]| decode(bytes, &CONTEXT).unwrap_err();
        assert_eq!(error(&[1; 32]), WireError::Family(1));
        assert_eq!(error(&message(0, 1, [0; 7])), WireError::Type(0));
        assert_eq!(error(&message(1, 99, [0; 7])), WireError::State(99));
        assert_eq!(error(&[40; 31]), WireError::Short { got: 31, want: 32 });
        assert_eq!(dump_request(&CONTEXT, 1, Ask::NOTHING).len(), 16 + 24, "a shorter one is EINVAL");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _socket = decode(&[&[40, 1][..], &bytes].concat(), &CONTEXT);
        }
    }
}
