//! What the processes that hold sockets use of the machine: read of those alone, when somebody asks.
//!
//! One look at `/proc/PID/stat` tells the numbers and whose they are, so they are never another's. Nothing is
//! compared with an earlier look here.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use rustix::io::Errno;

use crate::model::{Known, NoUsage, ProcessId, Socket, Usage, Usages};
use crate::sys::clock;
use crate::sys::procdir::ProcDir;
use crate::wire::proc_pid;

/// What each known owner of these sockets has used until now.
#[must_use]
pub fn usages(sockets: &[Socket]) -> Usages {
    let holders = holders(sockets).into_iter();
    let Ok(proc) = ProcDir::open() else {
        return holders.map(|id| (id, Err(NoUsage::Unreadable))).collect();
    };
    let mut text = Vec::new();
    holders.map(|id| (id, usage(&proc, id, &mut text))).collect()
}

fn holders(sockets: &[Socket]) -> HashSet<ProcessId, RandomState> {
    let mut holders = HashSet::default();
    let mut last = None; // sockets of one process are often neighbours
    for id in sockets.iter().filter_map(|socket| socket.owners.known()).flat_map(Known::ids) {
        if last.replace(id) != Some(id) {
            holders.insert(id);
        }
    }
    holders
}

fn usage(proc: &ProcDir, id: ProcessId, text: &mut Vec<u8>) -> Result<Usage, NoUsage> {
    let read = proc.process(id.pid).and_then(|dir| dir.read(c"stat", text));
    read.map_err(|errno| match errno {
        Errno::NOENT | Errno::SRCH => NoUsage::Ended,
        Errno::ACCESS | Errno::PERM => NoUsage::Denied,
        _ => NoUsage::Unreadable,
    })?;
    let at = clock::now().mono;
    let stat = proc_pid::stat(text).map_err(|_| NoUsage::Unreadable)?;
    if stat.start != id.start {
        return Err(NoUsage::Ended);
    }
    let page = u64::try_from(rustix::param::page_size()).unwrap_or(0);
    Ok(Usage { at, cpu: clock::of_ticks(stat.cpu), resident: stat.resident.saturating_mul(page) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Pid;

    fn read(pid: u32, start: u64) -> Result<Usage, NoUsage> {
        let id = ProcessId { pid: Pid(pid), start };
        usage(&ProcDir::open().unwrap(), id, &mut Vec::new())
    }

    fn own_start() -> u64 {
        proc_pid::stat(&std::fs::read("/proc/self/stat").unwrap()).unwrap().start
    }

    #[test]
    fn this_process_uses_time_and_memory_and_another_by_its_pid_has_ended() {
        let (own, start) = (std::process::id(), own_start());
        let first = read(own, start).unwrap();
        assert!(first.resident > 100_000, "{first:?}");
        // A bounded load: until a tick is counted.
        let mut sum = 0u64;
        let later = (0..5_000).map(|_| {
            sum = (0..1_000_000).fold(sum, |sum, one| sum.wrapping_mul(31).wrapping_add(one));
            read(own, start).unwrap()
        });
        let later = later.into_iter().find(|later| later.cpu > first.cpu).unwrap();
        assert!(later.at > first.at, "{sum}");
        assert_eq!(read(own, start + 1), Err(NoUsage::Ended), "its pid was another's");
        assert_eq!(read(u32::MAX / 2, 1), Err(NoUsage::Ended), "there is no such pid");
    }
}
