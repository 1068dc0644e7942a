//! What is worth an alert whatever is expected: listeners that take what is another's, and programs whose
//! file is gone.
//!
//! A policy keeps them quiet where it says who may listen, or ignores their kind.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::alert::{Alert, AlertKind, Severity};
use super::neighbours::Neighbourhood;
use super::watch::{Finding, raise};
use super::{Matcher, Policy, Verdict, is_judged};
use crate::model::{Change, NoOwner, Protocol, Row, Socket, SocketKey};
use crate::phrase;
use crate::store::{Moment, Table};
use crate::text::{self, Charset, push};

/// The facts that were told.
#[derive(Debug, Default)]
pub(super) struct Facts {
    told: BTreeSet<(SocketKey, AlertKind)>,
    /// Listeners beside one that was missing from a reading: the next one tells whether it is gone.
    unsure: BTreeSet<SocketKey>,
}

/// Tells the facts of a table that one look shows.
pub(super) fn check(policy: &Policy, table: &Table, moment: &Moment) -> Vec<Alert> {
    Facts::default().look_at_all(policy, table, moment)
}

impl Facts {
    /// Takes in what a poll changed and returns what is new to report.
    pub(super) fn watch(
        &mut self,
        policy: &Policy,
        changes: &[Change],
        table: &Table,
        moment: &Moment,
    ) -> Vec<Alert> {
        let mut keys = std::mem::take(&mut self.unsure);
        keys.extend(changes.iter().map(|change| change.socket.key));
        let rows = keys.iter().filter_map(|key| table.row(key));
        let rows: Vec<_> = rows.filter(|row| row.is_open() && is_judged(&row.socket)).collect();
        let alerts = self.look(policy, &rows, table, moment);
        self.told.retain(|(key, _)| table.row(key).is_some_and(Row::is_open));
        alerts
    }

    /// Looks at every listener, and returns what was not reported before.
    pub(super) fn look_at_all(&mut self, policy: &Policy, table: &Table, moment: &Moment) -> Vec<Alert> {
        let rows: Vec<_> = table.open().filter(|row| is_judged(&row.socket)).collect();
        self.look(policy, &rows, table, moment)
    }

    fn look(&mut self, policy: &Policy, rows: &[&Row], table: &Table, moment: &Moment) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let neighbourhood = Neighbourhood::around(rows, table);
        for row in rows {
            alerts
                .extend(deleted(&row.socket).and_then(|found| self.tell(policy, found, &row.socket, moment)));
            if neighbourhood.is_unsure(&row.socket) {
                self.unsure.insert(row.socket.key);
            }
            for (other, narrowness) in neighbourhood.strangers_of(&row.socket) {
                let pair = Pair::of((row, other), narrowness, policy, moment);
                let Some((found, pair)) = pair.and_then(|pair| Some((pair.finding(moment)?, pair))) else {
                    continue;
                };
                alerts.extend(self.tell(policy, found, &pair.taker.socket, moment));
            }
        }
        alerts
    }

    /// Once for each listener and kind.
    fn tell(&mut self, policy: &Policy, found: Finding, socket: &Socket, moment: &Moment) -> Option<Alert> {
        let is_news = !policy.ignored.contains(&found.kind) && self.told.insert((socket.key, found.kind));
        is_news.then(|| raise(found, socket, moment))
    }
}

/// A program whose file has no name any more.
fn deleted(socket: &Socket) -> Option<Finding> {
    let set = socket.owners.known()?;
    let gone = |process: &crate::model::Process| process.exe.clone().filter(|exe| exe.deleted);
    let (process, exe) = set.shown().find_map(|owner| Some((owner.process, gone(owner.process)?)))?;
    let reason = format!(
        "the file that {} runs was deleted or replaced, or never had a name: {}",
        phrase::process(process, Charset::Unicode),
        text::escape(exe.path.as_bytes()),
    );
    Some(finding(AlertKind::ExecutableDeleted, Severity::Medium, reason))
}

/// Two listeners of different owners, of which one takes what would reach the other.
struct Pair<'a> {
    taker: &'a Row,
    other: &'a Row,
    is_narrower: bool,
}

impl<'a> Pair<'a> {
    /// `None` where the policy says of both who they are.
    fn of(
        (one, other): (&'a Row, &'a Row),
        narrowness: Ordering,
        policy: &Policy,
        moment: &Moment,
    ) -> Option<Self> {
        let named = |row: &Row| is_named(policy, &row.socket, moment);
        let (one_is_named, other_is_named) = (named(one), named(other));
        if one_is_named && other_is_named {
            return None;
        }
        // Who came later is the one to look at, or who is nobody's: a service is rather there first, and root's.
        let newness =
            |row: &Row, is_named: bool| (!is_named, row.history().opened, row.socket.uid, row.socket.key);
        let is_first = match narrowness {
            Ordering::Greater => true,
            Ordering::Less => false,
            Ordering::Equal => newness(one, one_is_named) > newness(other, other_is_named),
        };
        let (taker, other) = if is_first { (one, other) } else { (other, one) };
        Some(Self { taker, other, is_narrower: narrowness != Ordering::Equal })
    }

    /// What there is to say of the taker.
    fn finding(&self, moment: &Moment) -> Option<Finding> {
        let who = who(&self.other.socket, moment);
        if self.is_narrower {
            let place = self.other.socket.ends.local().map(|end| end.to_string()).unwrap_or_default();
            let reason = format!("bound more narrowly than {place} of {who}, it takes what would reach that");
            return Some(finding(AlertKind::MoreSpecific, Severity::High, reason));
        }
        if self.is_group() {
            let reason =
                format!("it shares the port by SO_REUSEPORT with {who}, and takes a part of what comes");
            let is_new = self.taker.history().opened.is_some();
            return is_new.then(|| finding(AlertKind::GroupJoined, Severity::Medium, reason));
        }
        let reason = format!("{who} serves the same address, and either may get what is the other's");
        Some(finding(AlertKind::SecondOwner, Severity::High, reason))
    }

    /// Whether they share the port by `SO_REUSEPORT`: streams that listen have no other way
    /// (`inet_csk_bind_conflict`); others have, and are told apart where that was read. Groups are of one user.
    fn is_group(&self) -> bool {
        let (one, other) = (&self.taker.socket, &self.other.socket);
        let shares = |socket: &Socket| socket.reuse.is_some_and(|reuse| reuse.port);
        match one.protocol {
            Protocol::Udp | Protocol::UdpLite => one.uid == other.uid && shares(one) && shares(other),
            _ => true,
        }
    }
}

/// Whether the policy expects a listener, and by an entry that says whose it is.
fn is_named(policy: &Policy, socket: &Socket, moment: &Moment) -> bool {
    let says_whose = |matcher: &Matcher| matches!(matcher, Matcher::Exe(_) | Matcher::User(_));
    match policy.judge(socket, &moment.names) {
        Verdict::Expected(entry) => entry.matchers.iter().any(says_whose),
        _ => false,
    }
}

/// Who holds a listener: `named 10 /usr/sbin/named (root)`.
fn who(socket: &Socket, moment: &Moment) -> String {
    let charset = Charset::Unicode;
    let mut who = match socket.owners.found() {
        Ok(set) => phrase::process(set.first().process, charset),
        Err(NoOwner::Denied) => "a process that may not be read".to_owned(),
        Err(NoOwner::Kernel) => "the kernel".to_owned(),
        Err(_) => "an unknown process".to_owned(),
    };
    if let Some(exe) = socket.owners.first().and_then(|owner| owner.process.exe.as_ref()) {
        push(&mut who, format_args!(" {}", phrase::executable(exe, charset)));
    }
    if let Some(uid) = socket.uid {
        push(&mut who, format_args!(" ({})", phrase::user(uid, &moment.names, charset)));
    }
    who
}

fn finding(kind: AlertKind, severity: Severity, reason: String) -> Finding {
    Finding { kind, severity, reason, line: None, rule: None }
}
