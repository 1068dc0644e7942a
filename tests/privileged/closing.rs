//! `sockeye -K` in a network namespace of its own: what is closed, what never is, and what is said of it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::process::Command;

use rustix::net::sockopt::set_socket_reuseport;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with};
use sockeye::engine::{OwnerAsk, Sampler};
use sockeye::model::{Ask, Closing, Family, Protocol, Socket};
use sockeye::source::netlink::Netlink;

use crate::Case;
use crate::document::{Host, Socket as Told};
use crate::harness::{Ran, document, run, sockeye};
use crate::namespaces::in_namespace;
use crate::others::PublicCopy;
use crate::session::Session;
use crate::stock::cookie;
use crate::validator::{assert_valid, validator};

pub(crate) const CASES: &[Case] = &[
    ("closing::one_connection_of_two_and_the_listener_survives", || in_namespace(one_of_two)),
    ("closing::a_listener_and_a_udp_server_keep_their_address", || in_namespace(listeners)),
    ("closing::what_is_gone_is_told_and_nothing_in_its_place_is_closed", || in_namespace(stale)),
    ("closing::sockets_that_share_an_address_are_left_alone", || in_namespace(shared)),
    ("closing::without_the_right_it_says_which_one_is_missing", || in_namespace(unprivileged)),
    ("closing::without_a_choice_or_a_terminal_nothing_is_closed", || in_namespace(refused)),
    ("closing::on_a_terminal_it_shows_and_asks", || in_namespace(asked)),
    ("closing::in_a_namespace_that_is_named_and_in_no_other", named_namespace),
];

pub(crate) const BESIDE_SS: &[Case] =
    &[("closing::what_ss_closes_is_what_sockeye_closes", || in_namespace(beside_ss))];

/// What it says of one socket. The host and the time are judged elsewhere.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    schema: u32,
    r#type: String,
    at: String,
    host: Host,
    result: String,
    reason: Option<String>,
    still_bound: Option<bool>,
    socket: Told,
}

fn pair(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (caller, listener.accept().unwrap().0)
}

fn works((caller, server): &mut (TcpStream, TcpStream)) -> bool {
    caller.write_all(b"x").and_then(|()| server.read_exact(&mut [0])).is_ok()
}

/// What it said of each socket, in JSON that keeps to the schema.
fn lines(ran: &Ran) -> Vec<Line> {
    let validator = validator("closing_line");
    let told = ran.stdout().lines().map(|line| {
        assert_valid(&validator, "-K", &serde_json::from_str(line).unwrap());
        let line: Line = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!((line.schema, &*line.r#type), (1, "closing"));
        assert!(crate::document::moment(&line.at).as_second() > 0 && !line.host.kernel.is_empty());
        line
    });
    told.collect()
}

fn port(end: SocketAddr) -> String {
    format!("sport = {}", end.port())
}

fn one_of_two() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (mut first, mut second) = (pair(&listener), pair(&listener));
    let chosen = port(first.0.local_addr().unwrap());
    let ran = run(&mut sockeye(&["-K", "--yes", "--json", "-t", &chosen]));
    assert_eq!((ran.code(), ran.stderr()), (0, ""));
    let told = lines(&ran);
    assert_eq!(told.len(), 1);
    assert_eq!((&*told[0].result, &told[0].reason, told[0].still_bound), ("closed", &None, Some(false)));
    assert_eq!(told[0].socket.cookie, Some(cookie(&first.0).to_string()));
    assert!(told[0].socket.owners.as_ref().unwrap().iter().any(|owner| owner.pid == std::process::id()));
    let error = first.0.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionAborted, "its holder is told");
    assert!(!works(&mut first) && works(&mut second));
    assert!(works(&mut pair(&listener)), "who calls is heard");
    // As in ss, who only waits is not meant, unless asked for.
    let local = listener.local_addr().unwrap();
    let ran = run(&mut sockeye(&["-K", "--yes", "-t", &port(local)]));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert!(!works(&mut second) && works(&mut pair(&listener)), "{}", ran.stdout());
}

fn listeners() {
    // On ports of their choice: one that the kernel chose is given back.
    let listener = TcpListener::bind("127.0.0.1:8081").unwrap();
    let server = UdpSocket::bind("127.0.0.1:8082").unwrap();
    let of = [cookie(&listener), cookie(&server)].map(|cookie| Some(cookie.to_string()));
    let ran = run(&mut sockeye(&["-K", "-l", "--yes", "--ndjson"]));
    assert_eq!((ran.code(), ran.stderr()), (0, ""));
    let told = lines(&ran);
    assert_eq!(told.len(), 2, "{}", ran.stdout());
    for line in &told {
        assert!(of.contains(&line.socket.cookie), "{line:?}");
        assert_eq!(line.result, "closed");
        // Of TCP the kernel tells it since Linux 6.8.
        assert!(line.still_bound == Some(true) || line.socket.protocol == "tcp", "{line:?}");
    }
    let local = listener.local_addr().unwrap();
    assert!(TcpStream::connect(local).is_err(), "nobody listens");
    // What is left of it is found by nobody, which does not make it gone; kernels before 6.8 do not list it.
    let ran = run(&mut sockeye(&["-K", "-ta", "--yes", "--json", &port(local)]));
    for line in lines(&ran) {
        assert_eq!((&*line.socket.state, &*line.result, line.still_bound), ("bound", "refused", None));
        assert!(line.reason.unwrap().contains("only whoever holds it can close it"));
        assert_eq!(ran.code(), 2);
    }
    assert!(server.recv(&mut [0]).is_err(), "its holder is told");
    let text = run(&mut sockeye(&["-K", "-ua", "--yes", &port(server.local_addr().unwrap())]));
    assert!(text.stdout().starts_with("closed  udp 127.0.0.1:"), "{}", text.stdout());
    assert!(text.stdout().ends_with("; whoever holds it keeps its address\n"), "{}", text.stdout());
}

/// The TCP sockets of this namespace, as the library reads them.
fn sockets() -> Vec<Socket> {
    let source = Box::new(Netlink::strict(Ask::NOTHING));
    let mut sampler = Sampler::new(source, vec![(Family::Inet, Protocol::Tcp)], OwnerAsk::NOTHING);
    sampler.take().unwrap().sockets
}

/// A connection that was read and is gone: its addresses lead to the listener now.
fn stale() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (caller, server) = pair(&listener);
    let of_server = cookie(&server);
    let read = sockets();
    let dead = read.iter().find(|socket| socket.key.cookie().is_some_and(|it| it.0 == of_server)).unwrap();
    // Cut off, so that neither end stays in TIME-WAIT, where it would be found still.
    rustix::net::sockopt::set_socket_linger(&caller, Some(std::time::Duration::ZERO)).unwrap();
    drop(caller);
    drop(server);
    assert_eq!(sockeye::action::close(&[dead]), [Closing::Gone]);
    assert_eq!(sockeye::engine::acting::close(&[dead]).unwrap(), [Closing::Gone], "as the dashboard closes");
    assert!(works(&mut pair(&listener)), "the listener is not closed in its place");
    // Nor is a connection that has its place.
    let local = listener.local_addr().unwrap();
    let remote = dead.ends.remote().unwrap();
    let again = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    bind(&again, &SocketAddr::new(remote.addr, remote.port)).unwrap();
    rustix::net::connect(&again, &local).unwrap();
    let mut other = (TcpStream::from(again), listener.accept().unwrap().0);
    assert_eq!(sockeye::action::close(&[dead]), [Closing::Gone]);
    assert!(works(&mut other));
}

fn member(at: SocketAddr) -> OwnedFd {
    let fd = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
    set_socket_reuseport(&fd, true).unwrap();
    bind(&fd, &at).unwrap();
    listen(&fd, 8).unwrap();
    fd
}

fn shared() {
    let first = TcpListener::from(member("127.0.0.1:0".parse().unwrap()));
    let local = first.local_addr().unwrap();
    let others: Vec<_> = (0..3).map(|_| TcpListener::from(member(local))).collect();
    let alone = TcpListener::bind("127.0.0.1:0").unwrap();
    let ran = run(&mut sockeye(&["-K", "-tl", "--yes", "--json"]));
    assert_eq!(ran.code(), 2, "{}", ran.stderr());
    let told = lines(&ran);
    assert_eq!(told.len(), 5);
    for line in told {
        let is_alone = line.socket.cookie == Some(cookie(&alone).to_string());
        assert_eq!(line.result, if is_alone { "closed" } else { "refused" });
        assert_eq!(line.reason.unwrap_or_default().contains("SO_REUSEPORT"), !is_alone);
    }
    let listening = document(&["--json", "-tl"]);
    for listener in others.iter().chain([&first]) {
        assert!(listening.by_cookie(cookie(listener)).is_some_and(|row| row.state == "listen"));
    }
    // The library, which is not asked about others, does not call them gone, whatever the kernel finds.
    let read = sockets();
    let members: Vec<&Socket> =
        read.iter().filter(|it| it.ends.local().is_some_and(|end| end.port == local.port())).collect();
    let done = sockeye::action::close(&members);
    assert!(done.len() == 4 && !done.contains(&Closing::Gone), "{done:?}");
}

fn unprivileged() {
    let copy = PublicCopy::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut both = pair(&listener);
    let ran = run(&mut copy.by_nobody(&["-K", "-ta", "--yes"]));
    assert_eq!(ran.code(), 2);
    assert_eq!(ran.stdout().lines().count(), 3, "{}", ran.stdout());
    let says = |line: &str| line.starts_with("refused tcp ") && line.contains("needs CAP_NET_ADMIN");
    assert!(ran.stdout().lines().all(says), "{}", ran.stdout());
    assert!(works(&mut both) && works(&mut pair(&listener)));
}

fn refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut both = pair(&listener);
    for (args, says) in [
        (&["-K", "--yes"][..], "-K alone would close every connection"),
        (&["-K", "--yes", "-a"], "sockeye -K -tu"),
        (&["-K", "--yes", "-x"], "TCP and UDP sockets alone"),
        (&["-K", "-t"], "there is no terminal to ask on: add --yes"),
        (&["-K", "--yes", "-t", "--csv"], "--csv, --columns and --format have no place"),
        (&["-K", "--yes", "-t", "prt = 80"], "did you mean"),
    ] {
        let ran = run(&mut sockeye(args));
        assert_eq!((ran.code(), ran.stdout()), (2, ""), "{args:?}");
        assert!(ran.stderr().contains(says), "{args:?}: {}", ran.stderr());
    }
    let empty = tempfile::NamedTempFile::new().unwrap();
    let ran = run(&mut sockeye(&["-K", "--yes", "-F", empty.path().to_str().unwrap()]));
    assert_eq!(ran.code(), 2, "an empty filter is none: {}", ran.stdout());
    let ran = run(&mut sockeye(&["-K", "--yes", "-t", "sport = 1"]));
    assert_eq!((ran.code(), ran.stdout()), (0, ""));
    assert!(ran.stderr().contains("no socket passes, nothing to close"), "{}", ran.stderr());
    assert!(works(&mut both) && works(&mut pair(&listener)));
}

/// What a process may, as the kernel tells it.
fn rights(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap();
    u64::from_str_radix(line.trim(), 16).unwrap()
}

fn asked() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut both = pair(&listener);
    let chosen = port(both.0.local_addr().unwrap());
    for (answer, code, end) in
        [("\r", 2, "nothing was closed"), ("n\r", 2, "nothing was closed"), ("y\r", 0, "closed  tcp")]
    {
        assert!(works(&mut both));
        let mut session = Session::start(env!("CARGO_BIN_EXE_sockeye"), &["-K", "-tn", &chosen]);
        session.wait_for("the question", |screen| {
            let text = screen.contents();
            text.contains("Close this socket? [y/N]") && text.contains("users:((") && text.contains("ESTAB")
        });
        assert_eq!(rights(session.pid()), 1 << 12, "CAP_NET_ADMIN is all that it has left");
        session.press(answer);
        session.wait_for(end, |screen| screen.contents().contains(end));
        session.ends_with(code);
    }
    assert!(!works(&mut both) && works(&mut pair(&listener)));
}

fn named_namespace() {
    in_namespace(|| {
        let outside = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut there = pair(&outside);
        let netns = sockeye::sys::host::netns().unwrap().0.to_string();
        let (local, stays) = (port(there.0.local_addr().unwrap()), port(outside.local_addr().unwrap()));
        std::thread::spawn(move || {
            crate::namespaces::enter_new().unwrap();
            crate::namespaces::raise_loopback();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let mut here = pair(&listener);
            let ran = run(&mut sockeye(&["-K", "--yes", "-t", "-N", &netns, &local]));
            assert_eq!(ran.code(), 0, "{}", ran.stderr());
            assert!(ran.stdout().starts_with("closed  tcp "), "{}", ran.stdout());
            assert!(works(&mut here));
            let ran = run(&mut sockeye(&["-K", "--yes", "-t", "--all-netns", &stays]));
            assert_eq!(ran.code(), 2, "{}", ran.stdout());
        })
        .join()
        .unwrap();
        assert!(!works(&mut there) && works(&mut pair(&outside)));
    });
}

/// The same choice, one half of the connections closed by either.
fn beside_ss() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut pairs: Vec<_> = (0..4).map(|_| pair(&listener)).collect();
    let of_ss = port(pairs[0].0.local_addr().unwrap());
    let ran = run(Command::new("ss").args(["-K", "-tn", &of_ss]));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let ours = port(pairs[1].0.local_addr().unwrap());
    let ran = run(&mut sockeye(&["-K", "--yes", "-tn", &ours]));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let work: Vec<bool> = pairs.iter_mut().map(works).collect();
    assert_eq!(work, [false, false, true, true]);
    let errors = pairs[..2].iter_mut().map(|(caller, _)| caller.read(&mut [0]).unwrap_or(7));
    let errors: Vec<usize> = errors.collect();
    assert_eq!(errors[0], errors[1], "both ends are told the same");
}
