//! The `/proc` scan: every descriptor of every process, one `readlinkat` each, by as many threads as
//! there are cores.
//!
//! Processes vanish while they are read; that is no error. A process that may not be read is
//! counted. Nothing is allocated for a descriptor that is no wanted socket.

use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;

use super::process::{self, Look};
use super::{OwnerMap, Question, Stray, Wanted};
use crate::model::{Fd, Inode, NetnsId, Pid};
use crate::sys::clock;
use crate::sys::procdir::{ProcDir, ProcessDir, proto_name};
use crate::wire::proc_pid::{net_link, socket_link};

/// What coverage calls it.
pub(super) const METHOD: &str = "procfs";

/// A child on its way from fork to exec holds all that its parent holds. Had it become another
/// program between the walk over its descriptors and the look at its name, that program would stand
/// for what it never had. So the descriptors of a process that is younger than this are looked at
/// again after its name; of others, where an exec is rare, the first and the last.
const YOUNG: jiff::SignedDuration = jiff::SignedDuration::from_secs(2);
/// Fewer processes than this for each thread are read sooner than a thread starts.
const WORTH_A_THREAD: usize = 64;

/// Looks for the holders of sockets in every process that `/proc` lists.
#[must_use]
pub fn scan(question: &Question<'_>) -> OwnerMap {
    let mut map = OwnerMap::new(METHOD);
    if let Err(errno) = scan_all(question, &mut map) {
        map.coverage.reason = Some(format!("cannot list /proc: {errno}"));
    }
    map
}

fn scan_all(question: &Question<'_>, map: &mut OwnerMap) -> Result<(), Errno> {
    let proc = ProcDir::open()?;
    let pids = proc.pids()?;
    // Every pid namespace has a process 1. Where it is not listed, nor are others.
    if pids.first() != Some(&Pid(1)) {
        map.coverage.reason = Some("/proc hides the processes of others (hidepid)".to_owned());
    }
    let search = Search {
        proc: &proc,
        wanted: question.wanted,
        strays: question.strays,
        look: Look { facts: question.facts, booted: clock::booted(), workloads: question.workloads },
        now: clock::now().wall,
    };
    let next = AtomicUsize::new(0);
    let work = || {
        let mut walker = Walker::new(&search);
        while let Some(pid) = pids.get(next.fetch_add(1, Ordering::Relaxed)) {
            walker.process(*pid);
        }
        walker.map
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let helpers = cores.min(pids.len() / WORTH_A_THREAD).saturating_sub(1);
    std::thread::scope(|scope| {
        // A thread that cannot be started is no trouble: the others do its work.
        let start = || std::thread::Builder::new().name("owners".to_owned()).spawn_scoped(scope, work).ok();
        let threads: Vec<_> = (0..helpers).map_while(|_| start()).collect();
        map.merge(work());
        for thread in threads {
            map.merge(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
    Ok(())
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
}

/// One thread's part of the scan.
struct Walker<'a> {
    search: &'a Search<'a>,
    map: OwnerMap,
    found: Vec<(Inode, Fd)>,
    unasked: Vec<(Inode, Fd)>,
    text: Vec<u8>,
}

impl<'a> Walker<'a> {
    fn new(search: &'a Search<'a>) -> Self {
        let map = OwnerMap::new(METHOD);
        Self { search, map, found: Vec::new(), unasked: Vec::new(), text: Vec::new() }
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
        let walk = dir.links(|fd, link| {
            if let Some(inode) = socket_link(link) {
                let wanted = self.search.wanted.contains(&inode);
                let list = if wanted { &mut self.found } else { &mut self.unasked };
                list.push((inode, fd));
            }
        });
        match walk {
            Ok(walk) if walk.denied > 0 => self.map.coverage.denied += 1,
            Ok(_) => {}
            Err(Errno::ACCESS | Errno::PERM) if dir.is_kernel_thread(&mut self.text) => {}
            Err(errno) => return Err(errno),
        }
        self.map.coverage.processes += 1;
        self.note_strays(dir, pid);
        if self.found.is_empty() {
            return Ok(());
        }
        let process = process::read(dir, pid, self.search.look, &mut self.text)?;
        let young = process.started.is_none_or(|started| self.search.now.duration_since(started) < YOUNG);
        let holder = self.map.holder(process);
        for (at, (inode, fd)) in self.found.iter().enumerate() {
            let check = young || at == 0 || at + 1 == self.found.len();
            if !check || dir.fd_link(*fd).is_ok_and(|link| socket_link(&link) == Some(*inode)) {
                self.map.hold(*inode, holder, None, *fd);
            }
        }
        Ok(())
    }

    /// Notes the sockets that nobody asked about, when the process is in a namespace of interest:
    /// what a process elsewhere holds most likely stands in a table of elsewhere.
    fn note_strays(&mut self, dir: &ProcessDir, pid: Pid) {
        if self.search.strays.is_empty() || self.unasked.is_empty() {
            return;
        }
        let netns = dir.link(c"ns/net").ok().and_then(|link| net_link(&link));
        let Some(netns) = netns.filter(|netns| self.search.strays.contains(netns)) else { return };
        for (inode, fd) in self.unasked.drain(..) {
            self.map.strays.entry(inode).or_insert_with(|| Stray {
                netns,
                pid,
                fd,
                proto_name: proto_name(pid, fd),
            });
            self.found.push((inode, fd));
        }
    }
}
