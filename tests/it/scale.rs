//! Thousands of sockets: all of them, each once, with its owner.

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::harness::document;
use crate::stock::cookie;

/// Raises the limit of descriptors as far as this user may, and says how many pairs fit below it.
fn affordable_pairs() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(u64::MAX).min(8192).max(limit.current.unwrap_or(u64::MAX));
    setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit }).unwrap();
    // The other tests of this process need descriptors too.
    usize::try_from(wanted).unwrap_or(usize::MAX).saturating_sub(1024).clamp(400, 2000) / 2
}

#[test]
fn thousands_of_connections_are_all_there_and_each_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let mut own = Vec::new();
    for _ in 0..affordable_pairs() {
        own.push(TcpStream::connect(addr).unwrap());
        own.push(listener.accept().unwrap().0);
    }
    let wanted: BTreeSet<u64> = own.iter().map(cookie).collect();
    assert_eq!(wanted.len(), own.len());
    for args in [&["--json"][..], &["--json", "--source", "netlink", "-t"]] {
        let told = document(args);
        let of_ours = |socket: &&crate::document::Socket| {
            socket.local_port == Some(addr.port().into()) || socket.remote_port == Some(addr.port().into())
        };
        let ours: Vec<_> =
            told.sockets.iter().filter(of_ours).filter(|socket| socket.state == "established").collect();
        let cookies: BTreeSet<u64> =
            ours.iter().map(|socket| socket.cookie.as_ref().unwrap().parse().unwrap()).collect();
        assert_eq!(ours.len(), cookies.len(), "repeated rows");
        assert_eq!(wanted.difference(&cookies).count(), 0, "missing rows");
        let pid = std::process::id();
        let strangers = ours.iter().filter(|socket| {
            !socket.owners.iter().flatten().any(|owner| owner.pid == pid && owner.fds.len() == 1)
        });
        assert_eq!(strangers.count(), 0, "rows without their owner");
    }
}
