//! Which sockets do not get what comes from outside, because a rule passes it on. Pure.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use crate::model::{
    Endpoint, Family, NetnsId, Protocol, PublishedPort, Reach, Scope, Socket, SocketKey, State,
};

/// The rules by which packets for sockets of this namespace go elsewhere, in their order.
pub(super) fn passed_on(
    sockets: &[Socket],
    ports: &[Arc<PublishedPort>],
    netns: NetnsId,
) -> BTreeMap<SocketKey, Vec<Arc<PublishedPort>>> {
    if ports.is_empty() {
        return BTreeMap::new();
    }
    let mut known = HashMap::new();
    let mut found = BTreeMap::new();
    for socket in sockets.iter().filter(|socket| socket.key.netns == netns && awaits(socket)) {
        let (Some(local), Some(number)) = (socket.ends.local(), number(socket.protocol)) else { continue };
        // Thousands of sockets may share a port.
        let of_port = known.entry((number, local.port)).or_insert_with(|| {
            let about = |port: &&Arc<PublishedPort>| is_about(port, number, local.port);
            ports.iter().filter(about).collect::<Vec<_>>()
        });
        let taken: Vec<_> = of_port
            .iter()
            .filter(|port| takes(port, local, socket.reach()))
            .map(|port| Arc::clone(port))
            .collect();
        if !taken.is_empty() {
            found.insert(socket.key, taken);
        }
    }
    found
}

/// True for a socket that others can come to, or can once it listens. What is connected already stays so:
/// rules are asked once for each connection. What is sent to loopback does not come from outside.
fn awaits(socket: &Socket) -> bool {
    let idle = matches!(socket.state, State::Listen | State::Unconnected | State::Bound | State::Closed);
    let bound = socket.ends.local().is_some_and(|local| local.port != 0);
    idle && bound && socket.ends.remote().is_none() && socket.scope() != Some(Scope::Loopback)
}

/// `IPPROTO_*` of protocols with ports. MPTCP is TCP to the packet filter.
fn number(protocol: Protocol) -> Option<u8> {
    Some(match protocol {
        Protocol::Tcp | Protocol::Mptcp => 6,
        Protocol::Udp => 17,
        Protocol::Dccp => 33,
        Protocol::Sctp => 132,
        Protocol::UdpLite => 136,
        _ => return None,
    })
}

fn is_about(port: &PublishedPort, number: u8, local: u16) -> bool {
    port.protocol.is_none_or(|protocol| protocol == number)
        && port.ports.is_none_or(|ports| ports.holds(local))
}

/// True when some packets for the address are among those of the rule.
fn takes(port: &PublishedPort, local: Endpoint, reach: Option<Reach>) -> bool {
    let addr = local.addr.to_canonical();
    let version = match port.family {
        None => true,
        Some(Family::Inet) => addr.is_ipv4() || reach == Some(Reach::Both),
        Some(_) => addr.is_ipv6(),
    };
    let own = |addr: IpAddr| port.host.is_none_or(|host| host.holds(addr));
    version && (addr.is_unspecified() || own(addr))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Basics, Cookie, Ends, Identity, PortRange, SocketType, Span, State};

    const HERE: NetnsId = NetnsId(1);

    fn socket(protocol: Protocol, state: State, local: &str) -> Socket {
        let local: std::net::SocketAddr = local.parse().unwrap();
        let basics = Basics {
            key: SocketKey { netns: HERE, id: Identity::Cookie(Cookie(1)) },
            family: if local.is_ipv4() { Family::Inet } else { Family::Inet6 },
            protocol,
            kind: SocketType::Stream,
            state,
            ends: Ends::Inet { local: Endpoint::from(local), remote: None },
            inode: None,
        };
        Socket { v6only: local.is_ipv6().then_some(false), ..Socket::new(basics, &PortRange::default()) }
    }

    fn rule(
        family: Option<Family>,
        protocol: u8,
        host: Option<&str>,
        ports: Option<(u16, u16)>,
    ) -> Arc<PublishedPort> {
        Arc::new(PublishedPort {
            family,
            protocol: Some(protocol),
            host: host.map(|host| Span::one(host.parse().unwrap())),
            ports: ports.map(|(first, last)| Span { first, last }),
            interface: None,
            conditional: false,
            target: None,
            target_ports: None,
            container: None,
            table_family: "ip",
            table: "nat".into(),
            chain: "DOCKER".into(),
        })
    }

    #[test]
    fn the_listener_that_a_rule_deprives() {
        use Protocol::{Tcp, Udp};
        let v4 = Some(Family::Inet);
        let web = || rule(v4, 6, None, Some((8080, 8090)));
        for (what, rule, socket, taken) in [
            ("every address", web(), socket(Tcp, State::Listen, "0.0.0.0:8080"), true),
            ("the last of the range", web(), socket(Tcp, State::Listen, "0.0.0.0:8090"), true),
            ("behind it", web(), socket(Tcp, State::Listen, "0.0.0.0:8091"), false),
            ("one address", web(), socket(Tcp, State::Listen, "192.0.2.1:8080"), true),
            ("both versions", web(), socket(Tcp, State::Listen, "[::]:8080"), true),
            ("mapped", web(), socket(Tcp, State::Listen, "[::ffff:192.0.2.1]:8080"), true),
            ("the other version", web(), socket(Tcp, State::Listen, "[2001:db8::1]:8080"), false),
            ("loopback", web(), socket(Tcp, State::Listen, "127.0.0.1:8080"), false),
            ("bound", web(), socket(Tcp, State::Bound, "0.0.0.0:8080"), true),
            ("connected", web(), socket(Tcp, State::Established, "192.0.2.1:8080"), false),
            ("another protocol", web(), socket(Udp, State::Unconnected, "0.0.0.0:8080"), false),
            ("udp", rule(v4, 17, None, Some((53, 53))), socket(Udp, State::Unconnected, "0.0.0.0:53"), true),
            ("every port", rule(v4, 6, None, None), socket(Tcp, State::Listen, "0.0.0.0:1"), true),
            (
                "its host",
                rule(v4, 6, Some("192.0.2.1"), None),
                socket(Tcp, State::Listen, "192.0.2.1:1"),
                true,
            ),
            (
                "another host",
                rule(v4, 6, Some("192.0.2.2"), None),
                socket(Tcp, State::Listen, "192.0.2.1:1"),
                false,
            ),
            ("any host", rule(v4, 6, Some("192.0.2.2"), None), socket(Tcp, State::Listen, "0.0.0.0:1"), true),
        ] {
            let found = passed_on(std::slice::from_ref(&socket), &[rule], HERE);
            assert_eq!(found.contains_key(&socket.key), taken, "{what}");
        }
        let elsewhere = passed_on(&[socket(Tcp, State::Listen, "0.0.0.0:8080")], &[web()], NetnsId(2));
        assert!(elsewhere.is_empty(), "rules are of one namespace");
    }
}
