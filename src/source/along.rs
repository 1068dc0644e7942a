//! Tables whose rows come along with those of another: the kernel keeps TCP of both families in one table, and walks over
//! all of it for either. Asked for both, it walks once.
//!
//! Nothing is read here.

use super::Wanted;
use crate::model::{Ask, Family, Protocol, SliceCoverage, SliceStatus, Socket};

/// The table that is asked for, and the one that can come along.
const PAIR: [Wanted; 2] = [(Family::Inet, Protocol::Tcp), (Family::Inet6, Protocol::Tcp)];

/// A dump that was read whole.
pub(super) struct Drained {
    pub(super) sockets: Vec<Socket>,
    /// In how many datagrams it came.
    pub(super) pieces: usize,
}

/// What came along, until its turn comes.
#[derive(Debug, Default)]
pub(super) struct Along {
    came: Option<Came>,
    /// Both are wanted.
    pays: bool,
    /// The kernel tells one family at a time.
    refused: bool,
}

/// The rows of a table that came along with those of another.
#[derive(Debug)]
pub(super) struct Came {
    table: Wanted,
    sockets: Vec<Socket>,
    pieces: usize,
    /// How the dump of both went.
    status: SliceStatus,
    malformed: usize,
    retries: usize,
}

impl Along {
    /// Begins a reading of these tables.
    pub(super) fn begin(&mut self, wanted: &[Wanted]) {
        self.came = None;
        self.pays = PAIR.iter().all(|table| wanted.contains(table));
    }

    /// The table that is to come along with this one. Storages are not asked for both: for them the kernel may refuse
    /// a dump, and it would not be known which of the two it refused.
    pub(super) fn wanted_with(&self, table: Wanted, ask: Ask) -> Option<Wanted> {
        (table == PAIR[0] && self.pays && !self.refused && !ask.storages && !ask.listening).then_some(PAIR[1])
    }

    /// The kernel does not tell both at once.
    pub(super) fn refuse(&mut self) {
        self.refused = true;
    }

    /// Keeps what came along.
    pub(super) fn keep(&mut self, came: Option<Came>) {
        if came.is_some() {
            self.came = came;
        }
    }

    /// What came of this table, once.
    pub(super) fn take(&mut self, table: Wanted) -> Option<Came> {
        self.came.take_if(|came| came.table == table)
    }
}

impl Came {
    /// With what is said of the dump that it came with: what could not be understood may be of either table.
    pub(super) fn new(table: Wanted, sockets: Vec<Socket>, pieces: usize, with: &SliceCoverage) -> Self {
        let SliceCoverage { status, malformed, retries, .. } = with.clone();
        Self { table, sockets, pieces, status, malformed, retries }
    }

    /// Says of the table how that went.
    pub(super) fn told(self, coverage: &mut SliceCoverage) -> Drained {
        (coverage.status, coverage.malformed, coverage.retries) = (self.status, self.malformed, self.retries);
        Drained { sockets: self.sockets, pieces: self.pieces }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::source::netlink::Netlink;
    use crate::source::{Reading, SocketSource as _};

    #[test]
    fn a_table_comes_along_where_both_are_wanted_and_nothing_speaks_against_it() {
        let [table, other] = PAIR;
        let mut along = Along::default();
        assert_eq!(along.wanted_with(table, Ask::NOTHING), None, "nothing is wanted");
        along.begin(&[table]);
        assert_eq!(along.wanted_with(table, Ask::NOTHING), None);
        along.begin(&PAIR);
        assert_eq!(along.wanted_with(table, Ask::NOTHING), Some(other));
        assert_eq!(along.wanted_with(other, Ask::NOTHING), None);
        assert_eq!(along.wanted_with(table, Ask::EVERYTHING), None, "storages");
        assert_eq!(along.wanted_with(table, Ask { listening: true, ..Ask::NOTHING }), None);
        let came = || Came::new(other, Vec::new(), 1, &coverage(other));
        along.keep(Some(came()));
        along.keep(None);
        assert!(along.take(table).is_none() && along.take(other).is_some() && along.take(other).is_none());
        along.keep(Some(came()));
        along.begin(&PAIR);
        assert!(along.take(other).is_none(), "that was another reading");
        along.refuse();
        along.begin(&PAIR);
        assert_eq!(along.wanted_with(table, Ask::NOTHING), None);
    }

    fn coverage((family, protocol): Wanted) -> SliceCoverage {
        let netns = crate::sys::host::netns().unwrap();
        SliceCoverage::new(crate::model::Slice { netns, family, protocol }, "netlink")
    }

    /// The listener on that port, as it was read, and of how many rows each table is.
    fn told(reading: &Reading, listener: &TcpListener) -> (Socket, Vec<Wanted>) {
        let port = listener.local_addr().unwrap().port();
        let is_it = |socket: &&Socket| socket.ends.local().unwrap().port == port;
        let found = reading.sockets.iter().find(is_it).unwrap().clone();
        let slices = reading.slices.iter().filter(|read| read.rows > 0 && read.status == SliceStatus::Ok);
        (found, slices.map(|read| (read.slice.family, read.slice.protocol)).collect())
    }

    #[test]
    fn one_walk_tells_of_each_family_what_two_tell() {
        let four = TcpListener::bind("127.0.0.1:0").unwrap();
        let six = TcpListener::bind("[::1]:0").unwrap();
        for ask in [Ask::NOTHING, Ask { rates: true, ..Ask::NOTHING }, Ask { info: true, ..Ask::NOTHING }] {
            let mut source = Netlink::strict(ask);
            let both = source.read(&PAIR).unwrap();
            for (table, listener) in PAIR.into_iter().zip([&four, &six]) {
                let alone = source.read(&[table]).unwrap();
                let ((socket, tables), (apart, _)) = (told(&both, listener), told(&alone, listener));
                assert_eq!((socket.family, tables), (table.0, PAIR.to_vec()));
                let plain = |socket: Socket| Socket { details: None, counters: None, ..socket };
                assert_eq!(plain(socket), plain(apart));
            }
        }
    }
}
