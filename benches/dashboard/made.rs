//! Readings that are made up: many sockets of many processes, and how they change. Always the same, so that
//! two measurements are of the same work; it must not read the machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sockeye::model::{
    Basics, Cookie, Coverage, Details, Endpoint, Ends, Executable, Extent, Family, Fd, Heard, Host, Identity,
    Inode, Names, NetnsId, OwnerCoverage, Owners, Pid, PortRange, Process, ProcessId, Protocol, Queues,
    Sample, Slice, SliceCoverage, Socket, SocketKey, SocketType, Stamp, State, TcpInfo, TcpInfoPlace, Uid,
    UnixName,
};

const PROCESSES: usize = 1_100;
const NETNS: NetnsId = NetnsId(4_026_531_840);
const PORTS: PortRange = PortRange { first: 32_768, last: 60_999 };
/// One socket in this many is a listener, …
const LISTENERS: u64 = 50;
/// … and one in this many a Unix socket.
const UNIX: u64 = 12;

/// A machine that is polled.
pub(crate) struct Machine {
    processes: Vec<Arc<Process>>,
    host: Arc<Host>,
    names: Arc<Names>,
    sockets: Vec<Socket>,
    /// The cookie of the next socket.
    next: u64,
    polls: u32,
}

impl Machine {
    /// A machine with so many sockets.
    pub(crate) fn new(sockets: usize) -> Self {
        let mut names = Names::default();
        names.users.extend((0..8).map(|uid| (Uid(1_000 + uid), format!("user{uid}").as_bytes().into())));
        names.users.insert(Uid(0), b"root"[..].into());
        names.ephemeral.insert(NETNS, PORTS);
        let host = Host { name: b"made"[..].into(), kernel: b"6.1"[..].into(), boot_id: None, booted: None };
        let mut machine = Self {
            processes: (0..PROCESSES).map(|number| Arc::new(process(number))).collect(),
            host: Arc::new(host),
            names: Arc::new(names),
            sockets: Vec::new(),
            next: 1,
            polls: 0,
        };
        for _ in 0..sockets {
            let socket = machine.open();
            machine.sockets.push(socket);
        }
        machine
    }

    /// What the next poll reads, a second after the last one. So many sockets are opened, as many closed, and
    /// through a tenth of the others bytes went.
    pub(crate) fn poll(&mut self, changes: usize) -> Sample {
        self.polls += 1;
        let stride = (self.sockets.len() / changes.max(1)).max(1);
        for change in 0..changes {
            let at = (change * stride + self.polls as usize) % self.sockets.len();
            self.sockets[at] = self.open();
        }
        for socket in self.sockets.iter_mut().skip(self.polls as usize % 10).step_by(10) {
            if let Some(details) = &socket.details {
                let id = number(socket) + 1_000 * u64::from(self.polls);
                socket.details = Some(Arc::new(Details { tcp_info: Some(info(id)), ..(**details).clone() }));
            }
        }
        let taken = stamp(self.polls);
        let slices = [
            (Family::Inet, Protocol::Tcp),
            (Family::Inet6, Protocol::Tcp),
            (Family::Inet, Protocol::Udp),
            (Family::Unix, Protocol::Unix),
        ];
        let slices = slices.map(|(family, protocol)| Slice { netns: NETNS, family, protocol });
        Sample {
            taken,
            extent: Extent::All,
            host: Arc::clone(&self.host),
            names: Arc::clone(&self.names),
            sockets: self.sockets.clone(),
            heard: Heard::default(),
            usages: std::collections::BTreeMap::new(),
            coverage: Coverage {
                slices: slices.map(|slice| SliceCoverage::new(slice, "netlink")).into(),
                owners: OwnerCoverage { resolved: self.sockets.len(), ..OwnerCoverage::default() },
                ..Coverage::default()
            },
        }
    }

    fn open(&mut self) -> Socket {
        let id = self.next;
        self.next += 1;
        let mixed = mix(id);
        let process = &self.processes[usize::try_from(mixed % PROCESSES as u64).unwrap_or(0)];
        let owners = Owners::One { process: Arc::clone(process), fd: Fd(3 + (id % 90) as u32) };
        let socket = Socket::new(basics(id, mixed), &PORTS);
        let is_stream = socket.protocol == Protocol::Tcp;
        let details = Details { tcp_info: Some(info(id)), ..Details::default() };
        let details = (is_stream && id.is_multiple_of(2)).then(|| Arc::new(details));
        let queues = Queues { recv: Some((mixed % 7) as u32), send: Some((mixed % 4_096) as u32) };
        Socket { uid: process.uid, queues, details, owners, ..socket }
    }
}

/// The moment of a poll.
pub(crate) fn stamp(poll: u32) -> Stamp {
    let wall = Timestamp::from_second(1_700_000_000 + i64::from(poll)).unwrap_or(Timestamp::UNIX_EPOCH);
    Stamp { mono: Duration::from_secs(1_000 + u64::from(poll)), wall }
}

fn process(number: usize) -> Process {
    const NAMES: [&str; 8] =
        ["nginx", "postgres", "sshd", "java", "envoy", "redis-server", "node", "python3"];
    let name = NAMES[number % NAMES.len()];
    let id = ProcessId { pid: Pid(1_000 + 7 * u32::try_from(number).unwrap_or(0)), start: 5 };
    let path = format!("/usr/local/lib/{name}/{}/bin/{name}", number % 40);
    Process {
        exe: Some(Executable { path: path.as_bytes().into(), deleted: false, file: None }),
        uid: Some(Uid(if number.is_multiple_of(3) {
            0
        } else {
            1_000 + u32::try_from(number % 8).unwrap_or(0)
        })),
        ..Process::named(id, name.as_bytes().into())
    }
}

fn basics(id: u64, mixed: u64) -> Basics {
    let key = SocketKey { netns: NETNS, id: Identity::Cookie(Cookie(id)) };
    let inode = Inode::new(100_000 + id);
    if id.is_multiple_of(UNIX) {
        let name = mixed
            .is_multiple_of(3)
            .then(|| UnixName::Path(format!("/run/made/{mixed:x}.sock").as_bytes().into()));
        let ends = Ends::Unix { name, peer: Inode::new(100_000 + (id ^ 1)) };
        let (family, protocol) = (Family::Unix, Protocol::Unix);
        return Basics {
            key,
            family,
            protocol,
            kind: SocketType::Stream,
            state: State::Established,
            ends,
            inode,
        };
    }
    let port = |from: u16, of: u64| from + (of % 20_000) as u16;
    let [octet, second, third, ..] = mixed.to_le_bytes();
    let (family, own, other): (_, IpAddr, IpAddr) = if id.is_multiple_of(5) {
        let own = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
        (Family::Inet6, own.into(), Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 1, 0, second.into()).into())
    } else {
        let own = Ipv4Addr::new(10, 0, 0, octet % 4);
        (Family::Inet, own.into(), Ipv4Addr::new(10, 1, second % 8, third).into())
    };
    if id.is_multiple_of(LISTENERS) {
        let ends = Ends::Inet { local: Endpoint::new(own, port(1_024, id / LISTENERS)), remote: None };
        let (protocol, kind) = (Protocol::Tcp, SocketType::Stream);
        return Basics { key, family, protocol, kind, state: State::Listen, ends, inode };
    }
    let states = [State::Established, State::Established, State::Established, State::CloseWait];
    let ends = Ends::Inet {
        local: Endpoint::new(own, port(33_000, mixed)),
        remote: Some(Endpoint::new(other, port(1_024, mixed >> 24))),
    };
    let state = states[(mixed % 4) as usize];
    Basics { key, family, protocol: Protocol::Tcp, kind: SocketType::Stream, state, ends, inode }
}

/// The counters of a connection.
fn info(seed: u64) -> TcpInfo {
    TcpInfo::of(&[
        (TcpInfoPlace::RTT, 200 + seed % 10_000),
        (TcpInfoPlace::BYTES_ACKED, seed * 1_000),
        (TcpInfoPlace::BYTES_RECEIVED, seed * 700),
        (TcpInfoPlace::BYTES_SENT, seed * 1_000),
        (TcpInfoPlace::SND_WND, 65_535),
    ])
}

fn number(socket: &Socket) -> u64 {
    match socket.key.id {
        Identity::Cookie(Cookie(cookie)) => cookie,
        _ => 0,
    }
}

/// The same number always, and no order to be seen in several (the finalizer of `SplitMix64`).
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
