//! When to read a table twice: `sock_diag` leaves rows out that were there all the time.
//!
//! A dump that does not fit one piece goes on at a position in its hash bucket. What was closed
//! meanwhile before that position pulls rows past it, and nothing in the answer tells. The row at the
//! end of a piece is in danger every time, so two readings in a row may lack the same one. Nothing
//! is read here; it is only said whether a second look pays.

use std::collections::BTreeMap;

use crate::model::{Protocol, Slice, Socket, SocketKey, State};

/// True when only the listeners of a protocol are in danger: connections hang in a table with about
/// a bucket for each, so a piece hardly ever ends inside one (none was left out in 800 dumps), while
/// the listeners of one port share a bucket.
pub(super) fn only_listeners(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Tcp | Protocol::Dccp)
}

fn at_risk(socket: &Socket) -> bool {
    !only_listeners(socket.protocol) || socket.state == State::Listen
}

/// What the last readings held: the rows in danger.
#[derive(Debug, Default)]
pub(super) struct SecondLook {
    /// Sorted.
    last: BTreeMap<Slice, Vec<SocketKey>>,
}

impl SecondLook {
    /// True when these sockets, sorted by key, lack one that the last reading had: it is closed or
    /// was left out. Of a table that is read for the first time nobody can say what it lacks.
    pub(super) fn pays(&self, slice: Slice, sockets: &[Socket]) -> bool {
        let Some(last) = self.last.get(&slice) else { return true };
        let mut sockets = sockets.iter().filter(|socket| at_risk(socket)).map(|socket| socket.key);
        last.iter().any(|key| sockets.find(|now| now >= key) != Some(*key))
    }

    /// True when the last reading had this row, false when there was none.
    pub(super) fn had(&self, slice: Slice, key: &SocketKey) -> bool {
        self.last.get(&slice).is_some_and(|last| last.binary_search(key).is_ok())
    }

    /// True when the table was read before.
    pub(super) fn knows(&self, slice: Slice) -> bool {
        self.last.contains_key(&slice)
    }

    /// Notes what a reading held, sorted by key.
    pub(super) fn remember(&mut self, slice: Slice, sockets: &[Socket]) {
        let last = self.last.entry(slice).or_default();
        last.clear();
        last.extend(sockets.iter().filter(|socket| at_risk(socket)).map(|socket| socket.key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Basics, Cookie, Ends, Family, Identity, NetnsId, PortRange, SocketType};

    fn socket(cookie: u64) -> Socket {
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(cookie)) },
            family: Family::Unix,
            protocol: Protocol::Unix,
            kind: SocketType::Stream,
            state: State::Listen,
            ends: Ends::Unix { name: None, peer: None },
            inode: None,
        };
        Socket::new(basics, &PortRange::default())
    }

    #[test]
    fn it_pays_when_something_is_gone() {
        for (last, now, pays) in [
            (None, &[][..], true),
            (None, &[1], true),
            (Some(&[][..]), &[][..], false),
            (Some(&[]), &[1], false),
            (Some(&[1, 3]), &[1, 3], false),
            (Some(&[1, 3]), &[0, 1, 2, 3, 4], false),
            (Some(&[1, 3]), &[1], true),
            (Some(&[1, 3]), &[3], true),
            (Some(&[1, 3]), &[0, 2, 4], true),
            (Some(&[1]), &[], true),
        ] {
            let mut look = SecondLook::default();
            let sockets = |cookies: &[u64]| cookies.iter().map(|cookie| socket(*cookie)).collect::<Vec<_>>();
            let slice = socket(1).slice();
            if let Some(last) = last {
                look.remember(slice, &sockets(&[7, 8])); // replaced, not added to
                look.remember(slice, &sockets(last));
            }
            assert_eq!(look.pays(slice, &sockets(now)), pays, "{last:?} {now:?}");
        }
    }
}
