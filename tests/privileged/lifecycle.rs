//! One TCP connection from its handshake to TIME-WAIT: one row, one cookie, never closed and opened
//! again in between, whatever becomes of its inode, its uid and its owner.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::Duration;

use sockeye::engine::{OwnerAsk, OwnerChoice, Sampler};
use sockeye::model::{Ask, ChangeKind, Family, NoOwner, Owners, Protocol, Socket, SocketKey, State};
use sockeye::owner::Facts;
use sockeye::source::netlink::Netlink;
use sockeye::store::Table;

use crate::Case;
use crate::harness::{eventually, run};
use crate::namespaces::in_namespace;
use crate::stock::{cookie, inode};

pub(crate) const CASES: &[Case] =
    &[("lifecycle::a_connection_is_one_row_from_handshake_to_time_wait", handshake_to_time_wait)];

/// A table that is polled, and what happened to the connections of one port.
struct Watch {
    sampler: Sampler,
    table: Table,
    port: u16,
    happened: Vec<(SocketKey, ChangeKind)>,
}

impl Watch {
    fn new(port: u16) -> Self {
        let source = Box::new(Netlink::strict(Ask::NOTHING));
        let owners = OwnerAsk { choice: OwnerChoice::Proc, facts: Facts::Names, live: true, by_bpf: false };
        let sampler = Sampler::new(source, vec![(Family::Inet, Protocol::Tcp)], owners);
        Self { sampler, table: Table::new(Duration::from_mins(1)), port, happened: Vec::new() }
    }

    fn connection(&self, socket: &Socket) -> bool {
        socket.state != State::Listen && socket.ends.local().is_some_and(|local| local.port == self.port)
    }

    fn poll(&mut self) {
        let table = std::mem::replace(&mut self.table, Table::new(Duration::ZERO));
        let (table, changes) = table.apply(self.sampler.take().unwrap());
        self.table = table;
        let of_ours = changes.into_iter().filter(|change| self.connection(&change.socket));
        let happened: Vec<_> = of_ours.map(|change| (change.socket.key, change.kind)).collect();
        self.happened.extend(happened);
    }

    /// Polls until the one connection there is has reached the state, and returns it.
    fn reaches(&mut self, state: State, inode: Option<u64>) -> Socket {
        eventually(|| {
            self.poll();
            let rows = self.table.rows().iter().map(|row| &row.socket);
            let all: Vec<_> = rows.filter(|socket| self.connection(socket)).collect();
            let [only] = all.as_slice() else { return Err(format!("not one row: {all:?}")) };
            let there = only.state == state && only.inode.map(sockeye::model::Inode::get) == inode;
            if there { Ok((*only).clone()) } else { Err(format!("{only:?}")) }
        })
    }
}

/// Whether there is perl, through which the option is set.
pub(crate) fn can_defer() -> bool {
    Command::new("perl").args(["-e", "1"]).output().is_ok_and(|ran| ran.status.success())
}

/// Sets `TCP_DEFER_ACCEPT` (tcp(7)): the handshake ends when the first data is there. The options
/// belong to the socket, not to who sets them.
fn defer_accept(listener: &TcpListener) {
    let mut perl = Command::new("perl");
    perl.args(["-e", "open(S, '+<&=0') or die $!; setsockopt(S, 6, 9, pack('i', 30)) or die $!"]);
    let ran = run(perl.stdin(OwnedFd::from(listener.try_clone().unwrap())));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
}

fn handshake_to_time_wait() {
    in_namespace(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        defer_accept(&listener);
        let addr = listener.local_addr().unwrap();
        let mut watch = Watch::new(addr.port());
        watch.poll(); // so that what comes now is opened, not found

        let mut client = TcpStream::connect(addr).unwrap();
        let handshake = watch.reaches(State::SynRecv, None);
        let id = handshake.key;
        let nobody = |socket: &Socket, why| {
            assert_eq!((socket.key, socket.uid), (id, None), "{socket:?}");
            assert_eq!(socket.owners, Owners::Unknown(why), "{socket:?}");
        };
        nobody(&handshake, NoOwner::Handshake);

        client.write_all(b"x").unwrap();
        let waiting = watch.reaches(State::Established, None);
        nobody(&waiting, NoOwner::AcceptQueue);
        let listens = waiting.waits_for.as_ref().and_then(|listener| listener.cookie());
        assert_eq!(listens.map(|listener| listener.0), Some(cookie(&listener)));

        let mut server = listener.accept().unwrap().0;
        let accepted = watch.reaches(State::Established, Some(inode(&server)));
        assert_eq!((accepted.key, &accepted.waits_for), (id, &None));
        assert_eq!(accepted.key.cookie().map(|id| id.0), Some(cookie(&server)));
        assert_eq!(accepted.uid.map(|uid| uid.0), Some(rustix::process::geteuid().as_raw()));
        let ours = accepted.owners.known().unwrap().ids().any(|owner| owner.pid.0 == std::process::id());
        assert!(ours, "{accepted:?}");

        server.read_exact(&mut [0]).unwrap(); // closing with unread data would be a reset
        drop(server);
        nobody(&watch.reaches(State::FinWait2, None), NoOwner::Orphan);
        drop(client);
        nobody(&watch.reaches(State::TimeWait, None), NoOwner::Orphan);
        watch.poll();

        assert!(watch.happened.iter().all(|(key, _)| *key == id), "{:?}", watch.happened);
        let first = watch.happened.first().map(|(_, kind)| kind);
        assert_eq!(first, Some(&ChangeKind::Opened));
        let beginnings_and_ends = watch.happened[1..]
            .iter()
            .filter(|(_, kind)| matches!(kind, ChangeKind::Found | ChangeKind::Opened | ChangeKind::Closed));
        assert_eq!(beginnings_and_ends.count(), 0, "{:?}", watch.happened);
    });
}
