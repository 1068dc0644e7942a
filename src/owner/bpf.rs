//! Owners through BPF: the kernel walks every descriptor table itself, threads' own ones included, and
//! tells in one pass who holds which socket.
//!
//! It needs no right but when it is loaded, and what is mounted over `/proc` hides nothing from it.
//! What a process runs is still read from `/proc`, once for each incarnation of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use rustix::io::Errno;

use super::map::Holder;
use super::process::{self, Look};
use super::{Facts, OwnerMap, Question, Stray};
use crate::model::{Inode, Process, ProcessId};
use crate::sys::bpf::{BpfError, TaskFiles};
use crate::sys::clock;
use crate::sys::procdir::{ProcDir, ProcessDir, proto_name};
use crate::wire::task_file::{Incarnation, LENGTH, Record};

/// What coverage calls it.
pub(super) const METHOD: &str = "bpf";

/// The loaded program, and what is known of the processes of the last scan.
#[derive(Debug)]
pub struct BpfScanner {
    program: TaskFiles,
    known: Known,
}

/// Processes, and when each was read, on the monotonic clock.
type Known = HashMap<Incarnation, (Duration, Arc<Process>), RandomState>;

/// For how long what was read of a process counts. Its cgroup may be another one by then, and its
/// executable deleted, without the kernel's record telling.
const FRESH: Duration = Duration::from_secs(10);

impl BpfScanner {
    /// Loads the program.
    pub fn load() -> Result<Self, BpfError> {
        Ok(Self { program: TaskFiles::load()?, known: HashMap::default() })
    }

    /// Looks for the holders of sockets in every descriptor table.
    pub fn scan(&mut self, question: &Question<'_>) -> Result<OwnerMap, BpfError> {
        let mut pass = Pass {
            question,
            proc: ProcDir::open().ok(),
            booted: clock::booted(),
            before: std::mem::take(&mut self.known),
            known: HashMap::default(),
            now: clock::now().mono,
            holders: HashMap::default(),
            last: None,
            map: OwnerMap::new(METHOD),
            text: Vec::new(),
        };
        let mut rest = Vec::new();
        self.program.run(|bytes| {
            if rest.is_empty() && bytes.len() % LENGTH == 0 {
                pass.take(bytes);
            } else {
                rest.extend_from_slice(bytes);
                let read = pass.take(&rest);
                rest.drain(..read);
            }
        })?;
        self.known = pass.known;
        Ok(pass.map)
    }
}

/// One pass over all tables.
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
    /// Records come process by process.
    last: Option<(Incarnation, Option<Holder>)>,
    map: OwnerMap,
    text: Vec<u8>,
}

impl Pass<'_> {
    /// Takes in the whole records at the front, and says how many bytes they are.
    fn take(&mut self, bytes: &[u8]) -> usize {
        let (records, read) = Record::split(bytes);
        for record in records {
            self.record(record);
        }
        read
    }

    fn record(&mut self, record: &Record) {
        let who = record.incarnation();
        if self.last.is_none_or(|(last, _)| last != who) {
            self.last = Some((who, None));
            self.map.coverage.processes += usize::from(record.thread().is_none());
        }
        let Some(inode) = record.inode() else { return };
        if !self.question.wanted.contains(&inode) && !self.is_stray(inode, record) {
            return;
        }
        let holder = match self.last {
            Some((_, Some(holder))) => holder,
            _ => self.holder(who),
        };
        self.last = Some((who, Some(holder)));
        self.map.hold(inode, holder, record.thread(), record.fd());
    }

    /// Notes a socket that nobody asked about, when it belongs to a namespace of interest.
    fn is_stray(&mut self, inode: Inode, record: &Record) -> bool {
        let here = record.netns().filter(|netns| self.question.strays.contains(netns));
        let Some(netns) = here else { return false };
        let (pid, fd) = (record.incarnation().pid, record.fd());
        let stray = || Stray { netns, pid, fd, proto_name: proto_name(pid, fd) };
        self.map.strays.entry(inode).or_insert_with(stray);
        true
    }

    fn holder(&mut self, who: Incarnation) -> Holder {
        if let Some(holder) = self.holders.get(&who) {
            return *holder;
        }
        let process = match (self.question.facts, self.before.remove(&who)) {
            (Facts::Names, _) => Arc::new(self.names(who)),
            (Facts::All, Some((read, process))) if self.now.saturating_sub(read) < FRESH => {
                self.known.insert(who, (read, Arc::clone(&process)));
                process
            }
            (Facts::All, before) => {
                let process = self.process(who);
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

    /// What the record tells of a process.
    fn names(&self, who: Incarnation) -> Process {
        let start = clock::ticks(who.start_ns);
        let started = self.booted.and_then(|booted| clock::at_ticks(booted, start));
        let id = ProcessId { pid: who.pid, start };
        Process { uid: Some(who.uid), started, ..Process::named(id, who.comm()) }
    }

    /// All that is known of a process. The record is the witness: what `/proc` says counts only when
    /// it speaks of the same process.
    fn process(&mut self, who: Incarnation) -> Arc<Process> {
        let look = Look { facts: Facts::All, booted: self.booted, workloads: self.question.workloads };
        let names = self.names(who);
        let dir = self.proc.as_ref().map(|proc| proc.process(who.pid));
        if dir
            .as_ref()
            .is_some_and(|dir| dir.as_ref().map_or_else(|no| *no == Errno::XDEV, ProcessDir::is_covered))
        {
            self.map.coverage.covered.push(who.pid);
        }
        let dir = dir.and_then(Result::ok);
        let read = dir.and_then(|dir| process::read(&dir, who.pid, look, &mut self.text).ok());
        read.filter(|process| process.id == names.id).unwrap_or_else(|| Arc::new(names))
    }
}
