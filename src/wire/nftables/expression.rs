//! The expressions of a rule, from their attributes (`linux/netfilter/nf_tables.h`). Numbers in there
//! are big-endian, registers and keys as `nft_expr_ops` of each kind dumps them.

use crate::model::{Family, SystemBytes};
use crate::wire::netlink::attributes;

use super::compat;

/// Where in the register file something begins, in words of 32 bits.
pub(super) type Slot = usize;

/// Where a packet goes that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// On with the next rule.
    Continue,
    Jump(SystemBytes),
    Goto(SystemBytes),
    Return,
    Accept,
    /// It never comes to another rule: it is dropped, or its address is settled otherwise.
    Stop,
    /// A target that this version does not know: it may come to another rule, or not.
    Unknown,
}

/// What a register can be loaded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// `meta l4proto`, or the same of the IP header.
    Protocol,
    /// `meta nfproto`.
    Family,
    /// The destination port.
    Port,
    /// The destination address, or its first bytes.
    Address(Family),
    /// `meta iifname`.
    Interface,
    /// `fib daddr type`.
    AddressType,
    /// Anything else of a packet.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    AtMost,
    AtLeast,
    Other,
}

/// One step of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    /// Of these many bytes.
    Load {
        to: Slot,
        source: Source,
        len: usize,
    },
    Value {
        to: Slot,
        bytes: Vec<u8>,
    },
    Mask {
        from: Slot,
        to: Slot,
        mask: Vec<u8>,
    },
    Compare {
        from: Slot,
        how: Comparison,
        bytes: Vec<u8>,
    },
    Between {
        from: Slot,
        first: Vec<u8>,
        last: Vec<u8>,
    },
    /// In a set; with `to` in a map, whose verdict or data is taken.
    Lookup {
        set: SystemBytes,
        from: Slot,
        to: Option<Gives>,
        inverted: bool,
    },
    Verdict(Verdict),
    /// The registers with address and port, each first and last.
    Dnat {
        family: Option<Family>,
        address: [Option<Slot>; 2],
        port: [Option<Slot>; 2],
    },
    Compat(compat::Extension),
    /// It lets every packet pass.
    Nothing,
    /// It lets packets pass that meet a condition, which is not understood.
    Condition,
    /// The same, and what is in the registers afterwards is not known.
    Unknown,
}

/// What a map gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    Verdict,
    Slot(Slot),
}

/// The attributes of a message by their numbers, of one number the last one.
pub(super) struct Attributes<'a>(Vec<(u16, &'a [u8])>);

impl<'a> Attributes<'a> {
    /// Those up to where lengths stop to fit.
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self(attributes(bytes).map_while(Result::ok).collect())
    }

    pub(super) fn bytes(&self, kind: u16) -> Option<&'a [u8]> {
        self.0.iter().rev().find(|(one, _)| *one == kind).map(|(_, bytes)| *bytes)
    }

    pub(super) fn number(&self, kind: u16) -> Option<u32> {
        self.bytes(kind)?.first_chunk().copied().map(u32::from_be_bytes)
    }

    /// A text with the NUL that ends it.
    pub(super) fn text(&self, kind: u16) -> Option<SystemBytes> {
        let bytes = self.bytes(kind)?;
        Some(bytes.split(|byte| *byte == 0).next().unwrap_or_default().into())
    }

    /// `NFTA_DATA_VALUE` within an attribute.
    pub(super) fn value(&self, kind: u16) -> Option<Vec<u8>> {
        Attributes::of(self.bytes(kind)?).bytes(1).map(<[u8]>::to_vec)
    }

    fn slot(&self, kind: u16) -> Option<Slot> {
        slot(self.number(kind)?)
    }
}

/// `nft_parse_register`: four registers of 16 bytes, or the same room as sixteen of four.
fn slot(register: u32) -> Option<Slot> {
    match register {
        1..=4 => Some(register as usize * 4),
        8..=23 => Some(register as usize - 4),
        _ => None,
    }
}

/// `NFTA_RULE_EXPRESSIONS`, and every other list of `NFTA_LIST_ELEM`.
pub(super) fn elements(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    attributes(list).map_while(Result::ok).filter(|(kind, _)| *kind == 1).map(|(_, element)| element)
}

/// The expression in `NFTA_EXPR_NAME` and `NFTA_EXPR_DATA`. `family` is that of the table.
pub(super) fn expression(element: &[u8], family: Option<Family>) -> Expression {
    let parts = Attributes::of(element);
    let data = Attributes::of(parts.bytes(2).unwrap_or_default());
    let name = parts.text(1).unwrap_or_else(|| "".into());
    let known = match name.as_bytes() {
        b"meta" => meta(&data),
        b"payload" => payload(&data, family),
        b"fib" => fib(&data),
        b"immediate" => immediate(&data),
        b"bitwise" => bitwise(&data),
        b"cmp" => compare(&data),
        b"range" => range(&data),
        b"lookup" => lookup(&data),
        b"nat" => nat(&data),
        b"ct" if data.bytes(5).is_some() => Some(Expression::Nothing), // sets something
        b"counter" | b"log" | b"notrack" | b"last" => Some(Expression::Nothing),
        b"redir" | b"masq" | b"reject" | b"tproxy" => Some(Expression::Verdict(Verdict::Stop)),
        b"queue" => Some(Expression::Verdict(Verdict::Unknown)),
        b"match" => compat::extension(&data, false).map(Expression::Compat),
        b"target" => compat::extension(&data, true).map(Expression::Compat),
        b"limit" | b"quota" | b"connlimit" | b"dynset" => Some(Expression::Condition),
        _ => None,
    };
    known.unwrap_or(Expression::Unknown)
}

/// `nft_meta_attributes`, `nft_meta_keys`.
fn meta(data: &Attributes<'_>) -> Option<Expression> {
    if data.bytes(3).is_some() {
        return Some(Expression::Nothing); // sets a mark or the like
    }
    let (source, len) = match data.number(2)? {
        6 => (Source::Interface, 16),
        15 => (Source::Family, 1),
        16 => (Source::Protocol, 1),
        _ => (Source::Other, 4),
    };
    Some(Expression::Load { to: data.slot(1)?, source, len })
}

/// `nft_payload_attributes`: by base, offset and length.
fn payload(data: &Attributes<'_>, family: Option<Family>) -> Option<Expression> {
    const NETWORK: u32 = 1;
    const TRANSPORT: u32 = 2;
    if data.bytes(5).is_some() {
        return Some(Expression::Nothing); // writes into the packet
    }
    let len = data.number(4)? as usize;
    let source = match (data.number(2)?, data.number(3)?, len) {
        (TRANSPORT, 2, 2) => Source::Port,
        (NETWORK, 9, 1) if family == Some(Family::Inet) => Source::Protocol,
        (NETWORK, 6, 1) if family == Some(Family::Inet6) => Source::Protocol,
        (NETWORK, 16, 1..=4) => Source::Address(Family::Inet),
        (NETWORK, 24, 1..=16) => Source::Address(Family::Inet6),
        _ => Source::Other,
    };
    Some(Expression::Load { to: data.slot(1)?, source, len })
}

/// `nft_fib_attributes`: the type of the destination address, wherever it came in.
fn fib(data: &Attributes<'_>) -> Option<Expression> {
    const TYPE: u32 = 3;
    const DESTINATION: u32 = 2;
    let of_destination = data.number(2)? == TYPE && data.number(3)? == DESTINATION;
    let source = if of_destination { Source::AddressType } else { Source::Other };
    Some(Expression::Load { to: data.slot(1)?, source, len: 4 })
}

/// `nft_immediate_attributes`: data for a register, or a verdict for register 0.
fn immediate(data: &Attributes<'_>) -> Option<Expression> {
    if data.number(1)? == 0 {
        return verdict(data.bytes(2)?).map(Expression::Verdict);
    }
    Some(Expression::Value { to: data.slot(1)?, bytes: data.value(2)? })
}

/// `NFTA_DATA_VERDICT` (`enum nft_verdicts`, `linux/netfilter.h`).
pub(super) fn verdict(data: &[u8]) -> Option<Verdict> {
    let parts = Attributes::of(Attributes::of(data).bytes(2)?);
    Some(match parts.number(1)?.cast_signed() {
        0 => Verdict::Stop,
        1 => Verdict::Accept,
        -1 | -2 => Verdict::Continue,
        -3 => Verdict::Jump(parts.text(2)?),
        -4 => Verdict::Goto(parts.text(2)?),
        -5 => Verdict::Return,
        _ => Verdict::Unknown, // a queue gives back what it likes
    })
}

/// `nft_bitwise_attributes`: as far as it is a mask.
fn bitwise(data: &Attributes<'_>) -> Option<Expression> {
    let (mask, xor) = (data.value(4)?, data.value(5)?);
    let is_mask = data.number(6).unwrap_or(0) == 0 && xor.iter().all(|byte| *byte == 0);
    let (from, to) = (data.slot(1)?, data.slot(2)?);
    Some(if is_mask {
        Expression::Mask { from, to, mask }
    } else {
        Expression::Load { to, source: Source::Other, len: mask.len() }
    })
}

/// `nft_cmp_attributes`.
fn compare(data: &Attributes<'_>) -> Option<Expression> {
    let how = match data.number(2)? {
        0 => Comparison::Equal,
        1 => Comparison::NotEqual,
        3 => Comparison::AtMost,
        5 => Comparison::AtLeast,
        _ => Comparison::Other,
    };
    Some(Expression::Compare { from: data.slot(1)?, how, bytes: data.value(3)? })
}

/// `nft_range_attributes`.
fn range(data: &Attributes<'_>) -> Option<Expression> {
    if data.number(2)? != 0 {
        return Some(Expression::Condition);
    }
    Some(Expression::Between { from: data.slot(1)?, first: data.value(3)?, last: data.value(4)? })
}

/// `nft_lookup_attributes`.
fn lookup(data: &Attributes<'_>) -> Option<Expression> {
    let to = match data.number(3) {
        None => None,
        Some(0) => Some(Gives::Verdict),
        Some(register) => Some(Gives::Slot(slot(register)?)),
    };
    let inverted = data.number(5).unwrap_or(0) & 1 != 0;
    Some(Expression::Lookup { set: data.text(1)?, from: data.slot(2)?, to, inverted })
}

/// `nft_nat_attributes`.
fn nat(data: &Attributes<'_>) -> Option<Expression> {
    const DNAT: u32 = 1;
    if data.number(1)? != DNAT {
        return Some(Expression::Verdict(Verdict::Stop));
    }
    let family = data.number(2).and_then(family);
    Some(Expression::Dnat {
        family,
        address: [data.slot(3), data.slot(4)],
        port: [data.slot(5), data.slot(6)],
    })
}

/// `NFPROTO_IPV4`, `NFPROTO_IPV6`.
pub(super) fn family(number: u32) -> Option<Family> {
    match number {
        2 => Some(Family::Inet),
        10 => Some(Family::Inet6),
        _ => None,
    }
}
