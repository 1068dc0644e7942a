//! The watch: changes in, alerts out, each fact once.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::{self, Alert, AlertKind, Severity};
use super::{Matcher, Policy, Verdict, Why, is_judged};
use crate::model::{Change, ChangeKind, Socket, SocketKey, SystemBytes};
use crate::store::{Moment, Table};
use crate::text;

/// Holds a policy against what happens. Remembers what it reported.
#[derive(Debug)]
pub struct Watcher {
    policy: Policy,
    /// Listeners that were reported and are not closed yet.
    reported: BTreeMap<SocketKey, AlertKind>,
    /// Listeners whose owner could not be seen once. A process may be between two descriptors, so
    /// the next look decides.
    unseen: BTreeSet<SocketKey>,
}

/// What is known about one listener before it is reported.
struct Finding {
    kind: AlertKind,
    severity: Severity,
    reason: String,
    nearest_line: Option<usize>,
}

impl Watcher {
    /// A watcher that has reported nothing yet.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy, reported: BTreeMap::new(), unseen: BTreeSet::new() }
    }

    /// Judges every listener of a table, once, with no second look: for `check`.
    pub fn check(&mut self, table: &Table, moment: &Moment) -> Vec<Alert> {
        let judged = table.open().filter(|row| is_judged(&row.socket));
        judged
            .filter_map(|row| {
                self.finding(&row.socket, moment).map(|found| raise(found, &row.socket, moment))
            })
            .collect()
    }

    /// Takes in what a poll changed and returns what is new to report.
    pub fn watch(&mut self, changes: &[Change], table: &Table, moment: &Moment) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let second_looks = std::mem::take(&mut self.unseen);
        for change in changes {
            let socket = &change.socket;
            if change.kind == ChangeKind::Closed || !is_judged(socket) {
                alerts.extend(self.closed(socket, moment));
            } else if !second_looks.contains(&socket.key) {
                alerts.extend(self.look(socket, moment, false));
            }
        }
        for key in second_looks {
            let row = table.row(&key).filter(|row| row.is_open() && is_judged(&row.socket));
            alerts.extend(row.and_then(|row| self.look(&row.socket, moment, true)));
        }
        alerts
    }

    fn look(&mut self, socket: &Socket, moment: &Moment, again: bool) -> Option<Alert> {
        let found = self.finding(socket, moment)?;
        if found.kind == AlertKind::Unverifiable && !again && !self.reported.contains_key(&socket.key) {
            self.unseen.insert(socket.key);
            return None;
        }
        // A listener that could not be verified may turn out to be unexpected; that is news.
        let known = self.reported.get(&socket.key);
        if known == Some(&found.kind) || known == Some(&AlertKind::Unexpected) {
            return None;
        }
        self.reported.insert(socket.key, found.kind);
        Some(raise(found, socket, moment))
    }

    fn closed(&mut self, socket: &Socket, moment: &Moment) -> Option<Alert> {
        self.reported.remove(&socket.key)?;
        let reason = "the listener that was reported is gone".to_owned();
        let found = Finding { kind: AlertKind::Closed, severity: Severity::Info, reason, nearest_line: None };
        Some(raise(found, socket, moment))
    }

    /// What there is to say about a listener; `None` when it is expected.
    fn finding(&self, socket: &Socket, moment: &Moment) -> Option<Finding> {
        let (kind, severity, reason, nearest) = match self.policy.judge(socket, &moment.names) {
            Verdict::Expected(_) => return None,
            Verdict::Unknown { expectation, matcher } => (
                AlertKind::Unverifiable,
                Severity::Medium,
                format!("cannot see whether its {} is the expected {}", matcher.key(), wanted(matcher)),
                Some(expectation),
            ),
            Verdict::Unexpected(Why::NotExpected) => {
                (AlertKind::Unexpected, Severity::High, "no expectation covers it".to_owned(), None)
            }
            Verdict::Unexpected(Why::Wider(near)) => (
                AlertKind::Unexpected,
                Severity::High,
                format!("wider than expected: only {} is accepted", near.scope.word()),
                Some(near),
            ),
            Verdict::Unexpected(Why::Other { expectation, matcher }) => (
                AlertKind::Unexpected,
                Severity::High,
                format!("its {} is not the expected {}", matcher.key(), wanted(matcher)),
                Some(expectation),
            ),
        };
        Some(Finding { kind, severity, reason, nearest_line: nearest.map(|near| near.line) })
    }
}

fn raise(found: Finding, socket: &Socket, moment: &Moment) -> Alert {
    let boot = moment.host.boot_id.as_ref().map_or(&[][..], SystemBytes::as_bytes);
    let key = format!("{:?}", socket.key);
    Alert {
        id: alert::id(&[boot, key.as_bytes(), found.kind.word().as_bytes()]),
        kind: found.kind,
        severity: found.severity,
        at: moment.taken,
        reason: found.reason,
        nearest_line: found.nearest_line,
        socket: socket.clone(),
    }
}

fn wanted(matcher: &Matcher) -> String {
    let names: Vec<_> = matcher.wanted().iter().map(|name| text::escape(name.as_bytes())).collect();
    names.join(" or ")
}
