//! What is to be done, and what came of it, as data. Does nothing.

use std::sync::Arc;

use super::Command;
use crate::model::{Closing, Known, Owner, ProcessId, Row, Signal, Signalling, SocketKey, Stopping};
use crate::store::{Aftermath, Holder, Table, aftermath, holders};

/// Something to do with what was read.
#[derive(Clone, Debug)]
pub struct Order {
    /// The reading in which it was chosen.
    pub seen: Arc<Table>,
    /// Sockets, each with a holder that is meant.
    pub chosen: Vec<(SocketKey, ProcessId)>,
    pub act: Act,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Send this to the holders.
    Signal(Signal),
    /// Stop what manages the holders.
    Stop(Command),
    /// Close this socket.
    Close(SocketKey),
}

/// The tables after something was done; `None` where nobody looked, or why they could not be read.
pub type After = Option<Result<Table, String>>;

/// What came of an order.
#[derive(Clone, Debug)]
pub enum Done {
    /// For each holder, in their order.
    Signalled(Vec<Signalling>, After),
    Stopped(Stopping, After),
    Closed(Closing),
}

/// An order and what came of it; or why nothing did, a sentence fragment.
#[derive(Clone, Debug)]
pub struct Report {
    pub order: Order,
    pub done: Result<Done, String>,
}

impl Order {
    /// The holders that are meant, each with the sockets that are.
    #[must_use]
    pub fn holders(&self) -> Vec<Holder<'_>> {
        let owners = self.chosen.iter().flat_map(|(key, id)| {
            let row = self.seen.row(key).filter(|row| row.is_open());
            row.into_iter().flat_map(|row| {
                let shown = row.socket.owners.known().into_iter().flat_map(Known::shown);
                shown.filter(|owner| owner.process.id == *id).map(move |owner: Owner<'_>| (row, owner))
            })
        });
        holders(owners, &self.seen)
    }
}

/// What became of each socket that was meant, from the tables before and after.
#[must_use]
pub fn fates<'a, 'b>(all: &[Holder<'a>], before: &Table, after: &'b Table) -> Vec<(&'a Row, Aftermath<'b>)> {
    let mut rows: Vec<&'a Row> =
        all.iter().flat_map(|holder| holder.sockets.iter().map(|(row, _)| *row)).collect();
    rows.sort_by_key(|row| row.socket.key);
    rows.dedup_by_key(|row| row.socket.key);
    rows.into_iter().map(|row| (row, aftermath(&row.socket, before, after))).collect()
}
