//! From the chains that are hooked in before routing to every rule that gives another destination, along
//! jumps, with the conditions on the way.
//!
//! What is approximated: a rule is not told when one before it certainly takes all of its packets, and is
//! called conditional when one may take some. Packets that are only passed through this host count as
//! being for it: `fib daddr type local` and `addrtype --dst-type LOCAL` narrow nothing. What this host
//! sends itself goes through the hook for output, which is not followed: to publish is for others.

use std::collections::BTreeSet;

use super::evaluate::{self, Outcome};
use super::expression::Verdict;
use super::matching::Match;
use super::{Ruleset, SetId, TableId};
use crate::model::{Family, PublishedPort, SystemBytes};

/// `NFT_JUMP_STACK_SIZE` of the kernel: it follows no more.
const DEEPEST: usize = 16;
/// Rules that are looked at, each as often as ways lead there. The rules of a large cluster are fewer.
const MOST: usize = 200_000;

/// What the rules publish.
#[derive(Debug, Default)]
pub struct Found {
    /// In the order in which packets come to them.
    pub ports: Vec<PublishedPort>,
    /// Sets that were not read, and that rules look into.
    pub missing: BTreeSet<SetId>,
    /// True when there are too many rules to follow them all.
    pub is_cut: bool,
}

/// Follows the rules of all tables.
pub(super) fn published(rules: &Ruleset) -> Found {
    let mut starts: Vec<_> = rules
        .nat_tables()
        .flat_map(|table| {
            let chains = rules.chains.get(table).into_iter().flatten();
            chains.filter_map(move |(name, chain)| Some((chain.priority?, table, name)))
        })
        .collect();
    starts.sort();
    let mut walk = Walk { rules, found: Found::default(), taken: Vec::new(), passed: Vec::new(), looked: 0 };
    for (_, table, chain) in starts {
        let matches = Match { family: table.ip_version(), ..Match::default() };
        walk.chain(Place { table, chain }, &matches, 0);
        // What is accepted here still comes to the next chain of the hook.
        walk.passed.clear();
    }
    walk.found
}

#[derive(Clone, Copy)]
struct Place<'a> {
    table: &'a TableId,
    chain: &'a SystemBytes,
}

struct Walk<'a> {
    rules: &'a Ruleset,
    found: Found,
    /// Packets whose destination is settled.
    taken: Vec<Match>,
    /// Packets that come to no more rules of the chain, or of the hook's chain.
    passed: Vec<Passed>,
    looked: usize,
}

struct Passed {
    matches: Match,
    /// They go on with the chain that is so deep, less one.
    returns_at: Option<usize>,
}

impl Walk<'_> {
    fn chain(&mut self, place: Place<'_>, matches: &Match, depth: usize) {
        let Some(chain) = self.rules.chains.get(place.table).and_then(|chains| chains.get(place.chain))
        else {
            return;
        };
        for expressions in &chain.rules {
            self.looked += 1;
            if self.looked > MOST || depth > DEEPEST {
                self.found.is_cut = true;
                return;
            }
            for (matches, outcome) in self.branches(expressions, matches, place.table) {
                self.branch(place, matches, outcome, depth);
            }
        }
        // Packets that returned from here go on where the jump was.
        self.passed.retain(|passed| passed.returns_at != Some(depth));
    }

    fn branches(
        &mut self,
        expressions: &[super::Expression],
        matches: &Match,
        table: &TableId,
    ) -> Vec<(Match, Outcome)> {
        let (rules, missing) = (self.rules, &mut self.found.missing);
        let mut sets = |name: &SystemBytes| {
            let id = SetId { table: table.clone(), name: name.clone() };
            let elements = rules.sets.get(&id).and_then(|set| set.whole.clone());
            if elements.is_none() {
                missing.insert(id);
            }
            elements
        };
        evaluate::rule(expressions, matches.clone(), &mut sets)
    }

    fn branch(&mut self, place: Place<'_>, matches: Match, outcome: Outcome, depth: usize) {
        let passed = |matches, returns_at| Passed { matches, returns_at };
        match outcome {
            Outcome::Dnat { target, ports } => {
                if let Some(matches) = self.reached(matches.clone()) {
                    self.found.ports.push(port(place, matches, target, ports));
                }
                self.taken.push(matches);
            }
            Outcome::Verdict(Verdict::Jump(chain)) => {
                self.chain(Place { chain: &chain, ..place }, &matches, depth + 1);
            }
            Outcome::Verdict(Verdict::Goto(chain)) => {
                self.chain(Place { chain: &chain, ..place }, &matches, depth + 1);
                self.passed.push(passed(matches, Some(depth)));
            }
            Outcome::Verdict(Verdict::Return) => self.passed.push(passed(matches, Some(depth))),
            Outcome::Verdict(Verdict::Accept) => self.passed.push(passed(matches, None)),
            Outcome::Verdict(Verdict::Stop) => self.taken.push(matches),
            Outcome::Verdict(Verdict::Unknown) => self.taken.push(matches.perhaps()),
            Outcome::Verdict(Verdict::Continue) => {}
        }
    }

    /// The packets that come to a rule, less those that others have taken: in doubt when that is some
    /// of them, none when all.
    fn reached(&self, mut matches: Match) -> Option<Match> {
        let before = self.taken.iter().chain(self.passed.iter().map(|passed| &passed.matches));
        for taken in before.filter(|taken| !taken.is_apart(&matches)).collect::<Vec<_>>() {
            if taken.covers(&matches) {
                return None;
            }
            matches.conditional = true;
        }
        Some(matches)
    }
}

fn port(
    place: Place<'_>,
    matches: Match,
    target: Option<crate::model::Span<std::net::IpAddr>>,
    target_ports: Option<crate::model::Span<u16>>,
) -> PublishedPort {
    let version = |span: &crate::model::Span<std::net::IpAddr>| {
        if span.first.is_ipv4() { Family::Inet } else { Family::Inet6 }
    };
    PublishedPort {
        family: matches.family.or(matches.host.as_ref().map(version)),
        protocol: matches.protocol,
        host: matches.host,
        ports: matches.ports,
        interface: matches.interface,
        conditional: matches.conditional,
        target,
        target_ports,
        container: None,
        table_family: place.table.word(),
        table: place.table.name.clone(),
        chain: place.chain.clone(),
    }
}
