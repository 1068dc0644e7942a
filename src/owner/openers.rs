//! Who had sockets begin, as the kernel told while they did: what it told is completed from `/proc`, unless the
//! process is gone by then, or has become another program.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use foldhash::fast::RandomState;

use super::process::{self, Look};
use super::{Facts, Workloads};
use crate::model::Process;
use crate::sys::clock;
use crate::sys::procdir::ProcDir;
use crate::wire::task_file::Incarnation;

/// The processes that were told of last.
#[derive(Debug, Default)]
pub struct Openers {
    known: HashMap<Incarnation, Arc<Process>, RandomState>,
    workloads: Mutex<Workloads>,
    text: Vec<u8>,
}

/// So many are remembered.
const KEPT: usize = 256;

impl Openers {
    /// What is known of a process that had a socket begin a moment ago.
    pub fn process(&mut self, who: Incarnation) -> Arc<Process> {
        if let Some(known) = self.known.get(&who) {
            return Arc::clone(known);
        }
        let process = Arc::new(self.read(who));
        if self.known.len() >= KEPT {
            self.known.clear();
        }
        self.known.insert(who, Arc::clone(&process));
        process
    }

    fn read(&mut self, who: Incarnation) -> Process {
        let booted = clock::booted();
        let names = process::recorded(who, booted);
        let look = Look { facts: Facts::All, booted, workloads: &self.workloads };
        let dir = ProcDir::open().ok().and_then(|proc| proc.process(who.pid).ok());
        let read = dir.and_then(|dir| process::read(&dir, who.pid, look, &mut self.text).ok());
        // The kernel's word is the witness: another program may have the name by now, or the number.
        match read.filter(|it| it.id == names.id && it.comm == names.comm) {
            Some(process) => Process { uid: names.uid, ..Process::clone(&process) },
            None => names,
        }
    }
}
