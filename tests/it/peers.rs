//! The process at the other end of a connection, on sockets that the test shares with a child.

use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use crate::document::{Document, Named, Socket};
use crate::harness::{Holder, document, eventually};
use crate::stock::{cookie, fds_of, has_ipv6_loopback, inode};

/// Gives one end to a child alone: ours is closed, and no fork of another test has it any more.
fn given(end: impl Into<OwnedFd>) -> (Holder, u64, u64) {
    let end = end.into();
    let (cookie, inode) = (cookie(&end), inode(&end));
    let holder = Holder::start(end, Stdio::null());
    (holder, cookie, inode)
}

fn told(document: &Document, cookie: u64) -> &Socket {
    document.by_cookie(cookie).expect("it is listed")
}

/// Both ends name each other, and the process that holds the other one.
fn assert_paired(what: &str, ours: impl AsFd, (holder, theirs, their_inode): (Holder, u64, u64)) {
    eventually(|| match fds_of(holder.pid(), their_inode).len() {
        1 => Ok(()),
        many => Err(format!("{many} descriptors")),
    });
    let told_all = document(&["--json"]);
    let (here, there) = (told(&told_all, cookie(&ours)), told(&told_all, theirs));
    let cookies = (here.peer_cookie.clone(), there.peer_cookie.clone());
    assert_eq!(cookies, (Some(theirs.to_string()), Some(cookie(&ours).to_string())), "{what}");
    let us = Named { pid: std::process::id(), comm: own_name(), comm_hex: None };
    // A fork of another test may hold ours for an instant, and the child's until it runs something.
    assert!(there.peer_owners.as_ref().unwrap().contains(&us), "{what}: {there:#?}");
    let them = Named { pid: holder.pid(), comm: "cat".to_owned(), comm_hex: None };
    assert!(here.peer_owners.as_ref().unwrap().contains(&them), "{what}: {here:#?}");
    assert!(!here.peer_owners.as_ref().unwrap().contains(&us), "{what}: {here:#?}");
}

fn own_name() -> String {
    std::fs::read_to_string(format!("/proc/{}/comm", std::process::id())).unwrap().trim_end().to_owned()
}

#[test]
fn the_ends_of_a_socket_pair() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    assert_paired("unix", ours, given(theirs));
}

#[test]
fn the_ends_of_a_tcp_connection() {
    // The last one is IPv4 in an IPv6 socket, on the side of the listener alone.
    for (listens, calls) in [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "::1"), ("[::]:0", "127.0.0.1")] {
        if listens.starts_with('[') && !has_ipv6_loopback() {
            continue;
        }
        let listener = TcpListener::bind(listens).unwrap();
        let port = listener.local_addr().unwrap().port();
        let ours = TcpStream::connect((calls, port)).unwrap();
        assert_paired(listens, ours, given(listener.accept().unwrap().0));
        let listed = document(&["--json", "-tl"]);
        let listener = told(&listed, cookie(&listener));
        assert_eq!((&listener.peer_cookie, &listener.peer_owners), (&None, &None), "connected to nobody");
    }
}

#[test]
fn a_connection_that_nobody_accepted_has_an_end_without_owner() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let told_all = document(&["--json", "-ta"]);
    let here = told(&told_all, cookie(&client));
    let there = here.peer_cookie.as_ref().unwrap().parse().unwrap();
    assert_eq!(here.peer_owners, None);
    assert_eq!(told(&told_all, there).owner_status, "accept-queue");
}
