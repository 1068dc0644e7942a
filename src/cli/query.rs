//! `-A QUERY` and `-f FAMILY` of `ss`: tables by their names.

use std::str::FromStr;

use crate::model::{Protocol, SocketType};
use crate::source::everything;

/// Tables, those of several kinds kind by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<Choice>);

type Choice = (Protocol, Option<SocketType>);

impl Query {
    pub(super) fn protocols(&self) -> impl Iterator<Item = Protocol> {
        self.0.iter().map(|(protocol, _)| *protocol)
    }

    /// True when sockets of that protocol and kind are among them.
    pub(super) fn has(&self, protocol: Protocol, kind: SocketType) -> bool {
        self.0.iter().any(|(known, only)| *known == protocol && only.is_none_or(|only| only == kind))
    }

    /// True when it is one kind of sockets.
    pub(super) fn is_one_kind(&self) -> bool {
        self.0.len() == 1
    }
}

const UNIX: [SocketType; 3] = [SocketType::Stream, SocketType::Dgram, SocketType::Seqpacket];
const PACKET: [SocketType; 2] = [SocketType::Raw, SocketType::Dgram];
/// What `ss` calls internet sockets.
const INET: [Protocol; 6] =
    [Protocol::Tcp, Protocol::Mptcp, Protocol::Udp, Protocol::Raw, Protocol::Dccp, Protocol::Sctp];
const BLUETOOTH: [Protocol; 4] = [Protocol::L2cap, Protocol::Rfcomm, Protocol::Sco, Protocol::Hci];

/// The tables of that name; `None` for no name.
fn named(name: &str) -> Option<Vec<Choice>> {
    use Protocol::{Packet, Unix, Vsock};
    let whole = |protocols: &[Protocol]| protocols.iter().flat_map(|protocol| kinds(*protocol)).collect();
    Some(match name {
        "all" => {
            let mut all: Vec<Choice> = Vec::new();
            for choice in everything().into_iter().flat_map(|(_, protocol)| kinds(protocol)) {
                if !all.contains(&choice) {
                    all.push(choice);
                }
            }
            all
        }
        "inet" => whole(&INET),
        "tcp" => whole(&[Protocol::Tcp]),
        "mptcp" => whole(&[Protocol::Mptcp]),
        "udp" => whole(&[Protocol::Udp]),
        "raw" => whole(&[Protocol::Raw]),
        "dccp" => whole(&[Protocol::Dccp]),
        "sctp" => whole(&[Protocol::Sctp]),
        "unix" => whole(&[Unix]),
        "unix_stream" | "u_str" => vec![(Unix, Some(SocketType::Stream))],
        "unix_dgram" | "u_dgr" => vec![(Unix, Some(SocketType::Dgram))],
        "unix_seqpacket" | "u_seq" => vec![(Unix, Some(SocketType::Seqpacket))],
        "packet" => whole(&[Packet]),
        "packet_raw" | "p_raw" => vec![(Packet, Some(SocketType::Raw))],
        "packet_dgram" | "p_dgr" => vec![(Packet, Some(SocketType::Dgram))],
        "netlink" => whole(&[Protocol::Netlink]),
        "vsock" => whole(&[Vsock]),
        "vsock_stream" | "v_str" => vec![(Vsock, Some(SocketType::Stream))],
        "vsock_dgram" | "v_dgr" => vec![(Vsock, Some(SocketType::Dgram))],
        "tipc" => whole(&[Protocol::Tipc]),
        "xdp" => whole(&[Protocol::Xdp]),
        // Beyond ss.
        "udplite" => whole(&[Protocol::UdpLite]),
        "icmp" => whole(&[Protocol::Icmp]),
        "smc" => whole(&[Protocol::Smc]),
        "bluetooth" => whole(&BLUETOOTH),
        "other" => whole(&[Protocol::Other]),
        _ => return None,
    })
}

fn kinds(protocol: Protocol) -> Vec<Choice> {
    let of = |kinds: &[SocketType]| kinds.iter().map(|kind| (protocol, Some(*kind))).collect();
    match protocol {
        Protocol::Unix => of(&UNIX),
        Protocol::Packet => of(&PACKET),
        _ => vec![(protocol, None)],
    }
}

impl FromStr for Query {
    type Err = String;

    /// A list with commas; `!` before a name takes its tables out of those named before.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut chosen: Vec<Choice> = Vec::new();
        for word in text.split(',') {
            let (out, name) = word.strip_prefix('!').map_or((false, word), |name| (true, name));
            let Some(named) = named(name) else {
                return Err(format!(
                    "there is no table {name:?}; expected all, inet, tcp, udp, raw, dccp, sctp, mptcp, unix, \
                     unix_stream, unix_dgram, unix_seqpacket, packet, packet_raw, packet_dgram, netlink, vsock, \
                     tipc, xdp and others"
                ));
            };
            if out {
                chosen.retain(|choice| !named.contains(choice));
            } else {
                chosen
                    .extend(named.into_iter().filter(|choice| !chosen.contains(choice)).collect::<Vec<_>>());
            }
        }
        if chosen.is_empty() { Err("no table is left".to_owned()) } else { Ok(Self(chosen)) }
    }
}

/// A family by the word of `ss`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum FamilyChoice {
    /// IPv4, as -4
    Inet,
    /// IPv6, as -6
    Inet6,
    Unix,
    /// Packet sockets
    Link,
    Netlink,
    Vsock,
    Tipc,
    Xdp,
}

impl FamilyChoice {
    /// The protocol that it adds; `None` where it chooses a version of IP.
    pub(super) fn protocol(self) -> Option<Protocol> {
        match self {
            Self::Inet | Self::Inet6 => None,
            Self::Unix => Some(Protocol::Unix),
            Self::Link => Some(Protocol::Packet),
            Self::Netlink => Some(Protocol::Netlink),
            Self::Vsock => Some(Protocol::Vsock),
            Self::Tipc => Some(Protocol::Tipc),
            Self::Xdp => Some(Protocol::Xdp),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_add_and_take_away() {
        let (tcp, stream) = ((Protocol::Tcp, None), (Protocol::Unix, Some(SocketType::Stream)));
        for (text, choices) in [
            ("tcp", &[tcp][..]),
            ("tcp,u_str,tcp", &[tcp, stream]),
            ("unix,!unix_dgram,!u_seq", &[stream]),
            ("inet,!raw,!udp,!dccp,!sctp,!mptcp", &[tcp]),
        ] {
            assert_eq!(text.parse::<Query>().unwrap().0, choices, "{text}");
        }
        let all: Query = "all,!inet".parse().unwrap();
        assert!(all.has(Protocol::Netlink, SocketType::Dgram) && !all.has(Protocol::Tcp, SocketType::Stream));
        for text in ["", "foo", "tcp,", "tcp,!tcp", "!tcp", "TCP"] {
            assert!(text.parse::<Query>().is_err(), "{text}");
        }
    }
}
