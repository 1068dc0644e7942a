//! Networks by which hosts are brought together: prefixes of their addresses, and nothing that is looked up.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::model::Scope;

/// A prefix of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Network {
    addr: IpAddr,
    prefix: u8,
}

/// The longest prefixes that networks of the internet announce to each other: whoever is behind one of them is,
/// for the most part, in one place.
const V4: u8 = 24;
const V6: u8 = 48;
/// A link has 64 bits for its hosts (RFC 4291, 2.5.6), the machine itself one address or eight bits of them.
const LINK_V6: u8 = 64;
const LOOPBACK_V4: u8 = 8;
const LOOPBACK_V6: u8 = 128;

impl Network {
    /// The network that the host counts for.
    pub(super) fn of(host: IpAddr) -> Self {
        let host = host.to_canonical();
        let prefix = match (host, Scope::of(host)) {
            (IpAddr::V4(_), Scope::Loopback) => LOOPBACK_V4,
            (IpAddr::V4(_), _) => V4,
            (IpAddr::V6(_), Scope::Loopback | Scope::Any) => LOOPBACK_V6,
            (IpAddr::V6(_), Scope::Link) => LINK_V6,
            (IpAddr::V6(_), _) => V6,
        };
        let addr = match host {
            IpAddr::V4(v4) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                Ipv4Addr::from(u32::from(v4) & mask).into()
            }
            IpAddr::V6(v6) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                Ipv6Addr::from(u128::from(v6) & mask).into()
            }
        };
        Self { addr, prefix }
    }
}

impl Network {
    /// The first of its addresses.
    pub(super) fn addr(self) -> IpAddr {
        self.addr
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.addr, self.prefix)
    }
}

/// The filter for connections with hosts of a scope.
pub(super) fn with_scope(scope: Scope) -> String {
    let networks = |scope: Scope| match scope {
        Scope::Any => "0.0.0.0, ::",
        Scope::Loopback => "127.0.0.0/8, ::1",
        Scope::Link => "169.254.0.0/16, fe80::/10",
        Scope::Private => "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7",
        Scope::Public => "",
    };
    match scope {
        Scope::Public => {
            let others = Scope::ALL.iter().filter(|other| **other != Scope::Public);
            let others: Vec<_> = others.map(|other| networks(*other)).collect();
            format!("ip and not dst in {{{}}}", others.join(", "))
        }
        _ => format!("dst in {{{}}}", networks(scope)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Filter, Vocabulary};
    use crate::model::PortRange;

    #[test]
    fn the_network_that_a_host_counts_for() {
        for (host, network) in [
            ("10.1.2.3", "10.1.2.0/24"),
            ("::ffff:10.1.2.3", "10.1.2.0/24"),
            ("127.0.0.1", "127.0.0.0/8"),
            ("127.9.9.9", "127.0.0.0/8"),
            ("169.254.7.1", "169.254.7.0/24"),
            ("255.255.255.255", "255.255.255.0/24"),
            ("::1", "::1/128"),
            ("fe80::1:2:3:4", "fe80::/64"),
            ("2001:db8:ffff:aaaa:bbbb:cccc:dddd:eeee", "2001:db8:ffff::/48"),
            ("fd00:1:2:3::4", "fd00:1:2::/48"),
        ] {
            let of = Network::of(host.parse().unwrap());
            assert_eq!(of.to_string(), network, "{host}");
            let text = format!("dst = {of}");
            let vocabulary = Vocabulary { services: &|_| Vec::new(), ephemeral: &PortRange::default };
            assert!(Filter::parse(&text, &vocabulary).is_ok(), "{text}");
        }
    }
}
