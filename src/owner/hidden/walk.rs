//! One walk over all processes for the sockets that are left without holder.
//!
//! All facts about a process are read through one descriptor of its directory, and what was found is
//! looked at again after them: a process may have become another program in between.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;
use rustix::io::Errno;

use super::super::process::{self, Look};
use super::super::{OwnerMap, Question};
use super::{in_flight, rings};
use crate::model::{Family, Fd, Inode, OwnerSet, Pid, Process};
use crate::sys::apart::apart;
use crate::sys::clock;
use crate::sys::kcmp::Shared;
use crate::sys::procdir::{ProcDir, ProcessDir};
use crate::wire::proc_pid::socket_link;

/// What is looked for, and what was found.
pub(super) struct Walk<'a> {
    map: &'a mut OwnerMap,
    question: &'a Question<'a>,
    missing: HashSet<Inode, RandomState>,
    /// Sockets in which no descriptor can wait.
    plain: HashSet<Inode, RandomState>,
    /// Where those were seen: there is nothing to look at again.
    seen: HashSet<(Pid, Fd), RandomState>,
    booted: Option<jiff::Timestamp>,
    text: Vec<u8>,
}

/// A descriptor table.
struct Table {
    /// The thread whose own it is, and its directory; `None` for that of the process.
    apart: Option<(Pid, ProcessDir)>,
}

impl Table {
    fn thread(&self) -> Option<Pid> {
        self.apart.as_ref().map(|(thread, _)| *thread)
    }

    /// The directory that shows it.
    fn dir<'a>(&'a self, process: &'a ProcessDir) -> &'a ProcessDir {
        self.apart.as_ref().map_or(process, |(_, dir)| dir)
    }
}

/// The descriptors of one table that are of interest.
#[derive(Default)]
struct Finds {
    /// Missing sockets.
    held: Vec<(Inode, Fd)>,
    /// Missing sockets, each with its ring.
    ringed: Vec<(Inode, Fd)>,
    /// Whether descriptors wait here.
    candidate: bool,
    /// Whether any of it may not be read.
    refused: bool,
}

impl<'a> Walk<'a> {
    /// Walks over all processes, and returns the sockets that are still left without holder.
    pub(super) fn over_all(
        map: &'a mut OwnerMap,
        question: &'a Question<'a>,
        missing: HashSet<Inode, RandomState>,
    ) -> HashSet<Inode, RandomState> {
        let Ok((proc, pids)) = ProcDir::open().and_then(|proc| proc.pids().map(|pids| (proc, pids))) else {
            return missing; // the scan has told of it, or did not need it
        };
        let others = question.sockets.iter().filter(|socket| socket.family != Family::Unix);
        let plain: HashSet<_, _> = others.filter_map(|socket| socket.inode).collect();
        let seen = map.descriptors(&plain);
        let (booted, text) = (clock::booted(), Vec::new());
        let of_interest = of_interest(map, question, &proc);
        let pids: Vec<_> = pids.into_iter().filter(of_interest).collect();
        let mut walk = Self { map, question, missing, plain, seen, booted, text };
        for pid in pids {
            // What cannot be opened has been counted by the scan, and what is gone holds nothing.
            let looked = proc.process(pid).and_then(|dir| walk.process(&dir, pid));
            if looked == Err(Errno::XDEV) {
                walk.map.coverage.covered.push(pid);
                let behind = proc.behind(pid).and_then(|dir| walk.process(&dir, pid));
                walk.map.coverage.denied += usize::from(behind == Err(Errno::XDEV));
            }
        }
        let left = walk.map.left_of(walk.missing);
        if left.is_empty() {
            walk.map.coverage.candidates.clear();
        }
        left
    }

    /// Looks into all tables of a process before anything is noted. EXDEV: a mount covers some of it.
    fn process(&mut self, dir: &ProcessDir, pid: Pid) -> Result<(), Errno> {
        let own = Table { apart: None };
        let finds = self.finds(dir, pid, &own)?;
        let threads = dir.other_threads(pid).or_else(unless_covered)?;
        let threads = apart(Shared::Files, pid, &threads, finds.refused);
        let mut seen = vec![(own, finds)];
        for thread in threads {
            match dir.thread(thread) {
                Ok(own) => {
                    let table = Table { apart: Some((thread, own)) };
                    let finds = self.finds(dir, pid, &table)?;
                    seen.push((table, finds));
                }
                Err(errno) => unless_covered(errno)?,
            }
        }
        // The BPF program has seen the tables of threads, `/proc` has not. Of that of the process the scan
        // has told.
        let refused = |(_, finds): &(Table, Finds)| finds.refused;
        let news = !seen.first().is_some_and(refused) && seen.iter().any(refused);
        let gap = news && self.map.coverage.method == super::super::scan::METHOD;
        self.map.coverage.denied += usize::from(gap);
        seen.retain(|(_, finds)| finds.candidate || !finds.held.is_empty() || !finds.ringed.is_empty());
        if seen.is_empty() {
            return Ok(());
        }
        let look =
            Look { facts: self.question.facts, booted: self.booted, workloads: self.question.workloads };
        let process = process::read(dir, pid, look, &mut self.text)?;
        for (table, finds) in seen {
            self.take(&process, table.thread(), table.dir(dir), &finds);
        }
        Ok(())
    }

    /// What a table shows.
    fn finds(&mut self, process: &ProcessDir, pid: Pid, table: &Table) -> Result<Finds, Errno> {
        let (dir, apart) = (table.dir(process), table.apart.is_some());
        let mut finds = Finds::default();
        let (mut others, mut ringlike) = (Vec::new(), Vec::new());
        let walked = dir.links_of(
            |fd| apart || !self.seen.contains(&(pid, fd)),
            |fd, link| match socket_link(link) {
                Some(inode) if self.missing.contains(&inode) => finds.held.push((inode, fd)),
                Some(inode) if !self.plain.contains(&inode) => others.push(fd),
                None if rings::is_one(link) => ringlike.push(fd),
                _ => {}
            },
        );
        finds.refused = match walked {
            Ok(walk) => walk.denied,
            Err(errno) => {
                unless_covered::<()>(errno)?;
                matches!(errno, Errno::ACCESS | Errno::PERM)
            }
        };
        for ring in ringlike {
            let sockets = rings::sockets(dir, ring, &mut self.text).or_else(unless_covered)?;
            let missing = sockets.into_iter().filter(|inode| self.missing.contains(inode));
            finds.ringed.extend(missing.map(|inode| (inode, ring)));
        }
        finds.candidate = self.map.coverage.candidates.len() < OwnerSet::SHOWN
            && others.into_iter().any(|fd| in_flight::waits(dir, fd, &mut self.text));
        Ok(finds)
    }

    /// Notes a process as holder, or as candidate.
    fn take(&mut self, process: &Arc<Process>, thread: Option<Pid>, dir: &ProcessDir, finds: &Finds) {
        let candidates = &mut self.map.coverage.candidates;
        if finds.candidate && candidates.last().is_none_or(|last| last.id != process.id) {
            candidates.push(Arc::clone(process));
        }
        if finds.held.is_empty() && finds.ringed.is_empty() {
            return;
        }
        let holder = self.map.holder(Arc::clone(process));
        for (inode, fd) in finds.held.iter().copied() {
            if dir.refers_to(fd, inode) {
                self.map.hold(inode, holder, thread, fd);
            }
        }
        for (inode, ring) in finds.ringed.iter().copied() {
            if dir.fd_link(ring).is_ok_and(|link| rings::is_one(&link)) {
                self.map.hold_in_ring(inode, holder, thread, ring);
            }
        }
    }
}

/// The processes that may have anything that the scan did not tell of. After a scan of `/proc` those are
/// few, and known but for their threads.
fn of_interest<'a>(
    map: &OwnerMap,
    question: &Question<'_>,
    proc: &'a ProcDir,
) -> impl Fn(&Pid) -> bool + use<'a> {
    let whole = map.coverage.method == super::super::scan::METHOD && !map.news_alone;
    let unix = question.sockets.iter().filter(|socket| socket.family == Family::Unix);
    let unix: HashSet<_, _> = unix.filter_map(|socket| socket.inode).collect();
    let mut noted = map.noted.clone();
    noted.extend(map.descriptors(&unix).into_iter().map(|(pid, _)| pid));
    noted.extend(&map.coverage.covered);
    move |pid| !whole || noted.contains(pid) || proc.may_have_threads(*pid)
}

/// Passes over what is gone or refused. Only a mount in the way is a reason to look in another way.
fn unless_covered<T: Default>(errno: Errno) -> Result<T, Errno> {
    if errno == Errno::XDEV { Err(errno) } else { Ok(T::default()) }
}
