//! What the expressions of one rule come to: for which packets, and where they go then.
//!
//! The registers are followed as `nft_do_chain` fills them, with what is known in the place of values. A
//! set makes as many branches as it has elements.

use std::net::IpAddr;
use std::sync::Arc;

use super::compat::{Addresses, Extension, Target};
use super::expression::{Comparison, Expression, Gives, Slot, Source, Verdict};
use super::matching::{Match, Narrowed};
use super::set::{Data, Element};
use crate::model::{Family, Incoming, Span, SystemBytes};

/// Where the packets of a branch go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Verdict(Verdict),
    Dnat { target: Option<Span<IpAddr>>, ports: Option<Span<u16>> },
}

/// What is in registers.
#[derive(Clone, Debug)]
enum Content {
    Loaded { source: Source, len: usize, mask: Option<Vec<u8>> },
    Value(Vec<u8>),
}

impl Content {
    fn words(&self) -> usize {
        match self {
            Self::Loaded { len, .. } => len.div_ceil(4),
            Self::Value(bytes) => bytes.len().div_ceil(4),
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Registers(Vec<(Slot, Content)>);

impl Registers {
    fn put(&mut self, at: Slot, content: Content) {
        let end = at + content.words();
        self.0.retain(|(slot, old)| slot + old.words() <= at || *slot >= end);
        self.0.push((at, content));
    }

    fn get(&self, at: Slot) -> Option<&Content> {
        self.0.iter().find(|(slot, _)| *slot == at).map(|(_, content)| content)
    }

    /// The bytes of a value from this place on: a map may give several at once.
    fn value(&self, at: Slot) -> Option<&[u8]> {
        self.0.iter().find_map(|(slot, content)| match content {
            Content::Value(bytes) => {
                bytes.get(at.checked_sub(*slot)? * 4..).filter(|bytes| !bytes.is_empty())
            }
            Content::Loaded { .. } => None,
        })
    }
}

/// What becomes of branches at an expression.
struct Ways {
    /// Those that come to the next one.
    next: Vec<Branch>,
    ended: Vec<(Match, Outcome)>,
}

#[derive(Clone, Debug)]
struct Branch {
    matches: Match,
    registers: Registers,
}

/// Finds sets by name: `None` for one that was not read.
pub(super) type Sets<'a> = dyn FnMut(&SystemBytes) -> Option<Arc<[Element]>> + 'a;

/// The branches of a rule for these packets, those that end nothing left out.
pub(super) fn rule(expressions: &[Expression], matches: Match, sets: &mut Sets<'_>) -> Vec<(Match, Outcome)> {
    let mut ways =
        Ways { next: vec![Branch { matches, registers: Registers::default() }], ended: Vec::new() };
    for expression in expressions {
        for branch in std::mem::take(&mut ways.next) {
            step(expression, branch, sets, &mut ways);
        }
    }
    ways.ended
}

fn step(expression: &Expression, mut branch: Branch, sets: &mut Sets<'_>, ways: &mut Ways) {
    match expression {
        Expression::Nothing => {}
        Expression::Condition => branch.matches.conditional = true,
        Expression::Unknown => branch = Branch { matches: branch.matches.perhaps(), ..Branch::new() },
        Expression::Load { to, source, len } => {
            branch.registers.put(*to, Content::Loaded { source: *source, len: *len, mask: None });
        }
        Expression::Value { to, bytes } => branch.registers.put(*to, Content::Value(bytes.clone())),
        Expression::Mask { from, to, mask } => branch.mask(*from, *to, mask),
        Expression::Compare { from, how, bytes } => {
            ways.next.extend(branch.compare(*from, *how, bytes));
            return;
        }
        Expression::Between { from, first, last } => {
            ways.next.extend(branch.between(*from, first, last));
            return;
        }
        Expression::Lookup { set, from, to, inverted } => {
            match sets(set) {
                Some(elements) if !inverted => branch.lookup(&elements, *from, *to, ways),
                _ => ways.next.extend((*to != Some(Gives::Verdict)).then(|| branch.doubted())),
            }
            return;
        }
        Expression::Compat(extension) => {
            branch.extension(extension, ways);
            return;
        }
        Expression::Verdict(verdict) => {
            ways.ended.push((branch.matches, Outcome::Verdict(verdict.clone())));
            return;
        }
        Expression::Dnat { family, address, port } => {
            ways.ended.push(branch.dnat(*family, *address, *port));
            return;
        }
    }
    ways.next.push(branch);
}

impl Branch {
    fn new() -> Self {
        Self { matches: Match::default(), registers: Registers::default() }
    }

    fn doubted(self) -> Self {
        Self { matches: self.matches.perhaps(), ..self }
    }

    fn narrowed(self, narrowed: Narrowed) -> Option<Self> {
        match narrowed {
            Narrowed::To(matches) => Some(Self { matches, ..self }),
            Narrowed::Never => None,
        }
    }

    fn mask(&mut self, from: Slot, to: Slot, mask: &[u8]) {
        let masked = match self.registers.get(from) {
            Some(Content::Loaded { source, len, mask: None }) if *len == mask.len() => {
                Content::Loaded { source: *source, len: *len, mask: Some(mask.to_vec()) }
            }
            _ => Content::Loaded { source: Source::Other, len: mask.len(), mask: None },
        };
        self.registers.put(to, masked);
    }

    fn compare(self, from: Slot, how: Comparison, bytes: &[u8]) -> Option<Self> {
        let end = |byte| vec![byte; bytes.len()];
        match how {
            Comparison::Equal => self.between(from, bytes, bytes),
            Comparison::AtMost => self.between(from, &end(0), bytes),
            Comparison::AtLeast => self.between(from, bytes, &end(0xff)),
            Comparison::NotEqual => self.differs(from, bytes),
            Comparison::Other => Some(self.doubted()),
        }
    }

    fn between(self, from: Slot, first: &[u8], last: &[u8]) -> Option<Self> {
        let Some(content) = self.registers.get(from) else { return Some(self.doubted()) };
        let narrowed = narrow(self.matches.clone(), content, first, last);
        self.narrowed(narrowed)
    }

    fn differs(self, from: Slot, bytes: &[u8]) -> Option<Self> {
        let Some(Content::Loaded { source, mask: None, .. }) = self.registers.get(from) else {
            return Some(self.doubted());
        };
        match (source, interface(bytes)) {
            (Source::Interface, Some(name)) => {
                let narrowed = self.matches.clone().through(&Incoming::NotFrom(name));
                self.narrowed(narrowed)
            }
            (Source::AddressType, _) if bytes == LOCAL => None,
            _ => Some(self.doubted()),
        }
    }

    /// A branch for each element that can be met.
    fn lookup(self, elements: &[Element], from: Slot, to: Option<Gives>, ways: &mut Ways) {
        for element in elements {
            let Some(mut branch) = self.clone().at(element, from) else { continue };
            match (to, &element.data) {
                (None, _) => ways.next.push(branch),
                (Some(Gives::Verdict), Some(Data::Verdict(verdict))) => {
                    ways.ended.push((branch.matches, Outcome::Verdict(verdict.clone())));
                }
                (Some(Gives::Slot(slot)), Some(Data::Value(bytes))) => {
                    branch.registers.put(slot, Content::Value(bytes.clone()));
                    ways.next.push(branch);
                }
                (Some(Gives::Verdict), _) => {}
                (Some(Gives::Slot(_)), _) => ways.next.push(branch.doubted()),
            }
        }
    }

    /// Where the key is this element. A key of several parts begins each at a word of its own.
    fn at(mut self, element: &Element, from: Slot) -> Option<Self> {
        let Some((first, last)) = &element.key else { return Some(self.doubted()) };
        let mut at = 0;
        while at < first.len() {
            let content = self.registers.get(from + at / 4);
            let Some(Content::Loaded { len, .. }) = content else {
                self = self.doubted();
                at += 4;
                continue;
            };
            let end = at + (*len).max(1);
            match (content, first.get(at..end), last.get(at..end)) {
                (Some(content), Some(first), Some(last)) => {
                    let narrowed = narrow(self.matches.clone(), content, first, last);
                    self = self.narrowed(narrowed)?;
                }
                _ => self = self.doubted(),
            }
            at = end.next_multiple_of(4);
        }
        Some(self)
    }

    fn extension(self, extension: &Extension, ways: &mut Ways) {
        match extension {
            Extension::Nothing | Extension::OwnAddress => ways.next.push(self),
            Extension::OtherAddress => {}
            Extension::Condition => ways.next.push(self.doubted()),
            Extension::Ports(spans) => ways.next.extend(spans.iter().filter_map(|span| {
                let branch = self.clone();
                let narrowed = branch.matches.clone().at_ports(*span);
                branch.narrowed(narrowed)
            })),
            Extension::Verdict(verdict) => ways.ended.push((self.matches, Outcome::Verdict(verdict.clone()))),
            Extension::Dnat(Target { address, ports }) => {
                let family = self.matches.family;
                let target = address.as_ref().and_then(|address| addresses(address, family));
                let known = target.is_some() || ports.is_some();
                let matches = if known { self.matches } else { self.matches.perhaps() };
                ways.ended.push((matches, Outcome::Dnat { target, ports: *ports }));
            }
        }
    }

    /// `nft_nat_eval`: a range that lacks its last ends where it begins.
    fn dnat(
        self,
        family: Option<Family>,
        address: [Option<Slot>; 2],
        port: [Option<Slot>; 2],
    ) -> (Match, Outcome) {
        let family = family.or(self.matches.family);
        let one = |slot: Slot| {
            let bytes = self.registers.value(slot)?;
            match family? {
                Family::Inet => bytes.first_chunk::<4>().map(|bytes| IpAddr::from(*bytes)),
                _ => bytes.first_chunk::<16>().map(|bytes| IpAddr::from(*bytes)),
            }
        };
        let target = address[0].and_then(|first| {
            Some(Span { first: one(first)?, last: address[1].map_or_else(|| one(first), one)? })
        });
        let number = |slot| self.registers.value(slot)?.first_chunk().copied().map(u16::from_be_bytes);
        let ports = port[0].and_then(|first| {
            Some(Span { first: number(first)?, last: port[1].map_or_else(|| number(first), number)? })
        });
        let untold = (address[0].is_some() && target.is_none()) || (port[0].is_some() && ports.is_none());
        let matches = match (family, target) {
            // Another address cannot be put into a packet of the other version.
            (Some(family), Some(_)) => match self.matches.clone().of_family(family) {
                Narrowed::To(matches) => matches,
                Narrowed::Never => self.matches.perhaps(),
            },
            _ => self.matches,
        };
        let matches = if untold { matches.perhaps() } else { matches };
        (matches, Outcome::Dnat { target, ports })
    }
}

fn addresses(address: &Addresses, family: Option<Family>) -> Option<Span<IpAddr>> {
    match family? {
        Family::Inet => Some(address.v4()),
        Family::Inet6 => Some(address.v6()),
        _ => None,
    }
}

/// `RTN_LOCAL` (`linux/rtnetlink.h`), as `nft_fib_store_result` writes it.
const LOCAL: [u8; 4] = 2u32.to_ne_bytes();

/// The packets whose loaded bytes are between these.
fn narrow(matches: Match, content: &Content, first: &[u8], last: &[u8]) -> Narrowed {
    let doubted = |matches: Match| Narrowed::To(matches.perhaps());
    let Content::Loaded { source, mask, .. } = content else { return doubted(matches) };
    let one = (first == last).then(|| first.first().copied()).flatten();
    match (source, one) {
        (Source::Address(family), _) => match address_span(*family, mask.as_deref(), first, last) {
            Some(span) => matches.at_host(span),
            None => doubted(matches),
        },
        _ if mask.is_some() => doubted(matches),
        (Source::Port, _) => match (port(first), port(last)) {
            (Some(first), Some(last)) => matches.at_ports(Span { first, last }),
            _ => doubted(matches),
        },
        (Source::Protocol, Some(number)) => matches.of_protocol(number),
        (Source::Family, Some(number)) => match super::expression::family(number.into()) {
            Some(family) => matches.of_family(family),
            None => doubted(matches),
        },
        (Source::Interface, Some(_)) => match interface(first) {
            Some(name) => matches.through(&Incoming::From(name)),
            None => doubted(matches),
        },
        (Source::AddressType, Some(_)) if first == LOCAL => Narrowed::To(matches),
        _ => doubted(matches),
    }
}

/// The addresses that begin with bytes between these. A mask has to leave the end free.
fn address_span(family: Family, mask: Option<&[u8]>, first: &[u8], last: &[u8]) -> Option<Span<IpAddr>> {
    let mut last = last.to_vec();
    if let Some(mask) = mask {
        let ones: u32 = mask.iter().map(|byte| byte.leading_ones()).sum();
        let all: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
        let ends = mask.iter().skip_while(|byte| **byte == 0xff).skip(1).all(|byte| *byte == 0);
        if first != last || ones != all || !ends {
            return None;
        }
        last.iter_mut().zip(mask).for_each(|(byte, mask)| *byte |= !mask);
    }
    Some(Span { first: address(family, first, 0)?, last: address(family, &last, 0xff)? })
}

/// The address that begins so, filled up.
fn address(family: Family, start: &[u8], fill: u8) -> Option<IpAddr> {
    let mut bytes = [fill; 16];
    bytes.get_mut(..start.len())?.copy_from_slice(start);
    Some(match family {
        Family::Inet => IpAddr::from(bytes.first_chunk::<4>().copied()?),
        _ => IpAddr::from(bytes),
    })
}

fn port(bytes: &[u8]) -> Option<u16> {
    bytes.first_chunk().copied().map(u16::from_be_bytes)
}

/// A name with the NUL that ends it. Without one it is the beginning of names.
fn interface(bytes: &[u8]) -> Option<SystemBytes> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some(bytes[..end].into())
}
