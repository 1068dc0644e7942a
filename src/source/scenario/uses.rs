//! What the processes of a script use of the machine, all the time the same.
//!
//! Of a process of which nothing is written nothing is known.

use std::collections::BTreeMap;

use super::stage::Maker;
use crate::model::{NoUsage, Pid, ProcessId, Stamp, Usage};

/// What a process uses all the time: percent of a core and bytes of memory.
pub(super) type Use = Result<(u32, u64), NoUsage>;

/// What it has used by then, from the start of the script on.
pub(super) fn until(taken: Stamp, (percent, resident): (u32, u64)) -> Usage {
    Usage { at: taken.mono, cpu: taken.mono * percent / 100, resident }
}

impl Maker<'_> {
    /// Of each process of which that is written.
    pub(super) fn uses(&self) -> Result<BTreeMap<ProcessId, Use>, String> {
        let mut uses = BTreeMap::new();
        for process in self.script.process.values() {
            let id = ProcessId { pid: Pid(process.pid), start: process.start };
            if let Some(why) = &process.no_usage {
                uses.insert(id, Err(self.word(why, "reason", &NoUsage::ALL, NoUsage::word)?));
            } else if let Some(steady) = process.uses {
                uses.insert(id, Ok((steady.cpu_percent, steady.resident_bytes)));
            }
        }
        Ok(uses)
    }
}
