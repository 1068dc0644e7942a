//! Alerts whose sockets are still there: what was told already, by a watch before this one, too, and what is to be
//! told again because it stands for so long.
//!
//! It raises nothing by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::alert::{Alert, Seen};
use crate::model::{Row, SocketKey, Stamp};
use crate::store::Table;

/// No more than this many are told again. All that stand are known by their ids.
const MOST: usize = 10_000;

/// What was told and still stands.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// How long something stands before it is told again; `None`: it is told once.
    remind: Option<Duration>,
    told: BTreeMap<(SocketKey, u64), Told>,
    /// Told by a watch before this one, and not met again yet.
    before: BTreeSet<u64>,
}

/// The alert and when it was told last; `None` where nobody asked for reminders, or there are too many.
type Told = Option<(Alert, Stamp)>;

impl Standing {
    pub(super) fn new(remind: Option<Duration>, before: BTreeSet<u64>) -> Self {
        Self { remind, told: BTreeMap::new(), before }
    }

    /// Takes in what is raised, and returns what was not told by a watch before this one.
    pub(super) fn admit(&mut self, alerts: Vec<Alert>, table: &Table) -> Vec<Alert> {
        let mut news = Vec::new();
        for alert in alerts {
            let key = alert.socket.key;
            if table.row(&key).is_some_and(Row::is_open) {
                let has_room = self.remind.is_some() && self.told.len() < MOST;
                let again = has_room.then(|| (alert.clone(), alert.at));
                self.told.insert((key, alert.id), again);
            }
            if !self.before.remove(&alert.id) {
                news.push(alert);
            }
        }
        news
    }

    /// Forgets what does not stand any more, and returns what has stood long enough to be told again.
    pub(super) fn due(&mut self, table: &Table, now: Stamp) -> Vec<Alert> {
        self.told.retain(|(key, _), _| table.row(key).is_some_and(Row::is_open));
        let Some(remind) = self.remind else { return Vec::new() };
        let mut due = Vec::new();
        for (alert, told) in self.told.values_mut().flatten() {
            if now.since(told) < remind {
                continue;
            }
            *told = now;
            let since = Some(alert.since.unwrap_or(alert.at));
            due.push(Alert { at: now, seen: Seen::Reminder, since, ..alert.clone() });
        }
        due
    }

    /// The ids of all that stand, those that were not met again among them.
    pub(super) fn ids(&self) -> impl Iterator<Item = u64> {
        self.told.keys().map(|(_, id)| id).chain(&self.before).copied()
    }

    /// True when something that was told of this socket stands.
    pub(super) fn has(&self, key: SocketKey) -> bool {
        self.told.range((key, 0)..=(key, u64::MAX)).next().is_some()
    }

    /// What was told before this watch and was not met again by now does not stand any more.
    pub(super) fn forget_before(&mut self) {
        self.before.clear();
    }
}
