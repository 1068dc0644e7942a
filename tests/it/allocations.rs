//! What parsing costs: nothing is allocated for a row that holds nothing to allocate for. A socket
//! that is parsed and not kept then costs nothing but its parsing.

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;

use allocation_counter::measure;
use sockeye::model::{Ask, Family, NetnsId, Protocol, Socket};
use sockeye::sys::netlink::{CHUNK, DiagSocket};
use sockeye::wire::{Context, WireError, inet_diag, netlink, unix_diag};

fn context(family: Family, protocol: Protocol, details: bool) -> Context {
    Context { details, ..Context::new(NetnsId(1), family, protocol) }
}

fn dump(request: impl FnOnce(u32) -> Vec<u8>) -> Vec<u8> {
    let mut messages = Vec::new();
    DiagSocket::open(CHUNK).unwrap().dump(request, &mut messages, &mut |_| ()).unwrap();
    messages
}

type Decode = fn(&[u8], &Context) -> Result<Socket, WireError>;

/// How many rows there are, and how many allocations parsing all of them takes when none is kept.
fn parsed(messages: &[u8], decode: Decode, context: &Context) -> (usize, u64) {
    let mut rows = 0;
    let told = measure(|| {
        for message in netlink::messages(messages) {
            decode(message.unwrap().payload, context).unwrap();
            rows += 1;
        }
    });
    (rows, told.count_total)
}

#[test]
fn internet_sockets_without_details_take_none() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connect = |_| TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let _connections: Vec<_> = (0..20).map(connect).collect();
    let _datagrams: Vec<_> = (0..20).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let plain = context(Family::Inet, protocol, false);
        let messages = dump(|seq| inet_diag::dump_request(&plain, seq, Ask::NOTHING));
        let (rows, allocations) = parsed(&messages, inet_diag::decode, &plain);
        assert!(rows >= 20, "{protocol:?}: {rows} rows");
        assert_eq!(allocations, 0, "{protocol:?}: {rows} rows");
        // Proof that allocations are counted at all: details are kept in a box.
        let (_, allocations) = parsed(&messages, inet_diag::decode, &context(Family::Inet, protocol, true));
        assert!(allocations >= 20, "{protocol:?}: {allocations} allocations with details");
    }
}

#[test]
fn unix_sockets_take_one_for_a_name_and_none_without() {
    let _pairs: Vec<_> = (0..20).map(|_| UnixDatagram::pair().unwrap()).collect();
    let place = tempfile::tempdir().unwrap();
    let bind = |n: u32| UnixDatagram::bind(place.path().join(n.to_string())).unwrap();
    let _named: Vec<_> = (0..20).map(bind).collect();
    let plain = context(Family::Unix, Protocol::Unix, false);
    let messages = dump(|seq| unix_diag::dump_request(&plain, seq, Ask::NOTHING));
    let names = netlink::messages(&messages)
        .filter(|message| {
            let socket = unix_diag::decode(message.as_ref().unwrap().payload, &plain).unwrap();
            socket.ends.unix_name().is_some()
        })
        .count();
    let (rows, allocations) = parsed(&messages, unix_diag::decode, &plain);
    assert!(names >= 20 && rows >= names + 40, "{rows} rows, {names} with a name");
    assert_eq!(allocations, names as u64, "{rows} rows");
}
