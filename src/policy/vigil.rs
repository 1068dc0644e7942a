//! A watch that lasts: it goes on where the one before it ended, tells nothing twice, counts what is alike, and tells
//! again what stands for long.
//!
//! What is worth an alert is judged by [`Watcher`]. It keeps nothing on disk and asks no clock.

use std::collections::BTreeSet;
use std::time::Duration;

use super::alert::{Alert, Seen};
use super::fold::Folds;
use super::presence::Presence;
use super::standing::Standing;
use super::watch::gone;
use super::{Policy, Watcher, is_judged};
use crate::model::{Change, Row, Socket, SocketKey, Stamp};
use crate::store::{Moment, Table};

/// A listener whose owner cannot be seen is judged by a second look, so that much is how long a start takes.
const START: u8 = 2;

/// How much is told of what goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// How long alike alerts are counted before they are told as one; zero: each is told.
    pub cooldown: Duration,
    /// How long something stands before it is told again; `None`: it is told once.
    pub remind: Option<Duration>,
}

/// What a watch on the same boot left behind.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The ids of the alerts that stood.
    pub told: BTreeSet<u64>,
    /// The listeners that were there.
    pub listeners: Vec<Remembered>,
}

/// A listener of which a watch knew.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub socket: Socket,
    /// An alert told of it.
    pub was_told: bool,
}

/// A watch that lasts.
#[derive(Debug)]
pub struct Vigil {
    watcher: Watcher,
    presence: Presence,
    standing: Standing,
    folds: Folds,
    /// Readings that count as the start still.
    start: u8,
    /// A watch on the same boot left its memory.
    resumes: bool,
    /// Those of its listeners of which was not seen yet whether they are there.
    unmet: Vec<Remembered>,
}

impl Vigil {
    /// `memory`: what a watch on the same boot left, if there was one.
    #[must_use]
    pub fn new(policy: Policy, quiet: Quiet, memory: Option<Memory>) -> Self {
        let resumes = memory.is_some();
        let Memory { told, listeners } = memory.unwrap_or_default();
        Self {
            watcher: Watcher::new(policy),
            presence: Presence::default(),
            standing: Standing::new(quiet.remind, told),
            folds: Folds::new(quiet.cooldown),
            start: START,
            resumes,
            unmet: listeners,
        }
    }

    /// What it is held against.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        self.watcher.policy()
    }

    /// The ids of the alerts that stand.
    pub fn standing(&self) -> impl Iterator<Item = u64> {
        self.standing.ids()
    }

    /// True when something that was told of this socket stands.
    #[must_use]
    pub fn stands(&self, key: SocketKey) -> bool {
        self.standing.has(key)
    }

    /// Takes in what a poll changed and returns what is to be told now.
    pub fn take(&mut self, changes: &[Change], table: &Table, moment: &Moment) -> Vec<Alert> {
        let mut raised = self.watcher.watch(changes, table, moment);
        raised.extend(self.presence.watch(self.watcher.policy(), changes, table, moment));
        if self.start > 0 {
            self.start -= 1;
            let seen = if self.resumes { Seen::WhileDown } else { Seen::AtStart };
            for alert in &mut raised {
                alert.seen = seen;
            }
        }
        raised.extend(self.gone_meanwhile(table, moment));
        let told = self.tell(raised, table, moment.taken);
        if self.start == 0 && self.unmet.is_empty() {
            self.standing.forget_before();
        }
        told
    }

    /// Takes another policy, and returns what is to be told by it and was not before.
    pub fn replace(&mut self, policy: Policy, table: &Table, moment: &Moment) -> Vec<Alert> {
        let raised = self.watcher.replace(policy, table, moment);
        self.presence.begin(self.watcher.policy(), table, moment);
        self.tell(raised, table, moment.taken)
    }

    /// What was counted long enough, between readings.
    pub fn due(&mut self, now: Stamp) -> Vec<Alert> {
        self.folds.due(now)
    }

    /// Everything that is counted, for the end.
    pub fn rest(&mut self, now: Stamp) -> Vec<Alert> {
        self.folds.rest(now)
    }

    fn tell(&mut self, raised: Vec<Alert>, table: &Table, now: Stamp) -> Vec<Alert> {
        let mut news = self.standing.admit(raised, table);
        news.extend(self.standing.due(table, now));
        let mut told = self.folds.take(news);
        told.extend(self.folds.due(now));
        told
    }

    /// The listeners of the watch before that are not there any more. What could not be read proves nothing.
    fn gone_meanwhile(&mut self, table: &Table, moment: &Moment) -> Vec<Alert> {
        let is_there = |socket: &Socket| {
            table.row(&socket.key).is_some_and(|row: &Row| row.is_open() && is_judged(&row.socket))
        };
        let could_be_seen = |socket: &Socket| {
            moment.coverage.namespaces.is_gone(socket.key.netns)
                || moment
                    .coverage
                    .slices
                    .iter()
                    .any(|read| read.slice == socket.slice() && read.status.proves_absence())
        };
        let mut alerts = Vec::new();
        let unmet = std::mem::take(&mut self.unmet);
        for one in unmet.into_iter().filter(|one| !is_there(&one.socket)) {
            if !could_be_seen(&one.socket) {
                self.unmet.push(one);
                continue;
            }
            let expected = self.presence.went_unseen(self.watcher.policy(), &one.socket, moment);
            alerts.extend(if one.was_told { Some(gone(&one.socket, moment)) } else { expected });
        }
        for alert in &mut alerts {
            alert.seen = Seen::WhileDown;
        }
        alerts
    }
}
