//! What became of a unit or a container that was to be stopped.

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopping {
    /// It would be stopped.
    Planned,
    /// Who manages it says that it is stopped.
    Stopped,
    /// Who manages it has not answered in time. It may stop it still.
    Late,
    /// It was not, for this reason: a sentence fragment.
    Failed(String),
}

impl Stopping {
    /// The words that there are.
    pub const WORDS: [&str; 4] = ["planned", "stopped", "late", "failed"];

    /// The word used in JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        let [planned, stopped, late, failed] = Self::WORDS;
        match self {
            Self::Planned => planned,
            Self::Stopped => stopped,
            Self::Late => late,
            Self::Failed(_) => failed,
        }
    }

    /// Why it was not stopped.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed(why) => Some(why),
            Self::Planned | Self::Stopped | Self::Late => None,
        }
    }

    /// True when it is as it was to be.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Planned | Self::Stopped)
    }
}
