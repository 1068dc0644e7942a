//! One socket of every family, and what its row must say.

use std::any::Any;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;

use rustix::io;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{accept, bind, connect, getsockname, listen, sockopt};
use serde_json::Value;

use super::expect::Expected;
use super::raw::{self, Bytes};

pub(crate) const STREAM: u32 = 1;
pub(crate) const DGRAM: u32 = 2;
pub(crate) const RAW: u32 = 3;
const RDM: u32 = 4;
pub(crate) const SEQPACKET: u32 = 5;
pub(crate) const DCCP: u32 = 6;
pub(crate) const INET: u16 = 2;
const INET6: u16 = 10;
const NETLINK: u16 = 16;
pub(crate) const PACKET: u16 = 17;
const TIPC: u16 = 30;
const VSOCK: u16 = 40;
pub(crate) const SMC: u16 = 43;
const XDP: u16 = 44;
const ICMP: u32 = 1;
pub(crate) const SCTP: u32 = 132;
const MPTCP: u32 = 262;
/// The module under the one name that it has everywhere: until Linux 6.6 the other was `diag`.
const TIPC_DIAG: &str = "net-pf-16-proto-4-type-30";
/// The index of `lo` in a namespace.
const LO: u32 = 1;

/// What a case holds open, and what must be said about it.
pub(crate) struct Opened {
    pub(crate) expected: Vec<Expected>,
    #[expect(dead_code, reason = "sockets live as long as somebody holds them")]
    pub(crate) kept: Vec<Box<dyn Any>>,
}

/// A case: its name, the module that lists its sockets (none where text does), whether the text
/// tables list them too, and how they are opened.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) lister: Option<&'static str>,
    pub(crate) textual: bool,
    pub(crate) open: fn() -> io::Result<Opened>,
}

pub(crate) const fn case(
    name: &'static str,
    lister: Option<&'static str>,
    textual: bool,
    open: fn() -> io::Result<Opened>,
) -> Case {
    Case { name, lister, textual, open }
}

/// Every case, each on ports of its own.
pub(crate) const CASES: &[Case] = &[
    case("tcp", Some("tcp_diag"), true, || inet(INET, (STREAM, 6), 7001, "tcp")),
    case("tcp on IPv6", Some("tcp_diag"), true, || inet(INET6, (STREAM, 6), 7002, "tcp")),
    case("udp", Some("udp_diag"), true, || inet(INET, (DGRAM, 17), 7003, "udp")),
    case("udplite", Some("udp_diag"), true, || inet(INET, (DGRAM, 136), 7004, "udplite")),
    case("ping", None, true, || inet(INET, (DGRAM, ICMP), 7005, "icmp")),
    case("raw", Some("raw_diag"), true, raw_icmp),
    case("sctp, one to one", Some("sctp_diag"), true, sctp_one_to_one),
    case("sctp, one to many", Some("sctp_diag"), true, sctp_one_to_many),
    case("dccp", Some("dccp_diag"), false, || inet(INET, (DCCP, 33), 7008, "dccp")),
    case("mptcp", Some("mptcp_diag"), false, mptcp),
    case("smc", Some("smc_diag"), false, smc),
    case("unix", Some("unix_diag"), true, unix),
    case("packet", Some("af_packet_diag"), true, packet),
    case("netlink", Some("netlink_diag"), true, netlink),
    case("vsock", Some("vsock_diag"), false, vsock),
    case("tipc", Some(TIPC_DIAG), false, tipc),
    case("xdp", Some("xsk_diag"), false, xdp),
];

fn one(socket: OwnedFd, expected: Expected) -> Opened {
    Opened { expected: vec![expected], kept: vec![Box::new(socket)] }
}

pub(crate) fn loopback(family: u16, port: u16) -> SocketAddr {
    if family == INET6 {
        SocketAddrV6::new(Ipv6Addr::LOCALHOST, port, 0, 0).into()
    } else {
        SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into()
    }
}

fn word(family: u16) -> &'static str {
    if family == INET6 { "inet6" } else { "inet" }
}

/// A socket of IP on the loopback; it listens where it can.
fn inet(family: u16, (kind, protocol): (u32, u32), port: u16, name: &str) -> io::Result<Opened> {
    let address = loopback(family, port);
    let socket = raw::bound(family, kind, protocol, &address)?;
    let state = if kind == DGRAM { "unconnected" } else { "listen" };
    if state == "listen" {
        listen(&socket, 8)?;
    }
    let expected = Expected::of(&socket).is(word(family), name, state);
    Ok(one(socket, expected.local(&address.ip().to_string(), port.into())))
}

/// The kernel tells a listener among TCP and MPTCP, with two cookies and one inode, and beside a
/// connection the TCP sockets that carry it.
fn mptcp() -> io::Result<Opened> {
    let listener = raw::bound(INET, STREAM, MPTCP, &loopback(INET, 7009))?;
    listen(&listener, 8)?;
    let client = raw::bound(INET, STREAM, MPTCP, &loopback(INET, 7109))?;
    connect(&client, &loopback(INET, 7009))?;
    let server = accept(&listener)?;
    let mut expected = vec![
        Expected::of(&listener)
            .by_inode()
            .is("inet", "tcp", "listen")
            .local("127.0.0.1", 7009)
            .has("mptcp", true),
    ];
    for (end, local, remote) in [(&client, 7109, 7009), (&server, 7009, 7109)] {
        let connection = Expected::of(end).is("inet", "mptcp", "established");
        let carrier = Expected::of(end).by_inode().is("inet", "tcp", "established");
        expected.extend(
            [connection, carrier].map(|row| row.local("127.0.0.1", local).remote("127.0.0.1", remote)),
        );
    }
    Ok(Opened { expected, kept: vec![Box::new(listener), Box::new(client), Box::new(server)] })
}

fn raw_icmp() -> io::Result<Opened> {
    let socket = raw::bound(INET, RAW, ICMP, &loopback(INET, 0))?;
    let expected = Expected::of(&socket).is("inet", "raw", "unconnected");
    Ok(one(socket, expected.local("127.0.0.1", ICMP).has("role", "listener")))
}

/// A listener, and a connection to it: the kernel tells each end of it several times.
fn sctp_one_to_one() -> io::Result<Opened> {
    let listener = raw::bound(INET, STREAM, SCTP, &loopback(INET, 7006))?;
    listen(&listener, 8)?;
    let client = raw::bound(INET, STREAM, SCTP, &loopback(INET, 7106))?;
    connect(&client, &loopback(INET, 7006))?;
    let server = accept(&listener)?;
    let expected = vec![
        Expected::of(&listener).is("inet", "sctp", "listen").local("127.0.0.1", 7006),
        Expected::of(&client)
            .is("inet", "sctp", "established")
            .local("127.0.0.1", 7106)
            .remote("127.0.0.1", 7006),
        Expected::of(&server)
            .is("inet", "sctp", "established")
            .local("127.0.0.1", 7006)
            .remote("127.0.0.1", 7106),
    ];
    Ok(Opened { expected, kept: vec![Box::new(listener), Box::new(client), Box::new(server)] })
}

/// A server with two associations, which are rows of their own.
fn sctp_one_to_many() -> io::Result<Opened> {
    let server = raw::bound(INET, SEQPACKET, SCTP, &loopback(INET, 7007))?;
    listen(&server, 8)?;
    let mut expected = vec![
        Expected::of(&server)
            .is("inet", "sctp", "listen")
            .local("127.0.0.1", 7007)
            .has("remote_port", Value::Null),
    ];
    let mut kept: Vec<Box<dyn Any>> = Vec::new();
    for port in [7107, 7207] {
        let client = raw::bound(INET, STREAM, SCTP, &loopback(INET, port))?;
        connect(&client, &loopback(INET, 7007))?;
        kept.push(Box::new(client));
        let association = Expected::of(&server).without_cookie();
        expected.push(
            association
                .is("inet", "sctp", "established")
                .local("127.0.0.1", 7007)
                .remote("127.0.0.1", port.into()),
        );
    }
    kept.push(Box::new(server));
    Ok(Opened { expected, kept })
}

fn smc() -> io::Result<Opened> {
    let socket = raw::bound(SMC, STREAM, 0, &loopback(INET, 7010))?;
    listen(&socket, 8)?;
    let expected = Expected::of(&socket).is("smc", "smc", "listen").local("127.0.0.1", 7010);
    Ok(one(socket, expected))
}

fn unix() -> io::Result<Opened> {
    const PATH: &str = "/tmp/sockeye.sock";
    let listener = UnixListener::bind(PATH).map_err(|error| io::Errno::from_io_error(&error).unwrap())?;
    let expected = Expected::of(&listener).is("unix", "unix", "listen").has("path", PATH);
    Ok(Opened { expected: vec![expected], kept: vec![Box::new(listener)] })
}

/// `struct sockaddr_ll`: protocol in network order, interface.
fn packet() -> io::Result<Opened> {
    const ETH_P_IP: u16 = 0x0800;
    let address = Bytes::new(PACKET, &[&ETH_P_IP.to_be_bytes(), &LO.to_ne_bytes(), &[0; 12]]);
    let socket = raw::bound(PACKET, RAW, 0, &address)?;
    let expected = Expected::of(&socket).is("packet", "packet", "unconnected").has("local_address", "ip");
    Ok(one(socket, expected.has("interface", "lo").has("role", "listener").has("type", "raw")))
}

/// A listener to changes of links, and the kernel's own socket of that protocol beside it.
fn netlink() -> io::Result<Opened> {
    const RTMGRP_LINK: u32 = 1;
    let socket = raw::bound(NETLINK, RAW, 0, &SocketAddrNetlink::new(0, RTMGRP_LINK))?;
    let port = SocketAddrNetlink::try_from(getsockname(&socket)?)?.pid();
    let expected = Expected::of(&socket).is("netlink", "netlink", "unconnected").local("rtnl", port);
    Ok(one(socket, expected))
}

/// `struct sockaddr_vm`: reserved, port, context, flags.
fn vm_address(cid: u32, port: u32) -> Bytes {
    Bytes::new(VSOCK, &[&[0; 2], &port.to_ne_bytes(), &cid.to_ne_bytes(), &[0; 4]])
}

fn vsock() -> io::Result<Opened> {
    const LOCAL: u32 = 1;
    let listener = raw::bound(VSOCK, STREAM, 0, &vm_address(u32::MAX, 1024))?;
    listen(&listener, 8)?;
    let client = raw::open(VSOCK, STREAM, 0)?;
    connect(&client, &vm_address(LOCAL, 1024))?;
    let server = accept(&listener)?;
    let expected = vec![
        Expected::of(&listener).is("vsock", "vsock", "listen").local("any", 1024),
        Expected::of(&client).is("vsock", "vsock", "established").remote("local", 1024),
        Expected::of(&server).is("vsock", "vsock", "established").local("local", 1024),
    ];
    Ok(Opened { expected, kept: vec![Box::new(listener), Box::new(client), Box::new(server)] })
}

/// `struct sockaddr_tipc` with a range of services, and the scope of one node.
fn service(kind: u32) -> Bytes {
    Bytes::new(TIPC, &[&[1, 3], &kind.to_ne_bytes(), &1u32.to_ne_bytes(), &1u32.to_ne_bytes()])
}

fn tipc() -> io::Result<Opened> {
    let listener = raw::bound(TIPC, SEQPACKET, 0, &service(18888))?;
    listen(&listener, 0)?;
    let client = raw::open(TIPC, SEQPACKET, 0)?;
    let one_service = Bytes::new(TIPC, &[&[2, 0], &18888u32.to_ne_bytes(), &1u32.to_ne_bytes(), &[0; 4]]);
    // A connection of TIPC is not made before it is accepted.
    let accepted = std::thread::scope(|scope| {
        let accepting = scope.spawn(|| accept(&listener));
        connect(&client, &one_service)?;
        accepting.join().unwrap()
    })?;
    let server = raw::bound(TIPC, RDM, 0, &service(18889))?;
    let expected = vec![
        Expected::of(&client).is("tipc", "tipc", "established").has("role", "connection"),
        Expected::of(&accepted).is("tipc", "tipc", "established").has("role", "connection"),
        Expected::of(&listener).is("tipc", "tipc", "listen").has("type", "seqpacket"),
        Expected::of(&server).is("tipc", "tipc", "unconnected").has("role", "listener").has("type", "rdm"),
    ];
    let kept: Vec<Box<dyn Any>> =
        vec![Box::new(listener), Box::new(client), Box::new(accepted), Box::new(server)];
    Ok(Opened { expected, kept })
}

/// A socket on the first queue of `lo`, and one that is not bound. The first needs memory for packets
/// and rings before it can be.
fn xdp() -> io::Result<Opened> {
    use rustix::net::xdp::{SocketAddrXdp, SocketAddrXdpFlags, XdpUmemReg, XdpUmemRegFlags};
    const PAGE: usize = 4096;
    const CHUNKS: usize = 16;
    let socket = raw::open(XDP, RAW, 0)?;
    let memory = vec![0u8; PAGE * (CHUNKS + 1)];
    let start = memory.as_ptr().addr().next_multiple_of(PAGE);
    let umem = XdpUmemReg {
        addr: start as u64,
        len: (PAGE * CHUNKS) as u64,
        chunk_size: 2048,
        headroom: 0,
        flags: XdpUmemRegFlags::empty(),
        tx_metadata_len: 0,
    };
    sockopt::set_xdp_umem_reg(&socket, umem)?;
    sockopt::set_xdp_umem_fill_ring_size(&socket, 16)?;
    sockopt::set_xdp_umem_completion_ring_size(&socket, 16)?;
    sockopt::set_xdp_rx_ring_size(&socket, 16)?;
    bind(&socket, &SocketAddrXdp::new(SocketAddrXdpFlags::XDP_COPY, LO, 0))?;
    let expected = Expected::of(&socket).is("xdp", "xdp", "unconnected").has("interface", "lo");
    let expected = expected.has("local_port", 0).has("role", "listener");
    let unbound = raw::open(XDP, RAW, 0)?;
    let idle = Expected::of(&unbound).is("xdp", "xdp", "closed").has("role", "idle");
    let kept: Vec<Box<dyn Any>> = vec![Box::new(socket), Box::new(memory), Box::new(unbound)];
    Ok(Opened { expected: vec![expected, idle], kept })
}
