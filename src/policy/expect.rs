//! One expectation, and how near a listener comes to it.

use std::fmt;

use super::exe::Exes;
use crate::model::{Names, Process, Protocol, Scope, Socket, SystemBytes};

/// A listener that is fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The line in the policy file where it begins, counted from 1.
    pub line: usize,
    pub protocol: Protocol,
    pub ports: Ports,
    /// The widest bind accepted.
    pub scope: Scope,
    /// Further conditions, all of which must hold.
    pub matchers: Vec<Matcher>,
    /// What people wrote of it.
    pub note: Option<String>,
}

/// The ports of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    Any,
    /// Inclusive at both ends.
    Range(u16, u16),
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any port"),
            Self::Range(first, last) if first == last => write!(f, "port {first}"),
            Self::Range(first, last) => write!(f, "ports {first}-{last}"),
        }
    }
}

impl Ports {
    fn contain(self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Range(first, last) => (first..=last).contains(&port),
        }
    }
}

/// A condition on who listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matcher {
    /// Every owner runs one of these executables, and from a file that still has its name.
    Exe(Exes),
    /// Every owner calls itself one of these. Anybody can: a weak condition.
    Comm(Vec<SystemBytes>),
    /// The socket was created by one of these users, by name or number.
    User(Vec<SystemBytes>),
    /// Every owner is of one of these units of the system manager. A user may give cgroups of their own any name, so
    /// what runs in a user's slice is of none.
    Unit(Vec<SystemBytes>),
    /// Every owner runs in one of these containers, by name or id. Whoever may start containers chooses the names.
    Container(Vec<SystemBytes>),
    /// The socket is in one of these network namespaces, by name or number.
    Netns(Vec<SystemBytes>),
}

impl Matcher {
    /// The key in the policy file.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Exe(_) => "exe",
            Self::Comm(_) => "comm",
            Self::User(_) => "user",
            Self::Unit(_) => "unit",
            Self::Container(_) => "container",
            Self::Netns(_) => "netns",
        }
    }

    /// What the file asks for.
    #[must_use]
    pub fn wanted(&self) -> &[SystemBytes] {
        match self {
            Self::Exe(exes) => exes.paths(),
            Self::Comm(wanted)
            | Self::User(wanted)
            | Self::Unit(wanted)
            | Self::Container(wanted)
            | Self::Netns(wanted) => wanted,
        }
    }

    /// Which of the names are those of this listener, by their places.
    pub(super) fn used(&self, socket: &Socket, names: &Names) -> Vec<usize> {
        let is_used = |wanted: &SystemBytes| {
            let wanted = std::slice::from_ref(wanted);
            if self.is_of_owners() {
                owned_by(socket, |process| self.of_owner(process, wanted) == Some(true))
            } else {
                self.of_socket(socket, names, wanted) == Some(true)
            }
        };
        (0..).zip(self.wanted()).filter(|(_, wanted)| is_used(wanted)).map(|(at, _)| at).collect()
    }

    /// `None` when what it asks about cannot be seen.
    pub(super) fn holds(&self, socket: &Socket, names: &Names) -> Option<bool> {
        if self.is_of_owners() {
            all_owners(socket, |process| self.of_owner(process, self.wanted()))
        } else {
            self.of_socket(socket, names, self.wanted())
        }
    }

    /// True when some owner feigns to be what the file asks for: it runs another file that has the path there.
    pub(super) fn is_feigned(&self, socket: &Socket) -> bool {
        matches!(self, Self::Exe(exes) if owned_by(socket, |process| exes.are_feigned_by(process)))
    }

    /// True when it asks about the processes; false when it asks about the socket itself.
    fn is_of_owners(&self) -> bool {
        !matches!(self, Self::User(_) | Self::Netns(_))
    }

    /// Whether a process is one of these; `None` where that cannot be seen.
    fn of_owner(&self, process: &Process, wanted: &[SystemBytes]) -> Option<bool> {
        match self {
            Self::Exe(exes) => exes.are_run_by(process, wanted),
            Self::Comm(_) => Some(wanted.contains(&process.comm)),
            Self::Unit(_) => in_unit(process, wanted),
            Self::Container(_) => in_container(process, wanted),
            Self::User(_) | Self::Netns(_) => None,
        }
    }

    /// By the number of the user or namespace, or by its name.
    fn of_socket(&self, socket: &Socket, names: &Names, wanted: &[SystemBytes]) -> Option<bool> {
        let (number, name) = if let Self::Netns(_) = self {
            let netns = socket.key.netns;
            (netns.0.to_string(), names.namespaces.get(&netns))
        } else {
            let uid = socket.uid?;
            (uid.0.to_string(), names.users.get(&uid))
        };
        let is_named = name.is_some_and(|name| wanted.contains(name));
        Some(is_named || wanted.contains(&SystemBytes::from(number)))
    }
}

/// `None` where the cgroup of the process may not be read.
fn in_unit(process: &Process, wanted: &[SystemBytes]) -> Option<bool> {
    let workload = process.workload.as_deref()?;
    let unit = workload.unit.as_ref().filter(|_| workload.user.is_none());
    Some(unit.is_some_and(|unit| wanted.contains(unit)))
}

/// `None` where its cgroup, or the name of the container, may not be read.
fn in_container(process: &Process, wanted: &[SystemBytes]) -> Option<bool> {
    let Some(container) = &process.workload.as_deref()?.container else { return Some(false) };
    if wanted.contains(&container.id) {
        return Some(true);
    }
    container.name.as_ref().map(|name| wanted.contains(name))
}

/// True when some owner is such a one.
fn owned_by(socket: &Socket, is_it: impl Fn(&Process) -> bool) -> bool {
    socket.owners.known().is_some_and(|set| set.shown().any(|owner| is_it(owner.process)))
}

/// Whether the condition holds for every owner: one stranger among the holders is enough to make
/// a listener a stranger. A known "no" weighs more than an owner that cannot be seen.
fn all_owners(socket: &Socket, holds: impl Fn(&Process) -> Option<bool>) -> Option<bool> {
    let set = socket.owners.known()?;
    let verdicts: Vec<_> = set.shown().map(|owner| holds(owner.process)).collect();
    if verdicts.contains(&Some(false)) {
        return Some(false);
    }
    let all_seen = set.beyond() == 0 && !verdicts.contains(&None);
    all_seen.then_some(true)
}

/// What a policy says about a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    Expected(&'a Expectation),
    Unexpected(Why<'a>),
    /// An entry covers protocol, port and scope, but whether its condition holds cannot be seen.
    Unknown {
        expectation: &'a Expectation,
        matcher: &'a Matcher,
    },
}

/// Why a listener is not expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why<'a> {
    /// No entry is about this protocol and port.
    NotExpected,
    /// An entry is, but it accepts only a narrower bind.
    Wider(&'a Expectation),
    /// An entry is, and the bind is fine, but somebody else listens.
    Other { expectation: &'a Expectation, matcher: &'a Matcher },
}

impl<'a> Verdict<'a> {
    /// The entry that decided, or came nearest; `None` where none is about the port.
    #[must_use]
    pub fn nearest(&self) -> Option<&'a Expectation> {
        match self {
            Self::Unexpected(Why::NotExpected) => None,
            Self::Expected(entry) | Self::Unexpected(Why::Wider(entry)) => Some(entry),
            Self::Unexpected(Why::Other { expectation, .. }) | Self::Unknown { expectation, .. } => {
                Some(expectation)
            }
        }
    }

    /// How near it is to "expected": the nearest miss is the reason that helps.
    pub(super) fn nearness(&self) -> u8 {
        match self {
            Self::Unexpected(Why::NotExpected) => 0,
            Self::Unexpected(Why::Wider(_)) => 1,
            Self::Unexpected(Why::Other { .. }) => 2,
            Self::Unknown { .. } => 3,
            Self::Expected(_) => 4,
        }
    }
}

impl Expectation {
    /// Judges a listener by this entry alone.
    #[must_use]
    pub fn judge(&self, socket: &Socket, names: &Names) -> Verdict<'_> {
        let port = socket.ends.local().map(|end| end.port);
        let about_it = self.protocol == socket.protocol && port.is_some_and(|port| self.ports.contain(port));
        if !about_it {
            return Verdict::Unexpected(Why::NotExpected);
        }
        if socket.scope().is_none_or(|scope| scope > self.scope) {
            return Verdict::Unexpected(Why::Wider(self));
        }
        let mut unseen = None;
        for matcher in &self.matchers {
            match matcher.holds(socket, names) {
                Some(true) => {}
                Some(false) => return Verdict::Unexpected(Why::Other { expectation: self, matcher }),
                None => unseen = unseen.or(Some(matcher)),
            }
        }
        match unseen {
            Some(matcher) => Verdict::Unknown { expectation: self, matcher },
            None => Verdict::Expected(self),
        }
    }
}
