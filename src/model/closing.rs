//! What became of a socket that was to be closed.

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing {
    /// It is closed. `still_bound` when the kernel lists it still, because whoever holds it has not closed it and
    /// keeps its address; `None` when that could not be looked up. Kernels before 6.8 do not list such TCP sockets.
    Closed { still_bound: Option<bool> },
    /// It had closed before.
    Gone,
    /// It is there still, for this reason: a sentence fragment.
    Refused(String),
}

impl Closing {
    /// The words that there are.
    pub const WORDS: [&str; 3] = ["closed", "gone", "refused"];

    /// The word used in JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        let [closed, gone, refused] = Self::WORDS;
        match self {
            Self::Closed { .. } => closed,
            Self::Gone => gone,
            Self::Refused(_) => refused,
        }
    }

    /// Why it is there still.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused(why) => Some(why),
            Self::Closed { .. } | Self::Gone => None,
        }
    }

    /// Whether its holder keeps its address; `None` where that is not known, or of no concern.
    #[must_use]
    pub fn still_bound(&self) -> Option<bool> {
        match self {
            Self::Closed { still_bound } => *still_bound,
            Self::Gone | Self::Refused(_) => None,
        }
    }
}
