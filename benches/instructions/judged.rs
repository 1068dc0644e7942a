//! From counts to a verdict. Pure, and tested by `tests/it/bench_counts.rs`; it must not count.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// In a thousand: a count may be so much above that which is kept. Code that is laid out otherwise, though it does the
/// same, stays below it.
pub(crate) const TOLERANCE: u64 = 30;

const LEAD: &str = "\
# Instructions of the pure core, each for its work done once. They depend on the compiler and the library of C:
# where these are others, nothing is compared. Renewed by
#   cargo run --release --features instructions --bin instructions -- --renew
# and a count that rises has its reason in the message of the commit.
";

/// Counts, and what made them.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counts {
    pub(crate) made_by: String,
    /// By the name of the work.
    pub(crate) counts: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// As it is kept.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{LEAD}made_by = {:?}\n\n[counts]\n", self.made_by);
        for (name, count) in &self.counts {
            _ = writeln!(text, "{name} = {count}");
        }
        text
    }
}

/// What came out.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) holds: bool,
    pub(crate) text: String,
}

/// Holds new counts against those that are kept.
pub(crate) fn verdict(kept: &Counts, new: &Counts) -> Verdict {
    let mut text = String::new();
    let (mut risen, mut fallen) = (Vec::new(), false);
    for (name, is) in &new.counts {
        let was = kept.counts.get(name).copied();
        let line = was.map_or_else(|| "is not kept".to_owned(), |was| change(was, *is));
        _ = writeln!(text, "{name:<10} {is:>12} instructions, {line}");
        if was.is_none_or(|was| is * 1_000 > was * (1_000 + TOLERANCE)) {
            risen.push(name.as_str());
        }
        fallen |= was.is_some_and(|was| is * (1_000 + TOLERANCE) < was * 1_000);
    }
    risen.extend(kept.counts.keys().filter(|name| !new.counts.contains_key(*name)).map(String::as_str));
    if kept.made_by != new.made_by {
        let (was, is) = (&kept.made_by, &new.made_by);
        _ = writeln!(
            text,
            "NOT COMPARED: the counts that are kept were made by\n  {was}\nand these by\n  {is}"
        );
        return Verdict { holds: true, text };
    }
    if !risen.is_empty() {
        _ = writeln!(
            text,
            "RISEN by more than {} %: {}. Make it take less; or, where it has to take more, say why in the commit and\n\
             renew the counts: cargo run --release --features instructions --bin instructions -- --renew",
            TOLERANCE / 10,
            risen.join(", ")
        );
    } else if fallen {
        _ = writeln!(text, "Fallen: renew the counts, so that they do not rise again unseen: --renew");
    }
    Verdict { holds: risen.is_empty(), text }
}

fn change(was: u64, is: u64) -> String {
    let apart = is.abs_diff(was) * 10_000 / was.max(1);
    let sign = if is < was { '-' } else { '+' };
    format!("{sign}{}.{:02} %", apart / 100, apart % 100)
}

/// How many instructions callgrind counted in all: the last line of its file that sums up.
pub(crate) fn total(told: &str) -> Option<u64> {
    let line = told.lines().rev().find_map(|line| line.strip_prefix("totals:"))?;
    line.trim().parse().ok()
}
