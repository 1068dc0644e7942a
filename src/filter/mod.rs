//! The filter language: one for the command line, the dashboard, rules and events.
//!
//! Layer 1, pure. It contains the language of `ss` and asks for every field of the registry. A filter
//! is checked as a whole before anything is read: what is misspelled is an error with its place, never
//! an empty table. It never reads a socket, a clock or a file; what it has to know of the machine is
//! given to it as a [`Vocabulary`]. `docs/filter.md` describes the language.

mod complete;
mod condition;
mod error;
mod expr;
mod host;
mod judge;
mod kernel;
mod lex;
mod names;
mod needs;
mod operand;
mod parse;
mod pattern;
mod quantity;
mod search;
mod states;
mod table;

pub use complete::{Completion, complete};
pub use error::{FilterError, nearest};
pub use names::{flags, names};
pub use needs::Needs;

use std::time::Duration;

use condition::Condition;
use expr::Expr;

use crate::model::{PortRange, Stamp, Subject};

/// The ports of a service, by its name.
pub type Services<'a> = dyn Fn(&str) -> Vec<u16> + 'a;

/// What a filter has to know of the machine to be understood.
#[derive(Clone, Copy)]
pub struct Vocabulary<'a> {
    pub services: &'a Services<'a>,
    /// The ports that the kernel gives to who asks for none.
    pub ephemeral: &'a dyn Fn() -> PortRange,
}

/// A filter, understood. By default it has no condition, and lets everything pass.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    expr: Option<Expr>,
}

/// A socket as a filter sees it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub subject: Subject<'a>,
    /// The moment of the reading.
    pub now: Stamp,
}

impl Filter {
    /// Understands a filter; one without any condition lets everything pass.
    pub fn parse(text: &str, vocabulary: &Vocabulary<'_>) -> Result<Self, FilterError> {
        let tokens = lex::lex(text).map_err(|wrong| wrong.of(text))?;
        let expr = parse::parse(&tokens, text.len(), vocabulary).map_err(|wrong| wrong.of(text))?;
        Ok(Self { expr })
    }

    /// True when the socket is one of those that are asked for.
    #[must_use]
    pub fn passes(&self, seen: &Seen<'_>) -> bool {
        self.expr.as_ref().is_none_or(|expr| expr.holds(seen))
    }

    /// True when every socket passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expr.is_none()
    }

    /// True when all that pass are in the same state, so that it need not be told.
    #[must_use]
    pub fn has_one_state(&self) -> bool {
        let is_one = |expr: &Expr| matches!(expr, Expr::Is(Condition::States(states)) if states.is_one());
        match &self.expr {
            Some(Expr::All(all)) => all.iter().any(is_one),
            Some(expr) => is_one(expr),
            None => false,
        }
    }

    /// What must be known to judge.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        if let Some(expr) = &self.expr {
            expr.conditions(&mut |condition| needs.add(condition));
        }
        needs
    }
}

impl Seen<'_> {
    /// Since when the socket is known to be there; `None` for one that was there before.
    fn age(&self) -> Option<Duration> {
        self.subject.row.history().opened.map(|opened| self.now.since(&opened))
    }
}
