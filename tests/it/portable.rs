//! The portable source must agree with netlink on what both know, and must not be believed where
//! netstat2 says nothing.

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;

use serde_json::{Map, Value};

use crate::document::{Document, Slice};
use crate::harness::{eventually, run, sockeye};
use crate::parity::{settled, told};
use crate::refused::{REFUSALS, run_refused};
use crate::stock::{has_ipv6_loopback, inode, udp_server};

/// What netstat2 tells instead of the truth; all else it must tell alike.
fn as_portable(truth: &Map<String, Value>) -> Map<String, Value> {
    let mut told = truth.clone();
    let mut untold = vec!["cookie", "v6only", "interface", "interface_index", "recv_q", "send_q"];
    untold.extend(["accept_queue", "backlog", "timer", "mptcp", "peer_cookie"]);
    if truth["protocol"] == "udp" {
        untold.extend(["remote_address", "remote_port", "peer_owners"]);
        told["state"] = "unknown".into();
        // The port alone says what a socket is there for, be it connected or not.
        let server = truth["role"] == "listener";
        let range = if server { "outside the" } else { "of the" };
        told["role"] = if server { "listener" } else { "client" }.into();
        told["role_reason"] =
            format!("on a port {range} ephemeral range, and whether it has a peer is not told").into();
    }
    if truth["local_address"] == "::" {
        untold.push("reach");
    }
    for key in untold {
        told[key] = Value::Null;
    }
    told
}

/// A UDP socket that is connected, on a port that the kernel handed out.
fn connected(to: &UdpSocket) -> UdpSocket {
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(to.local_addr().unwrap()).unwrap();
    client
}

#[test]
fn netlink_and_netstat2_agree_on_what_both_know() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().unwrap().0;
    let half_closed = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    half_closed.shutdown(std::net::Shutdown::Write).unwrap();
    let half_open = listener.accept().unwrap().0;
    // The end is acknowledged a little later; from then on nothing changes any more.
    eventually(|| match told("netlink")[&inode(&half_closed)]["state"].as_str() {
        Some("fin-wait-2") => Ok(()),
        state => Err(format!("{state:?}")),
    });
    let udp = udp_server("127.0.0.1");
    let asking = connected(&udp);
    let mut own: Vec<OwnedFd> = vec![
        listener.into(),
        client.into(),
        server.into(),
        half_closed.into(),
        half_open.into(),
        TcpListener::bind("[::]:0").unwrap().into(),
        TcpListener::bind("[::ffff:127.0.0.1]:0").unwrap().into(),
        udp.into(),
        asking.into(),
        udp_server("::").into(),
        UdpSocket::bind("127.0.0.1:0").unwrap().into(),
    ];
    if has_ipv6_loopback() {
        let listener = TcpListener::bind("[::1]:0").unwrap();
        own.push(TcpStream::connect(listener.local_addr().unwrap()).unwrap().into());
        own.push(listener.into());
    }
    let (netlink, portable) = (told("netlink"), told("portable"));
    for fd in &own {
        let truth = settled(netlink[&inode(fd)].clone());
        let found = settled(portable[&inode(fd)].clone());
        assert!(truth.keys().eq(found.keys()), "the same keys in the same order");
        for (key, wanted) in &as_portable(&truth) {
            assert_eq!(&found[key], wanted, "{key} of {truth:#?}");
        }
    }
}

fn knows(read: &Slice) -> bool {
    matches!(&*read.protocol, "tcp" | "udp")
}

#[test]
fn no_table_of_it_is_ever_called_ok() {
    let _udp = udp_server("127.0.0.1");
    let _tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let ran = run(&mut sockeye(&["--json", "--source", "portable"]));
    assert_eq!(ran.code(), 2, "Unix sockets could not be read: {}", ran.stderr());
    let told = Document::read(&ran.stdout);
    assert!(!told.coverage.complete);
    for read in &told.coverage.tables {
        assert!(read.status != "ok" && read.reason.is_some(), "{read:?}");
        assert_eq!(read.source, if read.protocol == "other" { "procfs" } else { "portable" }, "{read:?}");
        match (&*read.family, &*read.protocol) {
            ("inet", "tcp" | "udp") => assert_eq!(read.status, "fallback", "{read:?}"),
            ("unix", _) => assert_eq!((&*read.status, read.rows), ("failed", 0), "{read:?}"),
            // A socket that netstat2 does not list must not seem to be in no table.
            ("other", _) => assert_eq!((&*read.status, read.rows), ("partial", 0), "{read:?}"),
            _ => {}
        }
    }
    let ran = run(&mut sockeye(&["-tuln", "--source", "portable"]));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert!(ran.stderr().contains("read by netstat2, with less detail"), "{}", ran.stderr());
}

#[test]
fn what_is_refused_has_failed_and_is_not_empty() {
    let _tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    for (errno, says) in REFUSALS {
        let ran = run_refused(errno, sockeye(&["--json", "-tu", "--source", "portable"]));
        assert_eq!(ran.code(), 2, "{says}: {}", ran.stderr());
        assert!(ran.stderr().contains(says), "{}", ran.stderr());
        let told = Document::read(&ran.stdout);
        let tables: Vec<_> = told.coverage.tables.iter().filter(|read| knows(read)).collect();
        assert_eq!(tables.len(), 4);
        for read in tables {
            let word = if errno == 1 { "denied" } else { "failed" };
            assert_eq!((&*read.status, read.rows), (word, 0), "{read:?}");
            assert!(read.reason.as_ref().is_some_and(|why| why.contains(says)), "{read:?}");
        }
    }
}

#[test]
fn doctor_looks_at_the_own_namespace_alone() {
    let _tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let report = run(&mut sockeye(&["doctor", "--source", "portable"])).ok();
    assert!(report.contains("could not be read: ") && report.contains("read by netstat2: tcp"), "{report}");
    assert!(report.contains("namespaces  1 of 1"), "{report}");
}
