//! Rules held against what happens: one alert for each socket and rule.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::alert::{Alert, AlertKind, Severity};
use super::bounds::Bounds;
use super::rule::{Occasion, Rule};
use super::watch::{Finding, raise};
use crate::model::{Change, ChangeKind, Extent, Row, Scope, Socket, SocketKey};
use crate::store::{Moment, Table};

/// What rules have said, and what they will be asked again.
#[derive(Debug, Default)]
pub(super) struct RuleWatch {
    /// What was said of a socket by a rule, which is known by its place in the policy.
    told: BTreeMap<(SocketKey, usize), AlertKind>,
    /// Of these too little could be seen once. A process may be between two descriptors, so the next
    /// look decides.
    unseen: BTreeSet<(SocketKey, usize)>,
    bounds: Bounds,
}

/// Judges every socket of a table as if it had just opened, once, with no second look.
pub(super) fn check(rules: &[Rule], table: &Table, moment: &Moment) -> Vec<Alert> {
    let mut watch = RuleWatch::default();
    let mut alerts = Vec::new();
    let looking: Vec<_> =
        rules.iter().enumerate().filter(|(_, rule)| rule.on.contains(&Occasion::Opened)).collect();
    for row in table.open().filter(|_| !looking.is_empty()) {
        let look = Look { row, occasion: Occasion::Opened, before: None, is_last: true };
        alerts.extend(looking.iter().filter_map(|rule| watch.look(*rule, &look, moment)));
    }
    alerts
}

/// One look at a socket.
struct Look<'a> {
    row: &'a Row,
    occasion: Occasion,
    /// How wide its port was bound before, where it is bound wider.
    before: Option<Scope>,
    /// What cannot be seen now is told.
    is_last: bool,
}

impl RuleWatch {
    /// Takes in what a poll changed and returns what is new to report.
    pub(super) fn watch(
        &mut self,
        rules: &[Rule],
        changes: &[Change],
        table: &Table,
        moment: &Moment,
    ) -> Vec<Alert> {
        if rules.is_empty() {
            return Vec::new();
        }
        let mut alerts = Vec::new();
        // A glance sees less of a socket.
        let is_whole = moment.extent == Extent::All;
        let second_looks = if is_whole { std::mem::take(&mut self.unseen) } else { BTreeSet::new() };
        for all in changes.chunk_by(|one, next| one.socket.key == next.socket.key) {
            self.take(rules, all, (table, moment), &mut alerts);
        }
        for (key, at) in second_looks {
            let Some((rule, row)) = rules.get(at).zip(table.row(&key)) else { continue };
            let look = Look { row, occasion: Occasion::Opened, before: None, is_last: true };
            alerts.extend(self.look((at, rule), &look, moment));
        }
        for (at, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.is_of_time()) {
            for row in table.open() {
                let look = Look { row, occasion: Occasion::Changed, before: None, is_last: false };
                alerts.extend(self.look((at, rule), &look, moment));
            }
        }
        if rules.iter().any(|rule| rule.on.contains(&Occasion::Widened)) {
            self.bounds.update(table, moment);
        }
        self.told.retain(|(key, _), _| table.row(key).is_some());
        alerts
    }

    /// Lets the rules look at a socket that changed in these ways.
    fn take(
        &mut self,
        rules: &[Rule],
        changes: &[Change],
        (table, moment): (&Table, &Moment),
        alerts: &mut Vec<Alert>,
    ) {
        let Some(Change { socket, .. }) = changes.last() else { return };
        let row = match table.row(&socket.key) {
            Some(row) => Cow::Borrowed(row),
            None => Cow::Owned(Row::found(socket.clone())), // it closed, and the table keeps no such rows
        };
        let before = self.bounds.before(socket);
        for (at, rule) in rules.iter().enumerate() {
            let happened = changes.iter().map(|change| Occasion::of(&change.kind));
            let opened = changes.iter().filter(|change| change.kind == ChangeKind::Passed);
            let happened = opened.map(|_| Occasion::Opened).chain(happened);
            let occasion = happened.into_iter().find(|occasion| rule.on.contains(occasion));
            let widened = || before.filter(|_| rule.on.contains(&Occasion::Widened) && row.is_open());
            // A question that is open is asked whatever happened.
            let open = || self.told.get(&(socket.key, at)) == Some(&AlertKind::UnverifiableRule);
            let occasion = occasion.or_else(|| widened().map(|_| Occasion::Widened));
            let Some(occasion) = occasion.or_else(|| open().then_some(Occasion::Changed)) else { continue };
            let is_last = !row.is_open() || occasion == Occasion::Closed;
            let look = Look { row: &row, occasion, before: widened(), is_last };
            alerts.extend(self.look((at, rule), &look, moment));
        }
    }

    fn look(&mut self, (at, rule): (usize, &Rule), look: &Look<'_>, moment: &Moment) -> Option<Alert> {
        let socket = &look.row.socket;
        let place = (socket.key, at);
        let known = self.told.get(&place);
        if known == Some(&AlertKind::Rule) {
            return None;
        }
        let found = match rule.holds(look.row, moment) {
            Some(false) => return None,
            Some(true) => matched(rule, look),
            None if known.is_some() => return None,
            None if look.is_last => unverifiable(rule, socket),
            None => {
                self.unseen.insert(place);
                return None;
            }
        };
        self.told.insert(place, found.kind);
        Some(raise(found, socket, moment))
    }
}

fn matched(rule: &Rule, look: &Look<'_>) -> Finding {
    let name = &rule.name;
    let reason = match (look.occasion, look.before, look.row.socket.scope()) {
        (Occasion::Closed, ..) => format!("rule {name} held when it closed"),
        (Occasion::Opened, ..) if !look.row.is_open() => format!("rule {name} held of it; it came and went"),
        (_, Some(before), Some(now)) => {
            format!("rule {name} holds: bound to {}, before to {}", now.word(), before.word())
        }
        _ => format!("rule {name} holds"),
    };
    finding(rule, AlertKind::Rule, rule.severity, reason)
}

fn unverifiable(rule: &Rule, socket: &Socket) -> Finding {
    let why = match socket.owners.found() {
        Err(why) if why.is_gap() => why.reason(),
        _ => "too little of it could be read",
    };
    let reason = format!("cannot see whether rule {} holds: {why}", rule.name);
    finding(rule, AlertKind::UnverifiableRule, rule.severity.min(Severity::Medium), reason)
}

fn finding(rule: &Rule, kind: AlertKind, severity: Severity, reason: String) -> Finding {
    Finding { kind, severity, reason, line: Some(rule.line), rule: Some(rule.name.clone()) }
}
