//! Finding network namespaces: one walk over `/proc` for processes, threads, mounts and open
//! descriptors, those of single threads, too. Nothing is opened and no namespace is entered here.
//!
//! Everything vanishes while it is looked at; that is no error. The walk notes every way to a
//! namespace, so that one of them still leads there when it is read.

use std::collections::{HashMap, HashSet};
use std::mem::discriminant;

use foldhash::fast::RandomState;
use rustix::io::Errno;

use crate::model::{Fd, Inode, NetnsFound, NetnsId, Pid};
use crate::sys::apart::{apart, one_of_each};
use crate::sys::host;
use crate::sys::kcmp::Shared;
use crate::sys::netns::{Namespace, Task, Way};
use crate::sys::procdir::{ProcDir, ProcessDir};
use crate::sys::procnet::stand_in;
use crate::text::counted;
use crate::wire::{proc_mountinfo, proc_pid};

/// The most namespaces that are kept; who may make namespaces could make any number.
const MOST: usize = 4096;
/// How many ways of one kind to one namespace are kept: some lead nowhere by the time they are
/// taken.
const WAYS: usize = 4;

/// One namespace, as far as `/proc` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its nsfs inode; its stand-in where that may not be read.
    pub(super) id: NetnsId,
    pub(super) how: NetnsFound,
    /// In the order in which they were found, those of tasks first.
    pub(super) ways: Vec<Way>,
    /// Where it is mounted.
    pub(super) points: Vec<Vec<u8>>,
    /// What tells it apart in `/proc/PID/net`, once a task in it was seen.
    pub(super) stand_in: Option<u64>,
    /// False when its nsfs file may not be read, so that it cannot be entered either.
    pub(super) has_file: bool,
}

impl Found {
    fn add_way(&mut self, way: Way) {
        let same = |old: &&Way| discriminant(*old) == discriminant(&way);
        if self.ways.iter().filter(same).count() < WAYS {
            self.ways.push(way);
        }
    }

    /// The tasks that were seen in it.
    pub(super) fn tasks(&self) -> impl Iterator<Item = Task> + '_ {
        self.ways.iter().filter_map(|way| match way {
            Way::Task(task) => Some(*task),
            Way::Mount { .. } | Way::Descriptor { .. } | Way::Socket { .. } => None,
        })
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    /// The own one first.
    pub(super) known: Vec<Found>,
    /// For each socket that a task holds, one descriptor of one task.
    pub(super) holders: HashMap<Inode, (Task, Fd), RandomState>,
    /// Namespaces beyond the most that are kept.
    pub(super) beyond: HashSet<NetnsId>,
    /// Processes that may not be looked into.
    denied: usize,
    /// Why the walk could not be finished.
    pub(super) broken: Option<String>,
    index: HashMap<NetnsId, usize>,
    stand_ins: HashMap<u64, usize>,
    mount_tables: HashSet<Vec<u8>>,
    text: Vec<u8>,
}

/// What can be told of the namespace that a task is in.
enum Seen {
    File(NetnsId),
    StandIn(u64),
}

impl Discovery {
    /// Walks over `/proc`.
    pub(super) fn walk() -> Result<Self, host::NetnsError> {
        let mut all = Self::default();
        let me = Pid(std::process::id());
        let here = Task::first(me);
        all.note(host::netns()?, NetnsFound::Own, Way::Task(here));
        all.learn_stand_in(0, here);
        if let Err(errno) = all.walk_processes(me) {
            all.broken = Some(format!("/proc cannot be listed: {errno}"));
        }
        all.known.iter_mut().for_each(|found| found.ways.sort_by_key(|way| !matches!(way, Way::Task(_))));
        Ok(all)
    }

    /// Where a namespace stands among those that are known.
    pub(super) fn at(&self, id: NetnsId) -> Option<usize> {
        self.index.get(&id).copied()
    }

    /// The namespace that a process is in, among those that are known.
    pub(super) fn of_process(&self, pid: Pid) -> Option<usize> {
        let dir = ProcDir::open().and_then(|proc| proc.process(pid)).ok()?;
        match seen(&dir, Task::first(pid))? {
            Seen::File(id) => self.at(id),
            Seen::StandIn(number) => self.stand_ins.get(&number).copied(),
        }
    }

    /// Why there may be more namespaces than were found.
    pub(super) fn gap(&self) -> Option<String> {
        let processes = || counted(self.denied, "process", "processes");
        let denied = (self.denied > 0).then(|| format!("{} may not be looked into", processes()));
        self.broken.clone().or(denied)
    }

    fn walk_processes(&mut self, me: Pid) -> Result<(), Errno> {
        let proc = ProcDir::open()?;
        // Our own mounts first: others may not let us see theirs, and most have the same.
        if let Ok(dir) = proc.process(me) {
            self.walk_mounts(&dir, Task::first(me));
        }
        for pid in proc.pids()? {
            match proc.process(pid) {
                Ok(dir) => self.walk_process(&dir, pid, me),
                Err(gone_or_covered) => self.denied += usize::from(gone_or_covered == Errno::XDEV),
            }
        }
        Ok(())
    }

    fn walk_process(&mut self, dir: &ProcessDir, pid: Pid, me: Pid) {
        let first = Task::first(pid);
        self.task(dir, first, NetnsFound::Process);
        self.walk_mounts(dir, first);
        let open = pid != me && self.walk_descriptors(dir, first);
        let threads = dir.other_threads(pid).unwrap_or_default();
        for tid in &threads {
            self.task(dir, Task { pid, tid: *tid }, NetnsFound::Thread);
        }
        // Most share mounts and descriptors with the first one, and those with a table of their own may share
        // that with each other. What is refused of the first one is refused of all.
        for tid in one_of_each(Shared::Fs, apart(Shared::Fs, pid, &threads, !open)) {
            if let Ok(thread) = dir.thread(tid) {
                self.walk_mounts(&thread, Task { pid, tid });
            }
        }
        for tid in one_of_each(Shared::Files, apart(Shared::Files, pid, &threads, !open)) {
            if let Ok(thread) = dir.thread(tid) {
                self.walk_descriptors(&thread, Task { pid, tid });
            }
        }
    }

    fn task(&mut self, dir: &ProcessDir, task: Task, how: NetnsFound) {
        match seen(dir, task) {
            Some(Seen::File(id)) => {
                if let Some(at) = self.note(id, how, Way::Task(task)) {
                    self.learn_stand_in(at, task);
                }
            }
            Some(Seen::StandIn(number)) => self.note_stand_in(number, how, task),
            None => {}
        }
    }

    /// The mounts of a task, unless those of its mount namespace were looked at before.
    fn walk_mounts(&mut self, dir: &ProcessDir, task: Task) {
        let Ok(table) = dir.link(c"ns/mnt") else { return };
        if !self.mount_tables.insert(table) || dir.read(c"mountinfo", &mut self.text).is_err() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        for mount in proc_mountinfo::netns_mounts(&text) {
            let way = Way::Mount { task, point: mount.point.clone() };
            if let Some(at) = self.note(mount.id, NetnsFound::Mount, way)
                && !self.known[at].points.contains(&mount.point)
            {
                self.known[at].points.push(mount.point);
            }
        }
        self.text = text;
    }

    /// The descriptor table that a task has. Returns whether it may be looked into.
    fn walk_descriptors(&mut self, dir: &ProcessDir, task: Task) -> bool {
        let mut files = Vec::new();
        let walk = dir.links(|fd, link| {
            if let Some(inode) = proc_pid::socket_link(link) {
                self.holders.entry(inode).or_insert((task, fd));
            } else if let Some(id) = proc_pid::net_link(link) {
                files.push((fd, Some(id)));
            } else if may_be_namespace(link) {
                files.push((fd, None));
            }
        });
        let open = match walk {
            Ok(walk) if !walk.denied => true,
            Err(Errno::NOENT | Errno::SRCH) => true,
            _ => dir.is_kernel_thread(&mut self.text),
        };
        self.denied += usize::from(!open);
        for (fd, id) in files {
            if let Some(id) = id.or_else(|| Namespace::held(task, fd)) {
                self.note(id, NetnsFound::Descriptor, Way::Descriptor { task, fd });
            }
        }
        open
    }

    /// Notes a way to a namespace. Returns its place, when it is among those that are kept.
    pub(super) fn note(&mut self, id: NetnsId, how: NetnsFound, way: Way) -> Option<usize> {
        let at = match self.index.get(&id) {
            Some(at) => *at,
            None => self.add(id, how, true)?,
        };
        let found = &mut self.known[at];
        found.how = found.how.min(how);
        found.add_way(way);
        Some(at)
    }

    /// Notes a task in a namespace whose nsfs file may not be read.
    fn note_stand_in(&mut self, number: u64, how: NetnsFound, task: Task) {
        let at = match self.stand_ins.get(&number) {
            Some(at) => Some(*at),
            None => self.add(NetnsId(number), how, false),
        };
        let Some(at) = at else { return };
        self.stand_ins.insert(number, at);
        let found = &mut self.known[at];
        found.stand_in = Some(number);
        found.how = found.how.min(how);
        found.add_way(Way::Task(task));
    }

    fn add(&mut self, id: NetnsId, how: NetnsFound, has_file: bool) -> Option<usize> {
        if self.known.len() >= MOST {
            self.beyond.insert(id);
            return None;
        }
        let at = self.known.len();
        let (ways, points) = (Vec::new(), Vec::new());
        self.known.push(Found { id, how, ways, points, stand_in: None, has_file });
        self.index.insert(id, at);
        Some(at)
    }

    /// Finds out the stand-in of a namespace whose file can be read, once. What was noted under
    /// the stand-in before is the same namespace.
    fn learn_stand_in(&mut self, at: usize, task: Task) {
        if self.known[at].stand_in.is_some() {
            return;
        }
        let Ok(number) = stand_in(task) else { return };
        self.known[at].stand_in = Some(number);
        if let Some(before) = self.stand_ins.insert(number, at)
            && before != at
        {
            self.unite(before, at);
        }
    }

    /// Moves what is known under a stand-in to the namespace itself, which was noted after it.
    fn unite(&mut self, stand_in: usize, real: usize) {
        let old = self.known.remove(stand_in);
        self.index.remove(&old.id);
        let shift = |at: &mut usize| *at -= usize::from(*at > stand_in);
        self.index.values_mut().for_each(shift);
        self.stand_ins.values_mut().for_each(shift);
        let found = &mut self.known[real - usize::from(real > stand_in)];
        found.how = found.how.min(old.how);
        old.ways.into_iter().for_each(|way| found.add_way(way));
    }
}

/// The namespace of a task; `None` when the task is gone.
fn seen(dir: &ProcessDir, task: Task) -> Option<Seen> {
    let link = if task.tid == task.pid {
        dir.link(c"ns/net")
    } else {
        dir.link(format!("task/{}/ns/net", task.tid.0))
    };
    match link {
        Ok(link) => proc_pid::net_link(&link).map(Seen::File),
        Err(Errno::ACCESS | Errno::PERM) => stand_in(task).ok().map(Seen::StandIn),
        Err(_) => None,
    }
}

/// A mounted nsfs file that was opened by its path is shown under that path, and as `/` when it is
/// mounted no more. Only links that look so are looked at: the files of a process are many.
fn may_be_namespace(link: &[u8]) -> bool {
    link == b"/" || (link.starts_with(b"/") && link.windows(5).any(|part| part == b"netns"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(pid: u32) -> Task {
        Task::first(Pid(pid))
    }

    #[test]
    fn the_first_kind_of_way_in_order_is_told_and_every_way_is_kept() {
        let mut all = Discovery::default();
        let socket = Way::Socket { task: task(7), fd: Fd(3) };
        all.note(NetnsId(1), NetnsFound::Socket, socket.clone());
        all.note(NetnsId(1), NetnsFound::Thread, Way::Task(task(8)));
        all.note(NetnsId(1), NetnsFound::Descriptor, Way::Descriptor { task: task(9), fd: Fd(4) });
        assert_eq!(all.known.len(), 1);
        assert_eq!((all.known[0].how, all.known[0].ways.len()), (NetnsFound::Thread, 3));
        for pid in 0..100 {
            all.note(NetnsId(1), NetnsFound::Process, Way::Task(task(pid)));
        }
        assert_eq!((all.known[0].how, all.known[0].ways.len()), (NetnsFound::Process, WAYS + 2));
        assert_eq!(all.known[0].ways[0], socket);
    }

    #[test]
    fn what_is_beyond_the_most_is_counted_exactly() {
        let mut all = Discovery::default();
        for round in 0..2 {
            for id in 1..=MOST as u64 + 5 {
                let kept = all.note(NetnsId(id), NetnsFound::Process, Way::Task(task(1)));
                assert_eq!(kept.is_some(), id <= MOST as u64, "round {round}");
            }
        }
        assert_eq!((all.known.len(), all.beyond.len()), (MOST, 5));
    }

    #[test]
    fn a_stand_in_becomes_the_namespace_that_it_stood_for() {
        let mut all = Discovery::default();
        all.note_stand_in(50, NetnsFound::Process, task(1));
        all.note_stand_in(60, NetnsFound::Thread, task(2));
        let real = all.note(NetnsId(7), NetnsFound::Thread, Way::Task(task(3))).unwrap();
        // As `learn_stand_in` does it, once the file of a task in it could be looked at.
        all.known[real].stand_in = Some(50);
        let before = all.stand_ins.insert(50, real).unwrap();
        all.unite(before, real);
        let told: Vec<_> = all.known.iter().map(|found| (found.id.0, found.how, found.ways.len())).collect();
        assert_eq!(told, [(60, NetnsFound::Thread, 1), (7, NetnsFound::Process, 2)]);
        all.note_stand_in(50, NetnsFound::Process, task(4));
        all.note_stand_in(60, NetnsFound::Process, task(5));
        all.note(NetnsId(7), NetnsFound::Process, Way::Task(task(6)));
        let ways: Vec<_> = all.known.iter().map(|found| found.ways.len()).collect();
        assert_eq!(ways, [2, 4], "{:?}", all.known);
    }

    #[test]
    fn links_worth_a_look() {
        for link in [&b"/"[..], b"/run/netns/blue", b"/run/docker/netns/1a2b", b"/var/run/netns/x"] {
            assert!(may_be_namespace(link));
        }
        for link in [&b""[..], b"socket:[1]", b"net:[1]", b"/dev/null", b"/home/x", b"anon_inode:netns"] {
            assert!(!may_be_namespace(link));
        }
    }

    #[test]
    fn the_own_namespace_comes_first() {
        let all = Discovery::walk().unwrap();
        assert_eq!(all.known[0].id, host::netns().unwrap());
        assert_eq!(all.known[0].how, NetnsFound::Own);
        assert!(all.known.iter().skip(1).all(|found| found.how != NetnsFound::Own));
    }
}
