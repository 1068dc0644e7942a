//! Learning: entries for the listeners of a table, as text to append to a policy file.
//!
//! What the file says already is kept to the letter; only what it does not cover is added.

use std::collections::BTreeSet;

use super::exe::is_of_here;
use super::{Locate, Policy, Verdict, is_judged};
use crate::model::{Process, Protocol, Scope, Socket, SystemBytes};
use crate::store::{Moment, Table};
use crate::text;

/// What was learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learnt {
    /// Entries to append to the file; empty when everything is covered already.
    pub entries: String,
    pub added: usize,
    /// Listeners that the policy covered before.
    pub covered: usize,
    /// Added without an executable, because their owners could not be seen.
    pub unseen: usize,
}

/// The beginning of a new policy file.
pub const HEADER: &str = "# What may listen on this machine. Written by `sockeye policy learn`, to be edited by people.\n\
# Each [[expect]] is a listener that is fine; anything else is reported by `sockeye check` and `sockeye watch`.\n\
version = 1\n";

/// Entries for every listener of a table that the policy does not cover.
#[must_use]
pub fn learn(policy: &Policy, table: &Table, moment: &Moment) -> Learnt {
    learn_from(policy, table.open().map(|row| &row.socket), moment)
}

/// Entries for every listener among these that the policy does not cover, whether it is there still or not.
#[must_use]
pub fn learn_from<'a>(policy: &Policy, sockets: impl Iterator<Item = &'a Socket>, moment: &Moment) -> Learnt {
    let mut lessons = BTreeSet::new();
    let mut covered = 0;
    for socket in sockets.filter(|socket| is_judged(socket)) {
        match policy.judge(socket, &moment.names) {
            Verdict::Expected(_) => covered += 1,
            _ => lessons.extend(Lesson::of(socket, moment, policy.locate)),
        }
    }
    let day = moment.taken.wall.strftime("%Y-%m-%d");
    let note = format!("learned {day}");
    let entries: String = lessons.iter().map(|lesson| lesson.entry(&note)).collect();
    let unseen = lessons.iter().filter(|lesson| lesson.exes.is_empty()).count();
    Learnt { entries, added: lessons.len(), covered, unseen }
}

/// What one entry will say. Two sockets of one server, on IPv4 and IPv6, make one entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lesson {
    pub(super) protocol: Protocol,
    pub(super) port: u16,
    pub(super) scope: Scope,
    /// None where they could not be seen.
    pub(super) exes: BTreeSet<SystemBytes>,
    pub(super) user: Option<SystemBytes>,
}

impl Lesson {
    pub(super) fn of(socket: &Socket, moment: &Moment, locate: Option<Locate>) -> Option<Self> {
        let user = socket.uid.map(|uid| {
            moment.names.users.get(&uid).cloned().unwrap_or_else(|| SystemBytes::from(uid.0.to_string()))
        });
        Some(Self {
            protocol: socket.protocol,
            port: socket.ends.local()?.port,
            scope: socket.scope()?,
            exes: executables(socket, locate),
            user,
        })
    }

    /// The entry as text, after an empty line.
    pub(super) fn entry(&self, note: &str) -> String {
        let mut entry = format!(
            "\n[[expect]]\nprotocol = \"{}\"\nport = {}\nscope = \"{}\"\n",
            self.protocol.word(),
            self.port,
            self.scope.word()
        );
        let exes: Vec<_> = self.exes.iter().map(quoted).collect();
        let exe = match exes.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            more => Some(format!("[{}]", more.join(", "))),
        };
        let lines =
            [("exe", exe), ("user", self.user.as_ref().map(quoted)), ("note", Some(format!("\"{note}\"")))];
        for (key, value) in lines {
            if let Some(value) = value {
                text::push(&mut entry, format_args!("{key} = {value}\n"));
            }
        }
        entry
    }
}

/// The executables of all owners; none unless every owner's can be seen and has a name: a policy
/// must not demand what it could not see, a file that is gone, or a path that is another file's here.
fn executables(socket: &Socket, locate: Option<Locate>) -> BTreeSet<SystemBytes> {
    let Some(set) = socket.owners.known() else { return BTreeSet::new() };
    let exe = |process: &Process| {
        let exe = process.exe.as_ref().filter(|exe| !exe.deleted && is_of_here(process, exe, locate));
        exe.map(|exe| exe.path.clone())
    };
    let all: Option<BTreeSet<_>> = set.shown().map(|owner| exe(owner.process)).collect();
    all.filter(|_| set.beyond() == 0).unwrap_or_default()
}

/// A name as the file holds it: escaped, and quoted for TOML.
pub(super) fn quoted(name: &SystemBytes) -> String {
    toml::Value::String(text::escape(name.as_bytes()).into_owned()).to_string()
}
