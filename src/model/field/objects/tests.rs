//! Each object by itself, set in an otherwise empty socket.

use std::sync::Arc;

use super::*;
use crate::model::{
    Basics, Congestion, CongestionState, Cookie, Ends, Family, Identity, Name, Names, NetnsId, PortRange,
    Protocol, Row, SmcMode, Socket, SocketKey, SocketType, State, SystemBytes, TcpInfo, TimerKind,
};

/// Sets one part, so that at least one field has a value.
type Part = (&'static str, fn(&mut Socket, &mut Details));

const PARTS: &[Part] = &[
    ("timer", |socket, _| {
        socket.timer = Some(Timer { kind: TimerKind::KeepAlive, expires_ms: 1, retransmits: 0 });
    }),
    ("mem", |_, d| d.memory = Some(Memory { rcvbuf: Some(1), ..Memory::default() })),
    ("tcp_info", |_, d| d.tcp_info = Some(TcpInfo::from(&[0; 64][..]))),
    ("congestion", |_, d| {
        let name = SystemBytes::from(&b"reno"[..]);
        d.congestion = Some(Congestion { name, state: CongestionState::Untold });
    }),
    ("options", |_, d| d.options = Some(Options(0))),
    ("tls", |_, d| d.tls = Some(Tls { version: Some(0x304), ..Tls::default() })),
    ("subflow", |_, d| d.subflow = Some(Box::new(Subflow { flags: Some(1), ..Subflow::default() }))),
    ("mptcp_info", |_, d| d.mptcp = Some(Box::new(MptcpDetails { token: Some(1), ..Default::default() }))),
    ("unix", |_, d| d.unix = Some(Box::new(UnixDetails { pending: Some(Vec::new()), ..Default::default() }))),
    ("packet", |_, d| d.packet = Some(Box::default())),
    ("netlink", |_, d| {
        d.netlink = Some(Box::new(NetlinkDetails { groups: Some(Vec::new()), ..Default::default() }));
    }),
    ("xdp", |_, d| d.xdp = Some(Box::new(XdpDetails { umem_id: Some(1), ..XdpDetails::default() }))),
    ("smc", |_, d| d.smc = Some(SmcDetails { mode: SmcMode::Tcp, fallback_reason: None })),
];

/// What says that an object does not apply may not hide a value.
#[test]
fn an_object_applies_where_a_field_of_it_has_a_value() {
    assert!(PARTS.iter().map(|part| part.0).eq(OBJECTS.iter().map(|object| object.key)));
    for (part, set) in PARTS {
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(1)) },
            family: Family::Unix,
            protocol: Protocol::Unix,
            kind: SocketType::Stream,
            state: State::Listen,
            ends: Ends::Other { local: None::<Name>, remote: None },
            inode: None,
        };
        let (mut socket, mut details) = (Socket::new(basics, &PortRange::default()), Details::default());
        set(&mut socket, &mut details);
        socket.details = Some(Arc::new(details));
        let (row, names) = (Row::found(socket), Names::default());
        let subject = Subject { row: &row, names: &names, candidates: &[], peer: None };
        for object in OBJECTS {
            let told = object.fields.iter().any(|field| !matches!((field.extract)(&subject), Value::Null));
            assert_eq!(
                ((object.applies)(&subject), told),
                (object.key == *part, object.key == *part),
                "{part}: {}",
                object.key
            );
        }
    }
}
