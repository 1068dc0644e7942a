//! One walk over all processes for the sockets that are left without holder.
//!
//! All facts about a process are read through one descriptor of its directory, and what was found is
//! looked at again after them: a process may have become another program in between.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;
use rustix::io::Errno;

use super::super::{OwnerMap, Question, process};
use super::{in_flight, rings, threads};
use crate::model::{Family, Fd, Inode, OwnerSet, Pid, Process};
use crate::sys::clock;
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

/// A process that is looked into.
struct Suspect<'a> {
    dir: &'a ProcessDir,
    pid: Pid,
    /// Read when there is something to tell of it.
    known: Option<Arc<Process>>,
    /// Whether a table could not be read.
    refused: bool,
}

/// A descriptor table.
struct Table<'a> {
    /// The directory that shows it.
    dir: &'a ProcessDir,
    /// The thread whose own it is.
    thread: Option<Pid>,
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
        let mut walk = Self { map, question, missing, plain, seen, booted, text };
        for pid in pids {
            // What cannot be opened has been counted by the scan, and what is gone holds nothing.
            if let Ok(dir) = proc.process(pid) {
                walk.process(&dir, pid);
            }
        }
        let left = walk.map.missing(question.sockets);
        if left.is_empty() {
            walk.map.coverage.candidates.clear();
        }
        left
    }

    fn process(&mut self, dir: &ProcessDir, pid: Pid) {
        let mut suspect = Suspect { dir, pid, known: None, refused: false };
        self.table(&mut suspect, &Table { dir, thread: None });
        if suspect.refused {
            return; // so will its threads be, and the scan has told of it
        }
        for thread in threads::apart(dir, pid) {
            if let Ok(own) = dir.thread(thread) {
                self.table(&mut suspect, &Table { dir: &own, thread: Some(thread) });
            }
        }
        // The BPF program has seen the tables of threads, `/proc` not.
        let gap = suspect.refused && self.map.coverage.method == super::super::scan::METHOD;
        self.map.coverage.denied += usize::from(gap);
    }

    fn table(&mut self, suspect: &mut Suspect<'_>, table: &Table<'_>) {
        let (finds, refused) = self.finds(suspect.pid, table);
        suspect.refused |= refused;
        if finds.held.is_empty() && finds.ringed.is_empty() && !finds.candidate {
            return;
        }
        if suspect.known.is_none() {
            let facts = self.question.facts;
            suspect.known = process::read(suspect.dir, suspect.pid, facts, self.booted, &mut self.text).ok();
        }
        // Otherwise it is gone.
        if let Some(process) = &suspect.known {
            self.take(process, table, &finds);
        }
    }

    /// What a table shows, and whether any of it may not be read.
    fn finds(&mut self, pid: Pid, table: &Table<'_>) -> (Finds, bool) {
        let mut finds = Finds::default();
        let (mut others, mut ringlike) = (Vec::new(), Vec::new());
        let walked = table.dir.links_of(
            |fd| table.thread.is_some() || !self.seen.contains(&(pid, fd)),
            |fd, link| match socket_link(link) {
                Some(inode) if self.missing.contains(&inode) => finds.held.push((inode, fd)),
                Some(inode) if !self.plain.contains(&inode) => others.push(fd),
                None if rings::is_one(link) => ringlike.push(fd),
                _ => {}
            },
        );
        let refused = match walked {
            Ok(walk) => walk.denied > 0,
            Err(errno) => matches!(errno, Errno::ACCESS | Errno::PERM),
        };
        for ring in ringlike {
            let sockets = rings::sockets(table.dir, ring, &mut self.text).into_iter();
            let missing = sockets.filter(|inode| self.missing.contains(inode));
            finds.ringed.extend(missing.map(|inode| (inode, ring)));
        }
        finds.candidate = self.map.coverage.candidates.len() < OwnerSet::SHOWN
            && others.into_iter().any(|fd| in_flight::waits(table.dir, fd, &mut self.text));
        (finds, refused)
    }

    /// Notes a process as holder, or as candidate.
    fn take(&mut self, process: &Arc<Process>, table: &Table<'_>, finds: &Finds) {
        let candidates = &mut self.map.coverage.candidates;
        if finds.candidate && candidates.last().is_none_or(|last| last.id != process.id) {
            candidates.push(Arc::clone(process));
        }
        if finds.held.is_empty() && finds.ringed.is_empty() {
            return;
        }
        let holder = self.map.holder(Arc::clone(process));
        let still = |fd: Fd, is: &dyn Fn(&[u8]) -> bool| table.dir.fd_link(fd).is_ok_and(|link| is(&link));
        for (inode, fd) in finds.held.iter().copied() {
            if still(fd, &|link| socket_link(link) == Some(inode)) {
                self.map.hold(inode, holder, table.thread, fd);
            }
        }
        for (inode, ring) in finds.ringed.iter().copied() {
            if still(ring, &rings::is_one) {
                self.map.hold_in_ring(inode, holder, table.thread, ring);
            }
        }
    }
}
