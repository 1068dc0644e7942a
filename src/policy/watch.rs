//! The watch: changes in, alerts out, each fact once.

use std::collections::{BTreeMap, BTreeSet};

use super::alert::{self, Alert, AlertKind, Seen, Severity};
use super::facts::{self, Facts};
use super::rule_watch::{self, RuleWatch};
use super::taps;
use super::troubles::{self, Troubles};
use super::{Matcher, Policy, Verdict, Why, is_judged};
use crate::model::{Change, ChangeKind, Extent, Life, Row, Socket, SocketKey, SystemBytes};
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
    rules: RuleWatch,
    facts: Facts,
    troubles: Troubles,
}

/// What is known about one socket before it is reported.
pub(super) struct Finding {
    pub(super) kind: AlertKind,
    pub(super) severity: Severity,
    pub(super) reason: String,
    /// Of the entry that came nearest, or of the rule.
    pub(super) line: Option<usize>,
    pub(super) rule: Option<String>,
}

impl Watcher {
    /// A watcher that has reported nothing yet.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            reported: BTreeMap::new(),
            unseen: BTreeSet::new(),
            rules: RuleWatch::default(),
            facts: Facts::default(),
            troubles: Troubles::default(),
        }
    }

    /// What it is held against.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Takes another policy, such as an edited one, and returns what is to be reported by it and was not before. What
    /// is expected now is forgotten, so that it is news when it is not any more.
    pub fn replace(&mut self, policy: Policy, table: &Table, moment: &Moment) -> Vec<Alert> {
        let names = |policy: &Policy| policy.rules.iter().map(|rule| rule.name.clone()).collect::<Vec<_>>();
        let same_rules = names(&self.policy) == names(&policy);
        self.policy = policy;
        let mut alerts = Vec::new();
        for row in table.open().filter(|row| is_judged(&row.socket)) {
            match self.look(&row.socket, moment, true) {
                Some(alert) => alerts.push(alert),
                None if self.finding(&row.socket, moment).is_none() => {
                    self.reported.remove(&row.socket.key);
                }
                None => {}
            }
        }
        if !same_rules {
            // Rules are known by their places.
            let found = |row: &Row| Change { kind: ChangeKind::Found, socket: row.socket.clone() };
            let all: Vec<_> = table.open().map(found).collect();
            self.rules = RuleWatch::default();
            alerts.extend(self.rules.watch(&self.policy.rules, &all, table, moment));
        }
        alerts.extend(self.facts.look_at_all(&self.policy, table, moment));
        alerts
    }

    /// Judges every listener of a table by the expectations, and every socket by the rules, once, with
    /// no second look, and tells the facts beside them: for `check`.
    #[must_use]
    pub fn check(&self, table: &Table, moment: &Moment) -> Vec<Alert> {
        let mut alerts = self.unexpected(table, moment);
        alerts.extend(rule_watch::check(&self.policy.rules, table, moment));
        alerts.extend(facts::check(&self.policy, table, moment));
        alerts.extend(troubles::check(&self.policy, table, moment));
        for alert in &mut alerts {
            alert.seen = Seen::AtStart;
        }
        alerts
    }

    /// What the expectations alone say, in the order of the table.
    pub(super) fn unexpected(&self, table: &Table, moment: &Moment) -> Vec<Alert> {
        let judged = table.open().filter(|row| is_judged(&row.socket));
        let raised = |row: &Row| Some(raise(self.finding(&row.socket, moment)?, &row.socket, moment));
        judged.filter_map(raised).collect()
    }

    /// Takes in what a poll changed and returns what is new to report.
    pub fn watch(&mut self, changes: &[Change], table: &Table, moment: &Moment) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let is_whole = moment.extent == Extent::All;
        // A glance looks for no owners.
        let second_looks = if is_whole { std::mem::take(&mut self.unseen) } else { BTreeSet::new() };
        for change in changes {
            let socket = &change.socket;
            if change.kind == ChangeKind::Passed {
                alerts.extend(self.passed(socket, table, moment));
            } else if change.kind == ChangeKind::Closed || !is_judged(socket) {
                alerts.extend(self.closed(socket, moment));
            } else if !second_looks.contains(&socket.key) {
                alerts.extend(self.look(socket, moment, false));
            }
        }
        for key in second_looks {
            let row = table.row(&key).filter(|row| row.is_open() && is_judged(&row.socket));
            alerts.extend(row.and_then(|row| self.look(&row.socket, moment, true)));
        }
        alerts.extend(self.rules.watch(&self.policy.rules, changes, table, moment));
        alerts.extend(self.facts.watch(&self.policy, changes, table, moment));
        if is_whole {
            alerts.extend(self.troubles.watch(&self.policy, table, moment));
        }
        alerts.extend(taps::watch(&self.policy, changes, moment));
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

    /// What is to be said of a listener that is gone before it was read.
    fn passed(&self, socket: &Socket, table: &Table, moment: &Moment) -> Option<Alert> {
        let found = self.finding(socket, moment).filter(|_| is_judged(socket))?;
        let history = table.row(&socket.key).map(Row::history).unwrap_or_default();
        let span = match (history.opened, history.life) {
            (Some(opened), Life::Closed { at }) => format!("listened for {}", text::brief(at.since(&opened))),
            _ => "came and went between two readings".to_owned(),
        };
        let reason = format!("it {span}; {}", found.reason);
        Some(raise(Finding { kind: AlertKind::CameAndWent, reason, ..found }, socket, moment))
    }

    fn closed(&mut self, socket: &Socket, moment: &Moment) -> Option<Alert> {
        self.reported.remove(&socket.key)?;
        Some(gone(socket, moment))
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
            Verdict::Unexpected(Why::Other { expectation, matcher }) => {
                let reason = if matcher.is_feigned(socket) {
                    format!("the file that it runs is another one than {} of this system", wanted(matcher))
                } else {
                    format!("its {} is not the expected {}", matcher.key(), wanted(matcher))
                };
                (AlertKind::Unexpected, Severity::High, reason, Some(expectation))
            }
        };
        Some(Finding { kind, severity, reason, line: nearest.map(|near| near.line), rule: None })
    }
}

/// That a listener is gone of which was told before.
pub(super) fn gone(socket: &Socket, moment: &Moment) -> Alert {
    let reason = "the listener that was reported is gone".to_owned();
    let (kind, severity) = (AlertKind::Closed, Severity::Info);
    raise(Finding { kind, severity, reason, line: None, rule: None }, socket, moment)
}

pub(super) fn raise(found: Finding, socket: &Socket, moment: &Moment) -> Alert {
    let boot = moment.host.boot_id.as_ref().map_or(&[][..], SystemBytes::as_bytes);
    let key = format!("{:?}", socket.key);
    let mut fact = vec![boot, key.as_bytes(), found.kind.word().as_bytes()];
    fact.extend(found.rule.as_deref().map(str::as_bytes));
    Alert {
        id: alert::id(&fact),
        kind: found.kind,
        severity: found.severity,
        at: moment.taken,
        reason: found.reason,
        line: found.line,
        rule: found.rule,
        socket: socket.clone(),
        seen: Seen::Live,
        stands_for: 1,
        since: None,
    }
}

fn wanted(matcher: &Matcher) -> String {
    let names: Vec<_> = matcher.wanted().iter().map(|name| text::escape(name.as_bytes())).collect();
    names.join(" or ")
}
