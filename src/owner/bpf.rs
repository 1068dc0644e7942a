//! Owners through BPF: the kernel walks every descriptor table itself, threads' own ones included, and
//! tells in one pass who holds which socket.
//!
//! It needs no right but when it is loaded, and what is mounted over `/proc` hides nothing from it.
//! What a process runs is still read from `/proc`, once for each incarnation of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use rustix::io::Errno;

use super::map::Holder;
use super::{Facts, OwnerMap, Question, Stray, process};
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
    known: HashMap<Incarnation, Arc<Process>, RandomState>,
}

impl BpfScanner {
    /// Loads the program.
    pub fn load() -> Result<Self, BpfError> {
        Ok(Self { program: TaskFiles::load()?, known: HashMap::default() })
    }

    /// Looks for the holders of sockets in every descriptor table.
    pub fn scan(&mut self, question: &Question<'_>) -> Result<OwnerMap, BpfError> {
        let mut pass = Pass {
            question,
            wanted: question.sockets.iter().filter_map(|socket| socket.inode).collect(),
            proc: ProcDir::open().ok(),
            booted: clock::booted(),
            before: std::mem::take(&mut self.known),
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
        let known = pass.holders.into_iter().map(|(who, (_, process))| (who, process));
        self.known = known.collect();
        Ok(pass.map)
    }
}

/// One pass over all tables.
struct Pass<'a> {
    question: &'a Question<'a>,
    wanted: HashSet<Inode, RandomState>,
    /// `None` where procfs cannot be had: then the names are all there is.
    proc: Option<ProcDir>,
    booted: Option<jiff::Timestamp>,
    /// The processes of the pass before.
    before: HashMap<Incarnation, Arc<Process>, RandomState>,
    holders: HashMap<Incarnation, (Holder, Arc<Process>), RandomState>,
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
        if !self.wanted.contains(&inode) && !self.is_stray(inode, record) {
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
        if let Some((holder, _)) = self.holders.get(&who) {
            return *holder;
        }
        let process = self.process(who);
        let holder = self.map.holder(Arc::clone(&process));
        self.holders.insert(who, (holder, process));
        holder
    }

    /// What is known of a process. The record is the witness: what `/proc` says counts only when it
    /// speaks of the same process.
    fn process(&mut self, who: Incarnation) -> Arc<Process> {
        let start = clock::ticks(who.start_ns);
        let names = || Process {
            id: ProcessId { pid: who.pid, start },
            comm: who.comm(),
            exe: None,
            cmdline: None,
            uid: Some(who.uid),
            security: None,
            started: self.booted.and_then(|booted| clock::at_ticks(booted, start)),
        };
        if self.question.facts == Facts::Names {
            return Arc::new(names());
        }
        let dir = self.proc.as_ref().map(|proc| proc.process(who.pid));
        if dir
            .as_ref()
            .is_some_and(|dir| dir.as_ref().map_or_else(|no| *no == Errno::XDEV, ProcessDir::is_covered))
        {
            self.map.coverage.covered.push(who.pid);
        }
        let Some(Ok(dir)) = dir else { return Arc::new(names()) };
        if let Some(before) = self.before.remove(&who)
            && before.exe.as_ref().map(|exe| exe.deleted) == dir.link_is_deleted(c"exe").ok()
        {
            return before;
        }
        let read = process::read(&dir, who.pid, Facts::All, self.booted, &mut self.text);
        match read {
            Ok(process) if process.id.start == start => process,
            _ => Arc::new(names()),
        }
    }
}
