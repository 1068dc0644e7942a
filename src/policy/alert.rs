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
}

impl AlertKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
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
    ];
    /// Those that stand beside expectations and rules, and that a policy may ignore.
    pub const FACTS: [Self; 4] =
        [Self::SecondOwner, Self::MoreSpecific, Self::GroupJoined, Self::ExecutableDeleted];

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
}

/// The 64-bit FNV-1a hash of the parts, each ended by a byte that ends it unmistakably.
pub(super) fn id(parts: &[&[u8]]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.iter().copied().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
