//! What proves a socket the kernel's, what does not, and when the kernel is asked.

use super::*;
use crate::model::{Basics, Cookie, Identity, IfIndex, Inode, PortRange, SocketType, State};

const HERE: NetnsId = NetnsId(1);

fn end(text: &str) -> Endpoint {
    text.parse::<std::net::SocketAddr>().unwrap().into()
}

fn socket(cookie: u64, protocol: Protocol, local: &str, remote: Option<&str>, why: NoOwner) -> Socket {
    let local = end(local);
    let family = if local.addr.is_ipv6() { Family::Inet6 } else { Family::Inet };
    let basics = Basics {
        key: SocketKey { netns: HERE, id: Identity::Cookie(Cookie(cookie)) },
        family: if protocol == Protocol::Smc { Family::Smc } else { family },
        protocol,
        kind: SocketType::Dgram,
        state: State::Unconnected,
        ends: Ends::Inet { local, remote: remote.map(end) },
        inode: Inode::new(cookie),
    };
    Socket { owners: Owners::Unknown(why), ..Socket::new(basics, &PortRange::default()) }
}

fn udp(cookie: u64, local: &str) -> Socket {
    socket(cookie, Protocol::Udp, local, None, NoOwner::Nobody)
}

fn tcp(cookie: u64, local: &str, remote: Option<&str>) -> Socket {
    socket(cookie, Protocol::Tcp, local, remote, NoOwner::Nobody)
}

fn port(what: &str, port: u16, versions: Reach) -> KernelUse {
    KernelUse { what: what.into(), seat: Seat::Port { port, versions } }
}

/// What is said of each of these sockets when the kernel tells that.
fn said(mut sockets: Vec<Socket>, uses: Vec<KernelUse>) -> Vec<Option<String>> {
    let told = KernelUses::default().settle(&mut sockets, Duration::ZERO, |_| vec![(HERE, uses)]);
    let text = |what: &SystemBytes| String::from_utf8_lossy(what.as_bytes()).into_owned();
    sockets
        .iter()
        .map(|socket| {
            let what = told.get(&socket.key).map(text);
            assert_eq!(what.is_some(), socket.owners == Owners::Unknown(NoOwner::Kernel), "{socket:?}");
            what
        })
        .collect()
}

fn one(socket: Socket, uses: Vec<KernelUse>) -> Option<String> {
    said(vec![socket], uses).remove(0)
}

#[test]
fn a_port_is_proof_for_the_socket_that_hears_everybody_there() {
    let vxlan = || vec![port("VXLAN device vx0", 4789, Reach::V4)];
    assert_eq!(one(udp(1, "0.0.0.0:4789"), vxlan()).as_deref(), Some("VXLAN device vx0"));
    let bound = Socket { interface: IfIndex::new(2), ..udp(1, "0.0.0.0:4789") };
    let connected = socket(1, Protocol::Udp, "0.0.0.0:4789", Some("10.0.0.1:4789"), NoOwner::Nobody);
    let other_netns =
        Socket { key: SocketKey { netns: NetnsId(2), ..udp(1, "0.0.0.0:1").key }, ..udp(1, "0.0.0.0:4789") };
    for (what, socket) in [
        ("another port", udp(1, "0.0.0.0:4790")),
        ("another address", udp(1, "127.0.0.1:4789")),
        ("another version", udp(1, "[::]:4789")),
        ("bound to an interface", bound),
        ("connected", connected),
        ("another namespace", other_netns),
        ("another protocol", tcp(1, "0.0.0.0:4789", None)),
        ("without inode", Socket { inode: None, ..udp(1, "0.0.0.0:4789") }),
        ("not looked for", socket(1, Protocol::Udp, "0.0.0.0:4789", None, NoOwner::NotScanned)),
    ] {
        assert_eq!(one(socket, vxlan()), None, "{what}");
    }
}

#[test]
fn versions_are_those_of_the_sockets() {
    for (versions, four, six) in
        [(Reach::V4, true, false), (Reach::V6, false, true), (Reach::Both, true, true)]
    {
        let told = said(vec![udp(1, "0.0.0.0:7"), udp(2, "[::]:7")], vec![port("x", 7, versions)]);
        assert_eq!((told[0].is_some(), told[1].is_some()), (four, six), "{versions:?}");
    }
}

#[test]
fn a_place_with_two_sockets_proves_nothing() {
    let told = said(vec![udp(1, "0.0.0.0:7"), udp(2, "0.0.0.0:7")], vec![port("x", 7, Reach::V4)]);
    assert_eq!(told, [None, None]);
}

#[test]
fn tunnels_of_one_port_share_its_socket() {
    let uses = |names: &[&str]| names.iter().map(|name| port(name, 7, Reach::V4)).collect();
    assert_eq!(one(udp(1, "0.0.0.0:7"), uses(&["a", "b"])).as_deref(), Some("a and 1 other"));
    assert_eq!(one(udp(1, "0.0.0.0:7"), uses(&["a", "b", "c"])).as_deref(), Some("a and 2 others"));
}

#[test]
fn a_server_is_proof_only_where_every_process_was_seen() {
    let nfs = || vec![KernelUse { what: "NFS".into(), seat: Seat::Peer(end("10.0.0.1:2049")) }];
    let client = |protocol, remote, why| socket(1, protocol, "10.0.0.2:700", Some(remote), why);
    for (protocol, remote, why, proven) in [
        (Protocol::Tcp, "10.0.0.1:2049", NoOwner::Nobody, true),
        (Protocol::Udp, "10.0.0.1:2049", NoOwner::Nobody, true),
        (Protocol::Tcp, "10.0.0.1:2050", NoOwner::Nobody, false),
        (Protocol::Tcp, "10.0.0.3:2049", NoOwner::Nobody, false),
        (Protocol::Tcp, "10.0.0.1:2049", NoOwner::InFlight, false),
        (Protocol::Tcp, "10.0.0.1:2049", NoOwner::OtherPidns, false),
        (Protocol::Tcp, "10.0.0.1:2049", NoOwner::Denied, false),
        (Protocol::Tcp, "10.0.0.1:2049", NoOwner::AcceptQueue, false),
        (Protocol::Sctp, "10.0.0.1:2049", NoOwner::Nobody, false),
    ] {
        let told = one(client(protocol, remote, why), nfs());
        assert_eq!(told.is_some(), proven, "{protocol:?} {remote} {why:?}");
    }
}

#[test]
fn a_port_is_proof_whoever_could_not_be_seen() {
    for why in [NoOwner::Denied, NoOwner::OtherPidns, NoOwner::InFlight] {
        let socket = socket(1, Protocol::Udp, "0.0.0.0:7", None, why);
        assert!(one(socket, vec![port("x", 7, Reach::V4)]).is_some(), "{why:?}");
    }
}

#[test]
fn smc_has_tcp_of_the_same_ends_beneath() {
    let smc = |local, remote| socket(9, Protocol::Smc, local, remote, NoOwner::NotScanned);
    let what = Some("TCP beneath an SMC socket".to_owned());
    let any = || smc("0.0.0.0:80", None);
    assert_eq!(said(vec![any(), tcp(1, "0.0.0.0:80", None)], vec![]), [None, what.clone()]);
    assert_eq!(said(vec![any(), tcp(1, "[::]:80", None)], vec![]), [None, what.clone()]);
    assert_eq!(said(vec![any(), tcp(1, "127.0.0.1:80", None)], vec![]), [None, None]);
    assert_eq!(said(vec![any(), udp(1, "0.0.0.0:80")], vec![]), [None, None]);
    let ends = ("127.0.0.1:80", Some("127.0.0.1:81"));
    let connected = |tcp: Socket| said(vec![smc(ends.0, ends.1), tcp], vec![]).remove(1);
    assert_eq!(connected(tcp(1, ends.0, ends.1)), what);
    assert_eq!(connected(tcp(1, ends.0, Some("127.0.0.1:82"))), None);
    assert_eq!(connected(tcp(1, ends.0, None)), None);
    let two = said(vec![any(), tcp(1, "0.0.0.0:80", None), tcp(2, "0.0.0.0:80", None)], vec![]);
    assert_eq!(two, [None, None, None], "one of them is another's");
}

#[test]
fn the_kernel_is_asked_when_a_new_socket_is_left_and_now_and_then() {
    let mut uses = KernelUses::default();
    let mut asks = |sockets: &[Socket], now: Duration| {
        let (mut sockets, mut places) = (sockets.to_vec(), None);
        let told = uses.settle(&mut sockets, now, |asked| {
            places = Some(asked.iter().map(|netns| netns.0).collect::<Vec<_>>());
            vec![(HERE, vec![port("x", 7, Reach::V4)])]
        });
        (places, told.len())
    };
    let (tunnel, other) = (udp(1, "0.0.0.0:7"), udp(2, "0.0.0.0:8"));
    let held = socket(3, Protocol::Udp, "0.0.0.0:9", None, NoOwner::AcceptQueue);
    let (now, soon) = (Duration::from_secs(100), Duration::from_secs(101));
    assert_eq!(asks(std::slice::from_ref(&held), now), (None, 0), "nothing is left");
    assert_eq!(asks(std::slice::from_ref(&tunnel), now), (Some(vec![1]), 1));
    assert_eq!(asks(std::slice::from_ref(&tunnel), soon), (None, 1), "it was asked of late");
    assert_eq!(asks(&[tunnel.clone(), other.clone()], soon), (Some(vec![1]), 1), "another one");
    assert_eq!(asks(&[tunnel.clone(), other], soon), (None, 1), "in vain, of late");
    assert_eq!(asks(&[tunnel], soon + REST), (Some(vec![1]), 1), "a while ago");
}

#[test]
fn what_was_the_kernels_is_so_without_asking_and_nothing_else_is() {
    let mut known = [udp(1, "0.0.0.0:4789")];
    let mut uses = KernelUses::default();
    let told = uses.settle(&mut known, Duration::ZERO, |_| {
        vec![(HERE, vec![port("VXLAN device vx0", 4789, Reach::V4)])]
    });
    assert_eq!(told.len(), 1);
    let mut again = [udp(1, "0.0.0.0:4789"), udp(2, "0.0.0.0:4790")];
    uses.recall(&mut again);
    let owners = again.map(|socket| socket.owners);
    assert_eq!(owners, [NoOwner::Kernel, NoOwner::Nobody].map(Owners::Unknown));
}
