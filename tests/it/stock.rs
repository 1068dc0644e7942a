//! Sockets that a test opened itself, each with the truth about it from another mouth than
//! sockeye's: `getsockname`, `SO_COOKIE`, `fstat`, and `/proc` of the holding process.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};

use crate::document::{Document, Owner, Socket, moment};

/// A socket that this process holds, and what is to be told about it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) what: &'static str,
    pub(crate) fd: OwnedFd,
    pub(crate) truth: Socket,
}

impl Held {
    /// Takes a socket in; `correct` adds what the kernel was not asked for.
    pub(crate) fn new(what: &'static str, fd: impl Into<OwnedFd>, correct: impl FnOnce(&mut Socket)) -> Self {
        let fd = fd.into();
        let mut truth = asked(fd.as_fd());
        correct(&mut truth);
        Self { what, fd, truth }
    }

    pub(crate) fn cookie(&self) -> u64 {
        cookie(&self.fd)
    }

    pub(crate) fn inode(&self) -> u64 {
        inode(&self.fd)
    }

    pub(crate) fn port(&self) -> u16 {
        u16::try_from(self.truth.local_port.unwrap()).unwrap()
    }

    /// Adds a process that holds the socket too.
    pub(crate) fn also_held_by(&mut self, pid: u32, fds: &[u32]) {
        let owners = self.truth.owners.as_mut().unwrap();
        owners.push(process(pid, fds));
        owners.sort_by_key(|owner| (started(owner.pid), owner.pid));
        self.truth.owner_count = Some(owners.len() as u64);
    }
}

pub(crate) fn cookie(fd: impl AsFd) -> u64 {
    sockopt::socket_cookie(fd).unwrap()
}

pub(crate) fn inode(fd: impl AsFd) -> u64 {
    rustix::fs::fstat(fd).unwrap().st_ino
}

/// What the kernel says about a descriptor when it is asked directly. Roles and queues are those
/// of an idle connection; whoever takes the socket in corrects them.
fn asked(fd: BorrowedFd<'_>) -> Socket {
    let uid = rustix::process::geteuid().as_raw();
    let local = net::getsockname(fd).ok().and_then(|addr| SocketAddr::try_from(addr).ok());
    let remote = net::getpeername(fd).ok().flatten().and_then(|addr| SocketAddr::try_from(addr).ok());
    let kind = sockopt::socket_type(fd).unwrap();
    let (family, protocol) = match (local.map(|local| local.ip()), kind) {
        (Some(IpAddr::V4(_)), SocketType::DGRAM) => ("inet", "udp"),
        (Some(IpAddr::V4(_)), _) => ("inet", "tcp"),
        (Some(IpAddr::V6(_)), SocketType::DGRAM) => ("inet6", "udp"),
        (Some(IpAddr::V6(_)), _) => ("inet6", "tcp"),
        (None, _) => ("unix", "unix"),
    };
    let number = u32::try_from(fd.as_raw_fd()).unwrap();
    Socket {
        cookie: Some(cookie(fd).to_string()),
        inode: Some(inode(fd)),
        family: family.to_owned(),
        protocol: protocol.to_owned(),
        r#type: match kind {
            SocketType::DGRAM => "dgram",
            SocketType::SEQPACKET => "seqpacket",
            _ => "stream",
        }
        .to_owned(),
        local_address: local.map(|end| end.ip().to_string()),
        local_port: local.map(|end| end.port().into()),
        remote_address: remote.map(|end| end.ip().to_string()),
        remote_port: remote.map(|end| end.port().into()),
        uid: Some(uid),
        user: user(uid),
        scope: local.map(|_| "loopback".to_owned()),
        reach: local.map(|end| if end.ip().to_canonical().is_ipv4() { "v4" } else { "v6" }.to_owned()),
        owner_count: Some(1),
        owners: Some(vec![process(std::process::id(), &[number])]),
        ..unknown()
    }
}

/// A connection of this namespace of which nothing is known but that it is established and idle.
pub(crate) fn unknown() -> Socket {
    Socket {
        netns: fs::metadata("/proc/thread-self/ns/net").unwrap().ino(),
        family: "inet".to_owned(),
        protocol: "tcp".to_owned(),
        r#type: "stream".to_owned(),
        state: "established".to_owned(),
        role: "connection".to_owned(),
        recv_q: Some(0),
        send_q: Some(0),
        owner_status: "known".to_owned(),
        ..Socket::default()
    }
}

/// The name of a user, asked where everybody asks.
fn user(uid: u32) -> Option<String> {
    let asked = Command::new("id").arg("-un").arg(uid.to_string()).output().unwrap();
    asked.status.success().then(|| String::from_utf8(asked.stdout).unwrap().trim_end().to_owned())
}

/// A process as its own `/proc` directory shows it; when it started is judged in [`compare`].
pub(crate) fn process(pid: u32, fds: &[u32]) -> Owner {
    let dir = format!("/proc/{pid}");
    let text = |name: &str| String::from_utf8(fs::read(format!("{dir}/{name}")).unwrap()).unwrap();
    let uid = fs::metadata(&dir).unwrap().uid();
    let cmdline = text("cmdline");
    Owner {
        pid,
        tid: None,
        io_uring: false,
        fds: fds.to_vec(),
        comm: text("comm").trim_end_matches('\n').to_owned(),
        comm_hex: None,
        exe: Some(fs::read_link(format!("{dir}/exe")).unwrap().to_str().unwrap().to_owned()),
        exe_hex: None,
        exe_deleted: Some(false),
        cmdline: Some(cmdline.split_terminator('\0').map(str::to_owned).collect()),
        cmdline_hex: None,
        uid: Some(uid),
        user: user(uid),
        start_time: None,
        security_context: fs::read_to_string(format!("{dir}/attr/current"))
            .ok()
            .map(|name| name.trim_end().trim_end_matches('\0').to_owned()),
        unit: None,
        user_unit: None,
        session: None,
        container: None,
        pod: None,
        parents: None,
        tty: None,
        session_id: None,
        login_uid: None,
        publishes: None,
    }
}

/// Compares what was told with the truth.
pub(crate) fn compare(what: &str, document: &Document, told: &Socket, truth: &Socket) {
    let mut told = without_forks(told);
    // The way to the owners decides whether they are told.
    (told.reuse_address, told.reuse_port) = (None, None);
    for owner in told.owners.iter_mut().flatten() {
        let started = moment(&owner.start_time.take().unwrap_or_else(|| panic!("{what}: no start time")));
        // The start is told in hundredths of a second, from a boot time told in whole ones.
        let slack = jiff::SignedDuration::from_secs(2);
        assert!(started <= moment(&document.generated_at) + slack, "{what}: starts in the future: {started}");
        assert!(started > booted() - slack, "{what}: older than the machine: {started}");
    }
    assert_eq!(&told.plain(), truth, "{what}");
}

/// When the machine was booted (`btime`, proc(5)).
fn booted() -> jiff::Timestamp {
    let stat = fs::read_to_string("/proc/stat").unwrap();
    let seconds = stat.lines().find_map(|line| line.strip_prefix("btime ")).unwrap();
    jiff::Timestamp::from_second(seconds.parse().unwrap()).unwrap()
}

/// The socket without owners that are forks of this process: until such a child of another test
/// executes its program it holds every descriptor that we hold. Excused is who is gone by now, or
/// is a child of ours; and it is excused only when it does not hold the socket.
pub(crate) fn without_forks(told: &Socket) -> Socket {
    let ours = fs::read_link("/proc/self/exe").unwrap();
    let mut told = told.clone();
    if let Some(owners) = &mut told.owners {
        let all = owners.len() as u64;
        let inode = told.inode.unwrap();
        owners.retain(|owner| match parent(owner.pid) {
            None => false,
            Some(parent) if parent == std::process::id() => {
                owner.exe.as_deref() != ours.to_str() && !fds_of(owner.pid, inode).is_empty()
            }
            Some(_) => true,
        });
        told.owner_count = told.owner_count.map(|count| count - (all - owners.len() as u64));
    }
    told
}

/// When a process started, in ticks after boot (field 22 of its `stat`, proc(5)): pids begin anew at times.
fn started(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, behind_its_name) = stat.rsplit_once(')').unwrap();
    behind_its_name.split_ascii_whitespace().nth(19).unwrap().parse().unwrap()
}

/// The parent of a process, `None` when it is gone or ended.
fn parent(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let value = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    value("State:").filter(|state| !state.starts_with('Z'))?;
    value("PPid:")?.parse().ok()
}

/// The truth as far as `/proc/net` can tell it.
pub(crate) fn as_procfs(truth: &Socket) -> Socket {
    let mut told =
        Socket { cookie: None, v6only: None, interface: None, interface_index: None, ..truth.clone() };
    if told.local_address.as_deref() == Some("::") {
        told.reach = None; // without v6only nobody can say
    }
    if told.protocol == "tcp" && told.state == "listen" {
        told.send_q = None; // the backlog
    }
    if told.family == "unix" {
        (told.uid, told.user, told.peer_inode, told.recv_q, told.send_q) = (None, None, None, None, None);
    }
    told
}

/// A TCP listener with everything chosen. Port 0 lets the kernel choose.
pub(crate) fn tcp_listener(addr: &str, v6only: Option<bool>, backlog: i32) -> OwnedFd {
    let addr: SocketAddr = addr.parse().unwrap();
    let family = if addr.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let fd = net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    if let Some(only) = v6only {
        sockopt::set_ipv6_v6only(&fd, only).unwrap();
    }
    net::bind(&fd, &addr).unwrap();
    net::listen(&fd, backlog).unwrap();
    fd
}

/// A UDP socket on a port that the kernel hands out to nobody unasked: a server.
pub(crate) fn udp_server(ip: &str) -> UdpSocket {
    let ip: IpAddr = ip.parse().unwrap();
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
    let ends: Vec<u16> = range.split_ascii_whitespace().map(|end| end.parse().unwrap()).collect();
    let outside = (20_000..=u16::MAX).chain(1024..20_000).filter(|port| !(ends[0]..=ends[1]).contains(port));
    let mut free = outside.filter_map(|port| UdpSocket::bind((ip, port)).ok());
    free.next().expect("a free port outside the ephemeral range")
}

/// True when this machine has `::1`. Under CI it must have it.
pub(crate) fn has_ipv6_loopback() -> bool {
    let has = TcpListener::bind("[::1]:0").is_ok();
    assert!(has || !std::env::vars().any(|(name, _)| name == "CI"), "this machine has no ::1");
    has
}

/// The descriptors of a process that refer to the socket.
pub(crate) fn fds_of(pid: u32, inode: u64) -> BTreeSet<u32> {
    let link = format!("socket:[{inode}]");
    let fds = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let refer = fds
        .filter(|fd| fs::read_link(fd.path()).is_ok_and(|to| to.as_os_str().as_bytes() == link.as_bytes()));
    refer.map(|fd| fd.file_name().to_str().unwrap().parse().unwrap()).collect()
}

/// Writes a file for one test.
pub(crate) fn write_file(path: &std::path::Path, text: impl AsRef<[u8]>) {
    fs::write(path, text).unwrap();
    // Whatever the umask is: root trusts no file that others may write.
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    rustix::fs::fchmod(File::open(path).unwrap(), mode).unwrap();
}
