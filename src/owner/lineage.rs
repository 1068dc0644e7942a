//! Where an owner comes from: the line of its parents, shared by processes of one scan.
//!
//! Parents are read through the same `/proc` as the process itself. Nothing here walks descriptors.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Workloads;
use crate::model::{Ancestor, Lineage, Pid, ProcessId, Uid};
use crate::sys::procdir::ProcessDir;
use crate::wire::proc_pid::{self, Stat};

/// Lines of this scan, each by the pid that it begins with.
pub(super) type Lines = HashMap<Pid, Arc<[Ancestor]>>;

/// Where a process comes from. `stat` is its own; `text` is room for reading.
pub(super) fn read(dir: &ProcessDir, stat: &Stat, shared: &Mutex<Workloads>, text: &mut Vec<u8>) -> Lineage {
    let login = dir.read(c"loginuid", text).ok().and_then(|()| proc_pid::login_uid(text));
    // What a thread that panicked had learnt is no less true.
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let known = |pid| lock().lines.get(&pid).map(Arc::clone);
    let shared = known(stat.parent).filter(|line| follows(line.first(), stat.start));
    let parents = shared.unwrap_or_else(|| {
        let line: Arc<[Ancestor]> = climb(stat, known, |pid| look(dir, pid, text)).into();
        if !line.is_empty() {
            lock().lines.insert(stat.parent, Arc::clone(&line));
        }
        line
    });
    Lineage { parents, terminal: stat.terminal, session: stat.session, login: login.map(Uid) }
}

fn look(dir: &ProcessDir, pid: Pid, text: &mut Vec<u8>) -> Option<Stat> {
    dir.other(pid).ok()?.read(c"stat", text).ok()?;
    proc_pid::stat(text).ok()
}

/// The line above a process. `known` lines are taken over, other processes are looked at.
fn climb(
    child: &Stat,
    known: impl Fn(Pid) -> Option<Arc<[Ancestor]>>,
    mut look: impl FnMut(Pid) -> Option<Stat>,
) -> Vec<Ancestor> {
    let mut line: Vec<Ancestor> = Vec::new();
    let (mut pid, mut youngest) = (child.parent, child.start);
    // The parent of what was started from outside our pid namespace is 0.
    while line.len() < Lineage::LONGEST && pid != Pid(0) {
        if let Some(rest) = known(pid).filter(|rest| follows(rest.first(), youngest)) {
            line.extend(rest.iter().take(Lineage::LONGEST - line.len()).cloned());
            break;
        }
        let Some(stat) = look(pid) else { break };
        let ancestor = Ancestor { id: ProcessId { pid, start: stat.start }, comm: stat.comm };
        if !follows(Some(&ancestor), youngest) {
            break;
        }
        let last = ancestor.is_origin();
        line.push(ancestor);
        if last {
            break;
        }
        (pid, youngest) = (stat.parent, stat.start);
    }
    line
}

/// True when a process that started then can be a child of this one. Otherwise the parent has ended
/// meanwhile and its pid is in use again.
fn follows(parent: Option<&Ancestor>, start: u64) -> bool {
    parent.is_some_and(|parent| parent.id.start <= start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(parent: u32, start: u64, comm: &str) -> Stat {
        let comm = comm.into();
        Stat {
            comm,
            parent: Pid(parent),
            kernel_thread: false,
            session: None,
            terminal: None,
            cpu: 0,
            start,
            resident: 0,
        }
    }

    fn line(of: &Stat, all: &[(u32, Stat)]) -> Vec<u32> {
        let look = |pid| all.iter().find(|(known, _)| Pid(*known) == pid).map(|(_, stat)| stat.clone());
        climb(of, |_| None, look).iter().map(|ancestor| ancestor.id.pid.0).collect()
    }

    #[test]
    fn a_line_ends_at_its_origin() {
        let all = [(9, stat(8, 50, "bash")), (8, stat(7, 40, "sshd")), (7, stat(1, 30, "sshd"))];
        assert_eq!(line(&stat(9, 60, "nc"), &all), [9, 8]);
        let all = [(9, stat(1, 50, "bash")), (1, stat(0, 0, "init"))];
        assert_eq!(line(&stat(9, 60, "nc"), &all), [9, 1]);
        assert_eq!(line(&stat(0, 60, "init"), &all), [0; 0], "nobody is the parent of pid 1");
        assert_eq!(line(&stat(5, 60, "nc"), &all), [0; 0], "the parent has ended");
    }

    #[test]
    fn a_parent_that_is_younger_than_its_child_is_another_process() {
        let all = [(9, stat(8, 50, "bash")), (8, stat(1, 51, "vim"))];
        assert_eq!(line(&stat(9, 50, "nc"), &all), [9], "started in the same tick");
        assert_eq!(line(&stat(9, 49, "nc"), &all), [0; 0]);
    }

    #[test]
    fn a_line_is_never_longer_than_it_may_be_nor_endless() {
        let all: Vec<_> = (2..40).map(|pid| (pid, stat(pid - 1, 5, "sh"))).collect();
        assert_eq!(line(&stat(39, 9, "nc"), &all).len(), Lineage::LONGEST);
        let circle = [(3, stat(4, 5, "sh")), (4, stat(3, 5, "sh"))];
        assert_eq!(line(&stat(3, 9, "nc"), &circle).len(), Lineage::LONGEST);
    }

    #[test]
    fn what_is_known_is_not_looked_at_again() {
        let ancestor = |pid, start| Ancestor { id: ProcessId { pid: Pid(pid), start }, comm: "sh".into() };
        let lines: Lines = [(Pid(8), vec![ancestor(8, 40), ancestor(1, 0)].into())].into();
        let known = |pid| lines.get(&pid).cloned();
        let look = |pid| (pid == Pid(9)).then(|| stat(8, 50, "bash"));
        let pids = |line: Vec<Ancestor>| line.iter().map(|one| one.id.pid.0).collect::<Vec<_>>();
        assert_eq!(pids(climb(&stat(9, 60, "nc"), known, look)), [9, 8, 1]);
        // Of that pid another process is known than the parent was.
        assert_eq!(pids(climb(&stat(8, 39, "nc"), known, look)), [0; 0]);
    }
}
