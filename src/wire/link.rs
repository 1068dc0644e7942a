//! Links of rtnetlink (`linux/rtnetlink.h`, `linux/if_link.h`): the tunnels whose UDP port they tell.
//!
//! A tunnel has its socket while its device is up, in the namespace in which the device was made. What
//! a link does not tell is not guessed.

use zerocopy::byteorder::native_endian::{I32, U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{WireError, name, netlink, port, prefix};
use crate::model::{IfIndex, KernelUse, Reach, Seat, SystemBytes};

/// `RTM_GETLINK`
const GET_LINK: u16 = 18;
/// `IFLA_*`
const IFNAME: u16 = 3;
const LINKINFO: u16 = 18;
const EXT_MASK: u16 = 29;
const LINK_NETNSID: u16 = 37;
/// `IFLA_INFO_*`
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
/// `RTEXT_FILTER_SKIP_STATS`: they are most of an answer.
const SKIP_STATS: u32 = 1 << 3;
const IFF_UP: u32 = 1;

/// `struct ifinfomsg`, 16 bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Info {
    family: u8,
    pad: u8,
    kind: U16,
    index: I32,
    flags: U32,
    change: U32,
}

/// A link that has UDP sockets of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tunnel {
    /// It tells where they are.
    Told(KernelUse),
    /// It has to be asked through generic netlink.
    WireGuard { index: IfIndex, name: SystemBytes },
}

/// The request that dumps all links.
#[must_use]
pub fn dump_request(seq: u32) -> Vec<u8> {
    let zero = || U32::from(0);
    let info = Info { family: 0, pad: 0, kind: 0.into(), index: 0.into(), flags: zero(), change: zero() };
    let mut body = info.as_bytes().to_vec();
    netlink::push_attribute(&mut body, EXT_MASK, &SKIP_STATS.to_ne_bytes());
    netlink::dump_request(GET_LINK, seq, &body)
}

/// The tunnel of an `RTM_NEWLINK` message, when it is one that has sockets in this namespace.
pub fn decode(payload: &[u8]) -> Result<Option<Tunnel>, WireError> {
    let (info, attributes) = prefix::<Info>(payload)?;
    let (mut device, mut link_info) = (None, None);
    for attribute in netlink::attributes(attributes) {
        match attribute? {
            (IFNAME, payload) => device = Some(name(payload)),
            (LINKINFO, payload) => link_info = Some(payload),
            // It was made in another namespace, and there its sockets are (`rtnl_fill_link_netnsid`).
            (LINK_NETNSID, _) => return Ok(None),
            _ => {}
        }
    }
    let (Some(device), Some(link_info)) = (device, link_info) else { return Ok(None) };
    if info.flags.get() & IFF_UP == 0 {
        return Ok(None);
    }
    let (mut kind, mut data) = (None, None);
    for attribute in netlink::attributes(link_info) {
        match attribute? {
            (INFO_KIND, payload) => kind = Some(name(payload)),
            (INFO_DATA, payload) => data = Some(payload),
            _ => {}
        }
    }
    let told = |words: &str, seat: Option<Seat>| {
        seat.map(|seat| Tunnel::Told(KernelUse { what: called(words, device), seat }))
    };
    let data = data.unwrap_or_default();
    Ok(match kind {
        Some(b"vxlan") => told("VXLAN device", VXLAN.seat(data)?),
        Some(b"geneve") => told("GENEVE device", GENEVE.seat(data)?),
        Some(b"bareudp") => told("bareudp device", BAREUDP.seat(data)?),
        Some(b"wireguard") => {
            let index = u32::try_from(info.index.get()).ok().and_then(IfIndex::new);
            index.map(|index| Tunnel::WireGuard { index, name: device.into() })
        }
        _ => None,
    })
}

/// What something is, and its name.
#[must_use]
pub fn called(words: &str, name: &[u8]) -> SystemBytes {
    [words.as_bytes(), b" ", name].concat().into()
}

/// Which attributes of a kind of tunnel say where its sockets are.
struct Layout {
    port: u16,
    /// Any of these is there for one of IPv6 alone.
    v6: &'static [u16],
    /// This is there for one that takes its addresses from routes: it has a socket of either version.
    both: Option<u16>,
    /// Without any of them.
    otherwise: Reach,
}

/// `IFLA_VXLAN_PORT`, `_GROUP6`, `_LOCAL6`, `_COLLECT_METADATA`; `vxlan_sock_add`, which binds to an
/// address of its own only when told to, and then no port is shown as open to all.
const VXLAN: Layout = Layout { port: 15, v6: &[16, 17], both: Some(25), otherwise: Reach::V4 };
/// `IFLA_GENEVE_PORT`, `_REMOTE6`, `_COLLECT_METADATA`; `geneve_open`.
const GENEVE: Layout = Layout { port: 5, v6: &[7], both: Some(6), otherwise: Reach::V4 };
/// `IFLA_BAREUDP_PORT`; `bareudp_create_sock`: of IPv6, which serves IPv4 too, or without IPv6 of IPv4.
const BAREUDP: Layout = Layout { port: 1, v6: &[], both: None, otherwise: Reach::Both };

impl Layout {
    fn seat(&self, data: &[u8]) -> Result<Option<Seat>, WireError> {
        let (mut at, mut versions) = (None, self.otherwise);
        for attribute in netlink::attributes(data) {
            let (kind, payload) = attribute?;
            if kind == self.port {
                at = port(payload).filter(|port| *port != 0);
            } else if self.both == Some(kind) && payload.first() != Some(&0) {
                versions = Reach::Both; // a flag without payload, or a number
            } else if self.v6.contains(&kind) && versions != Reach::Both {
                versions = Reach::V6;
            }
        }
        Ok(at.map(|port| Seat::Port { port, versions }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer of Linux 6.18 to `ip link add vx0 type vxlan id 1 dstport 4789 dev lo`, up; statistics and
    /// what else is of no interest left out.
    fn message(flags: u32, kind: &str, data: &[(u16, &[u8])], more: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 1, 0]; // AF_UNSPEC, ARPHRD_ETHER
        bytes.extend(2i32.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend([0; 4]);
        netlink::push_attribute(&mut bytes, IFNAME, b"vx0\0");
        let (mut info, mut inner) = (Vec::new(), Vec::new());
        for (kind, payload) in data {
            netlink::push_attribute(&mut inner, *kind, payload);
        }
        netlink::push_attribute(&mut info, INFO_KIND, format!("{kind}\0").as_bytes());
        netlink::push_attribute(&mut info, INFO_DATA, &inner);
        netlink::push_attribute(&mut bytes, LINKINFO, &info);
        for (kind, payload) in more {
            netlink::push_attribute(&mut bytes, *kind, payload);
        }
        bytes
    }

    const UP: u32 = 0x1043;
    /// 4789 in network order.
    const PORT: &[u8] = &[0x12, 0xb5];

    fn told(bytes: &[u8]) -> Option<(String, Seat)> {
        match decode(bytes).unwrap()? {
            Tunnel::Told(told) => {
                Some((String::from_utf8_lossy(told.what.as_bytes()).into_owned(), told.seat))
            }
            Tunnel::WireGuard { .. } => panic!("it is no WireGuard"),
        }
    }

    #[test]
    fn tunnels_tell_their_port_and_versions() {
        type Data<'a> = &'a [(u16, &'a [u8])];
        let at = |versions| Some(Seat::Port { port: 4789, versions });
        let cases: &[(&str, Data<'_>, Option<Seat>)] = &[
            ("vxlan", &[(1, &[1, 0, 0, 0]), (15, PORT)], at(Reach::V4)),
            ("vxlan", &[(2, &[10, 0, 0, 1]), (15, PORT), (25, &[0])], at(Reach::V4)),
            ("vxlan", &[(16, &[1; 16]), (15, PORT)], at(Reach::V6)),
            ("vxlan", &[(17, &[1; 16]), (15, PORT)], at(Reach::V6)),
            ("vxlan", &[(25, &[1]), (15, PORT), (17, &[1; 16])], at(Reach::Both)),
            ("geneve", &[(2, &[10, 0, 0, 1]), (5, PORT)], at(Reach::V4)),
            ("geneve", &[(7, &[1; 16]), (5, PORT)], at(Reach::V6)),
            ("geneve", &[(6, &[]), (5, PORT)], at(Reach::Both)),
            ("bareudp", &[(1, PORT)], at(Reach::Both)),
            ("vxlan", &[(15, &[0, 0])], None),
            ("vxlan", &[(15, &[1])], None),
            ("vxlan", &[], None),
            ("veth", &[(15, PORT)], None),
        ];
        for (kind, data, seat) in cases {
            let found = told(&message(UP, kind, data, &[])).map(|(_, seat)| seat);
            assert_eq!(found, *seat, "{kind} {data:?}");
        }
    }

    /// `IFLA_LINKINFO` as Linux 6.18 sends it for `ip link add vx0 type vxlan id 1 dstport 4789 dev lo`.
    const INFO: &str = "0a00010076786c616e000000d00002000800010001000000080003000100000005000500000000000500\
        1c0000000000050006000000000005001d000000000008001a0000000000080020000000000005000700010000000500\
        0b000000000005000c000000000005000d000000000005000e0000000000050019000000000008000800\
        2c010000080009000000000006000f0012b500000500120001000000050013000000000005001400000000000500150000\
        000000050016000000000005001f000100000008000a00000000000c002100f7ffffff000000ff";

    #[test]
    fn what_a_kernel_sent() {
        let digits: Vec<char> = INFO.chars().collect();
        let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
        let info: Vec<u8> = digits.chunks(2).map(byte).collect();
        let mut bytes = vec![0, 0, 1, 0, 2, 0, 0, 0, 0x43, 0x10, 1, 0, 0, 0, 0, 0];
        netlink::push_attribute(&mut bytes, IFNAME, b"vx0\0");
        netlink::push_attribute(&mut bytes, LINKINFO, &info);
        let seat = Seat::Port { port: 4789, versions: Reach::V4 };
        assert_eq!(told(&bytes), Some(("VXLAN device vx0".to_owned(), seat)));
    }

    #[test]
    fn they_are_told_by_their_name() {
        let what = |kind| told(&message(UP, kind, &[(15, PORT), (5, PORT), (1, PORT)], &[])).unwrap().0;
        assert_eq!(what("vxlan"), "VXLAN device vx0");
        assert_eq!(what("geneve"), "GENEVE device vx0");
        assert_eq!(what("bareudp"), "bareudp device vx0");
    }

    #[test]
    fn one_that_is_down_or_was_made_elsewhere_has_no_socket_here() {
        let data: &[(u16, &[u8])] = &[(15, PORT)];
        assert_eq!(decode(&message(UP & !IFF_UP, "vxlan", data, &[])), Ok(None));
        assert_eq!(decode(&message(UP, "vxlan", data, &[(LINK_NETNSID, &[0; 4])])), Ok(None));
        assert_eq!(decode(&message(0, "wireguard", &[], &[])), Ok(None));
    }

    #[test]
    fn wireguard_has_to_be_asked() {
        let index = IfIndex::new(2).unwrap();
        let found = decode(&message(UP, "wireguard", &[], &[]));
        assert_eq!(found, Ok(Some(Tunnel::WireGuard { index, name: b"vx0".into() })));
    }

    #[test]
    fn a_short_message_is_an_error() {
        assert_eq!(decode(&[0; 15]), Err(WireError::Short { got: 15, want: 16 }));
        let request = dump_request(7);
        assert_eq!((request.len(), &request[4..8]), (16 + 16 + 8, &[18, 0, 1, 3][..]));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, tail: Vec<u8>) {
            let _link = decode(&bytes);
            let _link = decode(&message(UP, "vxlan", &[(15, &tail)], &[(LINKINFO, &bytes)]));
        }
    }
}
