//! Sockets by the process that holds them: each process once, with what it holds of them and beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Table;
use crate::model::{Known, Owner, Process, ProcessId, Row, SocketKey};

/// A process that holds some of the sockets that somebody means.
#[derive(Debug)]
pub struct Holder<'a> {
    pub process: &'a Arc<Process>,
    /// Those that are meant, ordered by key, each with how it holds it.
    pub sockets: Vec<(&'a Row, Owner<'a>)>,
    /// How many others it holds.
    pub others: usize,
}

/// Brings the chosen owners of sockets together, by pid.
#[must_use]
pub fn holders<'a>(
    chosen: impl IntoIterator<Item = (&'a Row, Owner<'a>)>,
    table: &'a Table,
) -> Vec<Holder<'a>> {
    let mut all: BTreeMap<ProcessId, Holder<'a>> = BTreeMap::new();
    for (row, owner) in chosen {
        let new = || Holder { process: owner.process, sockets: Vec::new(), others: 0 };
        all.entry(owner.process.id).or_insert_with(new).sockets.push((row, owner));
    }
    for holder in all.values_mut() {
        // Its threads may hold one each.
        holder.sockets.sort_by_key(|(row, _)| row.socket.key);
    }
    for row in table.open() {
        let holding: BTreeSet<ProcessId> =
            row.socket.owners.known().into_iter().flat_map(Known::ids).collect();
        for id in holding {
            if let Some(holder) = all.get_mut(&id)
                && !holder.means(&row.socket.key)
            {
                holder.others += 1;
            }
        }
    }
    all.into_values().collect()
}

impl Holder<'_> {
    fn means(&self, key: &SocketKey) -> bool {
        self.sockets.binary_search_by(|(row, _)| row.socket.key.cmp(key)).is_ok()
    }

    /// The sockets that are meant, each once.
    #[must_use]
    pub fn rows(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.sockets.iter().map(|(row, _)| *row).collect();
        rows.dedup_by_key(|row| row.socket.key);
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fd, Held, Owners, Pid, State};
    use crate::store::aftermath::tests::{listener, table};

    #[test]
    fn each_process_is_told_once_with_what_else_it_holds() {
        let held = |pid| Held {
            process: Arc::new(Process::named(ProcessId { pid: Pid(pid), start: 1 }, "x".into())),
            thread: None,
            ring: false,
            fds: vec![Fd(3)],
        };
        let owned = |cookie, port, pids: &[u32]| {
            let owners = Owners::of(pids.iter().map(|pid| held(*pid)).collect());
            crate::model::Socket { owners, ..listener(cookie, port, State::Listen) }
        };
        let table =
            table(vec![owned(1, 80, &[7, 8]), owned(2, 81, &[7]), owned(3, 82, &[7]), owned(4, 83, &[9])]);
        let meant = table.open().filter(|row| row.socket.ends.local().unwrap().port < 82);
        let chosen =
            meant.flat_map(|row| row.socket.owners.known().unwrap().shown().map(move |it| (row, it)));
        let told: Vec<_> = holders(chosen, &table)
            .iter()
            .map(|holder| (holder.process.id.pid.0, holder.rows().len(), holder.others))
            .collect();
        assert_eq!(told, [(7, 2, 1), (8, 1, 0)]);
    }
}
