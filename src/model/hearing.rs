//! What is told of sockets between readings, beside what the readings tell.

/// Whether the kernel tells, or why it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hearing {
    /// Of TCP sockets that begin to listen or to call, and by whom.
    pub beginnings: Result<(), String>,
    /// Of TCP and UDP sockets that it destroys.
    pub ends: Result<(), String>,
}

impl Default for Hearing {
    /// Nobody listens.
    fn default() -> Self {
        Self::nothing("nobody listens")
    }
}

impl Hearing {
    /// Of nothing, for that reason.
    #[must_use]
    pub fn nothing(why: &str) -> Self {
        Self { beginnings: Err(why.to_owned()), ends: Err(why.to_owned()) }
    }

    /// What can be missed for all that between two readings, as a sentence fragment.
    #[must_use]
    pub fn promise(&self) -> &'static str {
        match (&self.beginnings, &self.ends) {
            (Ok(()), Ok(())) => {
                "TCP is told as it begins, TCP and UDP as they end; what else lives shorter can be missed"
            }
            (Ok(()), Err(_)) => "TCP is told as it begins; what else lives shorter can be missed",
            (Err(_), Ok(())) => {
                "what lives shorter than that can be missed, but for the end of TCP and UDP sockets"
            }
            (Err(_), Err(_)) => "what lives shorter than that can be missed",
        }
    }
}
