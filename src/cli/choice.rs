//! Which sockets are meant: by targets as `who` knows them, or by a filter.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use anyhow::{Context as _, ensure};

use super::{filter, who};
use crate::filter::{self as language, Filter};
use crate::model::Row;
use crate::output::who::{Group, Target, Who};
use crate::source::Wanted;
use crate::store::{Moment, Table};

/// What somebody means.
#[derive(Debug)]
pub(super) enum Choice {
    Targets(Vec<Target>),
    Filter(Filter),
}

/// Words of the filter language that no target is.
const KEYWORDS: [&str; 13] = [
    "state",
    "exclude",
    "src",
    "dst",
    "sport",
    "dport",
    "dev",
    "fwmark",
    "cgroup",
    "autobound",
    "not",
    "and",
    "or",
];

impl Choice {
    /// Understands the words: targets, unless one of them can only be of a filter.
    pub(super) fn of(words: &[OsString]) -> anyhow::Result<Self> {
        if !words.iter().any(|word| is_of_filter(word.as_bytes())) {
            let targets = words.iter().map(|typed| who::target(typed)).collect::<anyhow::Result<_>>()?;
            return Ok(Self::Targets(targets));
        }
        let text = |word: &OsString| word.to_str().map(str::to_owned);
        let words = words.iter().map(text).collect::<Option<Vec<_>>>();
        let words = words.context("the filter is not UTF-8: write other bytes as \\x1b")?;
        let filter = filter::parse(&words, None)?;
        ensure!(!filter.is_empty(), "an empty filter would mean everybody: say what is meant");
        ensure!(!filter.needs().history, "a single look knows no ages, no rates and nothing new");
        Ok(Self::Filter(filter))
    }

    /// The tables in which that may be.
    pub(super) fn tables(&self) -> anyhow::Result<Vec<Wanted>> {
        match self {
            Self::Targets(targets) => Ok(who::wanted(targets)),
            Self::Filter(filter) => filter::all_tables(filter),
        }
    }

    /// The sockets that are meant of this table.
    pub(super) fn rows<'a>(&'a self, table: &'a Table, moment: &'a Moment) -> Vec<&'a Row> {
        match self {
            Self::Targets(targets) => {
                targets.iter().flat_map(|target| meant(target, table, moment)).collect()
            }
            Self::Filter(wanted) => table.open().filter(|row| filter::passes(wanted, row, moment)).collect(),
        }
    }
}

/// Who waits at a place holds it, and not whoever serves a connection that came in there; a process all that is its.
pub(super) fn meant<'a>(target: &'a Target, table: &'a Table, moment: &'a Moment) -> Vec<&'a Row> {
    if target.is_process() {
        return table.open().filter(|row| target.means(&row.socket)).collect();
    }
    Who::of(target, table, moment).groups.iter().flat_map(Group::holding).copied().collect()
}

/// True for a word that has a place in filters alone.
fn is_of_filter(word: &[u8]) -> bool {
    if [&b"/"[..], b"@", b"proc:", b"pid:"].iter().any(|begin| word.starts_with(begin)) {
        return false;
    }
    let sign = |byte: &u8| byte.is_ascii_whitespace() || b"=~!<>(){}".contains(byte);
    let text = std::str::from_utf8(word).unwrap_or_default();
    word.iter().any(sign) || KEYWORDS.contains(&text) || language::flags().any(|flag| flag == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_targets_unless_one_belongs_to_a_filter() {
        for (words, is_filter) in [
            (&["80"][..], false),
            (&["80", "443"], false),
            (&["127.0.0.1:80", "[::1]:https"], false),
            (&["/run/a b=c", "@x = y"], false),
            (&["proc:my prog", "pid:812"], false),
            (&["nginx"], false),
            (&["port", "=", "80"], true),
            (&["port = 80 and proc = nginx"], true),
            (&["port>80"], true),
            (&["dst", "10.0.0.7"], true),
            (&["listening"], true),
            (&["exe", "~", "/opt/x/"], true),
        ] {
            let words: Vec<OsString> = words.iter().map(Into::into).collect();
            let choice = Choice::of(&words).unwrap();
            assert_eq!(matches!(choice, Choice::Filter(_)), is_filter, "{words:?}");
        }
    }

    #[test]
    fn what_means_everybody_or_nothing_is_refused() {
        for (words, says) in [
            (&[" "][..], "everybody"),
            (&["prt = 80"], "cannot be understood"),
            (&["age < 5m"], "knows no ages"),
            (&["65536"], "cannot be understood"),
            (&[""], "cannot be understood"),
        ] {
            let words: Vec<OsString> = words.iter().map(Into::into).collect();
            let error = format!("{:#}", Choice::of(&words).unwrap_err());
            assert!(error.contains(says), "{words:?}: {error}");
        }
    }
}
