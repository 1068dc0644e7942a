//! Expected listeners that are gone, and those that come and go.
//!
//! It looks at entries that name one port: of any other nobody can say that something is missing. A service that
//! is started again within the grace is no news, unless that goes on. It judges no listener that is there.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::alert::{Alert, AlertKind, Severity};
use super::expect::Ports;
use super::watch::{Finding, raise};
use super::{Policy, Verdict, is_judged};
use crate::model::{Change, ChangeKind, Socket, SocketKey, Stamp};
use crate::store::{Moment, Table};
use crate::text;

/// How long a service may take to start again.
const GRACE: Duration = Duration::from_secs(10);
/// So many ends …
const OFTEN: usize = 5;
/// … within this are worth an alert.
const SPAN: Duration = Duration::from_mins(10);

/// The expected listeners that are there, and those that are not any more.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// The line of the entry that each belongs to.
    there: BTreeMap<SocketKey, usize>,
    /// The last one of an entry, and when it went.
    leaving: BTreeMap<usize, (Socket, Stamp)>,
    ends: BTreeMap<usize, VecDeque<Stamp>>,
}

impl Presence {
    /// Takes in what a poll changed and returns what is new to report.
    pub(super) fn watch(
        &mut self,
        policy: &Policy,
        changes: &[Change],
        table: &Table,
        moment: &Moment,
    ) -> Vec<Alert> {
        let mut alerts = Vec::new();
        for change in changes {
            let socket = &change.socket;
            if change.kind.is_end() || !is_judged(socket) {
                let line = self.there.remove(&socket.key);
                let is_end = change.kind == ChangeKind::Closed;
                alerts
                    .extend(line.filter(|_| is_end).and_then(|line| self.left(policy, line, socket, moment)));
            } else if let Some(line) = line_of(policy, socket, moment) {
                self.there.insert(socket.key, line);
                self.leaving.remove(&line);
            }
        }
        self.there.retain(|key, _| table.row(key).is_some());
        alerts.extend(self.gone(policy, moment));
        alerts
    }

    /// Begins anew, as after an edit of the policy: who is there is no news, nor who is not.
    pub(super) fn begin(&mut self, policy: &Policy, table: &Table, moment: &Moment) {
        *self = Self::default();
        for row in table.open().filter(|row| is_judged(&row.socket)) {
            let line = line_of(policy, &row.socket, moment);
            self.there.extend(line.map(|line| (row.socket.key, line)));
        }
    }

    /// What to say of one that went while nobody watched.
    pub(super) fn went_unseen(&self, policy: &Policy, socket: &Socket, moment: &Moment) -> Option<Alert> {
        let line = line_of(policy, socket, moment)?;
        (!self.is_served(line)).then(|| missing(policy, line, socket, moment)).flatten()
    }

    fn is_served(&self, line: usize) -> bool {
        self.there.values().any(|served| *served == line)
    }

    fn left(&mut self, policy: &Policy, line: usize, socket: &Socket, moment: &Moment) -> Option<Alert> {
        let now = moment.taken;
        if !self.is_served(line) {
            self.leaving.insert(line, (socket.clone(), now));
        }
        let ends = self.ends.entry(line).or_default();
        ends.push_back(now);
        while ends.front().is_some_and(|first| now.since(first) > SPAN) {
            ends.pop_front();
        }
        let first = *ends.front()?;
        if ends.len() < OFTEN || policy.ignored.contains(&AlertKind::Flapping) {
            return None;
        }
        let reason = format!(
            "the listener that is expected closed {OFTEN} times within {}",
            text::brief(now.since(&first))
        );
        self.ends.remove(&line);
        let (kind, severity) = (AlertKind::Flapping, Severity::Medium);
        Some(raise(Finding { kind, severity, reason, line: Some(line), rule: None }, socket, moment))
    }

    fn gone(&mut self, policy: &Policy, moment: &Moment) -> Vec<Alert> {
        let now = moment.taken;
        let gone: Vec<_> = self.leaving.extract_if(.., |_, (_, since)| now.since(since) >= GRACE).collect();
        gone.into_iter().filter_map(|(line, (socket, _))| missing(policy, line, &socket, moment)).collect()
    }
}

fn missing(policy: &Policy, line: usize, socket: &Socket, moment: &Moment) -> Option<Alert> {
    let kind = AlertKind::ExpectedGone;
    if policy.ignored.contains(&kind) {
        return None;
    }
    let reason = "it is expected, and nothing else listens there".to_owned();
    let finding = Finding { kind, severity: Severity::Medium, reason, line: Some(line), rule: None };
    Some(raise(finding, socket, moment))
}

/// The line of the entry that covers it, if that is about one port.
fn line_of(policy: &Policy, socket: &Socket, moment: &Moment) -> Option<usize> {
    match policy.judge(socket, &moment.names) {
        Verdict::Expected(entry) => {
            matches!(entry.ports, Ports::Range(first, last) if first == last).then_some(entry.line)
        }
        _ => None,
    }
}
