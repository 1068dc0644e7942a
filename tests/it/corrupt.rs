//! Real dumps of this machine, cut and damaged: whatever arrives, decoding ends, nothing panics, and
//! what is cut off never makes up another socket.

use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixListener;
use std::sync::OnceLock;

use proptest::prelude::*;
use sockeye::model::{Ask, Family, NetnsId, Protocol, Socket};
use sockeye::sys::netlink::{CHUNK, DiagSocket};
use sockeye::wire::{Context, WireError, inet_diag, netlink, unix_diag};

/// A drained dump, and how to read it.
struct Captured {
    bytes: Vec<u8>,
    context: Context,
}

type Read = Vec<Result<Socket, WireError>>;

impl Captured {
    fn of(family: Family, protocol: Protocol) -> Self {
        let context = Context::new(NetnsId(1), family, protocol);
        let ask = Ask { storages: false, ..Ask::EVERYTHING };
        let request = if family == Family::Unix { unix_diag::dump_request } else { inet_diag::dump_request };
        let mut bytes = Vec::new();
        let mut socket = DiagSocket::open(CHUNK).unwrap();
        socket.dump(|seq| request(&context, seq, ask), &mut bytes, &mut |_| ()).unwrap();
        Self { bytes, context }
    }

    fn decode(&self, bytes: &[u8]) -> Read {
        let decode = if self.context.family == Family::Unix { unix_diag::decode } else { inet_diag::decode };
        let read: Read = netlink::messages(bytes)
            .map(|message| message.and_then(|message| decode(message.payload, &self.context)))
            .collect();
        assert!(read.len() <= bytes.len() / 16 + 1, "more messages than have room");
        read
    }

    /// The first messages, so that a test may try each byte of them.
    fn front(&self) -> &[u8] {
        let lengths =
            netlink::messages(&self.bytes).map(|message| message.unwrap().header.len.get() as usize);
        let ends = lengths.scan(0, |end, len| {
            *end += len.next_multiple_of(4);
            Some(*end)
        });
        &self.bytes[..ends.take_while(|end| *end <= 4096).last().unwrap()]
    }
}

/// TCP with a listener and a connection, UDP, and Unix.
fn captured() -> &'static [Captured] {
    static DUMPS: OnceLock<Vec<Captured>> = OnceLock::new();
    DUMPS.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let _udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let _unix = UnixListener::bind(dir.path().join("socket")).unwrap();
        let tables =
            [(Family::Inet, Protocol::Tcp), (Family::Inet, Protocol::Udp), (Family::Unix, Protocol::Unix)];
        tables.map(|(family, protocol)| Captured::of(family, protocol)).into()
    })
}

#[test]
fn a_dump_cut_anywhere_holds_what_came_before_and_nothing_else() {
    for dump in captured() {
        let front = dump.front();
        let whole = dump.decode(front);
        assert!(!whole.is_empty() && whole.iter().all(Result::is_ok), "{whole:?}");
        for cut in 0..front.len() {
            let read = dump.decode(&front[..cut]);
            let good = read.iter().take_while(|socket| socket.is_ok()).count();
            assert_eq!(read[..good], whole[..good], "cut at {cut}");
            assert!(read.len() - good <= 1, "cut at {cut}: {read:?}");
        }
    }
}

#[test]
fn a_length_that_lies_anywhere_ends_the_walk() {
    for dump in captured() {
        let mut bytes = dump.front().to_vec();
        for at in (0..bytes.len() - 1).step_by(2) {
            let kept = [bytes[at], bytes[at + 1]];
            for lie in [0u16, 1, 3, 4, 5, 15, 16, 17, 0x7fff, 0xffff] {
                bytes[at..at + 2].copy_from_slice(&lie.to_ne_bytes());
                dump.decode(&bytes);
            }
            bytes[at..at + 2].copy_from_slice(&kept);
        }
    }
}

proptest! {
    #[test]
    fn a_damaged_dump_is_read_to_its_end(
        which in 0usize..3,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..64),
        cut in any::<prop::sample::Index>(),
    ) {
        let dump = &captured()[which];
        let mut bytes = dump.bytes.clone();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()));
        dump.decode(&bytes);
    }
}
