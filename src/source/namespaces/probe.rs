//! The fifth way: a socket that is in no table belongs to a namespace that nobody is in.
//!
//! Sockets are asked one by one, by duplicating them for a moment. What was learnt of a socket is
//! remembered as long as somebody holds it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use foldhash::fast::RandomState;
use rustix::io::Errno;

use super::discover::Discovery;
use crate::model::{Fd, Inode, NetnsFound, NetnsId, Socket};
use crate::sys::clock;
use crate::sys::donor::Donor;
use crate::sys::netns::{Task, Way};
use crate::text::counted;

/// How many sockets are asked in every round, however late it is.
const AT_LEAST: usize = 256;

/// Where sockets are at home.
#[derive(Debug, Default)]
pub(super) struct Homes(HashMap<Inode, NetnsId, RandomState>);

/// How the asking went.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Sockets that may not be asked.
    pub(super) refused: usize,
    /// Those in descriptor tables of single threads, on a kernel that gives no handle to these.
    pub(super) of_threads: usize,
    /// Sockets whose turn did not come in time.
    pub(super) left: usize,
}

impl Homes {
    /// Notes the namespaces that are known from earlier rounds by sockets alone.
    pub(super) fn recall(&mut self, all: &mut Discovery) {
        let holders = std::mem::take(&mut all.holders);
        self.0.retain(|inode, _| holders.contains_key(inode));
        for (inode, home) in &self.0 {
            if all.at(*home).is_none()
                && let Some((task, fd)) = holders.get(inode)
            {
                all.note(*home, NetnsFound::Socket, Way::Socket { task: *task, fd: *fd });
            }
        }
        all.holders = holders;
    }

    /// Remembers the sockets of tables that were read.
    pub(super) fn remember(&mut self, sockets: &[Socket], all: &Discovery) {
        let held = |socket: &Socket| socket.inode.filter(|inode| all.holders.contains_key(inode));
        self.0.extend(sockets.iter().filter_map(|socket| Some((held(socket)?, socket.key.netns))));
    }

    /// Asks the sockets of which nothing is known for their namespaces, and notes those.
    pub(super) fn ask(&mut self, all: &mut Discovery, until: Duration) -> Asked {
        let mut unknown: Vec<(Task, Fd, Inode)> = all
            .holders
            .iter()
            .filter(|(inode, _)| !self.0.contains_key(*inode))
            .map(|(inode, (task, fd))| (*task, *fd, *inode))
            .collect();
        unknown.sort_unstable();
        let mut asked = Asked::default();
        let mut donor: Option<(Task, Result<Donor, Errno>)> = None;
        for (at, (task, fd, inode)) in unknown.iter().enumerate() {
            if at >= AT_LEAST && clock::now().mono >= until {
                asked.left = unknown.len() - at;
                break;
            }
            if donor.as_ref().is_none_or(|(of, _)| of != task) {
                donor = Some((*task, Donor::open(*task)));
            }
            let answer = match &donor {
                Some((_, Ok(donor))) => donor.socket_netns(*fd),
                Some((_, Err(Errno::INVAL))) => {
                    asked.of_threads += 1;
                    continue;
                }
                _ => continue,
            };
            match answer {
                Ok(namespace) => {
                    let id = namespace.id();
                    self.0.insert(*inode, id);
                    all.note(id, NetnsFound::Socket, Way::Socket { task: *task, fd: *fd });
                }
                Err(Errno::PERM | Errno::ACCESS | Errno::NOSYS) => asked.refused += 1,
                Err(_) => {} // closed meanwhile, or of a kind that belongs to no namespace
            }
        }
        asked
    }
}

impl Asked {
    /// Why there may be more namespaces than were found.
    pub(super) fn gap(&self) -> Option<String> {
        let sockets = |count| counted(count, "socket", "sockets");
        if self.left > 0 {
            return Some(format!("there was no time to ask {} for their namespace", sockets(self.left)));
        }
        let (count, needs) = match self.refused {
            0 => (self.of_threads, "Linux 6.9: single threads hold them"),
            refused => (refused, "CAP_NET_ADMIN"),
        };
        (count > 0)
            .then(|| format!("{} may not be asked for their namespace, that needs {needs}", sockets(count)))
    }
}

/// The namespaces that were noted after the first so many.
pub(super) fn new_ones(all: &Discovery, before: usize) -> HashSet<NetnsId> {
    all.known[before..].iter().map(|found| found.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Pid;
    use crate::sys::host;

    fn holder(pid: u32) -> (Task, Fd) {
        (Task::first(Pid(pid)), Fd(3))
    }

    #[test]
    fn what_is_known_by_sockets_alone_is_recalled_while_they_are_held() {
        let (kept, closed) = (Inode::new(1).unwrap(), Inode::new(2).unwrap());
        let mut homes = Homes::default();
        homes.0.extend([(kept, NetnsId(10)), (closed, NetnsId(20))]);
        let mut all = Discovery::default();
        all.holders.insert(kept, holder(7));
        homes.recall(&mut all);
        let told: Vec<_> = all.known.iter().map(|found| (found.id.0, found.how)).collect();
        assert_eq!(told, [(10, NetnsFound::Socket)]);
        assert_eq!(all.known[0].ways, [Way::Socket { task: Task::first(Pid(7)), fd: Fd(3) }]);
        assert_eq!((homes.0.len(), all.holders.len()), (1, 1));
    }

    #[test]
    fn late_asking_is_counted() {
        let mut all = Discovery::default();
        // Nobody has such a pid, so nobody is disturbed.
        all.holders.extend((1..=300).map(|inode| (Inode::new(inode).unwrap(), holder(u32::MAX))));
        let asked = Homes::default().ask(&mut all, Duration::ZERO);
        assert_eq!(asked, Asked { left: 300 - AT_LEAST, ..Asked::default() });
        assert!(asked.gap().unwrap().contains("44 sockets"), "{asked:?}");
        assert!(all.known.is_empty());
        assert_ne!(host::netns().unwrap(), NetnsId(0));
    }
}
