//! One rule: sockets that are worth an alert, and when they are looked at.

use crate::filter::{Filter, Needs, Seen};
use crate::model::{ChangeKind, Row, SliceStatus, Socket};
use crate::store::Moment;

use super::Severity;

/// Sockets that are worth an alert, whatever the expectations say.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The line in the policy file where it begins, counted from 1.
    pub line: usize,
    /// Without characters that would have to be escaped; no other rule has the same.
    pub name: String,
    /// What must hold of a socket.
    pub when: Filter,
    /// The same as people wrote it.
    pub text: String,
    /// When a socket is looked at.
    pub on: Vec<Occasion>,
    pub severity: Severity,
    /// What people wrote of it.
    pub note: Option<String>,
}

/// When a rule looks at a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// It opens, or is there when the watching begins.
    Opened,
    /// Anything of it is another than before.
    Changed,
    /// A listener is bound wider than those on the same protocol and port were before.
    Widened,
    /// It is gone; it is judged as it was last seen.
    Closed,
}

impl Occasion {
    /// Every occasion.
    pub const ALL: [Self; 4] = [Self::Opened, Self::Changed, Self::Widened, Self::Closed];

    /// The word used in policy files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Changed => "changed",
            Self::Widened => "widened",
            Self::Closed => "closed",
        }
    }

    /// What a change of the table is to rules.
    pub(super) fn of(kind: &ChangeKind) -> Self {
        match kind {
            ChangeKind::Found | ChangeKind::Opened => Self::Opened,
            ChangeKind::State { .. } | ChangeKind::Owners { .. } | ChangeKind::Details => Self::Changed,
            ChangeKind::Closed | ChangeKind::Passed => Self::Closed,
        }
    }
}

impl Rule {
    /// True when time alone can make it hold: it is looked at with every reading.
    pub(super) fn is_of_time(&self) -> bool {
        self.on.contains(&Occasion::Changed) && self.when.needs().history
    }

    /// Whether it holds; `None` when too little could be seen of the socket to tell.
    pub(super) fn holds(&self, row: &Row, moment: &Moment) -> Option<bool> {
        let seen = Seen { subject: moment.subject(row), now: moment.taken };
        self.when.judge(&seen, unseen(&row.socket, moment))
    }
}

/// What could not be seen of a socket, or not all of it.
#[must_use]
pub fn unseen(socket: &Socket, moment: &Moment) -> Needs {
    let (owners, facts) = match socket.owners.found() {
        Ok(known) => (known.beyond() > 0, known.shown().any(|owner| owner.process.exe.is_none())),
        Err(why) => (why.is_gap(), false),
    };
    // procfs tells little more than addresses and states.
    let is_fallback = || {
        let slice = socket.slice();
        let read = moment.coverage.slices.iter().find(|read| read.slice == slice);
        read.is_some_and(|read| matches!(read.status, SliceStatus::Fallback(_)))
    };
    let details = socket.details.is_none() && is_fallback();
    Needs { details, owners, facts, ..Needs::default() }
}
