//! `unix_diag`: Unix sockets (`linux/unix_diag.h`, `net/unix/diag.c`, `sock_diag(7)`).

use zerocopy::byteorder::native_endian::U32;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::inet_details::memory;
use super::inet_diag::cookie;
use super::{Context, WireError, netlink, number, number_at, prefix, show_request};
use crate::model::{
    Ask, Basics, Details, Ends, Family, Identity, Inode, Protocol, Queues, Shutdown, Socket, SocketKey,
    SocketType, State, SystemBytes, Uid, UnixDetails, UnixName,
};

const AF_UNIX: u8 = 1;
/// `UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID`
const SHOW_ALWAYS: u32 = 0x01 | 0x04 | 0x10 | 0x40;
/// `UDIAG_SHOW_MEMINFO`
const SHOW_MEMORY: u32 = 0x20;
/// `UDIAG_SHOW_VFS | UDIAG_SHOW_ICONS`
const SHOW_REST: u32 = 0x02 | 0x08;
const NAME: u16 = 0;
const VFS: u16 = 1;
const PEER: u16 = 2;
const ICONS: u16 = 3;
const RQLEN: u16 = 4;
const MEMINFO: u16 = 5;
const SHUTDOWN: u16 = 6;
const UID: u16 = 7;

/// `struct unix_diag_msg`, 16 bytes.
#[derive(Clone, Copy, Debug, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct Reply {
    family: u8,
    kind: u8,
    state: u8,
    pad: u8,
    inode: U32,
    cookie: [U32; 2],
}

/// The request that dumps every Unix socket.
#[must_use]
pub fn dump_request(_context: &Context, seq: u32, ask: Ask) -> Vec<u8> {
    let memory = if ask.memory { SHOW_MEMORY } else { 0 };
    let rest = if ask.rest { SHOW_REST } else { 0 };
    show_request::dump_states_request(AF_UNIX, seq, SHOW_ALWAYS | memory | rest)
}

/// One socket from the payload of a `SOCK_DIAG_BY_FAMILY` message.
pub fn decode(payload: &[u8], context: &Context) -> Result<Socket, WireError> {
    let (reply, attributes) = prefix::<Reply>(payload)?;
    if reply.family != AF_UNIX {
        return Err(WireError::Family(reply.family));
    }
    let kind = socket_type(reply.kind.into()).ok_or(WireError::Type(reply.kind))?;
    let told = Told::read(attributes)?;
    let inode = Inode::new(reply.inode.get().into());
    let basics = Basics {
        key: SocketKey { netns: context.netns, id: Identity::Cookie(cookie(reply.cookie)) },
        family: Family::Unix,
        protocol: Protocol::Unix,
        kind,
        state: state(reply.state, kind).ok_or(WireError::State(reply.state))?,
        ends: Ends::Unix { name: told.name, peer: told.peer },
        inode,
    };
    Ok(Socket {
        uid: inode.and(told.uid), // a connection that waits for accept(2) has neither
        queues: told.queues,
        details: context.kept(told.details),
        ..Socket::new(basics, &context.ephemeral)
    })
}

/// What the attributes say.
#[derive(Default)]
struct Told {
    name: Option<UnixName>,
    peer: Option<Inode>,
    queues: Queues,
    uid: Option<Uid>,
    details: Details,
}

impl Told {
    fn read(attributes: &[u8]) -> Result<Self, WireError> {
        let mut told = Self::default();
        for attribute in netlink::attributes(attributes) {
            let (kind, payload) = attribute?;
            told.take(kind, payload);
        }
        Ok(told)
    }

    fn take(&mut self, kind: u16, payload: &[u8]) {
        let second = || number_at(payload, 1);
        match kind {
            NAME => self.name = name(payload),
            PEER => self.peer = number(payload).and_then(|inode| Inode::new(inode.into())),
            RQLEN => self.queues = Queues { recv: number(payload), send: second() },
            UID => self.uid = number(payload).map(Uid),
            MEMINFO => self.details.memory = Some(memory(payload)),
            SHUTDOWN => self.details.shutdown = payload.first().map(|bits| Shutdown::from_bits(*bits)),
            VFS => self.unix().vfs = number(payload).zip(second().map(device)),
            ICONS => {
                let inodes = payload.as_chunks().0.iter().map(|raw| u32::from_ne_bytes(*raw));
                self.unix().pending = Some(inodes.filter_map(|inode| Inode::new(inode.into())).collect());
            }
            _ => {}
        }
    }

    fn unix(&mut self) -> &mut UnixDetails {
        self.details.unix.get_or_insert_default()
    }
}

/// The kernel's own number of a device, 20 bits of it the minor, as stat(2) has it.
fn device(kernel: u32) -> u32 {
    let (major, minor) = (kernel >> 20, kernel & 0xf_ffff);
    minor & 0xff | major << 8 | (minor & !0xff) << 12
}

/// The name as the kernel keeps it: with neither length nor terminator that one could rely on. A
/// first NUL makes it abstract, and then every further NUL is part of it (unix(7)).
#[must_use]
pub fn name(raw: &[u8]) -> Option<UnixName> {
    match raw {
        [] => None,
        [0, rest @ ..] => Some(UnixName::Abstract(SystemBytes::from(rest))),
        path => {
            let end = path.iter().position(|b| *b == 0).unwrap_or(path.len());
            Some(UnixName::Path(SystemBytes::from(&path[..end])))
        }
    }
}

/// The socket type by its number in socket(2).
#[must_use]
pub fn socket_type(raw: u32) -> Option<SocketType> {
    match raw {
        1 => Some(SocketType::Stream),
        2 => Some(SocketType::Dgram),
        5 => Some(SocketType::Seqpacket),
        _ => None,
    }
}

/// Unix sockets borrow the TCP numbers; an idle one is `TCP_CLOSE`, and may not be called closed.
fn state(raw: u8, kind: SocketType) -> Option<State> {
    match (raw, kind) {
        (1, _) => Some(State::Established),
        (2, _) => Some(State::SynSent),
        (7, _) => Some(State::Unconnected),
        (10, SocketType::Stream | SocketType::Seqpacket) => Some(State::Listen),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Role;

    const CONTEXT: Context = Context::of(Family::Unix, Protocol::Unix);

    fn message(kind: u8, state: u8, attributes: &[&[u8]]) -> Vec<u8> {
        let mut bytes = vec![1, kind, state, 0];
        for number in [42u32, 9, 0] {
            bytes.extend(number.to_ne_bytes()); // inode, cookie
        }
        for attribute in attributes {
            bytes.extend_from_slice(attribute);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    #[test]
    fn devices_are_numbered_as_in_stat() {
        for (major, minor) in [(0, 45), (8, 1), (254, 0), (259, 1000)] {
            assert_eq!(u64::from(device(major << 20 | minor)), rustix::fs::makedev(major, minor));
        }
    }

    #[test]
    fn decodes_a_listener_with_its_path() {
        let bytes = message(
            1,
            10,
            &[
                b"\x0d\0\0\0/run/a.so",              // NAME, not terminated
                b"\x0c\0\x04\0\x01\0\0\0\x80\0\0\0", // RQLEN 1, 128
                b"\x08\0\x07\0\xe8\x03\0\0",         // UID 1000
            ],
        );
        let socket = decode(&bytes, &CONTEXT).unwrap();
        assert_eq!(
            (socket.state, socket.role, socket.kind),
            (State::Listen, Role::Listener, SocketType::Stream)
        );
        assert_eq!(socket.ends.unix_name(), Some(&UnixName::Path("/run/a.so".into())));
        assert_eq!(socket.queues, Queues { recv: Some(1), send: Some(128) });
        assert_eq!((socket.inode, socket.uid), (Inode::new(42), Some(Uid(1000))));
    }

    #[test]
    fn names_keep_their_bytes() {
        for (raw, name_of) in [
            (&b""[..], None),
            (b"/run/x\0\0\0", Some(UnixName::Path("/run/x".into()))),
            (b"@a", Some(UnixName::Path("@a".into()))),
            (b"\0a\0b", Some(UnixName::Abstract(b"a\0b".into()))),
            (b"\0", Some(UnixName::Abstract(b"".into()))),
            (b"/tmp/\xff\n", Some(UnixName::Path(b"/tmp/\xff\n".into()))),
            (&[b'x'; 108], Some(UnixName::Path([b'x'; 108].into()))),
        ] {
            assert_eq!(name(raw), name_of, "{raw:?}");
        }
    }

    #[test]
    fn refuses_by_name_what_it_does_not_know() {
        let error = |bytes: &[u8]| decode(bytes, &CONTEXT).unwrap_err();
        assert_eq!(error(&message(3, 1, &[])), WireError::Type(3));
        assert_eq!(error(&message(1, 6, &[])), WireError::State(6));
        assert_eq!(error(&message(2, 10, &[])), WireError::State(10));
        assert_eq!(error(&[2; 16]), WireError::Family(2));
        assert_eq!(error(&[1; 15]), WireError::Short { got: 15, want: 16 });
    }

    proptest::proptest! {
        #[test]
        fn no_attributes_make_it_panic(tail: Vec<u8>) {
            let _socket = decode(&message(1, 1, &[&tail]), &CONTEXT);
        }
    }
}
