//! `-N`: one namespace out of all, by its name, its inode or a process in it.

use std::fmt;

use super::discover::Discovery;
use crate::model::{NetnsId, Pid, SystemBytes};
use crate::text::escape;

/// The namespace that the user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick(pub SystemBytes);

/// Why the namespace that was named is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PickError {
    #[error("there is no network namespace {wanted}, and no process with that number\nthere are: {there}")]
    None { wanted: Escaped, there: Listing },
    #[error("{wanted} may be any of several network namespaces: {there}\ngive the number behind the name")]
    Several { wanted: Escaped, there: Listing },
    #[error("the network namespace {wanted} cannot be read: {why}")]
    Closed { wanted: Escaped, why: String },
}

/// A name as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escaped(String);

impl From<&Pick> for Escaped {
    fn from(pick: &Pick) -> Self {
        Self(escape(pick.0.as_bytes()).into_owned())
    }
}

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Namespaces with their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing(Vec<(NetnsId, Option<SystemBytes>)>);

impl Listing {
    /// More are no help.
    const MOST: usize = 20;
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (id, name)) in self.0.iter().take(Self::MOST).enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            match name {
                Some(name) => write!(f, "{comma}{} ({})", escape(name.as_bytes()), id.0)?,
                None => write!(f, "{comma}{}", id.0)?,
            }
        }
        match self.0.len().saturating_sub(Self::MOST) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl Pick {
    /// The place of the namespace among those that are known. A name counts before an inode, and
    /// that before a pid.
    pub(super) fn find(&self, all: &Discovery, names: &[Option<SystemBytes>]) -> Result<usize, PickError> {
        let called = |at: &usize| names[*at].as_ref() == Some(&self.0);
        let same: Vec<usize> = (0..names.len()).filter(called).collect();
        let listing = |places: &mut dyn Iterator<Item = usize>| {
            Listing(places.map(|at| (all.known[at].id, names[at].clone())).collect())
        };
        match same[..] {
            [at] => return Ok(at),
            [] => {}
            _ => {
                let there = listing(&mut same.iter().copied());
                return Err(PickError::Several { wanted: self.into(), there });
            }
        }
        let number = crate::wire::proc_pid::number(self.0.as_bytes());
        let pid = number.and_then(|number| u32::try_from(number).ok()).map(Pid);
        number
            .and_then(|inode| all.at(NetnsId(inode)))
            .or_else(|| pid.and_then(|pid| all.of_process(pid)))
            .ok_or_else(|| PickError::None { wanted: self.into(), there: listing(&mut (0..names.len())) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NetnsFound;
    use crate::sys::netns::{Task, Way};

    fn find(wanted: &str) -> Result<usize, String> {
        let mut all = Discovery::walk().unwrap();
        let own = all.known[0].id;
        let nobody = Task { pid: Pid(u32::MAX), tid: Pid(u32::MAX) };
        all.known.truncate(1);
        for id in [1, 2, 3] {
            all.note(NetnsId(id), NetnsFound::Mount, Way::Task(nobody));
        }
        let names = ["host", "blue", "blue", "3\x1b"].map(|name| Some(SystemBytes::from(name)));
        let found = Pick(wanted.into()).find(&all, &names);
        found.map_err(|error| error.to_string().replace(&own.0.to_string(), "OWN"))
    }

    #[test]
    fn by_name_by_inode_and_by_process() {
        assert_eq!(find("host"), Ok(0));
        assert_eq!(find("3\x1b"), Ok(3));
        assert_eq!(find("2"), Ok(2));
        assert_eq!(find(&std::process::id().to_string()), Ok(0));
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        for wanted in ["green", "4294967295", "", "-1"] {
            let there = "there are: host (OWN), blue (1), blue (2), 3\\x1b (3)";
            assert!(find(wanted).unwrap_err().ends_with(there), "{wanted}");
        }
        let several = find("blue").unwrap_err();
        assert!(several.contains("blue (1), blue (2)\n"), "{several}");
        assert!(!several.contains("host"), "{several}");
    }

    #[test]
    fn long_listings_are_cut_and_counted() {
        let listing = Listing((1..=25).map(|id| (NetnsId(id), None)).collect());
        assert!(listing.to_string().ends_with(", 20 and 5 more"), "{listing}");
    }
}
