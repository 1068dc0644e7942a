//! How wide the listeners of each port are bound, from reading to reading.

use std::collections::BTreeMap;

use super::is_judged;
use crate::model::{NetnsId, Protocol, Scope, Socket};
use crate::store::{Moment, Table};

/// The widest bind of each port where anybody listens, or did when somebody last listened there.
#[derive(Debug, Default)]
pub(super) struct Bounds(BTreeMap<Place, Scope>);

type Place = (NetnsId, Protocol, u16);

impl Bounds {
    /// How wide the port was bound before, where this listener is bound wider.
    pub(super) fn before(&self, socket: &Socket) -> Option<Scope> {
        let (place, scope) = bind(socket)?;
        self.0.get(&place).copied().filter(|before| scope > *before)
    }

    /// Takes in a reading. What nobody listens on any more keeps its last bound: a server that starts
    /// again is compared with the one before.
    pub(super) fn update(&mut self, table: &Table, moment: &Moment) {
        let mut widest: BTreeMap<Place, Scope> = BTreeMap::new();
        for (place, scope) in table.open().filter_map(|row| bind(&row.socket)) {
            let known = widest.entry(place).or_insert(scope);
            *known = scope.max(*known);
        }
        self.0.retain(|(netns, ..), _| !moment.coverage.namespaces.is_gone(*netns));
        self.0.extend(widest);
    }
}

fn bind(socket: &Socket) -> Option<(Place, Scope)> {
    let local = socket.ends.local().filter(|_| is_judged(socket))?;
    Some(((socket.key.netns, socket.protocol, local.port), socket.scope()?))
}
