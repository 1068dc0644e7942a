//! The end of internet sockets: what the kernel tells of one that it destroys (`SKNLGRP_*_DESTROY`), and the
//! request to destroy one (`SOCK_DESTROY`; `linux/sock_diag.h`, `net/core/sock_diag.c`, `net/ipv4/inet_diag.c`).
//!
//! It decides nothing: which socket may be closed is not its business.

use super::inet_diag::{self, SockId};
use super::{Context, WireError, inet_details, netlink};
use crate::model::{Cookie, Endpoint, Ends, Family, IfIndex, PortRange, Protocol, Role, Socket, State};

/// `SOCK_DESTROY`
const DESTROY: u16 = 21;
/// `struct inet_diag_msg` is before the attributes.
const MESSAGE: usize = 72;

/// The tables of whose sockets the kernel tells the end, with the bit of their group (`enum
/// sknetlink_groups`): TCP and UDP, and no other protocol.
pub const GROUPS: [((Family, Protocol), u32); 4] = [
    ((Family::Inet, Protocol::Tcp), 1),
    ((Family::Inet, Protocol::Udp), 1 << 1),
    ((Family::Inet6, Protocol::Tcp), 1 << 2),
    ((Family::Inet6, Protocol::Udp), 1 << 3),
];

/// The socket that a message of a destroy group tells of; `None` for another kind of message. Of the
/// context the namespace and its ports count: family and protocol are told.
///
/// The kernel fills in little (`inet_diag_handler_get_info`): ends, cookie, queues, `tcp_info`. It tells neither
/// user nor inode, and of TCP always the state CLOSE, whatever the socket was.
pub fn decode(message: &netlink::Message<'_>, context: &Context) -> Result<Option<Socket>, WireError> {
    if message.header.kind.get() != inet_diag::BY_FAMILY {
        return Ok(None);
    }
    let protocol = protocol(message.payload)?;
    let socket = inet_diag::decode(message.payload, &Context { protocol, ..*context })?;
    Ok(Some(settled(socket, context.ephemeral)))
}

/// The protocol that its attribute names.
fn protocol(payload: &[u8]) -> Result<Protocol, WireError> {
    for attribute in netlink::attributes(payload.get(MESSAGE..).unwrap_or_default()) {
        if let (inet_details::PROTOCOL, [number, ..]) = attribute? {
            let known = [Protocol::Tcp, Protocol::Udp];
            let named = |known: &Protocol| inet_diag::protocol_number(*known) == u32::from(*number);
            return known.into_iter().find(named).ok_or(WireError::Type(*number));
        }
    }
    Ok(Protocol::Tcp) // kernels before the attribute tell of TCP by its default
}

/// Without what only seems to be told.
fn settled(mut socket: Socket, ephemeral: PortRange) -> Socket {
    if socket.protocol == Protocol::Tcp {
        // It has a port still, which elsewhere means that it is bound.
        socket.state = State::Closed;
        if socket.ends.is_wiped() {
            socket.details = None; // the counts went, too: 0 would be a claim
        }
    } else {
        // What is left of a count that begins with 1 and ended.
        socket.queues.send = socket.queues.send.filter(|bytes| *bytes != u32::MAX);
    }
    socket.role = Role::of(socket.protocol, socket.state, &socket.ends, &ephemeral);
    socket
}

/// The request to destroy one socket. The cookie belongs to it: without one the kernel takes whatever socket
/// the addresses lead to, which is a listener where the connection is gone. `None` for a socket that has no
/// addresses.
#[must_use]
pub fn request(socket: &Socket, cookie: Cookie, seq: u32) -> Option<Vec<u8>> {
    let Ends::Inet { local, remote } = &socket.ends else { return None };
    let nowhere = Endpoint::new(if local.addr.is_ipv4() { V4 } else { V6 }, 0);
    let interface = socket.interface.map_or(0, IfIndex::get);
    let id = SockId::exact(*local, remote.unwrap_or(nowhere), interface, cookie);
    let context =
        Context { details: false, ..Context::new(socket.key.netns, socket.family, socket.protocol) };
    Some(netlink::request(DESTROY, netlink::REQUEST_ACK, seq, &inet_diag::exact_body(&context, id)))
}

const V4: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);
const V6: std::net::IpAddr = std::net::IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TcpInfoPlace;

    const ANY: Context = Context::of(Family::Inet, Protocol::Tcp);

    /// The message of a connection 127.0.0.1:8080 → 127.0.0.1:5000, as the kernel sends it.
    fn payload(protocol: u8, state: u8, send_queue: u32) -> Vec<u8> {
        let mut bytes = vec![2, state, 0, 0];
        bytes.extend(8080u16.to_be_bytes());
        bytes.extend(5000u16.to_be_bytes());
        for _ in 0..2 {
            bytes.extend([127, 0, 0, 1]);
            bytes.extend([0; 12]);
        }
        for number in [0u32, 7, 1, 0, 1, send_queue, 0, 0] {
            bytes.extend(number.to_ne_bytes()); // interface, cookie, expires, rqueue, wqueue, uid, inode
        }
        netlink::push_attribute(&mut bytes, inet_details::PROTOCOL, &[protocol]);
        let mut info = [0; 280];
        info[200] = 5; // tcpi_bytes_sent
        netlink::push_attribute(&mut bytes, 2, &info);
        bytes
    }

    fn told(payload: &[u8]) -> Result<Option<Socket>, WireError> {
        let bytes = netlink::request(inet_diag::BY_FAMILY, 0, 0, payload);
        decode(&netlink::messages(&bytes).next().unwrap().unwrap(), &ANY)
    }

    #[test]
    fn the_last_counts_are_told_and_nothing_that_is_not() {
        let tcp = told(&payload(6, 7, 0)).unwrap().unwrap();
        assert_eq!((tcp.protocol, tcp.state, tcp.role), (Protocol::Tcp, State::Closed, Role::Idle));
        assert_eq!((tcp.inode, tcp.uid, tcp.key.cookie()), (None, None, Some(Cookie(1 << 32 | 7))));
        let info = tcp.details.unwrap().tcp_info.clone().unwrap();
        assert_eq!(info.read(TcpInfoPlace::BYTES_SENT), Some(5));
        let udp = told(&payload(17, 1, u32::MAX)).unwrap().unwrap();
        assert_eq!(
            (udp.protocol, udp.state, udp.role),
            (Protocol::Udp, State::Established, Role::Connection)
        );
        assert_eq!((udp.queues.recv, udp.queues.send), (Some(1), None));
    }

    #[test]
    fn what_the_kernel_wiped_has_no_counts() {
        let mut payload = payload(6, 7, 0);
        payload[6..8].fill(0); // the port of the other end
        let tcp = told(&payload).unwrap().unwrap();
        assert!(tcp.details.is_none() && tcp.ends.is_wiped(), "{tcp:?}");
    }

    #[test]
    fn another_protocol_is_refused_and_another_message_passed_over() {
        assert_eq!(told(&payload(132, 7, 0)).unwrap_err(), WireError::Type(132));
        let bytes = netlink::request(netlink::DONE, 0, 0, &[]);
        assert_eq!(decode(&netlink::messages(&bytes).next().unwrap().unwrap(), &ANY), Ok(None));
    }

    #[test]
    fn the_request_names_its_socket_by_ends_and_cookie() {
        let socket = told(&payload(6, 7, 0)).unwrap().unwrap();
        let sent = request(&socket, Cookie(1 << 32 | 7), 9).unwrap();
        assert_eq!(sent.len(), 16 + 56);
        assert_eq!(sent[4..8], [21, 0, 5, 0], "SOCK_DESTROY, request and acknowledge");
        assert_eq!(sent[16..18], [2, 6]);
        let told = payload(6, 7, 0);
        assert_eq!(sent[24..72], told[4..52], "what the kernel told is what it is asked for");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _socket = told(&bytes);
        }
    }
}
