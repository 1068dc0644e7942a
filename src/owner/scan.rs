//! The `/proc` scan: every descriptor of every process, one `readlinkat` each, by as many threads as
//! there are cores.
//!
//! Processes vanish while they are read; that is no error. A process that may not be read is
//! counted. Nothing is allocated for a descriptor that is no wanted socket.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use foldhash::fast::RandomState;
use rustix::io::Errno;

use super::hidden::is_ring;
use super::map::Holder;
use super::process::{self, Look};
use super::{NoWay, OwnerMap, Question, Scanner, Stray, Wanted};
use crate::model::{Fd, Inode, NetnsId, OwnerCoverage, Pid, Process};
use crate::sys::apart::apart;
use crate::sys::clock;
use crate::sys::kcmp::Shared;
use crate::sys::netns::Task;
use crate::sys::procdir::{self, ProcDir, ProcessDir, proto_name};
use crate::sys::threads::together;
use crate::wire::proc_pid::{self, net_link, socket_link};

/// What coverage calls it.
pub(super) const METHOD: &str = "procfs";

/// Fewer processes than this for each thread are read sooner than a thread starts.
const WORTH_A_THREAD: usize = 64;

/// Scans `/proc`. Of scans that follow each other it remembers what there was.
#[derive(Debug, Default)]
pub struct ProcScanner {
    /// `None` for a single scan.
    last: Option<Last>,
}

/// What the last scan saw.
#[derive(Debug, Default)]
struct Last {
    /// Every process, ascending.
    pids: Vec<Pid>,
    tables: Tables,
    /// The sockets that nobody was seen to hold.
    unheld: Wanted,
    coverage: OwnerCoverage,
}

/// The processes that held sockets, and those sockets.
type Tables = HashMap<Pid, Table, RandomState>;

#[derive(Debug)]
struct Table {
    process: Arc<Process>,
    /// By descriptor.
    sockets: Vec<(Fd, Inode)>,
}

impl Scanner for ProcScanner {
    /// Looks for the holders of sockets in every process that `/proc` lists. When it is asked for news
    /// alone, and the processes that held sockets before, together with new ones, hold all of them, it
    /// looks into no others, and in those at no descriptor whose socket is still there.
    fn scan(&mut self, question: &Question<'_>) -> Result<OwnerMap, NoWay> {
        let news = question.news.then(|| self.news(question)).flatten();
        Ok(news.unwrap_or_else(|| self.all(question)))
    }
}

impl ProcScanner {
    /// A scanner for one scan, or for many.
    #[must_use]
    pub fn new(live: bool) -> Self {
        Self { last: live.then(Last::default) }
    }

    fn all(&mut self, question: &Question<'_>) -> OwnerMap {
        let mut map = OwnerMap::new(METHOD);
        let listed = ProcDir::open().and_then(|proc| proc.pids().map(|pids| (proc, pids)));
        let (proc, pids) = match listed {
            Ok(listed) => listed,
            Err(errno) => {
                map.coverage.reason = Some(format!("cannot list /proc: {errno}"));
                return map;
            }
        };
        // Every pid namespace has a process 1. Where it is not listed, nor are others.
        if pids.first() != Some(&Pid(1)) {
            map.coverage.reason =
                Some("/proc hides the processes of others (hidepid) from all but root".to_owned());
        }
        let before = Tables::default();
        let search = Search::new(&proc, question, &before, self.last.is_some());
        let tables = search.walk(&pids, &mut map);
        if let Some(last) = &mut self.last {
            let unheld = map.left_of(question.wanted.clone());
            *last = Last { pids, tables, unheld, coverage: map.coverage.clone() };
        }
        map
    }

    /// `None` when somebody else must hold some of it.
    fn news(&mut self, question: &Question<'_>) -> Option<OwnerMap> {
        let last = self.last.as_mut().filter(|last| !last.pids.is_empty())?;
        let proc = ProcDir::open().ok()?;
        let pids = proc.pids().ok()?;
        let of_interest = |pid: &Pid| last.tables.contains_key(pid) || last.pids.binary_search(pid).is_err();
        let some: Vec<Pid> = pids.into_iter().filter(of_interest).collect();
        let mut map = OwnerMap::new(METHOD);
        let tables = Search::new(&proc, question, &last.tables, true).walk(&some, &mut map);
        if map.left_of(question.wanted.clone()).iter().any(|inode| !last.unheld.contains(inode)) {
            return None;
        }
        // The number of a descriptor may stand for another file by now. Then whoever holds the socket
        // instead makes it a shared one.
        if !map.shared().into_iter().all(|(pid, fd, inode)| procdir::refers_to(pid, fd, inode)) {
            return None;
        }
        // What was refused to the last whole scan is so still; of those that are new it is told again.
        map.coverage.denied = last.coverage.denied.max(map.coverage.denied);
        map.coverage.processes = last.coverage.processes;
        map.coverage.reason = map.coverage.reason.take().or_else(|| last.coverage.reason.clone());
        last.tables = tables;
        map.news_alone = true;
        Some(map)
    }
}

impl Table {
    fn socket(&self, fd: Fd) -> Option<Inode> {
        let at = self.sockets.binary_search_by_key(&fd, |(fd, _)| *fd).ok()?;
        Some(self.sockets[at].1)
    }
}

/// What is looked for.
struct Search<'a> {
    proc: &'a ProcDir,
    wanted: &'a Wanted,
    /// In which namespaces to note sockets that nobody asked about.
    strays: &'a [NetnsId],
    look: Look<'a>,
    /// When the scan began.
    now: jiff::Timestamp,
    /// What need not be looked at again.
    before: &'a Tables,
    remember: bool,
}

impl<'a> Search<'a> {
    fn new(proc: &'a ProcDir, question: &Question<'a>, before: &'a Tables, remember: bool) -> Self {
        Self {
            proc,
            wanted: question.wanted,
            strays: question.strays,
            look: Look { facts: question.facts, booted: clock::booted(), workloads: question.workloads },
            now: clock::now().wall,
            before,
            remember,
        }
    }

    /// Looks into these processes by as many threads as there are cores.
    fn walk(&self, pids: &[Pid], map: &mut OwnerMap) -> Tables {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut walker = Walker::new(self);
            while let Some(pid) = pids.get(next.fetch_add(1, Ordering::Relaxed)) {
                walker.process(*pid);
            }
            (walker.map, walker.tables)
        };
        let mut tables = Tables::default();
        for (part, seen) in together(pids.len() / WORTH_A_THREAD, work) {
            map.merge(part);
            tables.extend(seen);
        }
        tables
    }
}

/// A socket that nobody asked about, in the table of a single thread.
struct Apart {
    netns: NetnsId,
    seat: Task,
    inode: Inode,
    fd: Fd,
}

/// One thread's part of the scan.
struct Walker<'a> {
    search: &'a Search<'a>,
    map: OwnerMap,
    tables: Tables,
    found: Vec<(Inode, Fd)>,
    unasked: Vec<(Inode, Fd)>,
    text: Vec<u8>,
}

impl<'a> Walker<'a> {
    fn new(search: &'a Search<'a>) -> Self {
        let (map, tables) = (OwnerMap::new(METHOD), Tables::default());
        Self { search, map, tables, found: Vec::new(), unasked: Vec::new(), text: Vec::new() }
    }

    fn process(&mut self, pid: Pid) {
        let proc = self.search.proc;
        let looked = match proc.process(pid).and_then(|dir| self.look_into(&dir, pid)) {
            // Something is mounted there, or below.
            Err(Errno::XDEV) => {
                self.map.coverage.covered.push(pid);
                proc.behind(pid).and_then(|dir| self.look_into(&dir, pid))
            }
            looked => looked,
        };
        match looked {
            // It ended while we looked: whatever it held, it holds no longer.
            Ok(()) | Err(Errno::NOENT | Errno::SRCH) => {}
            Err(Errno::ACCESS | Errno::PERM) => self.map.coverage.denied += 1,
            Err(Errno::XDEV) => {
                self.map.coverage.denied += 1;
                self.map.coverage.reason = Some(format!("a mount covers /proc/{}", pid.0));
            }
            Err(errno) => {
                self.map.coverage.denied += 1;
                self.map.coverage.reason = Some(format!("cannot read /proc/{}/fd: {errno}", pid.0));
            }
        }
    }

    fn look_into(&mut self, dir: &ProcessDir, pid: Pid) -> Result<(), Errno> {
        if dir.is_covered() {
            self.map.coverage.covered.push(pid);
        }
        self.found.clear();
        self.unasked.clear();
        let before = self.before(dir, pid);
        let (mut kept, mut ring) = (Vec::new(), false);
        let wanted = self.search.wanted;
        let walk = dir.links_of(
            |fd| match before.and_then(|before| before.socket(fd)).filter(|inode| wanted.contains(inode)) {
                Some(inode) => {
                    kept.push((inode, fd));
                    false
                }
                None => true,
            },
            |fd, link| {
                if let Some(inode) = socket_link(link) {
                    let list = if wanted.contains(&inode) { &mut self.found } else { &mut self.unasked };
                    list.push((inode, fd));
                } else {
                    ring |= is_ring(link);
                }
            },
        );
        match walk {
            Ok(walk) if walk.denied => self.map.coverage.denied += 1,
            Ok(_) => {}
            Err(Errno::ACCESS | Errno::PERM) if dir.is_kernel_thread(&mut self.text) => {}
            Err(errno) => return Err(errno),
        }
        self.map.coverage.processes += 1;
        if ring || !self.unasked.is_empty() {
            self.map.noted.insert(pid);
        }
        self.note_strays(dir, pid);
        let apart = self.strays_apart(dir, pid)?;
        if self.found.is_empty() && kept.is_empty() && apart.is_empty() {
            return Ok(());
        }
        let process = match before {
            Some(before) => Arc::clone(&before.process),
            None => process::read(dir, pid, self.search.look, &mut self.text)?,
        };
        let young =
            process.started.is_none_or(|started| self.search.now.duration_since(started) < process::YOUNG);
        let last = self.found.len().saturating_sub(1);
        let stays = |(at, (inode, fd)): &(usize, (Inode, Fd))| {
            let check = young || *at == 0 || *at == last;
            !check || dir.refers_to(*fd, *inode)
        };
        kept.extend(self.found.iter().copied().enumerate().filter(stays).map(|(_, held)| held));
        let holder = self.hold(pid, process, kept);
        for Apart { netns, seat, inode, fd } in apart {
            self.note_stray(netns, seat, (inode, fd));
            self.map.hold(inode, holder, Some(seat.tid), fd);
        }
        Ok(())
    }

    /// What the process held at the last scan, if it is the same, and runs the same.
    fn before(&mut self, dir: &ProcessDir, pid: Pid) -> Option<&'a Table> {
        let before = self.search.before.get(&pid)?;
        dir.read(c"stat", &mut self.text).ok()?;
        let stat = proc_pid::stat(&self.text).ok()?;
        let same = stat.start == before.process.id.start && stat.comm == before.process.comm;
        same.then_some(before)
    }

    fn hold(&mut self, pid: Pid, process: Arc<Process>, held: Vec<(Inode, Fd)>) -> Holder {
        let holder = self.map.holder(Arc::clone(&process));
        for (inode, fd) in &held {
            self.map.hold(*inode, holder, None, *fd);
        }
        if self.search.remember {
            let mut sockets: Vec<_> = held.into_iter().map(|(inode, fd)| (fd, inode)).collect();
            sockets.sort_unstable();
            self.tables.insert(pid, Table { process, sockets });
        }
        holder
    }

    /// Notes the sockets that nobody asked about, when the process is in a namespace of interest:
    /// what a process elsewhere holds most likely stands in a table of elsewhere.
    fn note_strays(&mut self, dir: &ProcessDir, pid: Pid) {
        if self.search.strays.is_empty() || self.unasked.is_empty() {
            return;
        }
        let Some(netns) = self.netns_of_interest(dir) else { return };
        for (inode, fd) in std::mem::take(&mut self.unasked) {
            self.note_stray(netns, Task::first(pid), (inode, fd));
            self.found.push((inode, fd));
        }
    }

    /// The same for what single threads hold in tables of their own.
    fn strays_apart(&self, dir: &ProcessDir, pid: Pid) -> Result<Vec<Apart>, Errno> {
        let mut strays = Vec::new();
        if self.search.strays.is_empty() {
            return Ok(strays);
        }
        for tid in apart(Shared::Files, pid, &dir.other_threads(pid)?, false) {
            // A thread that ended meanwhile holds nothing any more.
            let Ok(own) = dir.thread(tid) else { continue };
            let Some(netns) = self.netns_of_interest(&own) else { continue };
            let note = |fd, link: &[u8]| {
                let unasked = socket_link(link).filter(|inode| !self.search.wanted.contains(inode));
                strays.extend(unasked.map(|inode| Apart { netns, seat: Task { pid, tid }, inode, fd }));
            };
            match own.links(note) {
                Ok(_) | Err(Errno::NOENT | Errno::SRCH) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(strays)
    }

    fn note_stray(&mut self, netns: NetnsId, seat: Task, (inode, fd): (Inode, Fd)) {
        let stray = || Stray { netns, seat, fd, proto_name: proto_name(seat.tid, fd) };
        self.map.strays.entry(inode).or_insert_with(stray);
    }

    /// The network namespace of a task, if sockets that nobody asked about are noted there.
    fn netns_of_interest(&self, dir: &ProcessDir) -> Option<NetnsId> {
        let netns = dir.link(c"ns/net").ok().and_then(|link| net_link(&link));
        netns.filter(|netns| self.search.strays.contains(netns))
    }
}
