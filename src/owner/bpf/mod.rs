//! Owners through BPF: the kernel walks every descriptor table itself, threads' own ones included, and
//! tells in one pass who holds which socket.
//!
//! It needs no right but when it is loaded, and what is mounted over `/proc` hides nothing from it.
//! What a process runs is still read from `/proc`, once for each incarnation of it.

mod tables;

use std::collections::{HashMap, HashSet};
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use foldhash::fast::RandomState;
use rustix::io::Errno;

use self::tables::{Descriptor, Tables};
use super::map::Holder;
use super::process::{self, Look};
use super::{Facts, NoWay, OwnerMap, Question, Scanner, Stray, Wanted};
use crate::model::{Pid, Process};
use crate::sys::bpf::{BpfError, TaskFiles};
use crate::sys::clock;
use crate::sys::netns::Task;
use crate::sys::procdir::{ProcDir, ProcessDir, proto_name, refers_to};
use crate::wire::task_file::Incarnation;

/// What coverage calls it.
pub(super) const METHOD: &str = "bpf";

/// The program, and what is known of the processes of the last scan.
#[derive(Debug)]
pub struct BpfScanner {
    program: Program,
    known: Known,
}

/// How far the program is.
#[derive(Debug)]
enum Program {
    /// It is being loaded, and run for the first time.
    Preparing(JoinHandle<Result<(TaskFiles, Tables), BpfError>>),
    Ready(TaskFiles),
    /// Which was told.
    Failed,
}

/// Processes, and when each was read, on the monotonic clock.
type Known = HashMap<Incarnation, (Duration, Arc<Process>), RandomState>;

/// For how long what was read of a process counts. Its cgroup may be another one by then, and its
/// executable deleted, without the kernel's record telling.
const FRESH: Duration = Duration::from_secs(10);

impl BpfScanner {
    /// Begins to load the program and to run it for the first time, in a thread: the sockets can be
    /// read meanwhile. Fails when there may be no more threads; whatever else fails, the first scan tells.
    pub fn prepare() -> io::Result<Self> {
        let load = || {
            let mut program = TaskFiles::load()?;
            let tables = Tables::read(&mut program)?;
            Ok((program, tables))
        };
        let thread = Builder::new().name("bpf".to_owned()).spawn(load)?;
        Ok(Self { program: Program::Preparing(thread), known: Known::default() })
    }

    /// The program, and what it told before anybody asked.
    fn ready(&mut self) -> Result<(&mut TaskFiles, Option<Tables>), BpfError> {
        let mut early = None;
        if let Program::Preparing(_) = self.program
            && let Program::Preparing(thread) = std::mem::replace(&mut self.program, Program::Failed)
        {
            let (program, tables) = thread.join().unwrap_or_else(|panic| resume_unwind(panic))?;
            self.program = Program::Ready(program);
            early = Some(tables);
        }
        match &mut self.program {
            Program::Ready(program) => Ok((program, early)),
            Program::Preparing(_) | Program::Failed => Err(BpfError::Missing),
        }
    }
}

impl Scanner for BpfScanner {
    /// Looks for the holders of sockets in every descriptor table. Sockets that were opened after the
    /// first look, for which nobody had asked yet, are looked for once more.
    fn scan(&mut self, question: &Question<'_>) -> Result<OwnerMap, NoWay> {
        let before = std::mem::take(&mut self.known);
        let (program, early) = self.ready()?;
        let mut pass = Pass::new(question, before);
        if let Some(early) = early {
            pass.take(&early, question.wanted);
            let left = pass.map.left_of(question.wanted.clone());
            if !left.is_empty() {
                pass.take(&Tables::read(program)?, &left);
            }
        } else {
            pass.take(&Tables::read(program)?, question.wanted);
        }
        let Pass { known, map, .. } = pass;
        self.known = known;
        Ok(map)
    }
}

/// One look at all tables.
struct Pass<'a> {
    question: &'a Question<'a>,
    /// `None` where procfs cannot be had: then the names are all there is.
    proc: Option<ProcDir>,
    booted: Option<jiff::Timestamp>,
    /// The processes of the pass before.
    before: Known,
    known: Known,
    now: Duration,
    holders: HashMap<Incarnation, Holder, RandomState>,
    /// Those that may have become another program since they were seen. What they held before is looked
    /// at again: that program would stand for what it never had.
    changed: HashSet<Incarnation, RandomState>,
    map: OwnerMap,
    text: Vec<u8>,
}

impl<'a> Pass<'a> {
    fn new(question: &'a Question<'a>, before: Known) -> Self {
        Self {
            question,
            proc: ProcDir::open().ok(),
            booted: clock::booted(),
            before,
            known: HashMap::default(),
            now: clock::now().mono,
            holders: HashMap::default(),
            changed: HashSet::default(),
            map: OwnerMap::new(METHOD),
            text: Vec::new(),
        }
    }

    /// Takes in who holds the wanted ones, and what nobody asked about.
    fn take(&mut self, tables: &Tables, wanted: &Wanted) {
        self.map.coverage.processes = tables.count;
        // Descriptors come process by process.
        let mut last: Option<(usize, Holder)> = None;
        for descriptor in &tables.descriptors {
            let inode = descriptor.inode;
            let Some(who) = tables.processes.get(descriptor.process()) else { continue };
            if !wanted.contains(&inode) && !self.is_stray(descriptor, who.pid) {
                continue;
            }
            let holder = match last {
                Some((process, holder)) if process == descriptor.process() => holder,
                _ => self.holder(*who),
            };
            last = Some((descriptor.process(), holder));
            let seat = descriptor.thread().unwrap_or(who.pid);
            if self.changed.contains(who) && !refers_to(seat, descriptor.fd, inode) {
                continue;
            }
            self.map.hold(inode, holder, descriptor.thread(), descriptor.fd);
            self.map.note_reuse(descriptor.reuse);
        }
    }

    /// Notes a socket that nobody asked about, when it belongs to a namespace of interest.
    fn is_stray(&mut self, descriptor: &Descriptor, pid: Pid) -> bool {
        let (inode, fd) = (descriptor.inode, descriptor.fd);
        if self.question.wanted.contains(&inode) {
            return false;
        }
        let here = descriptor.netns().filter(|netns| self.question.strays.contains(netns));
        let Some(netns) = here else { return false };
        let seat = Task { pid, tid: descriptor.thread().unwrap_or(pid) };
        let stray = || Stray { netns, seat, fd, proto_name: proto_name(seat.tid, fd) };
        self.map.strays.entry(inode).or_insert_with(stray);
        true
    }

    fn holder(&mut self, who: Incarnation) -> Holder {
        if let Some(holder) = self.holders.get(&who) {
            return *holder;
        }
        let process = match (self.question.facts, self.before.remove(&who)) {
            (Facts::Names, _) => Arc::new(process::recorded(who, self.booted)),
            (Facts::All, Some((read, process))) if self.now.saturating_sub(read) < FRESH => {
                self.known.insert(who, (read, Arc::clone(&process)));
                process
            }
            (Facts::All, before) => {
                let process = self.process(who);
                let young =
                    process.started.is_none_or(|it| clock::now().wall.duration_since(it) < process::YOUNG);
                if process.exe.is_some() && (young || process.comm != who.comm()) {
                    self.changed.insert(who);
                }
                // The same as before stays the same in memory, too.
                let process = before.map(|(_, before)| before).filter(|it| *it == process).unwrap_or(process);
                self.known.insert(who, (self.now, Arc::clone(&process)));
                process
            }
        };
        let holder = self.map.holder(process);
        self.holders.insert(who, holder);
        holder
    }

    /// All that is known of a process. The record is the witness: what `/proc` says counts only when
    /// it speaks of the same process.
    fn process(&mut self, who: Incarnation) -> Arc<Process> {
        let look = Look { facts: Facts::All, booted: self.booted, workloads: self.question.workloads };
        let names = process::recorded(who, self.booted);
        let dir = self.proc.as_ref().map(|proc| proc.process(who.pid));
        if dir
            .as_ref()
            .is_some_and(|dir| dir.as_ref().map_or_else(|no| *no == Errno::XDEV, ProcessDir::is_covered))
        {
            self.map.coverage.covered.push(who.pid);
        }
        let dir = dir.and_then(Result::ok);
        let read = dir.and_then(|dir| process::read(&dir, who.pid, look, &mut self.text).ok());
        // What may not be looked into cannot be asked again, should it be another program by now.
        let same = |it: &Arc<Process>| it.id == names.id && (it.exe.is_some() || it.comm == names.comm);
        read.filter(same).unwrap_or_else(|| Arc::new(names))
    }
}
