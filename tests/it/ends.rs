//! `sockeye -E`: the ends of sockets that the test opens, with the counts that it knows.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::sockopt::set_socket_linger;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use crate::follower::Follower;
use crate::harness::{assert_harmless, run, sockeye};
use crate::hostile::Villain;
use crate::stock::{cookie, inode};
use crate::validator::{assert_valid, validator};

/// Tells the ends of sockets at that port.
fn follow(args: &[&str], port: u16) -> Follower {
    let (local, remote) = (format!("sport = {port}"), format!("dport = {port}"));
    Follower::start(&mut sockeye(&[args, &[&local, "or", &remote]].concat()))
}

fn pair(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (caller, listener.accept().unwrap().0)
}

#[test]
fn the_last_counts_are_exact() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let following = follow(&["-E", "--json"], port);
    let (mut caller, mut server) = pair(&listener);
    let (of_caller, of_server) = (cookie(&caller), cookie(&server));
    caller.write_all(&[1; 1000]).unwrap();
    server.read_exact(&mut [0; 1000]).unwrap();
    server.write_all(&[2; 10]).unwrap();
    // In this order either end has seen the end of the other's stream before it is gone.
    server.shutdown(Shutdown::Write).unwrap();
    assert_eq!(caller.read_to_end(&mut Vec::new()).unwrap(), 10);
    drop(caller);
    assert_eq!(server.read_to_end(&mut Vec::new()).unwrap(), 0);
    drop(server);
    // The kernel counts the end of a stream as a byte that was received.
    for (cookie, sent, received) in [(of_caller, 1000, 10 + 1), (of_server, 10, 1000 + 1)] {
        let end = following.end_of(cookie);
        assert_eq!((&*end.event, end.bytes_sent, end.bytes_received), ("closed", Some(sent), Some(received)));
        assert_eq!((&*end.socket.state, end.from_state, end.duration_ms), ("closed", None, None));
        assert_eq!(
            (end.socket.inode, end.socket.uid, end.socket.owners),
            (None, None, None),
            "nobody saw it"
        );
    }
    // A connection that is cut off has no end of a stream.
    let (mut caller, mut server) = pair(&listener);
    let of_server = cookie(&server);
    caller.write_all(&[1; 7]).unwrap();
    server.read_exact(&mut [0; 7]).unwrap();
    set_socket_linger(&caller, Some(Duration::ZERO)).unwrap();
    drop(caller);
    assert!(server.read(&mut [0]).is_err(), "it was reset");
    drop(server);
    assert_eq!(following.end_of(of_server).bytes_received, Some(7));
    let validator = validator("event_line");
    for line in following.lines() {
        assert_valid(&validator, "-E", &serde_json::from_str(&line).unwrap());
    }
}

#[test]
fn where_the_kernel_wiped_the_counts_none_are_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (caller, _server) = pair(&listener);
    // The port of the other end is wiped, too, so that a filter on it would not find it.
    let following = follow(&["-E", "--json"], caller.local_addr().unwrap().port());
    let of_caller = cookie(&caller);
    (&caller).write_all(&[1; 7]).unwrap();
    set_socket_linger(&caller, Some(Duration::ZERO)).unwrap();
    let remote = u32::from(listener.local_addr().unwrap().port());
    drop(caller);
    let end = following.end_of(of_caller);
    assert_eq!((end.bytes_sent, end.socket.remote_port), (Some(0), Some(remote)), "as it was read, before 7");
    let following = Follower::start(&mut sockeye(&["-E", "--json", "--owners", "none", "-t"]));
    let unread = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let of_unread = cookie(&unread);
    set_socket_linger(&unread, Some(Duration::ZERO)).unwrap();
    drop(unread);
    let end = following.end_of(of_unread);
    assert_eq!((end.bytes_sent, end.bytes_received), (None, None), "nobody read it");
}

#[test]
fn how_a_connection_ended_is_told_where_it_is_proved() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // As it is for who may not use BPF, which tells more.
    let args = ["-E", "--json", "--owners", "proc"];
    let following = follow(&args, listener.local_addr().unwrap().port());
    let ending = |cookie| following.end_of(cookie).ending;

    // The other side is gone, and what is written to it comes back as a reset.
    let (mut caller, server) = pair(&listener);
    let of_caller = cookie(&caller);
    drop(server);
    assert_eq!(caller.read(&mut [0]).unwrap(), 0);
    caller.write_all(b"x").unwrap();
    drop(caller);
    assert_eq!(ending(of_caller).as_deref(), Some("unacknowledged"));

    // All was acknowledged before the reset came: as after any close.
    let (mut caller, server) = pair(&listener);
    let of_server = cookie(&server);
    caller.write_all(b"x").unwrap();
    (&server).read_exact(&mut [0]).unwrap();
    set_socket_linger(&caller, Some(Duration::ZERO)).unwrap();
    drop(caller);
    assert!((&server).read(&mut [0]).is_err(), "it was reset");
    drop(server);
    assert_eq!(ending(of_server), None);

    // One waits to be accepted, and there is room for no more: a call is not answered.
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let _waits = TcpStream::connect(address).unwrap();
    assert_eq!(poll(&mut [PollFd::new(&listener, PollFlags::IN)], None), Ok(1));
    let unanswered =
        socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::NONBLOCK, None).unwrap();
    assert_eq!(rustix::net::connect(&unanswered, &address), Err(Errno::INPROGRESS));
    let of_unanswered = cookie(&unanswered);
    drop(unanswered);
    assert_eq!(ending(of_unanswered).as_deref(), Some("unanswered"));
}

#[test]
fn what_was_there_before_has_its_owner_and_its_state() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let following = follow(&["-E", "--json"], port);
    let later = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let (of_listener, of_later) = (cookie(&listener), cookie(&later));
    let of_inode = inode(&listener);
    drop((listener, later));
    let end = following.end_of(of_listener);
    assert_eq!((&*end.socket.state, end.from_state.as_deref()), ("closed", Some("listen")));
    assert_eq!((end.socket.inode, &*end.socket.role), (Some(of_inode), "listener"));
    assert!(end.socket.owners.unwrap().iter().any(|owner| owner.pid == std::process::id()));
    let end = following.end_of(of_later);
    assert_eq!((&*end.socket.protocol, &*end.socket.state, end.from_state), ("udp", "unconnected", None));
    assert_eq!((end.bytes_sent, end.socket.send_q), (None, None), "what the kernel counts there is no queue");
    assert_eq!((end.socket.owners, &*end.socket.owner_status), (None, "not-scanned"));
}

#[test]
fn lines_are_those_of_ss_with_the_counts_behind() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let following = follow(&["-En"], port);
    let (caller, server) = pair(&listener);
    let (near, far) = (caller.local_addr().unwrap(), server.local_addr().unwrap());
    set_socket_linger(&caller, Some(Duration::ZERO)).unwrap();
    drop(caller);
    drop((server, listener));
    let waited = following.tells(&["was:LISTEN"]);
    let words: Vec<&str> = waited.split_whitespace().collect();
    let local = format!("127.0.0.1:{port}");
    assert_eq!(words, ["tcp", "UNCONN", "0", "0", &local, "0.0.0.0:*", "was:LISTEN"]);
    let line = following.tells(&[&near.to_string(), &far.to_string(), "bytes_sent"]);
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(
        (words[..4].join(" "), words[6], words[8]),
        ("tcp UNCONN 0 0".to_owned(), "bytes_sent:0", "bytes_received:0")
    );
    let header = following.lines()[0].clone();
    let head: Vec<&str> = header.split_whitespace().collect();
    assert_eq!(head[..4], ["Netid", "State", "Recv-Q", "Send-Q"]);
}

#[test]
fn a_filter_sees_the_state_before() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (caller, server) = pair(&listener);
    let sport = format!("sport = {port}");
    let following = Follower::start(&mut sockeye(&["-EH", "state", "listening", "and", &sport]));
    drop(server);
    drop(caller);
    drop(listener);
    following.tells(&["was:LISTEN"]);
    assert_eq!(following.lines().len(), 1, "{:?}", following.lines());
}

#[test]
fn it_ends_after_so_many_or_so_long() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let following = follow(&["-EH", "--count", "1"], listener.local_addr().unwrap().port());
    drop(listener);
    following.tells(&["was:LISTEN"]);
    assert_eq!(following.ends(), Some(0));
    let ran = run(&mut sockeye(&["-EH", "--for", "50ms", "sport = 1"]));
    assert_eq!((ran.code(), ran.stdout()), (0, ""), "{}", ran.stderr());
}

#[test]
fn hostile_names_come_out_harmless() {
    let dir = tempfile::tempdir().unwrap();
    let villain = Villain::start(dir.path());
    let port = villain.port;
    let (table, json) = (follow(&["-EHpe"], port), follow(&["-E", "--json"], port));
    drop(villain);
    let line = table.tells(&["users:"]);
    assert_harmless("-Ep", line.as_bytes());
    assert!(line.contains(r#"("x\x1b[2J\n\x9b)(\xff \\y",pid="#), "{line}");
    assert_harmless("-E --json", json.tells(&["listener"]).as_bytes());
}

#[test]
fn a_closed_pipe_is_no_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let command =
        format!("'{}' -EH sport = {}", env!("CARGO_BIN_EXE_sockeye"), listener.local_addr().unwrap().port());
    // What reads is gone before anything is told.
    let script = format!("{{ {command}; echo ended $? >&2; }} | true");
    let mut shell = std::process::Command::new("sh");
    let said = Follower::start(shell.args(["-c", &script]));
    drop(listener);
    said.says("ended 0");
}
