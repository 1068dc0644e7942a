//! Which sockets are meant, and which of their owners: by targets as `who` knows them, or by a filter.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use anyhow::{Context as _, ensure};

use crate::cli::{filter, who};
use crate::filter::{self as language, Filter};
use crate::model::{Held, NoOwner, Owner, Owners, Row, Socket, State};
use crate::output::who::{Group, Target, Who};
use crate::source::Wanted;
use crate::store::{Moment, Table};
use crate::text::counted;

/// What somebody means.
#[derive(Debug)]
pub(super) enum Choice {
    Targets(Vec<Target>),
    Filter(Filter),
}

/// What is meant, as far as it is there.
#[derive(Debug, Default)]
pub(super) struct Chosen<'a> {
    pub(super) owners: Vec<(&'a Row, Owner<'a>)>,
    /// Sockets whose holders cannot be told, or not all: each with the reason.
    pub(super) gaps: Vec<(&'a Row, String)>,
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
        ensure!(!filter.is_empty(), "an empty filter would mean everybody: say whose holders are meant");
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

    /// What is meant of this table.
    pub(super) fn chosen<'a>(&'a self, table: &'a Table, moment: &'a Moment) -> Chosen<'a> {
        let mut chosen = Chosen::default();
        match self {
            Self::Targets(targets) => {
                for target in targets {
                    for row in meant(target, table, moment) {
                        chosen.add(row, |owner| target.means_owner(owner));
                    }
                }
            }
            Self::Filter(wanted) => {
                for row in table.open().filter(|row| filter::passes(wanted, row, moment)) {
                    chosen.add(row, |owner| passes_alone(wanted, row, owner, moment));
                }
            }
        }
        chosen
    }
}

/// Who waits at a place holds it, and not whoever serves a connection that came in there; a process all that is its.
fn meant<'a>(target: &'a Target, table: &'a Table, moment: &'a Moment) -> Vec<&'a Row> {
    if target.is_process() {
        return table.open().filter(|row| target.means(&row.socket)).collect();
    }
    Who::of(target, table, moment).groups.iter().flat_map(Group::holding).copied().collect()
}

/// True when the socket would pass if this were its only owner: who asks for one of several processes that share a
/// socket does not mean the others.
fn passes_alone(wanted: &Filter, row: &Row, owner: &Owner<'_>, moment: &Moment) -> bool {
    if row.socket.owners.known().is_some_and(|known| known.count() == 1) {
        return true;
    }
    let Owner { process, thread, ring, fds } = *owner;
    let held = Held { process: process.clone(), thread, ring, fds: fds.to_vec() };
    let alone = Socket { owners: Owners::of(vec![held]), ..row.socket.clone() };
    filter::passes(wanted, &Row::found(alone), moment)
}

impl<'a> Chosen<'a> {
    fn add(&mut self, row: &'a Row, means: impl Fn(&Owner<'_>) -> bool) {
        let known = match row.socket.owners.found() {
            Ok(known) => known,
            Err(why) if is_left_over(&row.socket, why) => return,
            Err(why) => return self.gaps.push((row, why.reason().to_owned())),
        };
        // Two targets may mean the same.
        let told = |all: &[(&Row, Owner<'_>)], owner: &Owner<'_>| {
            all.iter().any(|(other, one)| other.socket.key == row.socket.key && one == owner)
        };
        let mut any = false;
        for owner in known.shown().filter(|owner| means(owner)) {
            any = true;
            if !told(&self.owners, &owner) {
                self.owners.push((row, owner));
            }
        }
        if known.beyond() > 0 {
            let more = counted(known.beyond(), "more process holds", "more processes hold");
            self.gaps.push((row, format!("{more} it, beyond those that are kept: ask again afterwards")));
        } else if !any {
            let why = "the filter passes for all of its holders together, and for none alone".to_owned();
            self.gaps.push((row, why));
        }
    }
}

/// True for what no process holds, or not yet.
fn is_left_over(socket: &Socket, why: NoOwner) -> bool {
    let left = [NoOwner::Orphan, NoOwner::Handshake, NoOwner::AcceptQueue];
    socket.state == State::TimeWait || left.contains(&why)
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
