//! Two sources must agree: what netlink and `/proc/net` both know of a socket is the same.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use serde_json::{Map, Value};

use crate::harness::{run, sockeye};
use crate::stock::{inode, udp_server};

/// What `/proc/net` cannot tell, by protocol and for listeners; all else it must tell alike.
fn untold(socket: &Map<String, Value>) -> Vec<&'static str> {
    let text = |key: &str| socket[key].as_str().unwrap_or_default();
    let mut keys = vec!["cookie", "peer_cookie", "v6only", "interface", "interface_index"];
    if text("protocol") == "unix" {
        keys.extend([
            "uid",
            "user",
            "peer_inode",
            "peer_owners",
            "recv_q",
            "send_q",
            "accept_queue",
            "backlog",
        ]);
    }
    if (text("protocol"), text("state")) == ("tcp", "listen") {
        keys.extend(["send_q", "backlog"]);
    }
    if text("local_address") == "::" {
        keys.push("reach");
    }
    keys
}

/// What only a dump can bring, and what differs from look to look.
const DETAILS: [&str; 12] = [
    "cgroup",
    "cgroup_id",
    "tos",
    "tclass",
    "class_id",
    "mark",
    "shutdown",
    "mem",
    "tcp_info",
    "congestion",
    "options",
    "unix",
];

/// The sockets of one source, as plain objects, by inode.
pub(crate) fn told(source: &str) -> BTreeMap<u64, Map<String, Value>> {
    let ran = run(&mut sockeye(&["--json", "--source", source]));
    let document: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let sockets = document["sockets"].as_array().unwrap().iter();
    let objects = sockets.map(|socket| socket.as_object().unwrap().clone());
    objects.filter_map(|socket| Some((socket["inode"].as_u64()?, socket))).collect()
}

/// Without owners that another test forked this instant, which only one of the two readings saw.
pub(crate) fn settled(mut socket: Map<String, Value>) -> Map<String, Value> {
    let own = u64::from(std::process::id());
    for list in ["owners", "peer_owners"] {
        if let Some(owners) = socket[list].as_array_mut() {
            owners.retain(|owner| owner["pid"] == own);
        }
    }
    socket.remove("owner_count");
    for detail in DETAILS {
        socket.remove(detail);
    }
    socket
}

#[test]
fn netlink_and_procfs_agree_on_what_both_know() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap().0;
    let stream = UnixListener::bind(dir.path().join("stream")).unwrap();
    let unix_client = UnixStream::connect(dir.path().join("stream")).unwrap();
    let (left, right) = UnixDatagram::pair().unwrap();
    let own: Vec<OwnedFd> = vec![
        listener.into(),
        client.into(),
        server.into(),
        TcpListener::bind("[::]:0").unwrap().into(),
        TcpListener::bind("[::ffff:127.0.0.1]:0").unwrap().into(),
        udp_server("127.0.0.1").into(),
        udp_server("::").into(),
        stream.into(),
        unix_client.into(),
        UnixDatagram::bind(dir.path().join("datagram")).unwrap().into(),
        left.into(),
        right.into(),
    ];
    let (netlink, procfs) = (told("auto"), told("procfs"));
    for fd in &own {
        let truth = settled(netlink[&inode(fd)].clone());
        let text = settled(procfs[&inode(fd)].clone());
        assert!(truth.keys().eq(text.keys()), "the same keys in the same order");
        let untold = untold(&truth);
        for (key, value) in &truth {
            let wanted = if untold.contains(&key.as_str()) { &Value::Null } else { value };
            assert_eq!(&text[key], wanted, "{key} of {truth:#?}");
        }
    }
}
