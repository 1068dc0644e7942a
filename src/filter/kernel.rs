//! The part of a filter that goes into the kernel: a set of states, and addresses, ports, marks,
//! interfaces and cgroups as `INET_DIAG` bytecode (`linux/inet_diag.h`, `inet_diag_bc_run` in `net/ipv4/inet_diag.c`).
//!
//! What cannot be said there is left out, so that too many sockets may pass, never too few.

use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::Filter;
use super::condition::{Condition, Test};
use super::expr::Expr;
use super::host::{End, Host, Network};
use super::names::Flag;
use super::pattern::Pattern;
use super::quantity::Numbers;
use crate::model::{Blank, Named, Narrow, State};

/// `INET_DIAG_BC_*`.
const JUMP: u8 = 1;
const SOURCE_AT_LEAST: u8 = 2;
const SOURCE_AT_MOST: u8 = 3;
const TARGET_AT_LEAST: u8 = 4;
const TARGET_AT_MOST: u8 = 5;
const SOURCE: u8 = 7;
const TARGET: u8 = 8;
const DEVICE: u8 = 9;
const MARK: u8 = 10;
const CGROUP: u8 = 13;
/// Lets all pass.
const NOTHING: u8 = 0;
/// A longer program is not worth its time.
const LONGEST: usize = 4096;

impl Filter {
    /// What the kernel can judge of it. `offered` are the states that are asked for beside it.
    #[must_use]
    pub fn narrow(&self, offered: impl Fn(State) -> bool) -> Narrow {
        let may = |state: &State| {
            let verdict = self.expr.as_ref().and_then(|expr| expr.verdict(&|it| of_state(it, *state)));
            offered(*state) && verdict != Some(false)
        };
        let states = State::ALL.iter().copied().filter(may).collect();
        let code = self.expr.as_ref().and_then(Code::of).filter(|code| code.bytes.len() <= LONGEST);
        let Code { bytes, blanks, .. } = code.unwrap_or_default();
        Narrow { states, code: bytes.into(), blanks: blanks.into() }
    }
}

/// What holds of every socket in that state.
fn of_state(condition: &Condition, state: State) -> Option<bool> {
    match condition {
        Condition::States(states) | Condition::Flag(Flag::States(states)) => Some(states.has(state)),
        Condition::Field(field, Test::Words(words)) if field.key == "state" => {
            Some(words.contains(&state.word()))
        }
        _ => None,
    }
}

/// A program. It accepts by running to its end, and refuses by a jump to four bytes behind.
#[derive(Default)]
struct Code {
    bytes: Vec<u8>,
    /// The operations that want a number yet.
    blanks: Vec<Blank>,
    /// True when it accepts just what is asked for, so that it can be turned round.
    exact: bool,
}

impl Code {
    /// What can be said of an expression; `None` for nothing.
    fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::All(all) => {
                let codes: Vec<Option<Self>> = all.iter().map(Self::of).collect();
                let exact = codes.iter().all(Option::is_some);
                let joined = codes.into_iter().flatten().reduce(Self::and)?;
                Some(Self { exact: joined.exact && exact, ..joined })
            }
            Expr::Any(any) => {
                any.iter().map(Self::of).collect::<Option<Vec<_>>>()?.into_iter().reduce(Self::or)
            }
            Expr::Not(expr) => Self::of(expr).filter(|code| code.exact).map(Self::not),
            Expr::Is(condition) => Self::condition(condition),
        }
    }

    fn condition(condition: &Condition) -> Option<Self> {
        match condition {
            Condition::Port(end, numbers) => Self::ports(*end, numbers),
            Condition::AnyPort(numbers) => {
                let [local, remote] = [End::Local, End::Remote].map(|end| Self::ports(end, numbers));
                // A port 0 is no port there.
                Some(Self { exact: false, ..local?.or(remote?) })
            }
            Condition::AnyAddress(networks) => {
                let ends = [End::Local, End::Remote];
                let codes =
                    networks.iter().flat_map(|network| ends.map(|end| Self::host(end, Some(*network), None)));
                codes.reduce(Self::or).map(|code| Self { exact: false, ..code })
            }
            Condition::Host(end, Host::Inet { family: None, network, port }) => {
                Some(Self::host(*end, *network, *port))
            }
            Condition::Host(end, Host::Inet { network: Some(network), port, .. }) => {
                Some(Self { exact: false, ..Self::host(*end, Some(*network), *port) })
            }
            Condition::Mark { value, mask } => Some(Self::mark(*value, *mask)),
            Condition::Device(name) => Some(Self::blank(DEVICE, 4, Named::Device(name.as_str().into()))),
            Condition::Field(field, Test::Texts(texts)) if field.key == "cgroup" => {
                let path = |text: &Pattern| match text {
                    Pattern::Exact(path) => {
                        Some(Self::blank(CGROUP, 8, Named::Cgroup(path.as_slice().into())))
                    }
                    Pattern::Text(_) | Pattern::Within(_) | Pattern::Whole(_) => None,
                };
                texts.iter().map(path).collect::<Option<Vec<_>>>()?.into_iter().reduce(Self::or)
            }
            _ => None,
        }
    }

    /// `struct inet_diag_markcond`. Not exact: of some states a mark is compared that is not told.
    fn mark(value: u32, mask: u32) -> Self {
        let mut bytes = operation(MARK, 12, 16).to_vec();
        bytes.extend([value, mask].map(u32::to_ne_bytes).concat());
        Self { bytes, blanks: Vec::new(), exact: false }
    }

    /// A comparison with a number of so many bytes, which is known when the kernel is asked. Not exact:
    /// until then, and where there is none, it lets all pass.
    fn blank(code: u8, room: u8, named: Named) -> Self {
        let length = 4 + room;
        let mut bytes = operation(NOTHING, length, u16::from(length) + 4).to_vec();
        bytes.resize(length.into(), 0);
        Self { bytes, blanks: vec![Blank { at: 0, code, named }], exact: false }
    }

    fn ports(end: End, numbers: &Numbers) -> Option<Self> {
        let codes = numbers.ranges().iter().map(|range| Self::range(end, range));
        codes.collect::<Option<Vec<_>>>()?.into_iter().reduce(Self::or)
    }

    /// A range of ports, as two comparisons.
    fn range(end: End, range: &RangeInclusive<u128>) -> Option<Self> {
        let last = (*range.end()).min(u16::MAX.into());
        let (first, last) = (u16::try_from(*range.start()).ok()?, u16::try_from(last).ok()?);
        let (at_least, at_most) = match end {
            End::Local => (SOURCE_AT_LEAST, SOURCE_AT_MOST),
            End::Remote => (TARGET_AT_LEAST, TARGET_AT_MOST),
        };
        Some(Self::compare(at_least, first).and(Self::compare(at_most, last)))
    }

    /// The number stands in an operation of its own.
    fn compare(code: u8, port: u16) -> Self {
        let mut bytes = operation(code, 8, 12).to_vec();
        bytes.extend(operation(0, 0, port));
        Self { bytes, blanks: Vec::new(), exact: true }
    }

    /// `struct inet_diag_hostcond`: family, length of the prefix, port or -1, address.
    fn host(end: End, network: Option<Network>, port: Option<u64>) -> Self {
        let (family, prefix, addr) = match network {
            None => (0, 0, vec![0; 4]),
            Some(Network { addr: IpAddr::V4(addr), prefix }) => (2, prefix, addr.octets().to_vec()),
            Some(Network { addr: IpAddr::V6(addr), prefix }) => (10, prefix, addr.octets().to_vec()),
        };
        let port = port.map_or(-1, |port| i32::try_from(port).unwrap_or(i32::MAX));
        let code = if end == End::Local { SOURCE } else { TARGET };
        let length = 4 + 8 + addr.len();
        let (yes, no) = (u8::try_from(length).unwrap_or(4), u16::try_from(length + 4).unwrap_or(8));
        let mut bytes = operation(code, yes, no).to_vec();
        bytes.extend([family, prefix, 0, 0]);
        bytes.extend(port.to_ne_bytes());
        bytes.extend(addr);
        Self { bytes, blanks: Vec::new(), exact: true }
    }

    /// Both: what the first refuses, the whole refuses.
    fn and(mut self, other: Self) -> Self {
        lengthen(&mut self.bytes, other.bytes.len());
        self.followed_by(other)
    }

    /// Either: what the first accepts jumps over the second, what it refuses lands on it.
    fn or(mut self, other: Self) -> Self {
        let over = u16::try_from(other.bytes.len() + 4).unwrap_or(u16::MAX);
        self.bytes.extend(operation(JUMP, 4, over));
        self.followed_by(other)
    }

    fn followed_by(mut self, other: Self) -> Self {
        let start = self.bytes.len();
        self.blanks.extend(other.blanks.into_iter().map(|it| Blank { at: it.at + start, ..it }));
        self.bytes.extend(other.bytes);
        Self { exact: self.exact && other.exact, ..self }
    }

    /// What it accepts jumps behind the end, what it refuses lands on the end.
    fn not(mut self) -> Self {
        self.bytes.extend(operation(JUMP, 4, 8));
        self
    }
}

/// `struct inet_diag_bc_op`: how far the next operation is, and how far it is when it does not hold.
fn operation(code: u8, yes: u8, no: u16) -> [u8; 4] {
    let [low, high] = no.to_ne_bytes();
    [code, yes, low, high]
}

/// Makes every jump that refuses refuse a program that is longer by so much.
fn lengthen(bytes: &mut [u8], by: usize) {
    let length = bytes.len();
    let mut at = 0;
    while let Some([code, yes, low, high]) = bytes.get(at..at + 4).and_then(|it| <[u8; 4]>::try_from(it).ok())
    {
        let no = usize::from(u16::from_ne_bytes([low, high]));
        if at + no == length + 4 {
            let no = u16::try_from(no + by).unwrap_or(u16::MAX);
            bytes[at..at + 4].copy_from_slice(&operation(code, yes, no));
        }
        at += usize::from(yes).max(4);
    }
}
