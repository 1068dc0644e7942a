//! What became of a socket, and of its place, after its holders were told to go: from the table before and the
//! table after. It looks at nothing else.

use super::Table;
use crate::model::{Ends, NoOwner, Row, Slice, Socket, State};

/// What became of it.
#[derive(Clone, Copy, Debug)]
pub enum Aftermath<'a> {
    /// It is gone, and nobody has its place.
    Released,
    /// No process holds it any more; the kernel finishes it alone.
    Lingers(&'a Row),
    /// It is there still, and somebody holds it, or nobody knows who.
    Held(&'a Row),
    /// It is gone, and another socket that was there before has the same place.
    Shared(&'a Row),
    /// It is gone, and a socket that came since has its place.
    Again(&'a Row),
    /// Its table could not be read whole, so nobody knows.
    Unseen,
}

impl Aftermath<'_> {
    /// The words that there are.
    pub const WORDS: [&'static str; 6] = ["released", "lingers", "held", "shared", "again", "unseen"];

    /// The word used in JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        let [released, lingers, held, shared, again, unseen] = Self::WORDS;
        match self {
            Self::Released => released,
            Self::Lingers(_) => lingers,
            Self::Held(_) => held,
            Self::Shared(_) => shared,
            Self::Again(_) => again,
            Self::Unseen => unseen,
        }
    }

    /// The socket that is in its place, or is still itself.
    #[must_use]
    pub fn there(&self) -> Option<&Row> {
        match self {
            Self::Released | Self::Unseen => None,
            Self::Lingers(row) | Self::Held(row) | Self::Shared(row) | Self::Again(row) => Some(row),
        }
    }

    /// True when no process has it, or its place, any more.
    #[must_use]
    pub fn is_free(&self) -> bool {
        matches!(self, Self::Released | Self::Lingers(_))
    }
}

/// What became of a socket of the table before.
#[must_use]
pub fn aftermath<'a>(socket: &Socket, before: &Table, after: &'a Table) -> Aftermath<'a> {
    if let Some(row) = after.row(&socket.key).filter(|row| row.is_open()) {
        return if is_left_over(&row.socket) { Aftermath::Lingers(row) } else { Aftermath::Held(row) };
    }
    if !is_read_whole(socket, after) {
        return Aftermath::Unseen;
    }
    let (shared, new): (Vec<&Row>, Vec<&Row>) = after
        .open()
        .filter(|row| has_place_of(&row.socket, socket))
        .partition(|row| before.row(&row.socket.key).is_some());
    match (new.first(), shared.first()) {
        (Some(row), _) => Aftermath::Again(row),
        (None, Some(row)) => Aftermath::Shared(row),
        (None, None) => Aftermath::Released,
    }
}

/// True for what no process holds any more.
fn is_left_over(socket: &Socket) -> bool {
    let left = [NoOwner::Orphan, NoOwner::Handshake];
    let orphan = socket.owners.found().err().is_some_and(|why| left.contains(&why));
    socket.state == State::TimeWait || orphan
}

/// True when its table would show it.
fn is_read_whole(socket: &Socket, after: &Table) -> bool {
    let Some(moment) = after.moment() else { return false };
    let slice = Slice { netns: socket.key.netns, family: socket.family, protocol: socket.protocol };
    let mut read = moment.coverage.slices.iter().filter(|read| read.slice == slice).peekable();
    let gone = moment.coverage.namespaces.is_gone(socket.key.netns);
    gone || (read.peek().is_some() && read.all(|read| read.status.proves_absence()))
}

/// True for a listener that hears what came to another one.
fn has_place_of(other: &Socket, gone: &Socket) -> bool {
    if !gone.is_listener() || !other.is_listener() {
        return false; // a connection has no place that could be taken
    }
    let same_table = (other.key.netns, other.protocol) == (gone.key.netns, gone.protocol);
    same_table
        && match (&other.ends, &gone.ends) {
            (Ends::Inet { local: there, .. }, Ends::Inet { local, .. }) => {
                let (one, two) = (there.addr.to_canonical(), local.addr.to_canonical());
                there.port == local.port && (one == two || one.is_unspecified() || two.is_unspecified())
            }
            (Ends::Unix { name: Some(there), .. }, Ends::Unix { name: Some(name), .. }) => there == name,
            _ => false,
        }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::model::{
        Basics, Cookie, Coverage, Endpoint, Family, Fd, Heard, Host, Identity, NetnsId, Owners, Pid,
        PortRange, Process, ProcessId, Protocol, Sample, SliceCoverage, SliceStatus, SocketKey, SocketType,
        Stamp,
    };

    pub(in crate::store) fn listener(cookie: u64, port: u16, state: State) -> Socket {
        at(cookie, Endpoint::new([127, 0, 0, 1].into(), port), state)
    }

    fn at(cookie: u64, local: Endpoint, state: State) -> Socket {
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(cookie)) },
            family: Family::Inet,
            protocol: Protocol::Tcp,
            kind: SocketType::Stream,
            state,
            ends: Ends::Inet { local, remote: None },
            inode: None,
        };
        let process = Arc::new(Process::named(ProcessId { pid: Pid(7), start: 1 }, "x".into()));
        let owners = Owners::One { process, fd: Fd(3) };
        Socket { owners, ..Socket::new(basics, &PortRange::default()) }
    }

    fn of(sockets: Vec<Socket>, status: SliceStatus) -> Table {
        let slice = Slice { netns: NetnsId(1), family: Family::Inet, protocol: Protocol::Tcp };
        let read = SliceCoverage { status, ..SliceCoverage::new(slice, "test") };
        Table::of(Sample {
            taken: Stamp { mono: Duration::ZERO, wall: jiff::Timestamp::UNIX_EPOCH },
            extent: crate::model::Extent::All,
            host: Arc::new(Host { name: "h".into(), kernel: "k".into(), boot_id: None, booted: None }),
            names: Arc::default(),
            sockets,
            heard: Heard::default(),
            usages: std::collections::BTreeMap::new(),
            coverage: Coverage { slices: vec![read], ..Coverage::default() },
        })
    }

    pub(in crate::store) fn table(sockets: Vec<Socket>) -> Table {
        of(sockets, SliceStatus::Ok)
    }

    #[test]
    fn the_fate_of_a_listener() {
        let gone = listener(1, 80, State::Listen);
        let other = |cookie, port| listener(cookie, port, State::Listen);
        let any = at(9, Endpoint::new([0, 0, 0, 0].into(), 80), State::Listen);
        let orphan = Socket { owners: Owners::Unknown(NoOwner::Orphan), ..gone.clone() };
        let denied = Socket { owners: Owners::Unknown(NoOwner::Denied), ..gone.clone() };
        let before = table(vec![gone.clone(), other(2, 80), other(3, 81)]);
        for (after, fate, free) in [
            (vec![], "released", true),
            (vec![other(3, 81), other(4, 82)], "released", true),
            (vec![gone.clone(), other(5, 80)], "held", false),
            (vec![denied], "held", false),
            (vec![orphan], "lingers", true),
            (vec![other(2, 80)], "shared", false),
            (vec![other(2, 80), other(5, 80)], "again", false),
            (vec![any], "again", false),
            (vec![listener(6, 80, State::Established)], "released", true),
        ] {
            let after = table(after);
            let told = aftermath(&gone, &before, &after);
            assert_eq!((told.word(), told.is_free()), (fate, free), "{after:?}");
        }
    }

    #[test]
    fn what_could_not_be_read_is_not_called_released() {
        let gone = listener(1, 80, State::Listen);
        let before = table(vec![gone.clone()]);
        let after = of(Vec::new(), SliceStatus::Failed("x".to_owned()));
        assert_eq!(aftermath(&gone, &before, &after).word(), "unseen");
        let elsewhere = Socket { family: Family::Inet6, ..gone };
        assert_eq!(aftermath(&elsewhere, &before, &table(Vec::new())).word(), "unseen");
    }
}
