//! What other systems than Linux answer in place of `/proc`: nothing, in the same words.
//!
//! Nothing is guessed here. What cannot be told is an error or empty, and who asks says so.

/// There are no cgroups.
pub mod cgroup {
    use std::collections::{BTreeMap, BTreeSet};

    use crate::model::{CgroupId, SystemBytes};

    /// Looks up nothing.
    #[derive(Debug, Default)]
    pub struct Cgroups {}

    impl Cgroups {
        /// None of them has a path.
        pub fn paths(&mut self, _: &BTreeSet<CgroupId>) -> BTreeMap<CgroupId, SystemBytes> {
            BTreeMap::new()
        }
    }
}

/// Containers are Linux's, and so is the way to know who listens.
pub mod daemon {
    use std::path::Path;
    use std::time::Duration;

    use crate::wire::http::Answer;

    /// How long an answer may take, and how long it may be.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Bounds {
        pub within: Duration,
        pub most: usize,
    }

    /// Why there is no answer.
    #[derive(Debug, thiserror::Error)]
    pub enum NoAnswer {
        #[error("there is no such socket")]
        Missing,
    }

    /// Asks nobody.
    pub fn get(_: &Path, _: &str, _: impl Fn(u32) -> bool, _: Bounds) -> Result<Answer, NoAnswer> {
        Err(NoAnswer::Missing)
    }
}

/// There is no nftables, and what another packet filter does is not known.
pub mod nftables {
    use crate::model::SliceStatus;
    use crate::wire::nftables::Found;

    /// Why the rules could not be read.
    #[derive(Debug, thiserror::Error)]
    pub enum RulesError {
        #[error("rules that publish ports are read on Linux alone")]
        Unread,
    }

    impl RulesError {
        /// Other packet filters publish ports, too.
        #[must_use]
        pub fn is_unsupported(&self) -> bool {
            false
        }

        /// The same for a coverage.
        #[must_use]
        pub fn status(&self) -> SliceStatus {
            SliceStatus::Failed(self.to_string())
        }
    }

    /// Reads nothing.
    pub fn published() -> Result<Found, RulesError> {
        Err(RulesError::Unread)
    }

    /// There is no iptables.
    #[must_use]
    pub fn has_legacy_nat() -> Option<bool> {
        Some(false)
    }
}

/// There are no texts about the network.
pub mod procnet {
    use std::io;

    use crate::model::{KernelCounters, KernelCounts, PortRange};

    /// Whose network is read: there is one.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Whose {
        Ours,
    }

    /// No table has a text.
    pub fn table(Whose::Ours: Whose, _: &str) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Nothing is counted.
    pub fn counts() -> io::Result<KernelCounts> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Nor is what happens.
    pub fn counters() -> io::Result<KernelCounters> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// The dynamic ports of RFC 6335, section 6, which macOS hands out unless it is told otherwise.
    #[must_use]
    pub fn ephemeral_ports() -> Option<PortRange> {
        Some(PortRange { first: 49152, last: 65535 })
    }
}

/// There are no capabilities.
pub mod rights {
    use rustix::io::Errno;

    use crate::model::Rights;

    /// None that would help.
    #[must_use]
    pub fn ours() -> Rights {
        Rights::default()
    }

    /// What the rights are for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Purpose {
        Listing,
        Reading,
        Writing,
        Signalling,
    }

    /// There is nothing to give up.
    pub fn give_up_loading() -> Result<(), Errno> {
        Ok(())
    }

    /// There is nothing to give up.
    pub fn give_up_signalling() -> Result<(), Errno> {
        Ok(())
    }

    /// The user's rights are the only ones.
    pub fn with_those_of_the_caller<T>(open: impl FnOnce() -> T) -> Result<T, Errno> {
        Ok(open())
    }

    /// There is nothing to give up.
    pub fn give_up_the_useless(_: Purpose) -> Result<(), Errno> {
        Ok(())
    }
}
