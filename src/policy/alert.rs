//! What the watch has to say.

use crate::model::{Socket, Stamp};

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// Every severity.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];
    /// Those that a rule may have.
    pub const OF_RULES: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The word used in JSON and policy files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertKind {
    /// A listener that the policy does not expect.
    Unexpected,
    /// A listener of which cannot be seen whether it is the expected one.
    Unverifiable,
    /// A listener that came and went between two readings, and that the policy does not expect.
    CameAndWent,
    /// A listener that was reported before is gone, or does not listen any more.
    Closed,
    /// A socket of which a rule holds.
    Rule,
    /// A socket of which cannot be seen whether a rule holds.
    UnverifiableRule,
    /// A listener on the address of another owner's, either of which may get what comes.
    SecondOwner,
    /// A listener that takes what would reach another owner's, because it is bound more narrowly.
    MoreSpecific,
    /// A listener of another owner shares a port by `SO_REUSEPORT` now.
    GroupJoined,
    /// A listener whose program has no file any more.
    ExecutableDeleted,
    /// An expected listener is gone, and no other is in its place.
    ExpectedGone,
    /// A listener that comes and goes again and again.
    Flapping,
    /// A listener of another program where others were, and none of them is left.
    ExecutableChanged,
    /// A listener that nobody holds who can be seen.
    OwnerUnknown,
    /// A listener of a process whose directory in `/proc` is covered by a mount.
    ProcCovered,
    /// A listener for others than this machine at a port of a service that does not encrypt.
    Plaintext,
    /// A listener whose queue of connections that wait for accept(2) is full.
    AcceptQueue,
    /// A listener with many handshakes that nobody finishes.
    SynFlood,
    /// Calls to a service that take the last ports which the kernel hands out.
    PortsExhausted,
    /// A packet, raw, XDP or ping socket that opened.
    RawOpened,
}

impl AlertKind {
    /// Every kind. Those that come of expectations and rules are the first.
    pub const ALL: [Self; 20] = [
        Self::Unexpected,
        Self::Unverifiable,
        Self::CameAndWent,
        Self::Closed,
        Self::Rule,
        Self::UnverifiableRule,
        Self::SecondOwner,
        Self::MoreSpecific,
        Self::GroupJoined,
        Self::ExecutableDeleted,
        Self::ExpectedGone,
        Self::Flapping,
        Self::ExecutableChanged,
        Self::OwnerUnknown,
        Self::ProcCovered,
        Self::Plaintext,
        Self::AcceptQueue,
        Self::SynFlood,
        Self::PortsExhausted,
        Self::RawOpened,
    ];
    /// Those that one look at a table shows beside expectations and rules.
    pub const FACTS: [Self; 7] = [
        Self::SecondOwner,
        Self::MoreSpecific,
        Self::GroupJoined,
        Self::ExecutableDeleted,
        Self::OwnerUnknown,
        Self::ProcCovered,
        Self::Plaintext,
    ];
    /// Those that a policy may ignore: all that neither an expectation nor a rule asks for.
    pub const IGNORABLE: &[Self] = Self::ALL.split_at(Self::JUDGED).1;
    /// How many come of expectations and rules.
    const JUDGED: usize = 6;

    /// The word used in JSON and policy files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Unexpected => "unexpected-listener",
            Self::Unverifiable => "unverifiable-listener",
            Self::CameAndWent => "listener-came-and-went",
            Self::Closed => "listener-closed",
            Self::Rule => "rule-matched",
            Self::UnverifiableRule => "unverifiable-rule",
            Self::SecondOwner => "second-owner",
            Self::MoreSpecific => "more-specific-bind",
            Self::GroupJoined => "reuse-group-joined",
            Self::ExecutableDeleted => "executable-deleted",
            Self::ExpectedGone => "expected-gone",
            Self::Flapping => "listener-flapping",
            Self::ExecutableChanged => "executable-changed",
            Self::OwnerUnknown => "owner-unknown",
            Self::ProcCovered => "proc-covered",
            Self::Plaintext => "plaintext-exposed",
            Self::AcceptQueue => "accept-queue-overflow",
            Self::SynFlood => "syn-flood",
            Self::PortsExhausted => "ports-exhausted",
            Self::RawOpened => "raw-socket-opened",
        }
    }
}

/// One thing to report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The same for the same socket, kind and rule on the same boot, so that a reader can fold repeats.
    pub id: u64,
    pub kind: AlertKind,
    pub severity: Severity,
    pub at: Stamp,
    /// A sentence fragment: why it is reported. Text from the system is escaped in it; names from
    /// the policy file are as they are written there.
    pub reason: String,
    /// The line in the policy file of the rule, or of the entry that came nearest.
    pub line: Option<usize>,
    /// The name of the rule; `None` where expectations judged.
    pub rule: Option<String>,
    pub socket: Socket,
    pub seen: Seen,
    /// How many alerts it stands for: one, or as many as were counted since `since`.
    pub stands_for: u64,
    /// Since when it stands, or is counted; `None` for what is told of one moment.
    pub since: Option<Stamp>,
}

/// When it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// While it happened.
    Live,
    /// It was there when the watching began, or when somebody looked.
    AtStart,
    /// It happened while nobody watched: after one watch and before this one.
    WhileDown,
    /// It was told before, and stands still.
    Reminder,
}

impl Seen {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Live, Self::AtStart, Self::WhileDown, Self::Reminder];

    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::AtStart => "at-start",
            Self::WhileDown => "while-down",
            Self::Reminder => "reminder",
        }
    }
}

/// The 64-bit FNV-1a hash of the parts, each ended by a byte that ends it unmistakably.
pub(super) fn id(parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.iter().copied().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
