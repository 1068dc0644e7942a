//! What happened, in the order in which it was seen: a bounded memory of changes.
//!
//! It takes changes in and gives them back. It knows no filter and draws nothing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::Snapshot;
use crate::model::{ChangeKind, Owners, Row, Stamp, State};
use crate::policy::Alert;

/// How many are remembered: hours of a quiet machine, and a few megabytes at most.
const MOST: usize = 5_000;

/// What happened to a socket.
#[derive(Clone, Debug)]
pub(super) enum What {
    Opened,
    /// It lived so long, where its beginning was seen.
    Closed {
        after: Option<Duration>,
    },
    State {
        from: State,
    },
    Owners {
        from: Owners,
    },
    /// The policy has something to say about it.
    Reported(Arc<Report>),
}

/// An alert.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) alert: Alert,
    /// Its reason was there when the dashboard began to look.
    pub(super) at_start: bool,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub(super) struct Happening {
    /// When it was seen.
    pub(super) at: Stamp,
    pub(super) what: What,
    /// The socket as it was then.
    pub(super) row: Row,
}

/// What happened lately. Each happening has a number that stays its own.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// The number of the oldest that is remembered.
    first: u64,
    happenings: VecDeque<Happening>,
}

impl Timeline {
    /// Takes in what a snapshot brought.
    pub(super) fn take(&mut self, snapshot: &Snapshot) {
        let Some(moment) = snapshot.table.moment() else { return };
        let news = snapshot.changes.iter().filter(|change| is_news(&change.kind));
        let unseen = news.clone().count().saturating_sub(MOST);
        for change in news.skip(unseen) {
            let row = snapshot.table.row(&change.socket.key).cloned();
            let row = row.unwrap_or_else(|| Row::found(change.socket.clone()));
            let opened = row.history().opened;
            let age = opened.map(|opened| moment.taken.since(&opened));
            let Some(what) = What::of(&change.kind, age) else { continue };
            self.push(Happening { at: moment.taken, what, row });
        }
        self.first = self.first.saturating_add(u64::try_from(unseen).unwrap_or(u64::MAX));
    }

    /// Takes in what the policy has to say about a socket.
    pub(super) fn report(&mut self, report: Report, row: Row) {
        self.push(Happening { at: report.alert.at, what: What::Reported(Arc::new(report)), row });
    }

    fn push(&mut self, happening: Happening) {
        if self.happenings.len() == MOST {
            self.happenings.pop_front();
            self.first += 1;
        }
        self.happenings.push_back(happening);
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.happenings.len()
    }

    /// The happening with that number; `None` once it is forgotten.
    pub(super) fn get(&self, number: u64) -> Option<&Happening> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.happenings.get(at)
    }

    /// All that are remembered, by their numbers, the oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = (u64, &Happening)> {
        (self.first..).zip(&self.happenings)
    }

    /// What happened after a moment, until another.
    pub(super) fn sum(&self, compared: Stamp, until: Stamp) -> Sum {
        let mut sum = Sum::default();
        let told = self.happenings.iter().filter(|one| one.at.mono <= until.mono);
        for happening in told.filter(|one| is_after(one, Some(compared))) {
            *match happening.what {
                What::Opened => &mut sum.opened,
                What::Closed { .. } => &mut sum.closed,
                What::State { .. } | What::Owners { .. } => &mut sum.changed,
                What::Reported(_) => continue,
            } += 1;
        }
        sum
    }

    /// True when older ones were forgotten.
    pub(super) fn is_cut(&self) -> bool {
        self.first > 0
    }
}

/// True for what happened after a moment, when there is one.
pub(super) fn is_after(happening: &Happening, compared: Option<Stamp>) -> bool {
    compared.is_none_or(|then| happening.at.mono > then.mono)
}

/// How often sockets opened, changed and closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) opened: usize,
    pub(super) changed: usize,
    pub(super) closed: usize,
}

/// True for what people want to hear of.
pub(super) fn is_news(kind: &ChangeKind) -> bool {
    !matches!(kind, ChangeKind::Found | ChangeKind::Details)
}

impl What {
    /// What a change means to people, of a socket that was there for so long; `None` where that is nothing.
    fn of(kind: &ChangeKind, age: Option<Duration>) -> Option<Self> {
        match kind {
            ChangeKind::Found | ChangeKind::Details => None,
            ChangeKind::Opened => Some(Self::Opened),
            ChangeKind::Closed | ChangeKind::Passed => Some(Self::Closed { after: age }),
            ChangeKind::State { from } => Some(Self::State { from: *from }),
            ChangeKind::Owners { from } => Some(Self::Owners { from: from.clone() }),
        }
    }
}
