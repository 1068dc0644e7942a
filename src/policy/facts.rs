//! What is worth an alert whatever is expected: listeners that take what is another's, and what is odd about who
//! holds one.
//!
//! A policy keeps them quiet where it says who may listen, or ignores their kind.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::alert::{Alert, AlertKind, Severity};
use super::neighbours::Neighbourhood;
use super::programs::{self, Programs};
use super::watch::{Finding, raise};
use super::{Matcher, Policy, Verdict, holders, is_judged};
use crate::model::{Change, Extent, NoOwner, Pid, Protocol, Row, Socket, SocketKey};
use crate::phrase;
use crate::store::{Moment, Table};
use crate::text::{Charset, push};

/// The facts that were told.
#[derive(Debug, Default)]
pub(super) struct Facts {
    told: BTreeSet<(SocketKey, AlertKind)>,
    /// Listeners beside one that was missing from a reading: the next one tells whether it is gone.
    unsure: BTreeSet<SocketKey>,
    /// Those that nobody held at the last look.
    in_vain: BTreeSet<SocketKey>,
    /// The processes that were covered at the last look.
    covered: Vec<Pid>,
    programs: Programs,
}

/// Tells the facts of a table that one look shows.
pub(super) fn check(policy: &Policy, table: &Table, moment: &Moment) -> Vec<Alert> {
    let all = listeners(table);
    Facts::default().look(policy, &all, (table, moment), true)
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
        self.unsure.extend(changes.iter().map(|change| change.socket.key));
        // A glance does not tell whether it shares its port, nor who else holds it.
        let is_whole = moment.extent == Extent::All;
        let keys = if is_whole { std::mem::take(&mut self.unsure) } else { BTreeSet::new() };
        let rows = keys.iter().filter_map(|key| table.row(key));
        let mut rows: Vec<_> = rows.filter(|row| row.is_open() && is_judged(&row.socket)).collect();
        // What is mounted over a process changes none of its sockets.
        let covered = &moment.coverage.owners.covered;
        if self.covered != *covered {
            self.covered.clone_from(covered);
            rows = listeners(table);
        }
        let mut alerts = self.look(policy, &rows, (table, moment), false);
        for (socket, before) in self.programs.update(changes, table, moment) {
            let is_told = is_its_program_open(policy, socket, moment)
                && !policy.ignored.contains(&AlertKind::ExecutableChanged);
            alerts.extend(is_told.then(|| raise(programs::changed(socket, &before), socket, moment)));
        }
        self.told.retain(|(key, _)| table.row(key).is_some_and(Row::is_open));
        self.in_vain.retain(|key| table.row(key).is_some_and(Row::is_open));
        alerts
    }

    /// Looks at every listener, and returns what was not reported before.
    pub(super) fn look_at_all(&mut self, policy: &Policy, table: &Table, moment: &Moment) -> Vec<Alert> {
        self.look(policy, &listeners(table), (table, moment), false)
    }

    /// What cannot be seen now is told where no other look follows.
    fn look(
        &mut self,
        policy: &Policy,
        rows: &[&Row],
        (table, moment): (&Table, &Moment),
        is_last: bool,
    ) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let neighbourhood = Neighbourhood::around(rows, table);
        for row in rows {
            let nobody = self.nobody(policy, &row.socket, moment, is_last);
            for found in holders::findings(&row.socket, moment).chain(nobody) {
                alerts.extend(self.tell(policy, found, &row.socket, moment));
            }
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

    /// That nobody holds it, at the second look. Where the policy asks whose it is, that it cannot be told is said already.
    fn nobody(
        &mut self,
        policy: &Policy,
        socket: &Socket,
        moment: &Moment,
        is_last: bool,
    ) -> Option<Finding> {
        let found = holders::nobody(socket);
        let was_in_vain = self.in_vain.remove(&socket.key);
        let found =
            found.filter(|_| !matches!(policy.judge(socket, &moment.names), Verdict::Unknown { .. }))?;
        self.in_vain.insert(socket.key);
        if was_in_vain || is_last {
            return Some(found);
        }
        self.unsure.insert(socket.key);
        None
    }

    /// Once for each listener and kind.
    fn tell(&mut self, policy: &Policy, found: Finding, socket: &Socket, moment: &Moment) -> Option<Alert> {
        let is_news = !policy.ignored.contains(&found.kind) && self.told.insert((socket.key, found.kind));
        is_news.then(|| raise(found, socket, moment))
    }
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

/// Every listener that is judged.
fn listeners(table: &Table) -> Vec<&Row> {
    table.open().filter(|row| is_judged(&row.socket)).collect()
}

/// Whether the policy expects a listener whatever it runs: otherwise the expectation says what is to be said.
fn is_its_program_open(policy: &Policy, socket: &Socket, moment: &Moment) -> bool {
    match policy.judge(socket, &moment.names) {
        Verdict::Expected(entry) => !entry.matchers.iter().any(|matcher| matches!(matcher, Matcher::Exe(_))),
        _ => false,
    }
}

/// Whether the policy expects a listener, and by an entry that says whose it is.
fn is_named(policy: &Policy, socket: &Socket, moment: &Moment) -> bool {
    let says_whose = |matcher: &Matcher| !matches!(matcher, Matcher::Comm(_) | Matcher::Netns(_));
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

pub(super) fn finding(kind: AlertKind, severity: Severity, reason: String) -> Finding {
    Finding { kind, severity, reason, line: None, rule: None }
}
