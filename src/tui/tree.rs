//! Tallies as lines: below each group that is open its members, each generation in the order of the column.
//!
//! Counts nothing and looks nothing up; how two tallies compare is said by who asks.

use std::cmp::Ordering;

use super::app::Chosen;
use super::grouping::{By, Folds};
use super::tally::{Branch, Common, Fold, Node, Tally};

/// What became of the tallies.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) tallies: Vec<Tally>,
    /// How many of something that there is, folded ones too, and of no reason why it is unknown.
    pub(super) counted: usize,
    /// Where the selection is: in its own line, or that of the nearest group that is folded over it.
    pub(super) followed: Option<usize>,
}

/// The tallies and who stands below whom.
pub(super) struct Tree<'a> {
    nodes: Vec<Node>,
    /// What stands at the top, and below each.
    top: Vec<usize>,
    below: Vec<Vec<usize>>,
    by: By,
    folds: &'a Folds,
    selected: Option<&'a Chosen>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(nodes: Vec<Node>, (by, folds): (By, &'a Folds), selected: Option<&'a Chosen>) -> Self {
        let mut below = vec![Vec::new(); if by == By::Each { 0 } else { nodes.len() }];
        let mut top = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            match node.parent {
                Some(parent) => below[parent].push(at),
                None => top.push(at),
            }
        }
        if by == By::Network {
            // A network of which one host is known tells no more than the host.
            for at in &mut top {
                if let [only] = below[*at][..] {
                    *at = only;
                }
            }
        }
        Self { nodes, top, below, by, folds, selected }
    }

    pub(super) fn lines(mut self, compare: impl Fn(&Tally, &Tally) -> Ordering) -> Lines {
        let top = std::mem::take(&mut self.top);
        let counted = match self.by {
            By::Each => self.nodes.iter().filter(|node| !is_reason(&node.tally.common)).count(),
            _ => self.nodes.iter().filter(|node| node.is_member).count(),
        };
        let mut shown: Vec<(usize, Option<Branch>)> = Vec::new();
        let mut followed = None;
        // What is still to be shown, and how deep, the next one last.
        let mut due: Vec<(usize, usize)> = Vec::new();
        due.extend(self.sorted(top, &compare).into_iter().rev().map(|at| (at, 0)));
        while let Some((at, depth)) = due.pop() {
            let members = self.below.get_mut(at).map(std::mem::take).unwrap_or_default();
            let fold = match members.is_empty() {
                true => Fold::Leaf,
                false if self.folds.is_open(&self.nodes[at].tally.common) => Fold::Open,
                false => Fold::Folded,
            };
            if self.is_selected(at) || (fold == Fold::Folded && self.hides_selected(&members)) {
                followed = Some(shown.len());
            }
            shown.push((at, (self.by != By::Each).then_some(Branch { depth, fold })));
            if fold == Fold::Open {
                due.extend(self.sorted(members, &compare).into_iter().rev().map(|at| (at, depth + 1)));
            }
        }
        let followed = followed.or_else(|| self.alike(&shown));
        let mut tallies: Vec<_> = self.nodes.into_iter().map(|node| Some(node.tally)).collect();
        let line = |(at, branch): (usize, _)| tallies[at].take().map(|tally| Tally { branch, ..tally });
        Lines { tallies: shown.into_iter().filter_map(line).collect(), counted, followed }
    }

    fn sorted(&self, mut places: Vec<usize>, compare: &impl Fn(&Tally, &Tally) -> Ordering) -> Vec<usize> {
        places.sort_by(|one, other| compare(&self.nodes[*one].tally, &self.nodes[*other].tally));
        places
    }

    fn is_selected(&self, at: usize) -> bool {
        let Some(Chosen::Tally(common, under)) = self.selected else { return false };
        let tally = &self.nodes[at].tally;
        tally.common == *common && tally.under == *under
    }

    /// True when one of these, or of those below them, is selected.
    fn hides_selected(&self, members: &[usize]) -> bool {
        let mut due = members.to_vec();
        while let Some(at) = due.pop() {
            if self.is_selected(at) {
                return true;
            }
            due.extend(self.below.get(at).into_iter().flatten());
        }
        false
    }

    /// The line of the same thing in another group, or of the group that it was in.
    fn alike(&self, shown: &[(usize, Option<Branch>)]) -> Option<usize> {
        let Some(Chosen::Tally(common, under)) = self.selected else { return None };
        let is = |at: usize, common: &Common| self.nodes[at].tally.common == *common;
        let line = |common: &Common| shown.iter().position(|(at, _)| is(*at, common));
        let group = || {
            let at = (0..self.nodes.len()).find(|at| is(*at, common))?;
            line(&self.nodes[self.nodes[at].parent?].tally.common)
        };
        line(common).or_else(group).or_else(|| line(under.as_ref()?))
    }
}

/// True for a reason why it is unknown whose sockets are counted.
fn is_reason(common: &Common) -> bool {
    matches!(common, Common::Unowned(_))
}
