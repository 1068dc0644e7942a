//! Conditions, joined.

use super::Seen;
use super::condition::Condition;

/// A filter, understood.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Is(Condition),
}

impl Expr {
    pub(super) fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut all) => {
                all.push(other);
                Self::All(all)
            }
            one => Self::All(vec![one, other]),
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut any) => {
                any.push(other);
                Self::Any(any)
            }
            one => Self::Any(vec![one, other]),
        }
    }

    pub(super) fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    pub(super) fn negated_if(self, not: bool) -> Self {
        if not { self.not() } else { self }
    }

    /// One of these.
    pub(super) fn any(mut of: Vec<Self>) -> Self {
        match of.len() {
            1 => of.remove(0),
            _ => Self::Any(of),
        }
    }

    pub(super) fn holds(&self, seen: &Seen<'_>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|expr| expr.holds(seen)),
            Self::Any(any) => any.iter().any(|expr| expr.holds(seen)),
            Self::Not(expr) => !expr.holds(seen),
            Self::Is(condition) => condition.holds(seen),
        }
    }

    /// Every condition in it.
    pub(super) fn conditions<'a>(&'a self, each: &mut dyn FnMut(&'a Condition)) {
        match self {
            Self::All(exprs) | Self::Any(exprs) => exprs.iter().for_each(|expr| expr.conditions(each)),
            Self::Not(expr) => expr.conditions(each),
            Self::Is(condition) => each(condition),
        }
    }
}
