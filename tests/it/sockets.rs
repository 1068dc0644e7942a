//! Own sockets are found, each with everything that is known about it, and nothing else.
//!
//! Compared is the whole JSON object, so a field that nobody thought of here fails as well.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixDatagram, UnixListener, UnixStream};
use std::process::{Command, Stdio};

use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use crate::document::{Document, Socket, moment};
use crate::harness::{Holder, document, eventually};
use crate::stock::{
    Held, as_procfs, compare, fds_of, has_ipv6_loopback, inode, process, tcp_listener, udp_server, unknown,
    without_forks,
};

/// Finds every socket by both sources: by its cookie through netlink, by its inode in `/proc`.
fn assert_found(all: &[Held]) {
    let told = document(&["--json"]);
    for held in all {
        let found = told.by_cookie(held.cookie()).unwrap_or_else(|| panic!("{} is missing", held.what));
        compare(held.what, &told, found, &held.truth);
    }
    let told = document(&["--json", "--source", "procfs"]);
    for held in all {
        let found =
            told.by_inode(held.inode()).unwrap_or_else(|| panic!("{} is missing in procfs", held.what));
        compare(held.what, &told, found, &as_procfs(&held.truth));
    }
}

fn listens(truth: &mut Socket, scope: &str, reach: &str, v6only: Option<bool>) {
    "listen".clone_into(&mut truth.state);
    "listener".clone_into(&mut truth.role);
    truth.scope = Some(scope.to_owned());
    truth.reach = Some(reach.to_owned());
    truth.v6only = v6only;
}

#[test]
fn tcp_listeners_of_every_kind() {
    let mut cases = vec![
        ("loopback v4", "127.0.0.1:0", None, "loopback", "v4"),
        ("another loopback", "127.9.8.7:0", None, "loopback", "v4"),
        ("any v4", "0.0.0.0:0", None, "any", "v4"),
        ("dual stack", "[::]:0", Some(false), "any", "both"),
        ("v6only", "[::]:0", Some(true), "any", "v6"),
        ("v4-mapped", "[::ffff:127.0.0.1]:0", Some(false), "loopback", "v4"),
    ];
    if has_ipv6_loopback() {
        // The kernel makes such a bind v6only by itself.
        cases.push(("loopback v6", "[::1]:0", Some(true), "loopback", "v6"));
    }
    let open = |(at, (what, addr, v6only, scope, reach))| {
        let backlog = 20 + i32::try_from(at).unwrap_or_default();
        Held::new(what, tcp_listener(addr, v6only, backlog), |truth| {
            listens(truth, scope, reach, v6only);
            truth.send_q = u32::try_from(backlog).ok();
        })
    };
    let all: Vec<Held> = cases.into_iter().enumerate().map(open).collect();
    assert_found(&all);
}

/// The connected pair of a fresh listener on this address.
fn pair(addr: &str) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(addr).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

#[test]
fn connections_with_their_queues() {
    let (mut client, server) = pair("127.0.0.1:0");
    client.write_all(b"7 bytes").unwrap();
    server.peek(&mut [0; 7]).unwrap(); // they have arrived
    let (idle, peer) = pair("127.0.0.1:0");
    let mut all = vec![
        Held::new("client", client, |_| {}),
        Held::new("server with unread bytes", server, |truth| truth.recv_q = Some(7)),
        Held::new("idle client", idle, |_| {}),
        Held::new("idle server", peer, |_| {}),
    ];
    if has_ipv6_loopback() {
        let (client, server) = pair("[::1]:0");
        all.push(Held::new("client on v6", client, |truth| truth.v6only = None));
        all.push(Held::new("server on v6", server, |truth| truth.v6only = None));
    }
    assert_found(&all);
}

/// The far end of a connection whose socket nobody has in hand, as the truth about it.
fn seen_from(client: &TcpStream, state: &str, status: &str) -> Socket {
    let (local, remote) = (client.peer_addr().unwrap(), client.local_addr().unwrap());
    Socket {
        state: state.to_owned(),
        owner_status: status.to_owned(),
        local_address: Some(local.ip().to_string()),
        local_port: Some(local.port().into()),
        remote_address: Some(remote.ip().to_string()),
        remote_port: Some(remote.port().into()),
        scope: Some("loopback".to_owned()),
        reach: Some("v4".to_owned()),
        ..unknown()
    }
}

fn by_ends(told: &Document, local: SocketAddr, remote: SocketAddr) -> Option<&Socket> {
    let ports = (Some(local.port().into()), Some(remote.port().into()));
    told.only(|socket| socket.protocol == "tcp" && (socket.local_port, socket.remote_port) == ports)
}

/// Waits until the far end of the client's connection is in that state, by either source, and
/// compares it. Its cookie is asked of nobody else, its timer is not ours to say.
fn assert_far_end(client: &TcpStream, truth: &Socket) {
    for source in ["netlink", "procfs"] {
        let (local, remote) = (client.peer_addr(), client.local_addr());
        let found = eventually(|| {
            let told = document(&["--json", "--source", source]);
            let found = by_ends(&told, *local.as_ref().unwrap(), *remote.as_ref().unwrap());
            let found = found.filter(|socket| socket.state == truth.state);
            found.cloned().ok_or_else(|| format!("no {} through {source}", truth.state))
        });
        assert_eq!(found.cookie.is_some(), source == "netlink");
        assert_eq!(&Socket { cookie: None, timer: None, ..found.plain() }, truth, "{source}");
    }
}

#[test]
fn a_connection_that_nobody_accepted_belongs_to_the_queue() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    assert_far_end(&client, &seen_from(&client, "established", "accept-queue"));
    let held = Held::new("its listener", listener, |truth| {
        listens(truth, "loopback", "v4", None);
        (truth.recv_q, truth.send_q) = (Some(1), Some(128));
    });
    assert_found(&[held]);
}

#[test]
fn what_its_process_closed_is_an_orphan_and_has_no_user() {
    let (client, server) = pair("127.0.0.1:0");
    let mut truth = seen_from(&client, "fin-wait-2", "orphan");
    drop(server);
    assert_far_end(&client, &truth);
    let held = Held::new("left by its peer", client.try_clone().unwrap(), |truth| {
        truth.state = "close-wait".to_owned();
        truth.recv_q = Some(1); // the FIN takes a place in the sequence, until it is read
        let all = fds_of(std::process::id(), inode(&client));
        truth.owners = Some(vec![process(std::process::id(), &all.into_iter().collect::<Vec<_>>())]);
    });
    assert_found(&[held]);
    truth.state = "time-wait".to_owned();
    let ends = (client.peer_addr().unwrap(), client.local_addr().unwrap());
    drop(client);
    let gone = eventually(|| {
        let told = document(&["--json"]);
        let found = by_ends(&told, ends.0, ends.1).filter(|socket| socket.state == "time-wait");
        found.cloned().ok_or_else(|| "no time-wait".to_owned())
    });
    let timer = gone.timer.clone().expect("a timer ends it");
    assert_eq!((timer.name.as_str(), timer.expires_ms <= 60_000), ("time-wait", true));
    assert_eq!(Socket { cookie: None, timer: None, ..gone.plain() }, truth);
}

#[test]
fn a_bound_socket_that_does_nothing_is_shown_where_the_kernel_can() {
    let fd = net::socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    net::bind(&fd, &"127.0.0.1:0".parse::<SocketAddr>().unwrap()).unwrap();
    let held = Held::new("bound", fd, |truth| {
        (truth.state, truth.role) = ("bound".to_owned(), "idle".to_owned());
    });
    let told = document(&["--json"]);
    let version: Vec<u32> = told.host.kernel.split(['.', '-']).map_while(|part| part.parse().ok()).collect();
    match told.by_cookie(held.cookie()) {
        Some(found) => compare(held.what, &told, found, &held.truth),
        None => assert!(version < vec![6, 8], "Linux 6.8 and later list it"),
    }
}

#[test]
fn udp_servers_clients_and_connections() {
    let role = |role: &'static str, scope: &'static str| {
        move |truth: &mut Socket| {
            (truth.state, truth.role) = ("unconnected".to_owned(), role.to_owned());
            truth.scope = Some(scope.to_owned());
        }
    };
    let server = udp_server("127.0.0.1");
    let connected = UdpSocket::bind("127.0.0.1:0").unwrap();
    connected.connect(server.local_addr().unwrap()).unwrap();
    let all = [
        Held::new("server", server, role("listener", "loopback")),
        Held::new("server on any address", udp_server("0.0.0.0"), role("listener", "any")),
        Held::new("server on both versions", udp_server("::"), |truth| {
            role("listener", "any")(truth);
            (truth.reach, truth.v6only) = (Some("both".to_owned()), Some(false));
        }),
        Held::new("client", UdpSocket::bind("127.0.0.1:0").unwrap(), role("client", "loopback")),
        Held::new("connected", connected, |_| {}),
    ];
    assert_found(&all);
}

/// A Unix socket of any type, bound and listening as asked.
fn unix(kind: SocketType, name: Option<&SocketAddrUnix>, backlog: Option<i32>) -> OwnedFd {
    let fd = net::socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None).unwrap();
    if let Some(name) = name {
        net::bind(&fd, name).unwrap();
    }
    if let Some(backlog) = backlog {
        net::listen(&fd, backlog).unwrap();
    }
    fd
}

fn named(state: &str, role: &str, path: &str, backlog: Option<u32>) -> impl FnOnce(&mut Socket) + use<> {
    let (state, role, path) = (state.to_owned(), role.to_owned(), path.to_owned());
    move |truth| {
        (truth.state, truth.role, truth.path) = (state, role, Some(path));
        truth.send_q = backlog.or(truth.send_q);
    }
}

#[test]
fn unix_sockets_of_every_kind() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let abstract_name = format!("sockeye-{}", std::process::id());
    let on = |name: &str| SocketAddrUnix::new(at(name)).unwrap();
    let hidden = SocketAddrUnix::new_abstract_name(abstract_name.as_bytes()).unwrap();
    let all = [
        Held::new(
            "stream listener",
            unix(SocketType::STREAM, Some(&on("s")), Some(7)),
            named("listen", "listener", &at("s"), Some(7)),
        ),
        Held::new(
            "abstract listener",
            unix(SocketType::STREAM, Some(&hidden), Some(9)),
            named("listen", "listener", &format!("@{abstract_name}"), Some(9)),
        ),
        Held::new(
            "seqpacket listener",
            unix(SocketType::SEQPACKET, Some(&on("q")), Some(11)),
            named("listen", "listener", &at("q"), Some(11)),
        ),
        Held::new(
            "datagram receiver",
            unix(SocketType::DGRAM, Some(&on("d")), None),
            named("unconnected", "idle", &at("d"), None),
        ),
        Held::new("unnamed", unix(SocketType::DGRAM, None, None), |truth| {
            (truth.state, truth.role) = ("unconnected".to_owned(), "idle".to_owned());
        }),
    ];
    assert_found(&all);
}

#[test]
fn unix_connections_know_their_peers() {
    let name = format!("sockeye-peers-{}", std::process::id());
    let addr = UnixAddr::from_abstract_name(&name).unwrap();
    let listener = UnixListener::bind_addr(&addr).unwrap();
    let mut client = UnixStream::connect_addr(&addr).unwrap();
    let (server, _) = listener.accept().unwrap();
    client.write_all(b"unread").unwrap();
    let (left, right) = UnixDatagram::pair().unwrap();
    let inodes = [inode(&client), inode(&server), inode(&left), inode(&right)];
    let peer = |of: usize| move |truth: &mut Socket| truth.peer_inode = Some(inodes[of]);
    let server_told = |truth: &mut Socket| {
        truth.peer_inode = Some(inodes[0]);
        truth.path = Some(format!("@{name}"));
        truth.recv_q = Some(6);
    };
    let all = [
        Held::new("server", server, server_told),
        Held::new("left of a pair", left, peer(3)),
        Held::new("right of a pair", right, peer(2)),
    ];
    assert_found(&all);
    // Bytes on the way to the peer are counted with their bookkeeping, so only their being there.
    let told = document(&["--json"]);
    let found = told.by_inode(inode(&client)).unwrap();
    assert_eq!((found.peer_inode, found.send_q > Some(0)), (Some(inodes[1]), true));
}

/// `unix_diag` leaves such a connection out, so through netlink only its client and the queue of its
/// listener tell of it; `/proc/net/unix` has it.
#[test]
fn a_unix_connection_that_nobody_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("queue");
    let listener = UnixListener::bind(&path).unwrap();
    let client = Held::new("client", UnixStream::connect(&path).unwrap(), |_| {});
    assert_found(&[client]);
    assert_eq!(document(&["--json"]).by_inode(inode(&listener)).unwrap().recv_q, Some(1));
    let told = document(&["--json", "--source", "procfs"]);
    let is_it = |socket: &Socket| socket.path.as_deref() == path.to_str() && socket.state == "established";
    let truth = Socket {
        family: "unix".to_owned(),
        protocol: "unix".to_owned(),
        path: path.to_str().map(str::to_owned),
        owner_status: "accept-queue".to_owned(),
        recv_q: None,
        send_q: None,
        ..unknown()
    };
    assert_eq!(told.only(is_it).map(Socket::plain).as_ref(), Some(&truth));
}

#[test]
fn every_process_that_holds_a_socket_is_told_with_every_descriptor() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = vec![
        Held::new("TCP", tcp_listener("127.0.0.1:0", None, 5), |truth| {
            listens(truth, "loopback", "v4", None);
            truth.send_q = Some(5);
        }),
        Held::new("UDP", udp_server("127.0.0.1"), |truth| {
            (truth.state, truth.role) = ("unconnected".to_owned(), "listener".to_owned());
        }),
        Held::new("Unix", UnixListener::bind(dir.path().join("shared")).unwrap(), |truth| {
            named("listen", "listener", dir.path().join("shared").to_str().unwrap(), Some(4096))(truth);
        }),
    ];
    // std asks for the longest backlog there is, and the kernel gives what it allows.
    let most: u32 = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim_end().parse().unwrap();
    all[2].truth.send_q = Some(most);
    let before = moment(&document(&["--json", "--owners", "none"]).generated_at);
    let mut holders = Vec::new();
    for held in &mut all {
        let shared = || held.fd.try_clone().unwrap();
        let once: Vec<_> = (0..3).map(|_| Holder::start(shared(), Stdio::null())).collect();
        let twice = Holder::start(shared(), shared());
        for holder in &once {
            held.also_held_by(holder.pid(), &[1]);
        }
        held.also_held_by(twice.pid(), &[1, 2]);
        holders.extend(once);
        holders.push(twice);
    }
    assert_found(&all);
    let told = document(&["--json"]);
    let owners = without_forks(told.by_cookie(all[0].cookie()).unwrap()).owners.unwrap();
    let slack = jiff::SignedDuration::from_secs(2);
    for owner in owners.iter().filter(|owner| owner.pid != std::process::id()) {
        let started = moment(owner.start_time.as_deref().unwrap());
        assert!(started > before - slack, "{} started at {started}, after {before}", owner.pid);
    }
    drop(holders);
    let told = document(&["--json"]);
    for held in &all {
        let count = without_forks(told.by_cookie(held.cookie()).unwrap()).owner_count;
        assert_eq!(count, Some(1), "{}: only we hold it now", held.what);
    }
}

#[test]
fn a_process_that_replaced_its_program_is_told_by_the_new_one() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let inode = inode(&listener);
    let script = "exec 7>&1 8>&1 1>/dev/null; exec cat";
    let holder = Holder::spawn(
        Command::new("/bin/sh").args(["-c", script]).stdout(OwnedFd::from(listener)).stderr(Stdio::null()),
    );
    eventually(|| {
        let comm = fs::read(format!("/proc/{}/comm", holder.pid())).unwrap();
        (comm == b"cat\n").then_some(()).ok_or_else(|| "still the shell".to_owned())
    });
    let told = document(&["--json"]);
    let owners = told.by_inode(inode).unwrap().owners.clone().unwrap();
    let [owner] = owners.as_slice() else { panic!("{owners:#?}") };
    let truth = process(holder.pid(), &[7, 8]);
    assert_eq!((&owner.comm, &owner.exe, &owner.fds), (&truth.comm, &truth.exe, &truth.fds));
    assert_eq!(owner.cmdline.as_deref(), Some(&["cat".to_owned()][..]));
}

#[test]
fn the_document_says_what_was_read_and_how() {
    let _listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let told = document(&["--json"]);
    let tables: Vec<_> = told.coverage.tables.iter().map(|read| (&*read.family, &*read.protocol)).collect();
    let some = [("inet", "tcp"), ("inet6", "tcp"), ("inet", "udp"), ("inet6", "udp"), ("unix", "unix")];
    assert!(some.iter().all(|table| tables.contains(table)), "{tables:?}");
    for read in &told.coverage.tables {
        let here = |socket: &&Socket| (&socket.family, &socket.protocol) == (&read.family, &read.protocol);
        assert_eq!(read.rows, told.sockets.iter().filter(here).count() as u64, "{read:?}");
        assert_eq!(read.netns, unknown().netns);
        if some.contains(&(&*read.family, &*read.protocol)) {
            assert_eq!((&*read.source, &*read.status, &read.reason), ("netlink", "ok", &None));
        }
    }
    let owners = &told.coverage.owners;
    assert_eq!((&*owners.method, owners.processes > 0), ("procfs", true));
    assert!(owners.unresolved.iter().all(|why| why.count > 0 && !why.reason.is_empty()), "{owners:?}");
    let unresolved: u64 = owners.unresolved.iter().map(|why| why.count).sum();
    assert_eq!(owners.resolved + unresolved, told.sockets.len() as u64);
    let namespaces = &told.coverage.namespaces;
    assert_eq!((namespaces.seen, namespaces.refused, namespaces.list.len()), (1, 0, 1));
    assert_eq!((&*namespaces.list[0].found, &*namespaces.list[0].status), ("own", "ok"));
    assert_eq!(told.coverage.losses.malformed_rows, 0);
    let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    assert_eq!(told.host.boot_id.as_deref(), Some(boot_id.trim_end()));
}

#[test]
fn owners_are_null_with_a_reason_when_nobody_asked() {
    let held = Held::new("listener", tcp_listener("127.0.0.1:0", None, 5), |truth| {
        listens(truth, "loopback", "v4", None);
        truth.send_q = Some(5);
        (truth.owners, truth.owner_count) = (None, None);
        truth.owner_status = "not-scanned".to_owned();
    });
    let told = document(&["--json", "--owners", "none"]);
    assert_eq!(told.by_cookie(held.cookie()).map(Socket::plain).as_ref(), Some(&held.truth));
    assert_eq!(told.coverage.owners.method, "none");
}

#[test]
fn a_selection_lists_what_it_says_and_reads_nothing_else() {
    let tcp = Held::new("TCP", TcpListener::bind("127.0.0.1:0").unwrap(), |_| {});
    let tcp6 = Held::new("TCP on v6", TcpListener::bind("[::]:0").unwrap(), |_| {});
    let udp = Held::new("UDP", udp_server("127.0.0.1"), |_| {});
    let (client, _server) = pair("127.0.0.1:0");
    let client = Held::new("connection", client, |_| {});
    let pair = UnixStream::pair().unwrap();
    let unix = Held::new("Unix", pair.0, |_| {});
    let all = [&tcp, &tcp6, &udp, &client, &unix];
    for (args, shown, tables) in [
        (&["--json"][..], [true, true, true, true, true], 5),
        (&["--json", "-t"], [false, false, false, true, false], 2),
        (&["--json", "-ta"], [true, true, false, true, false], 2),
        (&["--json", "-tl"], [true, true, false, false, false], 2),
        (&["--json", "-tul"], [true, true, true, false, false], 4),
        (&["--json", "-4"], [true, false, true, true, false], 2),
        (&["--json", "-6", "-l"], [false, true, false, false, false], 2),
        (&["--json", "-x"], [false, false, false, false, true], 1),
        (&["--json", "-n"], [true, true, true, true, true], 5),
    ] {
        let told = document(args);
        for (held, shown) in all.iter().zip(shown) {
            assert_eq!(told.by_cookie(held.cookie()).is_some(), shown, "{args:?}: {}", held.what);
        }
        let every = ["tcp", "udp", "unix"];
        let read = told.coverage.tables.iter().filter(|read| every.contains(&&*read.protocol)).count();
        assert_eq!(read, tables, "{args:?}");
    }
}
