//! Byte counters without the rest of `tcp_info`, and one socket that is looked at more closely than others.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use sockeye::model::{Ask, Closely, Family, Protocol, Socket};
use sockeye::source::SocketSource as _;
use sockeye::source::netlink::Netlink;

use crate::stock::cookie;

const TCP: (Family, Protocol) = (Family::Inet, Protocol::Tcp);

/// A connection through which bytes went.
fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut other, _) = listener.accept().unwrap();
    one.write_all(&[7; 1_000]).unwrap();
    other.read_exact(&mut [0; 1_000]).unwrap();
    (one, other)
}

#[test]
fn of_one_all_is_told_and_of_the_others_their_bytes() {
    let ((one, other), (third, _fourth)) = (connection(), connection());
    let mut source = Netlink::strict(Ask { rates: true, ..Ask::NOTHING });
    let read = |source: &mut Netlink| source.read(&[TCP]).unwrap().sockets;
    let find = |sockets: &[Socket], stream: &TcpStream| {
        let is_it = |socket: &&Socket| socket.key.cookie().is_some_and(|it| it.0 == cookie(stream));
        sockets.iter().find(is_it).unwrap().clone()
    };
    let sockets = read(&mut source);
    assert_eq!(find(&sockets, &one).bytes(), Some((1_000, 0)));
    assert_eq!(find(&sockets, &other).bytes(), Some((0, 1_000)));
    assert!(sockets.iter().all(|socket| socket.details.is_none()), "their bytes alone");

    let watched = find(&sockets, &one);
    let ask = Ask { info: true, memory: true, ..Ask::NOTHING };
    source.look_closely(Some(Closely { key: watched.key, slice: watched.slice(), ask }));
    for asked in [Ask { rates: true, ..Ask::NOTHING }, Ask::NOTHING] {
        source.ask(asked);
        let sockets = read(&mut source);
        let details = find(&sockets, &one).details.unwrap();
        assert!(details.tcp_info.is_some() && details.memory.is_some() && details.congestion.is_some());
        assert_eq!(find(&sockets, &one).bytes(), Some((1_000, 0)));
        assert_eq!(find(&sockets, &third).bytes().is_some(), asked.rates);
        assert_eq!(sockets.iter().filter(|socket| socket.details.is_some()).count(), 1);
    }
    // What is asked for beside the bytes comes without the clocks of `tcp_info`.
    source.ask(Ask { rates: true, memory: true, ..Ask::NOTHING });
    let third = find(&read(&mut source), &third);
    let details = third.details.as_ref().unwrap();
    assert!(details.memory.is_some() && details.tcp_info.is_none() && third.bytes() == Some((1_000, 0)));

    source.look_closely(None);
    source.ask(Ask { rates: true, ..Ask::NOTHING });
    assert!(read(&mut source).iter().all(|socket| socket.details.is_none()));
    source.ask(Ask { info: true, ..Ask::NOTHING });
    let whole = find(&read(&mut source), &one);
    assert!(whole.counters.is_none() && whole.bytes() == Some((1_000, 0)), "kept once");
}
