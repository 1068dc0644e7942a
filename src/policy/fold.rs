//! No noise: alerts that are alike are told one by one while they are few, and counted from then on.
//!
//! Nothing is dropped: each alert is told by itself or counted, exactly, by one that is told later. It asks no clock
//! and remembers no more than [`MOST`] ways to be alike, however many there are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::alert::{self, Alert, AlertKind, Severity};
use crate::model::{Protocol, Scope, Stamp, SystemBytes, Uid};
use crate::text::{self, push};

/// So many alike are told one by one; those that follow are counted.
const ALONE: u64 = 10;
/// So many ways to be alike are told apart. Of what comes on top, kind, rule and severity alone are.
const MOST: usize = 200;
/// What goes on is told more and more seldom, up to so many cooldowns.
const LONGEST: u32 = 16;
/// So many ports are named.
const NAMED: usize = 6;

/// What is counted.
#[derive(Debug)]
pub(super) struct Folds {
    /// How long alerts count as following each other; zero: nothing is counted, all is told.
    cooldown: Duration,
    folds: BTreeMap<Likeness, Fold>,
}

/// What alike alerts have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Likeness {
    kind: AlertKind,
    severity: Severity,
    rule: Option<String>,
    /// `None` for whatever comes on top of too many.
    who: Option<Who>,
}

/// Whose socket it is, and how far it reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Who {
    protocol: Protocol,
    scope: Option<Scope>,
    uid: Option<Uid>,
    /// The executable, or the name where it is not known.
    program: Option<SystemBytes>,
}

#[derive(Debug)]
struct Fold {
    began: Stamp,
    span: Duration,
    alone: u64,
    counted: u64,
    /// When the first one was that is counted, and the last one.
    counting: Option<(Stamp, Alert)>,
    /// The ports of all, up to some more than are named.
    ports: BTreeSet<u16>,
}

impl Folds {
    pub(super) fn new(cooldown: Duration) -> Self {
        Self { cooldown, folds: BTreeMap::new() }
    }

    /// What is to be told of these now.
    pub(super) fn take(&mut self, alerts: Vec<Alert>) -> Vec<Alert> {
        if self.cooldown.is_zero() {
            return alerts;
        }
        alerts.into_iter().filter_map(|alert| self.take_one(alert)).collect()
    }

    fn take_one(&mut self, alert: Alert) -> Option<Alert> {
        let mut likeness = Likeness::of(&alert);
        if self.folds.len() >= MOST && !self.folds.contains_key(&likeness) {
            likeness.who = None;
        }
        let new = Fold::new(alert.at, self.cooldown);
        self.folds.entry(likeness).or_insert(new).take(alert)
    }

    /// What was counted long enough.
    pub(super) fn due(&mut self, now: Stamp) -> Vec<Alert> {
        let longest = self.cooldown * LONGEST;
        let mut due = Vec::new();
        self.folds.retain(|likeness, fold| {
            if now.since(&fold.began) < fold.span {
                return true;
            }
            let told = fold.summary(likeness, now);
            let goes_on = told.is_some();
            due.extend(told);
            (fold.began, fold.span) = (now, (fold.span * 2).min(longest));
            goes_on
        });
        due
    }

    /// Everything that is counted, for the end.
    pub(super) fn rest(&mut self, now: Stamp) -> Vec<Alert> {
        let folds = std::mem::take(&mut self.folds);
        folds.into_iter().filter_map(|(likeness, mut fold)| fold.summary(&likeness, now)).collect()
    }
}

impl Likeness {
    fn of(alert: &Alert) -> Self {
        let socket = &alert.socket;
        let process = socket.owners.first().map(|owner| owner.process);
        let program = |process: &crate::model::Process| match &process.exe {
            Some(exe) => exe.path.clone(),
            None => process.comm.clone(),
        };
        Self {
            kind: alert.kind,
            severity: alert.severity,
            rule: alert.rule.clone(),
            who: Some(Who {
                protocol: socket.protocol,
                scope: socket.scope(),
                uid: socket.uid,
                program: process.map(|process| program(process)),
            }),
        }
    }
}

impl Fold {
    fn new(began: Stamp, span: Duration) -> Self {
        Self { began, span, alone: 0, counted: 0, counting: None, ports: BTreeSet::new() }
    }

    fn take(&mut self, alert: Alert) -> Option<Alert> {
        if self.ports.len() <= NAMED {
            self.ports.extend(alert.socket.ends.local().map(|end| end.port));
        }
        if self.alone < ALONE && alert.stands_for == 1 {
            self.alone += 1;
            return Some(alert);
        }
        self.counted += alert.stands_for;
        let since = self.counting.as_ref().map_or(alert.at, |(since, _)| *since);
        self.counting = Some((since, alert));
        None
    }

    /// One alert for all that were counted.
    fn summary(&mut self, likeness: &Likeness, now: Stamp) -> Option<Alert> {
        let (since, last) = self.counting.take()?;
        let count = std::mem::take(&mut self.counted);
        let ports = std::mem::take(&mut self.ports);
        let comes_and_goes =
            matches!(last.kind, AlertKind::Unexpected | AlertKind::CameAndWent | AlertKind::Closed);
        let kind = match likeness.who {
            Some(_) if comes_and_goes && ports.len() == 1 => AlertKind::Flapping,
            _ => last.kind,
        };
        let mut reason =
            format!("{} more like it", text::count(usize::try_from(count).unwrap_or(usize::MAX)));
        push(&mut reason, format_args!(" within {}", text::brief(now.since(&since))));
        match ports.len() {
            0 => {}
            _ if likeness.who.is_none() => reason.push_str(", of many programs"),
            many => {
                let named = ports.iter().take(NAMED).map(u16::to_string).collect::<Vec<_>>().join(", ");
                let more = if many > NAMED { " and others" } else { "" };
                push(
                    &mut reason,
                    format_args!(", on {} {named}{more}", if many == 1 { "port" } else { "ports" }),
                );
            }
        }
        push(&mut reason, format_args!("; the last one: {}", last.reason));
        let id =
            alert::id(&[&last.id.to_be_bytes(), kind.word().as_bytes(), since.wall.to_string().as_bytes()]);
        Some(Alert { id, kind, reason, stands_for: count, at: now, since: Some(since), ..last })
    }
}
