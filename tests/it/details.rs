//! The details of sockets against what the kernel answers when the socket itself is asked.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::{UnixListener, UnixStream};

use rustix::net::sockopt;
use serde_json::Value;

use crate::document::{Document, Numbers, Socket};
use crate::harness::{document, eventually};
use crate::stock::{cookie, inode, udp_server};

fn number(numbers: Option<&Numbers>, key: &str) -> u64 {
    let numbers = numbers.unwrap_or_else(|| panic!("no object with {key}"));
    numbers[key].unwrap_or_else(|| panic!("{key} is unknown"))
}

fn told(document: &Document, fd: impl std::os::fd::AsFd) -> &Socket {
    document.by_cookie(cookie(fd)).expect("it is listed")
}

#[test]
fn buffers_queues_and_options_of_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    sockopt::set_ip_tos(&client, 0x28).unwrap();
    sockopt::set_tcp_congestion(&client, "reno").unwrap();
    client.write_all(&[7; 1000]).unwrap();
    let mut half = [0; 400];
    server.read_exact(&mut half).unwrap();
    let told_all = document(&["--json"]);
    let told_client = told(&told_all, &client);
    assert_eq!(told_client.tos, Some(0x28));
    assert_eq!(told_client.congestion.as_ref().unwrap()["algorithm"], "reno");
    let buffer = sockopt::socket_recv_buffer_size(&client).unwrap() as u64;
    assert_eq!(number(told_client.mem.as_ref(), "rcvbuf_bytes"), buffer);
    assert_eq!(number(told_client.tcp_info.as_ref(), "bytes_sent"), 1000);
    assert!(number(told_client.tcp_info.as_ref(), "rtt_us") > 0);
    let told_server = told(&told_all, &server);
    assert_eq!(number(told_server.tcp_info.as_ref(), "bytes_received"), 1000);
    assert_eq!((told_server.recv_q, told_server.shutdown.as_deref()), (Some(600), Some("none")));
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let after = document(&["--json"]);
    assert_eq!(told(&after, &client).shutdown.as_deref(), Some("send"));
}

#[test]
fn a_queue_names_its_listener_and_a_listener_its_queue() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let ends =
        [client.peer_addr().unwrap(), client.local_addr().unwrap()].map(|end| Some(u32::from(end.port())));
    let told_all = document(&["--json"]);
    let waiting = told_all.only(|socket| [socket.local_port, socket.remote_port] == ends).unwrap();
    assert_eq!(waiting.listener_cookie, Some(cookie(&listener).to_string()));
    let told_listener = told(&told_all, &listener);
    assert_eq!((told_listener.accept_queue, told_listener.backlog), (Some(1), Some(128)));
    let (server, _) = listener.accept().unwrap();
    assert_eq!(told(&document(&["--json"]), &server).listener_cookie, None);
}

#[test]
fn datagrams_that_found_no_room_are_counted() {
    let server = udp_server("127.0.0.1");
    sockopt::set_socket_recv_buffer_size(&server, 4096).unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    for _ in 0..100 {
        client.send_to(&[7; 1000], server.local_addr().unwrap()).unwrap();
    }
    let mut kept = 0;
    let told_all = document(&["--json"]);
    server.set_nonblocking(true).unwrap();
    while server.recv(&mut [0; 2000]).is_ok() {
        kept += 1;
    }
    let drops = number(told(&told_all, &server).mem.as_ref(), "drops");
    assert_eq!((drops + kept, drops > 0), (100, true));
    let text = document(&["--json", "--source", "procfs"]);
    assert_eq!(number(text.by_inode(inode(&server)).unwrap().mem.as_ref(), "drops"), drops);
}

#[test]
fn unix_sockets_know_their_file_and_who_waits() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("queue");
    let listener = UnixListener::bind(&path).unwrap();
    let client = UnixStream::connect(&path).unwrap();
    let found = eventually(|| {
        let told_all = document(&["--json"]);
        let unix = told(&told_all, &listener).unix.clone().ok_or("no Unix details")?;
        if unix["pending"].as_array().is_some_and(|all| all.len() == 1) {
            Ok(unix)
        } else {
            Err("nobody waits".to_owned())
        }
    });
    let file = std::fs::metadata(&path).unwrap();
    assert_eq!(found["vfs_inode"].as_u64(), Some(file.ino()));
    assert_eq!(found["vfs_device"].as_u64(), Some(file.dev()));
    assert_eq!(found["pending"], Value::from(vec![inode(&client)]));
}

#[test]
fn the_kernels_own_count_stands_beside_the_rows() {
    let _server = udp_server("127.0.0.1");
    let found = eventually(|| {
        let told_all = document(&["--json"]);
        let udp = |read: &&crate::document::Slice| (&*read.family, &*read.protocol) == ("inet", "udp");
        let read = told_all.coverage.tables.iter().find(udp).unwrap();
        // Other tests open and close sockets between the count and the rows.
        if read.kernel_count == Some(read.rows) { Ok(read.rows) } else { Err(format!("{read:?}")) }
    });
    assert!(found > 0);
}

#[test]
fn a_socket_that_is_in_no_table_has_a_row_all_the_same() {
    let unbound =
        rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::STREAM, None).unwrap();
    let told_all = document(&["--json"]);
    let row = told_all.by_inode(inode(&unbound)).expect("its descriptor is seen");
    assert_eq!((&*row.family, &*row.protocol, &*row.state), ("other", "other", "unknown"));
    assert_eq!(row.protocol_name.as_deref(), Some("TCP"));
    let owners = row.owners.as_ref().unwrap();
    assert!(owners.iter().any(|owner| owner.pid == std::process::id()), "{owners:?}");
    let other = document(&["--json", "--other"]);
    assert!(other.by_inode(inode(&unbound)).is_some());
    assert!(other.sockets.iter().all(|socket| socket.protocol == "other"));
}
