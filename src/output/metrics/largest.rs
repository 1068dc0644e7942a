//! Sockets by names that others chose, in a bounded number of groups.
//!
//! Whoever may make units and containers could make thousands, and a series of each would stay in the
//! database of the reader. So the largest are told by name and the rest together. Nothing is left out.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Protocol, SystemBytes};

/// How many names are told.
pub(super) const MOST: usize = 100;

/// The words that stand where a name would. Who is called by one of them is among the others.
const NONE: &[u8] = b"none";
const UNKNOWN: &[u8] = b"unknown";
const OTHER: &[u8] = b"other";

/// What a socket is counted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Under<'a> {
    Name(&'a SystemBytes),
    /// It is known that there is none.
    Nothing,
    /// Nothing tells.
    Unknown,
}

/// Sockets by protocol.
type Counts = BTreeMap<Protocol, u64>;

/// Sockets by name and protocol, as many as there are.
#[derive(Debug, Default)]
pub(super) struct Names<'a>(BTreeMap<Under<'a>, Counts>);

/// The same with no more than [`MOST`] names and three words.
#[derive(Debug)]
pub(super) struct Largest<'a> {
    pub(super) groups: BTreeMap<&'a [u8], Counts>,
    /// How many names are among the others.
    pub(super) folded: usize,
}

impl<'a> Names<'a> {
    /// Counts a socket.
    pub(super) fn count(&mut self, under: Under<'a>, protocol: Protocol) {
        *self.0.entry(under).or_default().entry(protocol).or_default() += 1;
    }

    /// The names with the most sockets, among equals the first.
    pub(super) fn largest(&self) -> Largest<'a> {
        let mut names: Vec<(&SystemBytes, u64)> = Vec::new();
        for (under, counts) in &self.0 {
            if let Under::Name(name) = under
                && ![NONE, UNKNOWN, OTHER].contains(&name.as_bytes())
            {
                names.push((name, counts.values().sum()));
            }
        }
        names.sort_by_key(|(_, sockets)| Reverse(*sockets));
        names.truncate(MOST);
        let kept: BTreeSet<&SystemBytes> = names.into_iter().map(|(name, _)| name).collect();
        let (mut groups, mut folded) = (BTreeMap::<_, Counts>::new(), 0);
        for (under, counts) in &self.0 {
            let word = match under {
                Under::Name(name) if kept.contains(*name) => name.as_bytes(),
                Under::Name(_) => {
                    folded += 1;
                    OTHER
                }
                Under::Nothing => NONE,
                Under::Unknown => UNKNOWN,
            };
            let group = groups.entry(word).or_default();
            for (protocol, sockets) in counts {
                *group.entry(*protocol).or_default() += sockets;
            }
        }
        Largest { groups, folded }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_have_names_and_the_rest_is_summed() {
        let bytes: Vec<SystemBytes> = (0..MOST + 50).map(|at| format!("{at:03}").into()).collect();
        let mut names = Names::default();
        for name in &bytes {
            names.count(Under::Name(name), Protocol::Tcp);
        }
        names.count(Under::Name(&bytes[149]), Protocol::Udp);
        let largest = names.largest();
        assert_eq!((largest.groups.len(), largest.folded), (MOST + 1, 50));
        assert_eq!(largest.groups[&b"149"[..]].values().sum::<u64>(), 2, "the largest one stays");
        assert!(largest.groups.contains_key(&b"098"[..]) && !largest.groups.contains_key(&b"099"[..]));
        assert_eq!(largest.groups[OTHER], [(Protocol::Tcp, 50)].into());
    }

    #[test]
    fn who_is_called_like_a_word_is_told_among_the_others() {
        let bytes = [NONE, UNKNOWN, OTHER, b"web"].map(SystemBytes::from);
        let mut names = Names::default();
        for name in &bytes {
            names.count(Under::Name(name), Protocol::Tcp);
        }
        names.count(Under::Nothing, Protocol::Udp);
        names.count(Under::Unknown, Protocol::Unix);
        let largest = names.largest();
        assert_eq!(largest.folded, 3);
        let told: Vec<_> = largest.groups.iter().map(|(name, counts)| (*name, counts.clone())).collect();
        assert_eq!(
            told,
            [
                (NONE, [(Protocol::Udp, 1)].into()),
                (OTHER, [(Protocol::Tcp, 3)].into()),
                (UNKNOWN, [(Protocol::Unix, 1)].into()),
                (&b"web"[..], [(Protocol::Tcp, 1)].into()),
            ]
        );
    }
}
