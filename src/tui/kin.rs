//! Who started whom, as the owners of all open sockets tell: the branches of the tree of processes.
//!
//! Made when a view shows that tree. It counts nothing, and only puts together what lineages say.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::model::{Known, Process, ProcessId, Row, SystemBytes};

/// A process that holds sockets, or started one that does.
#[derive(Clone, Debug)]
struct Relative {
    comm: SystemBytes,
    /// `None` for an origin, and where nobody knows.
    parent: Option<ProcessId>,
}

/// Every process that holds a socket, and those that they come from.
#[derive(Debug, Default)]
pub(super) struct Kin(HashMap<ProcessId, Relative, RandomState>);

impl Kin {
    pub(super) fn of(rows: &[Row]) -> Self {
        let mut kin = Self::default();
        let mut last = None; // sockets of one process are often neighbours
        let open = rows.iter().filter(|row| row.is_open()).filter_map(|row| row.socket.owners.known());
        for owner in open.flat_map(Known::shown) {
            if last.replace(owner.process.id) != Some(owner.process.id) {
                kin.add(owner.process);
            }
        }
        kin
    }

    fn add(&mut self, process: &Process) {
        let parents = process.lineage.as_ref().map_or(&[][..], |lineage| &lineage.parents);
        let own = (process.id, &process.comm);
        let line = std::iter::once(own).chain(parents.iter().map(|parent| (parent.id, &parent.comm)));
        let above = parents.iter().map(|parent| Some(parent.id)).chain([None]);
        for ((id, comm), parent) in line.zip(above) {
            let known = self.0.entry(id).or_insert_with(|| Relative { comm: comm.clone(), parent: None });
            // The line of one process may go on where that of another ended.
            known.parent = known.parent.or(parent);
        }
    }

    /// The processes that it comes from, the nearest first. Each of them once, whatever lineages say.
    pub(super) fn above(&self, id: ProcessId) -> Vec<ProcessId> {
        let mut line = vec![id];
        while let Some(parent) = line.last().and_then(|last| self.0.get(last)?.parent) {
            if line.contains(&parent) {
                break;
            }
            line.push(parent);
        }
        line.remove(0);
        line
    }

    pub(super) fn comm(&self, id: ProcessId) -> Option<&SystemBytes> {
        self.0.get(&id).map(|relative| &relative.comm)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Ancestor, Lineage, Pid};

    fn id(pid: u32) -> ProcessId {
        ProcessId { pid: Pid(pid), start: 0 }
    }

    fn process(pid: u32, parents: &[u32]) -> Process {
        let ancestor = |pid: &u32| Ancestor { id: id(*pid), comm: format!("p{pid}").into() };
        let parents = parents.iter().map(ancestor).collect();
        let lineage = Some(Arc::new(Lineage { parents, ..Lineage::default() }));
        Process { lineage, ..Process::named(id(pid), format!("p{pid}").into()) }
    }

    fn line(processes: &[Process], pid: u32) -> Vec<u32> {
        let mut kin = Kin::default();
        for process in processes {
            kin.add(process);
        }
        kin.above(id(pid)).iter().map(|id| id.pid.0).collect()
    }

    #[test]
    fn lines_are_put_together() {
        assert_eq!(line(&[process(9, &[8, 7])], 9), [8, 7]);
        assert_eq!(line(&[process(9, &[])], 9), [0; 0]);
        // The line of a shell ends at sshd, whose own line goes on.
        for order in [[process(9, &[8, 7]), process(7, &[1])], [process(7, &[1]), process(9, &[8, 7])]] {
            assert_eq!(line(&order, 9), [8, 7, 1]);
            assert_eq!(line(&order, 8), [7, 1], "who holds nothing has its place, too");
        }
        let named = process(9, &[8]);
        let mut kin = Kin::default();
        kin.add(&named);
        assert_eq!(kin.comm(id(8)), Some(&"p8".into()));
    }

    #[test]
    fn a_circle_has_an_end() {
        let circle = [process(2, &[3]), process(3, &[2])];
        assert_eq!(line(&circle, 2), [3]);
    }
}
