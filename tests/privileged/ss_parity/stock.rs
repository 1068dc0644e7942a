//! Sockets of every kind that `ss` knows and a test can open, each brought into a state of its own.

use std::io::{ErrorKind, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;

use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};

use crate::raw::{self, Bytes};
use crate::stock::tcp_listener;

/// The TCP-MD5 key, which `ss` prints.
pub(super) const SECRET: &str = "secret";

/// Everything that is held; the directory has the Unix sockets.
pub(super) struct Stock {
    pub(super) held: Vec<OwnedFd>,
    /// The address that is bound by a TCP socket that does no more.
    pub(super) bound: String,
    _dir: tempfile::TempDir,
}

pub(super) fn open() -> Stock {
    let dir = tempfile::tempdir().unwrap();
    let mut held = Vec::new();
    let bound = tcp_listeners(&mut held);
    tcp_connections(&mut held);
    tcp_unfinished(&mut held);
    udp(&mut held);
    held.push(raw::open(2, 3, 1).unwrap()); // ICMP
    held.push(raw::open(10, 3, 58).unwrap()); // ICMPv6
    unix(&mut held, dir.path());
    packet(&mut held);
    netlink(&mut held);
    Stock { held, bound, _dir: dir }
}

/// An option that no safe library has.
#[expect(unsafe_code, reason = "setsockopt(2) takes a pointer")]
pub(super) fn set<T>(fd: impl AsFd, level: i32, name: i32, value: &T) {
    let length = libc::socklen_t::try_from(size_of::<T>()).unwrap();
    // SAFETY: the pointer is to a value of that length, which lives until the call returns.
    let failed = unsafe {
        libc::setsockopt(fd.as_fd().as_raw_fd(), level, name, std::ptr::from_ref(value).cast(), length)
    };
    assert_eq!(failed, 0, "option {level}/{name}: {}", std::io::Error::last_os_error());
}

pub(super) fn bind_to_loopback(fd: impl AsFd) {
    set(fd, libc::SOL_SOCKET, libc::SO_BINDTODEVICE, b"lo\0");
}

/// The address of the last, which is bound and no more.
fn tcp_listeners(held: &mut Vec<OwnedFd>) -> String {
    held.push(tcp_listener("127.0.0.1:0", None, 31));
    held.push(tcp_listener("[::1]:0", None, 32));
    held.push(tcp_listener("[::]:0", Some(false), 33));
    held.push(tcp_listener("[::]:0", Some(true), 34));
    let device = tcp_listener("0.0.0.0:0", None, 35);
    bind_to_loopback(&device);
    set(&device, libc::SOL_SOCKET, libc::SO_MARK, &0x1234_u32);
    sockopt::set_ip_freebind(&device, true).unwrap();
    held.push(device);
    let signed = tcp_listener("127.0.0.1:0", None, 36);
    let mut md5 = [0u8; 216]; // struct tcp_md5sig
    md5[..2].copy_from_slice(&2u16.to_ne_bytes());
    md5[4..8].copy_from_slice(&Ipv4Addr::new(10, 9, 8, 7).octets());
    md5[130..132].copy_from_slice(&u16::try_from(SECRET.len()).unwrap().to_ne_bytes());
    md5[136..136 + SECRET.len()].copy_from_slice(SECRET.as_bytes());
    set(&signed, libc::IPPROTO_TCP, libc::TCP_MD5SIG, &md5);
    held.push(signed);
    let bound =
        net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    net::bind(&bound, &"127.0.0.1:0".parse::<SocketAddr>().unwrap()).unwrap();
    let address = SocketAddr::try_from(net::getsockname(&bound).unwrap()).unwrap();
    held.push(bound);
    address.to_string()
}

/// Both ends of a connection from one address to another, or to its IPv4 side.
fn connection(listen: &str, connect: &str, algorithm: &str) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(listen).unwrap();
    sockopt::set_tcp_congestion(&listener, algorithm).unwrap();
    let port = listener.local_addr().unwrap().port();
    let client = TcpStream::connect(format!("{connect}:{port}")).unwrap();
    sockopt::set_tcp_congestion(&client, algorithm).unwrap();
    (client, listener.accept().unwrap().0)
}

fn tcp_connections(held: &mut Vec<OwnedFd>) {
    let mut keep = |(client, server): (TcpStream, TcpStream)| held.extend([client.into(), server.into()]);
    // What is there everywhere, and what this machine has besides.
    let others = ["bbr", "dctcp", "vegas", "cubic"];
    let has = |name: &&&str| {
        let probe = TcpListener::bind("127.0.0.1:0").unwrap();
        sockopt::set_tcp_congestion(&probe, name).is_ok()
    };
    for algorithm in ["reno"].iter().chain(others.iter().filter(has)) {
        let (mut client, mut server) = connection("127.0.0.1:0", "127.0.0.1", algorithm);
        client.write_all(&[7; 1000]).unwrap();
        server.write_all(&[7; 700]).unwrap();
        keep((client, server));
    }
    let (mut six, server) = connection("[::1]:0", "[::1]", "reno");
    sockopt::set_ipv6_tclass(&six, 0x20).unwrap();
    six.write_all(&[7; 10]).unwrap();
    keep((six, server));
    keep(connection("[::]:0", "127.0.0.1", "reno"));
    keep(connection("127.0.0.1:0", "[::ffff:127.0.0.1]", "reno"));

    let (client, server) = connection("127.0.0.1:0", "127.0.0.1", "reno");
    sockopt::set_ip_tos(&client, 0x28).unwrap();
    sockopt::set_socket_keepalive(&client, true).unwrap();
    set(&client, libc::SOL_SOCKET, libc::SO_MARK, &0x2a_u32);
    set(&client, libc::SOL_SOCKET, libc::SO_PRIORITY, &5_u32);
    set(&client, libc::SOL_SOCKET, libc::SO_MAX_PACING_RATE, &1_000_000_u64);
    sockopt::set_tcp_keepidle(&server, std::time::Duration::from_secs(9)).unwrap();
    sockopt::set_socket_keepalive(&server, true).unwrap();
    bind_to_loopback(&client);
    let somebody = rustix::fs::Uid::from_raw(1234);
    rustix::fs::fchown(&client, Some(somebody), None).unwrap();
    keep((client, server));

    for how in [Shutdown::Read, Shutdown::Write, Shutdown::Both] {
        let (client, server) = connection("127.0.0.1:0", "127.0.0.1", "reno");
        client.shutdown(how).unwrap();
        keep((client, server));
    }
    // More than the other side takes: a closed window, and what was not sent yet.
    let (mut client, server) = connection("127.0.0.1:0", "127.0.0.1", "reno");
    client.set_nonblocking(true).unwrap();
    loop {
        match client.write(&[7; 8192]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            written => assert!(written.unwrap() > 0),
        }
    }
    keep((client, server));
}

fn tcp_unfinished(held: &mut Vec<OwnedFd>) {
    // Room for one: the second connection waits for an answer that does not come.
    let full = tcp_listener("127.0.0.1:0", None, 0);
    let address = SocketAddr::try_from(net::getsockname(&full).unwrap()).unwrap();
    held.push(full);
    for _ in 0..2 {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let client = net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).unwrap();
        assert_eq!(net::connect(&client, &address), Err(rustix::io::Errno::INPROGRESS));
        held.push(client);
    }
    // Ended by the client first: TIME-WAIT, without inode.
    let (client, server) = connection("127.0.0.1:0", "127.0.0.1", "reno");
    drop(client);
    drop(server);
}

fn udp(held: &mut Vec<OwnedFd>) {
    held.push(UdpSocket::bind("0.0.0.0:0").unwrap().into());
    held.push(UdpSocket::bind("[::1]:0").unwrap().into());
    held.push(UdpSocket::bind("[::]:0").unwrap().into());
    let small = UdpSocket::bind("127.0.0.1:0").unwrap();
    sockopt::set_socket_recv_buffer_size(&small, 4096).unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(small.local_addr().unwrap()).unwrap();
    sockopt::set_ip_tos(&client, 0x10).unwrap();
    bind_to_loopback(&client);
    for _ in 0..50 {
        client.send(&[7; 1000]).unwrap();
    }
    held.extend([small.into(), client.into()]);
}

fn unix(held: &mut Vec<OwnedFd>, dir: &Path) {
    let queue = dir.join("queue");
    let listener = UnixListener::bind(&queue).unwrap();
    let mut client = UnixStream::connect(&queue).unwrap();
    client.write_all(b"unread").unwrap();
    let server = listener.accept().unwrap().0;
    let waiting = [UnixStream::connect(&queue).unwrap(), UnixStream::connect(&queue).unwrap()];
    held.extend([listener.into(), client.into(), server.into()]);
    held.extend(waiting.map(OwnedFd::from));
    let log = UnixDatagram::bind(dir.join("log")).unwrap();
    let writer = UnixDatagram::unbound().unwrap();
    writer.connect(dir.join("log")).unwrap();
    writer.send(b"a line").unwrap();
    held.extend([log.into(), writer.into()]);
    let (one, other) = UnixStream::pair().unwrap();
    one.shutdown(Shutdown::Write).unwrap();
    held.extend([one.into(), other.into()]);
    let hostile = dir.join(std::ffi::OsStr::from_bytes(b"esc\x1b[31m"));
    held.push(UnixDatagram::bind(hostile).unwrap().into());
    let seqpacket =
        net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
    net::bind(&seqpacket, &SocketAddrUnix::new_abstract_name(b"sockeye-parity").unwrap()).unwrap();
    net::listen(&seqpacket, 3).unwrap();
    held.push(seqpacket);
}

/// A packet socket for an Ethernet protocol, on `lo` or everywhere.
fn sniffer(kind: u32, protocol: u16, index: u32) -> OwnedFd {
    // struct sockaddr_ll: protocol, index, and an address that nobody asks for.
    let address = Bytes::new(17, &[&protocol.to_be_bytes(), &index.to_ne_bytes(), &[0; 12]]);
    raw::bound(17, kind, 0, &address).unwrap()
}

fn packet(held: &mut Vec<OwnedFd>) {
    const PACKET_RX_RING: i32 = 5;
    const PACKET_AUXDATA: i32 = 8;
    const PACKET_VERSION: i32 = 10;
    const PACKET_FANOUT: i32 = 18;
    let [raw, dgram] = [3, 2];
    held.extend([sniffer(raw, 3, 1), sniffer(dgram, 0x0800, 0), raw::open(17, raw, 0).unwrap()]);
    held.push(sniffer(dgram, 0x9999, 0));
    let filtered = sniffer(raw, 0x0806, 0);
    let mut steps =
        [(0x28, 12), (0x06, u32::MAX)].map(|(code, k)| libc::sock_filter { code, jt: 0, jf: 0, k });
    let program = libc::sock_fprog { len: 2, filter: steps.as_mut_ptr() };
    set(&filtered, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program);
    set(&filtered, libc::SOL_PACKET, PACKET_AUXDATA, &1_i32);
    held.push(filtered);
    let mapped = sniffer(dgram, 0x0806, 1);
    set(&mapped, libc::SOL_PACKET, PACKET_VERSION, &2_i32); // TPACKET_V3
    // struct tpacket_req3: blocks of 4096 bytes, 4 of them, frames of 2048 bytes, 8 of them, 60 ms.
    set(&mapped, libc::SOL_PACKET, PACKET_RX_RING, &[4096_u32, 4, 2048, 8, 60, 0, 1]);
    held.push(mapped);
    for _ in 0..2 {
        let shared = sniffer(raw, 0x0806, 1);
        set(&shared, libc::SOL_PACKET, PACKET_FANOUT, &(1_u32 << 16 | 7)); // by turns, group 7
        held.push(shared);
    }
}

fn netlink(held: &mut Vec<OwnedFd>) {
    const NETLINK_ADD_MEMBERSHIP: i32 = 1;
    let bound = |protocol: u32, port: u32, groups: u32| {
        let address = Bytes::new(16, &[&[0; 2], &port.to_ne_bytes(), &groups.to_ne_bytes()]);
        raw::bound(16, 3, protocol, &address).unwrap()
    };
    let route = bound(0, 7001, 0x11);
    set(&route, libc::SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &34_i32);
    held.extend([route, bound(16, 7002, 0), bound(15, (1 << 31) + 7003, 1)]);
}
