//! What is unusual about a socket, in words, with the evidence.
//!
//! Layer 2, pure: a case in, findings out. It never reads the system, asks the time, or knows a colour or a
//! line. What is not known gives no finding; what could not be judged for that is told apart. The thresholds
//! stand as constants with their reasons beside what they judge.

mod counts;
mod crowd;
mod flow;
mod holder;
mod queue;
#[cfg(test)]
mod tests;

pub use counts::Counts;
pub use crowd::Crowd;

use std::time::Duration;

use crate::model::{Protocol, Stamp, State, Subject, TcpInfo};
use crate::text::Charset;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing, and often as it should be.
    Note,
    /// Something does not work as well as it could, or is not as it should be.
    Warning,
    /// Something does not work now.
    Alarm,
}

impl Severity {
    /// The word for people and scripts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Alarm => "alarm",
        }
    }
}

/// Something unusual about a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is, in kebab-case; one of [`KINDS`].
    pub kind: &'static str,
    pub severity: Severity,
    /// A sentence without a full stop, with the evidence. Escaped.
    pub text: String,
}

/// Every kind of finding.
pub const KINDS: &[&str] = &[
    "accept-queue",
    "syn-flood",
    "unread",
    "send-stuck",
    "drops",
    "receiver-limited",
    "sender-limited",
    "application-limited",
    "lossy-path",
    "no-answer",
    "zero-window",
    "close-wait",
    "ports-exhausted",
    "plaintext",
    "executable-deleted",
    "owner-unknown",
];

/// A socket, and what is known around it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub subject: Subject<'a>,
    /// What the other sockets of the table say.
    pub crowd: &'a Crowd,
    /// The moment for which ages are told.
    pub now: Stamp,
    /// What an earlier reading counted; `None` where there was none.
    pub earlier: Option<Earlier>,
    /// In which characters names are told.
    pub charset: Charset,
}

/// The counts of an earlier reading, and how long before the present one it was.
#[derive(Clone, Copy, Debug)]
pub struct Earlier {
    pub counts: Counts,
    pub ago: Duration,
}

/// What was found, and what was not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The worst first.
    pub findings: Vec<Finding>,
    /// What could not be judged, and why: fragments of a sentence.
    pub unjudged: Vec<&'static str>,
}

impl Diagnosis {
    /// What is more than a note, the worst first.
    pub fn troubles(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity > Severity::Note)
    }
}

/// One question to a case.
type Judge = fn(&Case<'_>) -> Option<Finding>;

/// Every question, in the order in which findings of one severity are told.
const JUDGES: &[Judge] = &[
    queue::accept_queue,
    queue::handshakes,
    flow::no_answer,
    flow::zero_window,
    queue::send_stuck,
    queue::unread,
    queue::drops,
    holder::close_wait,
    holder::ports,
    flow::loss,
    flow::receiver,
    flow::send_buffer,
    flow::application,
    holder::plaintext,
    holder::executable,
    holder::owner,
];

/// Judges a case. What is closed is not judged: nothing about it can be unusual any more.
#[must_use]
pub fn diagnose(case: &Case<'_>) -> Diagnosis {
    if !case.subject.row.is_open() {
        return Diagnosis::default();
    }
    let mut findings: Vec<Finding> = JUDGES.iter().filter_map(|judge| judge(case)).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity)); // stable
    Diagnosis { findings, unjudged: unjudged(case) }
}

/// What the socket should tell and does not.
fn unjudged(case: &Case<'_>) -> Vec<&'static str> {
    let socket = &case.subject.row.socket;
    let mut lacking = Vec::new();
    if case.is_tcp_connection() {
        if case.tcp_info().is_none() {
            lacking.push("loss, limits and delays: its TCP counters were not read");
        }
        if case.range().is_none() {
            lacking.push("whether ports run out: the range of its namespace could not be read");
        }
    }
    if socket.state == State::Listen && socket.is_accept_queue_full().is_none() {
        lacking.push("the accept queue: its length is not told");
    }
    if case.drops_datagrams() && case.memory().and_then(|memory| memory.drops).is_none() {
        lacking.push("drops: they were not read");
    }
    lacking
}

impl<'a> Case<'a> {
    fn tcp_info(&self) -> Option<&'a TcpInfo> {
        self.subject.row.socket.details.as_deref()?.tcp_info.as_ref()
    }

    fn memory(&self) -> Option<&'a crate::model::Memory> {
        self.subject.row.socket.details.as_deref()?.memory.as_ref()
    }

    /// The ports that its namespace hands out.
    fn range(&self) -> Option<crate::model::PortRange> {
        self.subject.names.ephemeral.get(&self.subject.row.socket.key.netns).copied()
    }

    /// True for a connection of which the kernel keeps counters: a request and what lingers have none.
    fn is_tcp_connection(&self) -> bool {
        let socket = &self.subject.row.socket;
        let mini = matches!(socket.state, State::SynRecv | State::TimeWait);
        socket.protocol == Protocol::Tcp && !mini && socket.ends.remote().is_some()
    }

    /// True for sockets that drop what finds no room.
    fn drops_datagrams(&self) -> bool {
        use Protocol::{Netlink, Packet, Raw, Udp, UdpLite};
        matches!(self.subject.row.socket.protocol, Udp | UdpLite | Raw | Packet | Netlink)
    }
}

fn finding(kind: &'static str, severity: Severity, text: String) -> Finding {
    Finding { kind, severity, text }
}

/// The worst level that a number reaches, of a warning and an alarm.
fn level(number: u64, warning: u64, alarm: u64) -> Option<Severity> {
    match number {
        _ if number >= alarm => Some(Severity::Alarm),
        _ if number >= warning => Some(Severity::Warning),
        _ => None,
    }
}

/// A part of a whole in thousandths; `None` of nothing.
fn share(part: u64, whole: u64) -> Option<u64> {
    let share = u128::from(part) * 1000 / u128::from(Some(whole).filter(|whole| *whole > 0)?);
    Some(u64::try_from(share).unwrap_or(u64::MAX))
}

/// Thousandths as percent: `1.2%`, `50%`.
fn percent(share: u64) -> String {
    match (share / 10, share % 10) {
        (whole, 0) => format!("{whole}%"),
        (whole, tenth) => format!("{whole}.{tenth}%"),
    }
}

/// A count with its thousands apart.
fn count(number: u64) -> String {
    crate::text::count(usize::try_from(number).unwrap_or(usize::MAX))
}
