//! Who is at the other end of each Unix socket: looked up once for a reading, and told while it is drawn.
//!
//! It judges nothing; which row is the other end is said by `store`.

use crate::model::{Ends, Family, Row, Socket, State};
use crate::store::Table;

/// The other ends of the Unix sockets of a table: places of both rows, ascending by the first.
#[derive(Clone, Debug, Default)]
pub(super) struct OtherEnds(Vec<(u32, u32)>);

impl OtherEnds {
    pub(super) fn of(table: &Table) -> Self {
        let (peers, rows) = (table.peers_among(Family::Unix), table.rows());
        let unix = (0u32..).zip(rows).filter(|(_, row)| row.socket.family == Family::Unix);
        let found = unix.filter_map(|(at, row)| Some((at, peers.place(&row.socket)?)));
        Self(found.collect())
    }

    /// The row at the other end of the one at this place.
    pub(super) fn at<'a>(&self, place: u32, rows: &'a [Row]) -> Option<&'a Row> {
        let found = self.0.binary_search_by_key(&place, |(at, _)| *at).ok()?;
        rows.get(self.0[found].1 as usize)
    }
}

/// Why nothing stands at the other end of a Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nobody {
    /// It waits for whoever comes.
    Listens,
    NotConnected,
    /// The kernel tells of no socket there: it was closed, or nobody has accepted it yet
    /// (`sk_diag_dump_peer`: without a file its inode is 0).
    Gone,
    /// There is one with this inode, in none of the tables that were read: of another network namespace, or
    /// closed since.
    Elsewhere(u64),
}

impl Nobody {
    /// For a Unix socket of whose other end no row is known; `None` for others.
    pub(super) fn at(socket: &Socket) -> Option<Self> {
        let Ends::Unix { peer, .. } = &socket.ends else { return None };
        Some(match (peer, socket.state) {
            (Some(inode), _) => Self::Elsewhere(inode.get()),
            (None, State::Listen) => Self::Listens,
            (None, State::Unconnected | State::Closed | State::Bound) => Self::NotConnected,
            (None, _) => Self::Gone,
        })
    }

    /// In a word or three.
    pub(super) fn word(self) -> String {
        match self {
            Self::Listens => "any caller".to_owned(),
            Self::NotConnected => "not connected".to_owned(),
            Self::Gone => "nobody".to_owned(),
            Self::Elsewhere(inode) => format!("outside: {inode}"),
        }
    }
}
