//! What does not work as it should at a listener, or where one is called: what `diagnosis` finds, as alerts.
//!
//! It judges nothing itself. What is told once is told again when it had been over, or is worse.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::alert::{Alert, AlertKind, Severity};
use super::facts::finding;
use super::watch::raise;
use super::{Policy, is_judged};
use crate::diagnosis::{Case, Crowd, Severity as Weight, diagnose};
use crate::model::{Endpoint, NetnsId, Row, SocketKey};
use crate::store::{Moment, Table};
use crate::text::Charset;

/// The findings that are worth an alert, and from which weight on: a queue that is nearly full has not overflown.
const KINDS: [(&str, AlertKind, Weight); 4] = [
    ("plaintext", AlertKind::Plaintext, Weight::Warning),
    ("accept-queue", AlertKind::AcceptQueue, Weight::Alarm),
    ("syn-flood", AlertKind::SynFlood, Weight::Warning),
    ("ports-exhausted", AlertKind::PortsExhausted, Weight::Warning),
];

/// What was told, and how bad it was.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    told: BTreeMap<(Subject, AlertKind), Severity>,
}

/// What is in trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Listener(SocketKey),
    /// The calls from an address to a service, which are many sockets.
    Calls(NetnsId, IpAddr, Endpoint),
}

/// What one look shows that is no matter of the moment.
pub(super) fn check(policy: &Policy, table: &Table, moment: &Moment) -> Vec<Alert> {
    let alerts = Troubles::default().watch(policy, table, moment);
    alerts.into_iter().filter(|alert| alert.kind == AlertKind::Plaintext).collect()
}

impl Troubles {
    /// Looks at a reading, and returns what is new.
    pub(super) fn watch(&mut self, policy: &Policy, table: &Table, moment: &Moment) -> Vec<Alert> {
        let is_wanted = |kind: AlertKind| !policy.ignored.contains(&kind);
        if !KINDS.iter().any(|(_, kind, _)| is_wanted(*kind)) {
            return Vec::new();
        }
        let crowd = Crowd::of(table.rows(), &moment.names);
        let (mut alerts, mut told, mut seen) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        for row in table.open() {
            let Some(subject) = subject(row, moment, &crowd).filter(|subject| seen.insert(*subject)) else {
                continue;
            };
            for (kind, severity, reason) in troubles(row, moment, &crowd) {
                let before = self.told.get(&(subject, kind)).copied();
                told.insert((subject, kind), before.map_or(severity, |before| before.max(severity)));
                if is_wanted(kind) && before.is_none_or(|before| before < severity) {
                    alerts.push(raise(finding(kind, severity, reason), &row.socket, moment));
                }
            }
        }
        self.told = told;
        alerts
    }
}

/// What the trouble of a socket would be the trouble of; `None` where it is nobody's business.
fn subject(row: &Row, moment: &Moment, crowd: &Crowd) -> Option<Subject> {
    let socket = &row.socket;
    if is_judged(socket) {
        return Some(Subject::Listener(socket.key));
    }
    let (netns, local) = (socket.key.netns, socket.ends.local()?);
    let is_handed_out = || moment.names.ephemeral.get(&netns).is_some_and(|range| range.contains(local.port));
    let remote = socket.ends.remote().filter(|_| crowd.is_called_often(socket) && is_handed_out())?;
    Some(Subject::Calls(netns, local.addr, remote))
}

/// What is wrong with one.
fn troubles(row: &Row, moment: &Moment, crowd: &Crowd) -> Vec<(AlertKind, Severity, String)> {
    let case = Case {
        subject: moment.subject(row),
        crowd,
        now: moment.taken,
        earlier: None,
        charset: Charset::Unicode,
    };
    let worth = diagnose(&case).findings.into_iter().filter_map(|found| {
        let (_, kind, least) = KINDS.iter().find(|(name, ..)| *name == found.kind)?;
        let severity = if found.severity == Weight::Alarm { Severity::High } else { Severity::Medium };
        (found.severity >= *least).then_some((*kind, severity, found.text))
    });
    worth.collect()
}
