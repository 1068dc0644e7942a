//! Matches and targets of iptables inside rules of nftables (`linux/netfilter/nf_tables_compat.h`): the
//! structs of `x_tables` as they are, in the byte order of the machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::model::Span;

use super::expression::{Attributes, Verdict};

/// What a match asks, or a target does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Extension {
    /// The destination port is in one of these.
    Ports(Vec<Span<u16>>),
    /// The destination is an address of this host.
    OwnAddress,
    /// It is none: no packet for a port of this host.
    OtherAddress,
    Nothing,
    Condition,
    Verdict(Verdict),
    Dnat(Target),
}

/// What DNAT makes of the destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) address: Option<Addresses>,
    pub(super) ports: Option<Span<u16>>,
}

/// Four or sixteen bytes, of which the family of the table or of the rule tells how many count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Addresses {
    pub(super) first: [u8; 16],
    pub(super) last: [u8; 16],
}

impl Addresses {
    pub(super) fn v4(&self) -> Span<IpAddr> {
        let address = |[a, b, c, d, ..]: [u8; 16]| IpAddr::from(Ipv4Addr::new(a, b, c, d));
        Span { first: address(self.first), last: address(self.last) }
    }

    pub(super) fn v6(&self) -> Span<IpAddr> {
        Span { first: Ipv6Addr::from(self.first).into(), last: Ipv6Addr::from(self.last).into() }
    }
}

/// The extension in `nft_match_attributes` or `nft_target_attributes`: name, revision, struct.
pub(super) fn extension(data: &Attributes<'_>, is_target: bool) -> Option<Extension> {
    let (name, revision, info) = (data.text(1)?, data.number(2)?, data.bytes(3)?);
    let known = match (is_target, name.as_bytes(), revision) {
        (false, b"tcp", 0) => tcp(info),
        (false, b"udp" | b"udplite", 0) => udp(info),
        (false, b"multiport", 1) => multiport(info),
        (false, b"addrtype", 1) => address_type(info),
        (false, b"comment", _) => Some(Extension::Nothing),
        (false, ..) => Some(Extension::Condition),
        (true, b"DNAT", 0) => range_v0(info).or(Some(Extension::Dnat(Target::default()))),
        (true, b"DNAT", 1 | 2) => range(info).or(Some(Extension::Dnat(Target::default()))),
        (true, b"DNAT", _) => Some(Extension::Dnat(Target::default())),
        (true, b"MARK" | b"CONNMARK" | b"LOG" | b"NFLOG" | b"TRACE" | b"AUDIT", _) => {
            Some(Extension::Nothing)
        }
        (true, b"REDIRECT" | b"NETMAP" | b"SNAT" | b"MASQUERADE", _) => {
            Some(Extension::Verdict(Verdict::Stop))
        }
        (true, ..) => Some(Extension::Verdict(Verdict::Unknown)),
    };
    // A struct that is too short says nothing.
    Some(known.unwrap_or(Extension::Condition))
}

fn native(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_ne_bytes)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

/// The ports of a struct that begins with those of the source and goes on with those of the destination;
/// a condition unless all of the source and none of the rest is asked for.
fn ports(info: &[u8], others: bool) -> Option<Extension> {
    let source = Span { first: native(info, 0)?, last: native(info, 2)? };
    let ports = Span { first: native(info, 4)?, last: native(info, 6)? };
    let plain = !others && source == Span { first: 0, last: u16::MAX };
    Some(if plain { Extension::Ports(vec![ports]) } else { Extension::Condition })
}

/// `struct xt_tcp`: ports, option, mask and value of flags, what is inverted.
fn tcp(info: &[u8]) -> Option<Extension> {
    let rest = info.get(8..12)?;
    ports(info, rest[0] != 0 || rest[1] != 0 || rest[3] != 0)
}

/// `struct xt_udp`: ports, what is inverted.
fn udp(info: &[u8]) -> Option<Extension> {
    ports(info, *info.get(8)? != 0)
}

/// `struct xt_multiport_v1`: `XT_MULTIPORT_DESTINATION`, how many, the ports, which of them begin a
/// range, whether it is inverted.
fn multiport(info: &[u8]) -> Option<Extension> {
    const DESTINATION: u8 = 1;
    const MOST: usize = 15;
    let (kind, count) = (*info.first()?, usize::from(*info.get(1)?));
    let inverted = *info.get(2 + 3 * MOST)? != 0;
    if kind != DESTINATION || inverted || count > MOST {
        return Some(Extension::Condition);
    }
    let mut spans = Vec::new();
    let mut at = 0;
    while at < count {
        let first = native(info, 2 + 2 * at)?;
        let begins = *info.get(2 + 2 * MOST + at)? != 0;
        at += usize::from(begins);
        spans.push(Span { first, last: native(info, 2 + 2 * at)? });
        at += 1;
    }
    Some(Extension::Ports(spans))
}

/// `struct xt_addrtype_info_v1`: bits of source and destination types, flags.
fn address_type(info: &[u8]) -> Option<Extension> {
    const LOCAL: u16 = 1 << 2;
    const INVERT_DESTINATION: u32 = 2;
    Some(match (native(info, 0)?, native(info, 2)?, number(info, 4)?) {
        (0, LOCAL, 0) => Extension::OwnAddress,
        (0, LOCAL, INVERT_DESTINATION) => Extension::OtherAddress,
        _ => Extension::Condition,
    })
}

/// `NF_NAT_RANGE_MAP_IPS` and `NF_NAT_RANGE_PROTO_SPECIFIED`.
fn target(flags: u32, address: Addresses, ports: Span<u16>) -> Extension {
    Extension::Dnat(Target {
        address: (flags & 1 != 0).then_some(address),
        ports: (flags & 2 != 0).then_some(ports),
    })
}

fn port(info: &[u8], at: usize) -> Option<u16> {
    info.get(at..)?.first_chunk().copied().map(u16::from_be_bytes)
}

/// `struct nf_nat_range`, of which `nf_nat_range2` is longer.
fn range(info: &[u8]) -> Option<Extension> {
    let flags = number(info, 0)?;
    let address = |at: usize| info.get(at..)?.first_chunk().copied();
    let addresses = Addresses { first: address(4)?, last: address(20)? };
    Some(target(flags, addresses, Span { first: port(info, 36)?, last: port(info, 38)? }))
}

/// `struct nf_nat_ipv4_multi_range_compat`: a number of ranges, which is one, and the range.
fn range_v0(info: &[u8]) -> Option<Extension> {
    let flags = number(info, 4)?;
    let address = |at: usize| {
        let four: [u8; 4] = info.get(at..)?.first_chunk().copied()?;
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&four);
        Some(bytes)
    };
    let addresses = Addresses { first: address(8)?, last: address(12)? };
    Some(target(flags, addresses, Span { first: port(info, 16)?, last: port(info, 18)? }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::netlink::push_attribute;

    fn of(name: &str, revision: u32, info: &[u8], is_target: bool) -> Extension {
        let mut bytes = Vec::new();
        push_attribute(&mut bytes, 1, format!("{name}\0").as_bytes());
        push_attribute(&mut bytes, 2, &revision.to_be_bytes());
        push_attribute(&mut bytes, 3, info);
        extension(&Attributes::of(&bytes), is_target).unwrap()
    }

    fn words(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    fn span(first: u16, last: u16) -> Span<u16> {
        Span { first, last }
    }

    #[test]
    fn matches_that_ask_for_ports() {
        let ports = |spans: &[Span<u16>]| Extension::Ports(spans.to_vec());
        let with = |ports: &[u16], rest: &[u8]| [words(ports), rest.to_vec()].concat();
        let all = [0, 65535, 8080, 8090];
        for (what, name, info, told) in [
            ("tcp", "tcp", with(&all, &[0, 0, 0, 0]), ports(&[span(8080, 8090)])),
            ("of a source", "tcp", with(&[1, 2, 80, 80], &[0; 4]), Extension::Condition),
            ("with flags", "tcp", with(&all, &[0, 2, 2, 0]), Extension::Condition),
            ("negated", "tcp", with(&all, &[0, 0, 0, 2]), Extension::Condition),
            ("cut", "tcp", with(&all, &[0, 0, 0]), Extension::Condition),
            ("udp", "udp", with(&all, &[0]), ports(&[span(8080, 8090)])),
            ("negated", "udp", with(&all, &[2]), Extension::Condition),
            ("another match", "mark", vec![0; 64], Extension::Condition),
            ("a comment", "comment", vec![0; 256], Extension::Nothing),
        ] {
            assert_eq!(of(name, 0, &info, false), told, "{name} {what}");
        }
    }

    #[test]
    fn multiport_lists_ports_and_ranges() {
        let info = |kind, count, inverted| {
            let mut info = vec![kind, count];
            info.extend(words(&[1, 2, 4, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
            info.extend([0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, inverted]);
            of("multiport", 1, &info, false)
        };
        assert_eq!(info(1, 4, 0), Extension::Ports(vec![span(1, 1), span(2, 4), span(9, 9)]));
        assert_eq!(info(1, 4, 1), Extension::Condition);
        assert_eq!(info(0, 4, 0), Extension::Condition, "of the source");
        assert_eq!(info(1, 16, 0), Extension::Condition, "more than there is room for");
    }

    #[test]
    fn types_of_addresses() {
        let info = |source, destination, flags: u32| {
            of("addrtype", 1, &[words(&[source, destination]), flags.to_ne_bytes().to_vec()].concat(), false)
        };
        assert_eq!(info(0, 4, 0), Extension::OwnAddress);
        assert_eq!(info(0, 4, 2), Extension::OtherAddress);
        assert_eq!(info(4, 4, 0), Extension::Condition);
        assert_eq!(info(0, 8, 0), Extension::Condition);
    }

    #[test]
    fn targets_of_every_revision() {
        let (first, last) = ([10, 0, 0, 2], [10, 0, 0, 3]);
        let ports = [80u16, 81].map(u16::to_be_bytes).concat();
        let wide = |four: [u8; 4]| [four.to_vec(), vec![0; 12]].concat();
        let v0 = [&1u32.to_ne_bytes()[..], &3u32.to_ne_bytes(), &first, &last, &ports].concat();
        let v1 = [&3u32.to_ne_bytes()[..], &wide(first), &wide(last), &ports].concat();
        let v2 = [&v1[..], &[0; 4]].concat();
        for (revision, info) in [(0, &v0), (1, &v1), (2, &v2)] {
            let Extension::Dnat(target) = of("DNAT", revision, info, true) else { panic!("{revision}") };
            let addresses = target.address.unwrap().v4();
            assert_eq!(addresses, Span { first: first.into(), last: last.into() }, "{revision}");
            assert_eq!(target.ports, Some(span(80, 81)), "{revision}");
        }
        let alone = [&1u32.to_ne_bytes()[..], &v1[4..]].concat();
        let Extension::Dnat(target) = of("DNAT", 1, &alone, true) else { panic!("no port") };
        assert_eq!(target.ports, None, "the port is kept");
        assert_eq!(of("DNAT", 2, &v1[..30], true), Extension::Dnat(Target::default()), "cut short");
        assert_eq!(of("DNAT", 9, &v1, true), Extension::Dnat(Target::default()));
        assert_eq!(of("MARK", 2, &[0; 8], true), Extension::Nothing);
        assert_eq!(of("REDIRECT", 0, &[0; 8], true), Extension::Verdict(Verdict::Stop));
        assert_eq!(of("OTHER", 0, &[0; 8], true), Extension::Verdict(Verdict::Unknown));
    }
}
