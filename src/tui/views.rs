//! The tabs of the dashboard: what each is about, and what it shows in its lines.
//!
//! Only facts about views. Nothing here counts, sorts or draws.

use crate::model::{Ask, Protocol, Row};

/// A tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    /// Sockets that wait for others to come.
    Listeners,
    /// Who talks to whom: connections, clients, and what is bound and idle.
    Connections,
    /// What each process holds.
    Processes,
    /// With whom this machine talks.
    Peers,
    /// Sockets between processes of this machine.
    Unix,
    /// What happened, the latest first.
    Events,
    /// What each network namespace has.
    Namespaces,
}

/// What stands in a line of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    Sockets,
    /// Sockets counted together.
    Tallies,
    /// What happened to sockets.
    Happenings,
}

impl View {
    pub(super) const ALL: [Self; 7] = [
        Self::Listeners,
        Self::Connections,
        Self::Processes,
        Self::Peers,
        Self::Unix,
        Self::Events,
        Self::Namespaces,
    ];

    /// The title, and a short one for narrow screens.
    pub(super) fn titles(self) -> (&'static str, &'static str) {
        match self {
            Self::Listeners => ("Listeners", "Listen"),
            Self::Connections => ("Connections", "Conn"),
            Self::Processes => ("Processes", "Proc"),
            Self::Peers => ("Peers", "Peers"),
            Self::Unix => ("Unix", "Unix"),
            Self::Events => ("Events", "Ev"),
            Self::Namespaces => ("Namespaces", "Netns"),
        }
    }

    /// Its name, by which it is asked for.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Listeners => "listeners",
            Self::Connections => "connections",
            Self::Processes => "processes",
            Self::Peers => "peers",
            Self::Unix => "unix",
            Self::Events => "events",
            Self::Namespaces => "namespaces",
        }
    }

    /// The one of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }

    /// What its lines are called.
    pub(super) fn nouns(self) -> (&'static str, &'static str) {
        match self {
            Self::Listeners => ("listener", "listeners"),
            Self::Connections => ("connection", "connections"),
            Self::Processes => ("process", "processes"),
            Self::Peers => ("peer", "peers"),
            Self::Unix => ("Unix socket", "Unix sockets"),
            Self::Events => ("event", "events"),
            Self::Namespaces => ("namespace", "namespaces"),
        }
    }

    pub(super) fn number(self) -> usize {
        Self::ALL.iter().position(|view| *view == self).unwrap_or(0)
    }

    /// The one that follows.
    pub(super) fn next(self) -> Self {
        Self::ALL[(self.number() + 1) % Self::ALL.len()]
    }

    pub(super) fn lines(self) -> Lines {
        match self {
            Self::Listeners | Self::Connections | Self::Unix => Lines::Sockets,
            Self::Processes | Self::Peers | Self::Namespaces => Lines::Tallies,
            Self::Events => Lines::Happenings,
        }
    }

    /// The view that has the line of a socket: every socket has one.
    pub(super) fn of(row: &Row) -> Self {
        match row.socket.protocol {
            Protocol::Unix => Self::Unix,
            _ if row.socket.is_listener() => Self::Listeners,
            _ => Self::Connections,
        }
    }

    /// What its lines need beyond addresses and states: rates come of byte counters.
    pub(super) fn ask(self) -> Ask {
        match self {
            Self::Connections | Self::Peers | Self::Events => Ask { rates: true, ..Ask::NOTHING },
            Self::Processes => Ask { rates: true, usage: true, ..Ask::NOTHING },
            Self::Listeners | Self::Unix | Self::Namespaces => Ask::NOTHING,
        }
    }
}
