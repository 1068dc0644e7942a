//! What is counted of the sockets of one reading, in one pass.
//!
//! A sum is known when a socket told its part, or there was none that could have. What all were silent
//! about is left out of the metrics, and never a zero.

use std::collections::{BTreeMap, BTreeSet};

use super::largest::{Names, Under};
use crate::model::{
    Container, Coverage, Family, NoOwner, Owners, Protocol, Row, Scope, Socket, State, Subject,
    TcpInfoPlace as Place,
};
use crate::store::Moment;

/// The numbers.
#[derive(Debug, Default)]
pub(super) struct Tally<'a> {
    pub(super) sockets: BTreeMap<(Protocol, Family, State), u64>,
    /// Without a scope where there is no IP address.
    pub(super) listeners: BTreeMap<(Protocol, Option<Scope>), u64>,
    /// By `owner_status`.
    pub(super) owner_status: BTreeMap<&'static str, u64>,
    pub(super) units: Names<'a>,
    pub(super) containers: Names<'a>,
    pub(super) amounts: BTreeMap<Protocol, Amounts>,
    pub(super) accept: BTreeMap<Protocol, AcceptQueues>,
    /// `None` when TCP was not read.
    pub(super) tcp: Option<Tcp>,
}

/// A sum of what sockets tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    total: u64,
    told: bool,
    silent: bool,
}

/// What lies in buffers, and what did not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    /// Bytes, of sockets that do not listen.
    pub(super) received: Sum,
    pub(super) to_send: Sum,
    /// Packets.
    pub(super) drops: Sum,
}

/// The accept queues of stream listeners.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct AcceptQueues {
    pub(super) waiting: Sum,
    pub(super) limit: Sum,
    pub(super) full: Sum,
    /// How full the fullest is; from 1 on the kernel lets nobody in.
    fullest: f64,
}

/// What TCP connections tell of themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tcp {
    pub(super) retransmitted: Sum,
    pub(super) retransmitting: Sum,
    pub(super) unacknowledged: Sum,
}

/// What has a series also while there is none of it, when all of it could be read: graphs of what comes
/// and goes on every machine shall not break off.
const TRANSPORTS: [Protocol; 2] = [Protocol::Tcp, Protocol::Udp];
const BUFFERED: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Unix];
const ACCEPTING: [Protocol; 2] = [Protocol::Tcp, Protocol::Unix];

impl<'a> Tally<'a> {
    /// Counts these sockets.
    pub(super) fn of(rows: impl Iterator<Item = &'a Row>, moment: &'a Moment) -> Self {
        let mut tally = Self::default();
        tally.expect(&moment.coverage);
        for row in rows {
            tally.count(&moment.subject(row));
        }
        tally
    }

    fn count(&mut self, subject: &Subject<'a>) {
        let socket = &subject.row.socket;
        let Socket { protocol, family, state, .. } = *socket;
        *self.sockets.entry((protocol, family, state)).or_default() += 1;
        if socket.is_listener() {
            *self.listeners.entry((protocol, socket.scope())).or_default() += 1;
        }
        *self.owner_status.entry(socket.owners.status()).or_default() += 1;
        let [unit, container] = under(subject);
        self.units.count(unit, protocol);
        self.containers.count(container, protocol);
        self.amounts.entry(protocol).or_default().add(socket);
        if state == State::Listen {
            self.accept.entry(protocol).or_default().add(socket);
        }
        if protocol == Protocol::Tcp {
            self.tcp.get_or_insert_default().add(socket);
        }
    }

    /// Begins the sums of protocols whose tables were read whole.
    fn expect(&mut self, coverage: &Coverage) {
        let tables = || coverage.slices.iter();
        let gaps: BTreeSet<_> = coverage.gaps().map(|read| read.slice.protocol).collect();
        let namespaces = coverage.namespaces.is_whole();
        let whole = |protocol: &Protocol| {
            namespaces && tables().any(|read| read.slice.protocol == *protocol) && !gaps.contains(protocol)
        };
        for protocol in TRANSPORTS.into_iter().filter(whole) {
            self.listeners.extend(Scope::ALL.map(|scope| ((protocol, Some(scope)), 0)));
        }
        self.amounts.extend(BUFFERED.into_iter().filter(whole).map(|it| (it, Amounts::default())));
        self.accept.extend(ACCEPTING.into_iter().filter(whole).map(|it| (it, AcceptQueues::default())));
        self.tcp = whole(&Protocol::Tcp).then(Tcp::default);
    }
}

/// The unit and the container of a socket. What the kernel opened for itself is in neither.
fn under<'a>(subject: &Subject<'a>) -> [Under<'a>; 2] {
    let Some(workload) = subject.workload() else {
        let kernel = subject.row.socket.owners == Owners::Unknown(NoOwner::Kernel);
        return if kernel { [Under::Nothing; 2] } else { [Under::Unknown; 2] };
    };
    let container = workload.container.as_ref().map(Container::label);
    [workload.unit.as_ref(), container].map(|name| name.map_or(Under::Nothing, Under::Name))
}

impl Sum {
    fn add(&mut self, told: Option<u64>) {
        self.told |= told.is_some();
        self.silent |= told.is_none();
        self.total += told.unwrap_or(0);
    }

    /// `None` when nobody told.
    pub(super) fn known(self) -> Option<u64> {
        (self.told || !self.silent).then_some(self.total)
    }
}

impl Amounts {
    fn add(&mut self, socket: &Socket) {
        // On a stream listener the queues count connections.
        if socket.state != State::Listen {
            self.received.add(socket.queues.recv.map(u64::from));
            self.to_send.add(socket.queues.send.map(u64::from));
        }
        let memory = socket.details.as_ref().and_then(|details| details.memory);
        self.drops.add(memory.and_then(|memory| memory.drops).map(u64::from));
    }
}

impl AcceptQueues {
    fn add(&mut self, socket: &Socket) {
        let (waiting, limit) = socket.accept_queue();
        self.waiting.add(waiting.map(u64::from));
        self.limit.add(limit.map(u64::from));
        self.full.add(socket.is_accept_queue_full().map(u64::from));
        if let Some((waiting, limit)) = waiting.zip(limit) {
            self.fullest = self.fullest.max(f64::from(waiting) / (f64::from(limit) + 1.0));
        }
    }

    /// `None` when no listener told.
    pub(super) fn fullest(self) -> Option<f64> {
        self.full.known().map(|_| self.fullest)
    }
}

impl Tcp {
    /// Of a listener the kernel tells other things in the same places (`tcp_get_info`). What lingers or
    /// begins has no such part.
    fn add(&mut self, socket: &Socket) {
        if matches!(socket.state, State::Listen | State::TimeWait | State::SynRecv) {
            return;
        }
        let info = socket.details.as_ref().and_then(|details| details.tcp_info.as_ref());
        let read = |place| info.and_then(|info| info.read(place));
        self.retransmitted.add(read(Place::TOTAL_RETRANS));
        self.retransmitting.add(read(Place::RETRANSMITS).map(|times| u64::from(times > 0)));
        self.unacknowledged.add(read(Place::UNACKED));
    }
}
