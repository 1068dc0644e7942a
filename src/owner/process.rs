//! The facts about one process, all read through one descriptor of its directory.

use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;

use super::{Facts, Workloads, lineage};
use crate::model::{Executable, Pid, Process, ProcessId};
use crate::sys::clock;
use crate::sys::procdir::ProcessDir;
use crate::wire::proc_pid::{self, Stat};
use crate::wire::task_file::Incarnation;

/// A child on its way from fork to exec holds all that its parent holds. Had it become another
/// program between the walk over its descriptors and the look at its name, that program would stand
/// for what it never had. So the descriptors of a process that is younger than this are looked at
/// again after its name; of others, where an exec is rare, the first and the last.
pub(super) const YOUNG: jiff::SignedDuration = jiff::SignedDuration::from_secs(2);

/// How processes are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look<'a> {
    pub(super) facts: Facts,
    /// When the machine was started.
    pub(super) booted: Option<jiff::Timestamp>,
    pub(super) workloads: &'a Mutex<Workloads>,
}

/// Reads what a person wants to know about a process. An error means that it is gone: what may
/// not be read is `None`.
pub(super) fn read(
    dir: &ProcessDir,
    pid: Pid,
    look: Look<'_>,
    text: &mut Vec<u8>,
) -> Result<Arc<Process>, Errno> {
    dir.read(c"stat", text)?;
    let stat = proc_pid::stat(text).map_err(|_| Errno::SRCH)?;
    let started = look.booted.and_then(|booted| clock::at_ticks(booted, stat.start));
    let id = ProcessId { pid, start: stat.start };
    let names = Process { started, ..Process::named(id, stat.comm.clone()) };
    Ok(Arc::new(match look.facts {
        Facts::Names => names,
        Facts::All => with_rest(names, dir, &stat, look.workloads, text),
    }))
}

/// What the kernel's own record tells of a process.
pub(super) fn recorded(who: Incarnation, booted: Option<jiff::Timestamp>) -> Process {
    let start = clock::ticks(who.start_ns);
    let started = booted.and_then(|booted| clock::at_ticks(booted, start));
    let id = ProcessId { pid: who.pid, start };
    Process { uid: Some(who.uid), started, ..Process::named(id, who.comm()) }
}

/// Adds what takes more looks.
fn with_rest(
    names: Process,
    dir: &ProcessDir,
    stat: &Stat,
    workloads: &Mutex<Workloads>,
    text: &mut Vec<u8>,
) -> Process {
    let lineage = Some(Arc::new(lineage::read(dir, stat, workloads, text)));
    let exe = executable(dir);
    let uid = dir.read(c"status", text).ok().and_then(|()| proc_pid::effective_uid(text));
    let cmdline = dir.read(c"cmdline", text).ok().map(|()| proc_pid::cmdline(text));
    // proc(5): "attr/current"; an error where no security module is at work.
    let security = dir.read(c"attr/current", text).ok().and_then(|()| proc_pid::label(text));
    let cgroup = dir.read(c"cgroup", text);
    // What a thread that panicked had learnt is no less true.
    let mut workloads = workloads.lock().unwrap_or_else(PoisonError::into_inner);
    let workload = cgroup.ok().map(|()| workloads.of_process(text));
    let mut process = Process { exe, cmdline, uid, security, workload, lineage, ..names };
    process.publishes = workloads.published(&process).map(Box::new);
    process
}

fn executable(dir: &ProcessDir) -> Option<Executable> {
    const SUFFIX: &[u8] = b" (deleted)";
    let link = dir.link(c"exe").ok()?;
    // The kernel appends the suffix, but a file may be named so: the link count decides.
    let (file, deleted) = dir.link_target(c"exe").ok()?;
    let path = if deleted { link.strip_suffix(SUFFIX).unwrap_or(&link) } else { &link };
    Some(Executable { path: path.into(), deleted, file: Some(file) })
}
