//! Numbers as they are typed, with their units, and sets and ranges of them.

use std::ops::RangeInclusive;

use super::error::Wrong;
use super::lex::Compare;

/// What the numbers of a field count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Anything: packets, ports, ids.
    One,
    /// Bytes, or bytes a second.
    Bytes,
    /// Nanoseconds in one of them.
    Time(u64),
}

impl Unit {
    /// The unit that the key of a field names, as all of them do.
    pub(super) fn of(key: &str) -> Self {
        if key.ends_with("_us") {
            Self::Time(1_000)
        } else if key.ends_with("_ms") {
            Self::Time(1_000_000)
        } else if ["recv_q", "send_q"].contains(&key) || key.contains("bytes") {
            Self::Bytes
        } else {
            Self::One
        }
    }

    fn suffixes(self) -> &'static [(&'static str, u128)] {
        const TIME: &[(&str, u128)] = &[
            ("ns", 1),
            ("us", 1_000),
            ("µs", 1_000),
            ("ms", 1_000_000),
            ("s", 1_000_000_000),
            ("min", 60_000_000_000),
            ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
            ("d", 86_400_000_000_000),
        ];
        const BYTES: &[(&str, u128)] = &[
            ("b", 1),
            ("kb", 1_000),
            ("mb", 1_000_000),
            ("gb", 1_000_000_000),
            ("tb", 1_000_000_000_000),
            ("kib", 1 << 10),
            ("mib", 1 << 20),
            ("gib", 1 << 30),
            ("tib", 1 << 40),
            ("k", 1_000),
            ("m", 1_000_000),
            ("g", 1_000_000_000),
            ("t", 1_000_000_000_000),
        ];
        const ONE: &[(&str, u128)] = &[("k", 1_000), ("m", 1_000_000), ("g", 1_000_000_000)];
        match self {
            Self::One => ONE,
            Self::Bytes => BYTES,
            Self::Time(_) => TIME,
        }
    }

    /// What one of the field's numbers is in the smallest unit that can be typed.
    pub(super) fn scale(self) -> u128 {
        match self {
            Self::Time(nanos) => nanos.into(),
            Self::One | Self::Bytes => 1,
        }
    }
}

/// A number as it was typed, in nanoseconds for times: `50ms`, `1.5MB`, `0x1f`, `8000`. Without a
/// suffix it is in the field's own unit.
pub(super) fn number(typed: &str, unit: Unit) -> Option<u128> {
    if let Some(hex) = typed.strip_prefix("0x").or_else(|| typed.strip_prefix("0X")) {
        let plain = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        return u64::from_str_radix(hex, 16).ok().filter(|_| plain).map(|it| u128::from(it) * unit.scale());
    }
    let digits = typed.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(typed.len());
    let (digits, suffix) = typed.split_at(digits);
    let suffix = suffix.strip_suffix("/s").unwrap_or(suffix).to_lowercase();
    let factor = if suffix.is_empty() {
        unit.scale()
    } else {
        unit.suffixes().iter().find(|(known, _)| *known == suffix)?.1
    };
    let digits = digits.replace('_', "");
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    // A whole number that is longer than 2^64, or a part below a billionth, means nothing here.
    if whole.is_empty() || part.len() > 9 || (digits.contains('.') && part.is_empty()) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let part: u128 = if part.is_empty() { 0 } else { part.parse().ok()? };
    let below = u32::try_from(digits.split_once('.').map_or(0, |(_, part)| part.len())).ok()?;
    Some(u128::from(whole).checked_mul(factor)? + part * factor / 10u128.pow(below))
}

/// Numbers that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    unit: Unit,
    ranges: Vec<RangeInclusive<u128>>,
}

impl Numbers {
    /// Those of a comparison with one number or range. `typed` is what stands right of it.
    pub(super) fn compared(compare: Compare, typed: &str, unit: Unit) -> Option<Self> {
        let range = match compare {
            Compare::Equal | Compare::Unequal => return Self::listed([typed], unit),
            Compare::Less => 0..=number(typed, unit)?.checked_sub(1)?,
            Compare::LessOrEqual => 0..=number(typed, unit)?,
            Compare::Greater => number(typed, unit)? + 1..=u128::MAX,
            Compare::GreaterOrEqual => number(typed, unit)?..=u128::MAX,
            Compare::Like | Compare::Unlike => return None,
        };
        Some(Self { unit, ranges: vec![range] })
    }

    /// Those of a list: numbers and ranges such as `8000-8100`.
    pub(super) fn listed<'a>(typed: impl IntoIterator<Item = &'a str>, unit: Unit) -> Option<Self> {
        let range = |typed: &str| {
            if let Some(one) = number(typed, unit) {
                return Some(one..=one);
            }
            let (first, last) = typed.split_once('-')?;
            let range = number(first, unit)?..=number(last, unit)?;
            (!range.is_empty()).then_some(range)
        };
        Some(Self { unit, ranges: typed.into_iter().map(range).collect::<Option<_>>()? })
    }

    /// True for a number of the field that is among them.
    pub(super) fn has(&self, number: u64) -> bool {
        self.has_scaled(u128::from(number) * self.unit.scale())
    }

    /// True for one in the smallest unit that can be typed: bytes, nanoseconds.
    pub(super) fn has_scaled(&self, number: u128) -> bool {
        self.ranges.iter().any(|range| range.contains(&number))
    }

    /// What is among them, first and last.
    pub(super) fn ranges(&self) -> &[RangeInclusive<u128>] {
        &self.ranges
    }
}

/// What a number of this unit looks like.
pub(super) fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::One => "a number such as 80, 0x1f or 10k, or a range such as 8000-8100",
        Unit::Bytes => "a size such as 1500, 64kB or 1.5MB",
        Unit::Time(_) => "a time such as 500us, 50ms or 1.5s",
    }
}

/// No number of this unit.
pub(super) fn no_number(span: &std::ops::Range<usize>, unit: Unit) -> Wrong {
    Wrong::new(span, "this is no such number").advise(format!("expected {}", example(unit)))
}
