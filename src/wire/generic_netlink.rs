//! Generic netlink (`linux/genetlink.h`): the numbers of its families, and those of them that tell of
//! UDP sockets: `wireguard` (`linux/wireguard.h`) and `fou` (`linux/fou.h`).

use super::{WireError, name, netlink, number, port};
use crate::model::{IfIndex, KernelUse, Reach, Seat, Socket};

/// `GENL_ID_CTRL`
const CONTROL: u16 = 16;
/// `CTRL_CMD_GETFAMILY`
const GET_FAMILY: u8 = 3;
/// `WG_CMD_GET_DEVICE`
const GET_DEVICE: u8 = 0;
/// `FOU_CMD_GET`
const GET_FOU: u8 = 3;
/// `struct genlmsghdr`: command, version, reserved.
const HEADER: usize = 4;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// The number by which the kernel knows a family of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family(u16);

fn request(family: Family, command: u8, seq: u32, attributes: &[u8]) -> Vec<u8> {
    netlink::dump_request(family.0, seq, &[&[command, 1, 0, 0], attributes].concat())
}

fn attributes(payload: &[u8]) -> Result<&[u8], WireError> {
    payload.get(HEADER..).ok_or(WireError::Short { got: payload.len(), want: HEADER })
}

/// The request for all families. Asked for one by its name, the kernel would load a module for it.
#[must_use]
pub fn families_request(seq: u32) -> Vec<u8> {
    request(Family(CONTROL), GET_FAMILY, seq, &[])
}

/// The number of a family, when the message is about the one of that name.
pub fn family(payload: &[u8], wanted: &str) -> Result<Option<Family>, WireError> {
    const ID: u16 = 1;
    const NAME: u16 = 2;
    let (mut id, mut is_it) = (None, false);
    for attribute in netlink::attributes(attributes(payload)?) {
        match attribute? {
            (ID, payload) => id = payload.first_chunk().copied().map(u16::from_ne_bytes),
            (NAME, payload) => is_it = name(payload) == wanted.as_bytes(),
            _ => {}
        }
    }
    Ok(id.filter(|_| is_it).map(Family))
}

/// The request for a `WireGuard` device, which needs `CAP_NET_ADMIN`. The answer holds its private key.
#[must_use]
pub fn wireguard_request(family: Family, index: IfIndex, seq: u32) -> Vec<u8> {
    const IFINDEX: u16 = 1;
    let mut body = Vec::new();
    netlink::push_attribute(&mut body, IFINDEX, &index.get().to_ne_bytes());
    request(family, GET_DEVICE, seq, &body)
}

/// The UDP port of a `WireGuard` device, in the namespace in which the device was made, which nothing tells:
/// [`is_wireguards`]. What follows the first message is about its peers alone.
pub fn wireguard_port(payload: &[u8]) -> Result<Option<u16>, WireError> {
    const LISTEN_PORT: u16 = 6;
    for attribute in netlink::attributes(attributes(payload)?) {
        if let (LISTEN_PORT, payload) = attribute? {
            return Ok(payload.first_chunk().copied().map(u16::from_ne_bytes).filter(|port| *port != 0));
        }
    }
    Ok(None)
}

/// True for a socket that sends as `WireGuard`'s do: with room for `INT_MAX` bytes (`set_sock_opts`,
/// `drivers/net/wireguard/socket.c`). No process can ask for that: what is asked for is doubled, and an
/// odd number is never the double of another (`sock_setsockopt`, `net/core/sock.c`).
#[must_use]
pub fn is_wireguards(socket: &Socket) -> bool {
    let memory = socket.details.as_ref().and_then(|details| details.memory);
    memory.and_then(|memory| memory.sndbuf) == Some(i32::MAX.unsigned_abs())
}

/// The request for the ports of foo-over-UDP.
#[must_use]
pub fn fou_request(family: Family, seq: u32) -> Vec<u8> {
    request(family, GET_FOU, seq, &[])
}

/// One such port; `None` for one that is bound to an address or an interface, or connected.
pub fn fou(payload: &[u8]) -> Result<Option<KernelUse>, WireError> {
    const PORT: u16 = 1;
    const AF: u16 = 2;
    const TYPE: u16 = 4;
    const LOCAL_V4: u16 = 6;
    const PEER_PORT: u16 = 10;
    const IFINDEX: u16 = 11;
    let (mut at, mut versions, mut what, mut plain) = (None, None, "foo-over-UDP", true);
    for attribute in netlink::attributes(attributes(payload)?) {
        let (kind, payload) = attribute?;
        match kind {
            PORT => at = port(payload).filter(|port| *port != 0),
            AF if payload == [AF_INET] => versions = Some(Reach::V4),
            AF if payload == [AF_INET6] => versions = Some(Reach::V6),
            TYPE if payload == [2] => what = "generic UDP encapsulation (GUE)", // FOU_ENCAP_GUE
            LOCAL_V4..=PEER_PORT => plain &= payload.iter().all(|byte| *byte == 0),
            IFINDEX => plain &= number(payload) == Some(0),
            _ => {}
        }
    }
    let told = at.zip(versions).filter(|_| plain);
    Ok(told.map(|(port, versions)| KernelUse { what: what.into(), seat: Seat::Port { port, versions } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![1, 2, 0, 0];
        for (kind, payload) in attributes {
            netlink::push_attribute(&mut bytes, *kind, payload);
        }
        bytes
    }

    #[test]
    fn families_are_told_by_their_whole_name() {
        let bytes = message(&[(2, b"wireguard\0"), (1, &31u16.to_ne_bytes()), (3, &[1, 0, 0, 0])]);
        assert_eq!(family(&bytes, "wireguard"), Ok(Some(Family(31))));
        assert_eq!(family(&bytes, "wire"), Ok(None));
        assert_eq!(family(&message(&[(2, b"fou\0")]), "fou"), Ok(None), "it has no number");
    }

    #[test]
    fn wireguard_tells_its_port_in_the_first_message() {
        let first = message(&[(1, &3u32.to_ne_bytes()), (2, b"wg0\0"), (6, &51820u16.to_ne_bytes())]);
        assert_eq!(wireguard_port(&first), Ok(Some(51820)));
        for without in [message(&[(8, &[0; 8])]), message(&[(6, &[0, 0])]), message(&[(6, &[1])])] {
            assert_eq!(wireguard_port(&without), Ok(None));
        }
    }

    #[test]
    fn a_socket_of_wireguard_is_told_by_what_no_process_can_ask_for() {
        let context = super::super::Context::of(crate::model::Family::Inet, crate::model::Protocol::Udp);
        for (sndbuf, is_it) in [(0x7fff_ffff_u32, true), (0x7fff_fffe, false), (212_992, false)] {
            let mut bytes = vec![2, 7, 0, 0]; // AF_INET, TCP_CLOSE
            bytes.resize(72, 0);
            let memory: Vec<u8> =
                [0, 212_992, 0, sndbuf].iter().flat_map(|word| word.to_ne_bytes()).collect();
            netlink::push_attribute(&mut bytes, 7, &memory); // INET_DIAG_SKMEMINFO
            let socket = super::super::inet_diag::decode(&bytes, &context).unwrap();
            assert_eq!(is_wireguards(&socket), is_it, "{sndbuf}");
        }
    }

    #[test]
    fn fou_ports_are_told_when_they_are_open_to_all() {
        let gue: &[(u16, &[u8])] = &[(1, &[0x15, 0xb3]), (2, &[2]), (4, &[2]), (10, &[0, 0]), (6, &[0; 4])];
        let found = |attributes: &[(u16, &[u8])]| fou(&message(attributes)).unwrap();
        let told = found(gue).unwrap();
        assert_eq!(told.what.as_bytes(), b"generic UDP encapsulation (GUE)");
        assert_eq!(told.seat, Seat::Port { port: 5555, versions: Reach::V4 });
        let plain = found(&[(1, &[0x15, 0xb3]), (2, &[10]), (4, &[1]), (7, &[0; 16])]).unwrap();
        assert_eq!(plain.what.as_bytes(), b"foo-over-UDP");
        assert_eq!(plain.seat, Seat::Port { port: 5555, versions: Reach::V6 });
        for (kind, bytes) in
            [(6, &[127, 0, 0, 1][..]), (8, &[127, 0, 0, 1]), (10, &[1, 0]), (11, &[1, 0, 0, 0])]
        {
            assert_eq!(found(&[gue, &[(kind, bytes)]].concat()), None, "attribute {kind}");
        }
        assert_eq!(found(&[(1, &[0x15, 0xb3])]), None, "no version");
        assert_eq!(found(&[(2, &[2])]), None, "no port");
    }

    #[test]
    fn requests_and_short_answers() {
        let index = IfIndex::new(3).unwrap();
        assert_eq!(wireguard_request(Family(31), index, 1).len(), 16 + 4 + 8);
        assert_eq!(&families_request(1)[16..], [3, 1, 0, 0]);
        assert_eq!(&fou_request(Family(31), 1)[4..6], 31u16.to_ne_bytes());
        let short = WireError::Short { got: 3, want: 4 };
        assert_eq!(family(&[0; 3], "fou"), Err(short));
        assert_eq!(wireguard_port(&[0; 3]), Err(short));
        assert_eq!(fou(&[0; 3]), Err(short));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _all = (family(&bytes, "fou"), wireguard_port(&bytes), fou(&bytes));
        }
    }
}
