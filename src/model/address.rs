//! Where a socket sits: addresses, Unix names, and how far a bind can be reached.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::{Inode, SystemBytes};

/// One end of an internet socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    pub addr: IpAddr,
    pub port: u16,
}

impl Endpoint {
    /// An address and a port.
    #[must_use]
    pub fn new(addr: IpAddr, port: u16) -> Self {
        Self { addr, port }
    }

    /// True for `0.0.0.0:0` and `[::]:0`: the kernel's way to say "no such end".
    #[must_use]
    pub fn is_nowhere(&self) -> bool {
        self.addr.is_unspecified() && self.port == 0
    }
}

impl From<Endpoint> for SocketAddr {
    fn from(end: Endpoint) -> Self {
        Self::new(end.addr, end.port)
    }
}

/// As a URL writes it: `127.0.0.1:80`, `[::1]:80`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SocketAddr::from(*self).fmt(f)
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(addr: SocketAddr) -> Self {
        Self { addr: addr.ip(), port: addr.port() }
    }
}

/// The name of a Unix socket, as the kernel holds it (unix(7)).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnixName {
    /// A path in the file system; perhaps relative, perhaps unlinked since.
    Path(SystemBytes),
    /// A name in the abstract namespace, without its leading NUL.
    Abstract(SystemBytes),
}

/// Both ends of a socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ends {
    /// `remote` is `None` while the socket is connected to nobody.
    Inet { local: Endpoint, remote: Option<Endpoint> },
    /// `peer` is the inode of the other end, when the kernel tells it.
    Unix { name: Option<UnixName>, peer: Option<Inode> },
    /// Every other family.
    Other { local: Option<Name>, remote: Option<Name> },
}

/// One end of a socket that is neither internet nor Unix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A netlink protocol (`NETLINK_ROUTE` …) and a port id; port 0 is the kernel.
    Netlink { protocol: u8, port: u32 },
    /// The Ethernet protocol that a packet socket receives (packet(7)).
    Packet { protocol: u16 },
    /// A context and a port (vsock(7)).
    Vsock { cid: u32, port: u32 },
    /// A device queue of an `AF_XDP` socket.
    Xdp { queue: u32 },
    /// A TIPC node and port reference, or a service address.
    Tipc { node: u32, port: u32 },
    /// A controller of Bluetooth, by its number.
    Hci { controller: u16 },
    /// A Bluetooth device, and a PSM, channel or nothing.
    Bluetooth { device: [u8; 6], channel: Option<u16> },
}

impl Name {
    /// The word for the Ethernet protocol that a packet socket receives, where there is one.
    #[must_use]
    pub fn ethertype(&self) -> Option<&'static str> {
        let Self::Packet { protocol } = self else { return None };
        ETHERTYPES.iter().find(|(number, _)| number == protocol).map(|(_, word)| *word)
    }

    /// The port, channel, queue or port id, whatever the family calls it.
    #[must_use]
    pub fn port(&self) -> Option<u32> {
        match *self {
            Self::Netlink { port, .. } | Self::Vsock { port, .. } | Self::Tipc { port, .. } => Some(port),
            Self::Xdp { queue } => Some(queue),
            Self::Bluetooth { channel, .. } => channel.map(u32::from),
            Self::Packet { .. } | Self::Hci { .. } => None,
        }
    }
}

/// The address without the port, in the words of the field: `route`, `ip`, `host`, `00:1a:…`.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Netlink { protocol, .. } => named(f, NETLINK_PROTOCOLS, protocol.into()),
            Self::Packet { protocol } => match self.ethertype() {
                Some(word) => f.write_str(word),
                None => write!(f, "0x{protocol:04x}"),
            },
            Self::Vsock { cid, .. } => match cid {
                u32::MAX => f.write_str("any"),
                0 => f.write_str("hypervisor"),
                1 => f.write_str("local"),
                2 => f.write_str("host"),
                _ => write!(f, "{cid}"),
            },
            Self::Xdp { .. } => f.write_str("queue"),
            Self::Tipc { node, .. } => write!(f, "{node:x}"),
            Self::Hci { controller } => write!(f, "hci{controller}"),
            Self::Bluetooth { device: [0, 0, 0, 0, 0, 0], .. } => f.write_str("any"),
            Self::Bluetooth { device, .. } => {
                let bytes = device.map(|byte| format!("{byte:02x}"));
                f.write_str(&bytes.join(":"))
            }
        }
    }
}

/// `NETLINK_*` (`linux/netlink.h`), in the words of ss.
const NETLINK_PROTOCOLS: &[(u32, &str)] = &[
    (0, "rtnl"),
    (2, "usersock"),
    (3, "fw"),
    (4, "tcpdiag"),
    (5, "nflog"),
    (6, "xfrm"),
    (7, "selinux"),
    (8, "iscsi"),
    (9, "audit"),
    (10, "fiblookup"),
    (11, "connector"),
    (12, "nft"),
    (13, "ip6fw"),
    (14, "decnet"),
    (15, "uevent"),
    (16, "genl"),
    (18, "scsi-trans"),
    (19, "ecryptfs"),
    (20, "rdma"),
    (21, "crypto"),
    (22, "smc"),
];

/// `ETH_P_*` (`linux/if_ether.h`) that are met often.
const ETHERTYPES: &[(u16, &str)] = &[
    (0x0003, "all"),
    (0x0800, "ip"),
    (0x0806, "arp"),
    (0x8035, "rarp"),
    (0x8100, "802.1Q"),
    (0x86dd, "ipv6"),
    (0x8863, "ppp_disc"),
    (0x8864, "ppp_ses"),
    (0x888e, "eapol"),
    (0x88cc, "lldp"),
    (0x0004, "802.2"),
    (0x8809, "slow"),
];

fn named(f: &mut fmt::Formatter<'_>, names: &[(u32, &str)], number: u32) -> fmt::Result {
    match names.iter().find(|(known, _)| *known == number) {
        Some((_, word)) => f.write_str(word),
        None => write!(f, "{number}"),
    }
}

impl Ends {
    /// True when the kernel has taken the connection from its socket (`tcp_disconnect`), as when its program resets
    /// it or it failed: the port of the other end is gone, and with it the counts.
    #[must_use]
    pub fn is_wiped(&self) -> bool {
        matches!(self, Self::Inet { remote: Some(Endpoint { port: 0, .. }), .. })
    }

    /// The local internet end, when there is one.
    #[must_use]
    pub fn local(&self) -> Option<Endpoint> {
        match self {
            Self::Inet { local, .. } => Some(*local),
            Self::Unix { .. } | Self::Other { .. } => None,
        }
    }

    /// The remote internet end, when there is one.
    #[must_use]
    pub fn remote(&self) -> Option<Endpoint> {
        match self {
            Self::Inet { remote, .. } => *remote,
            Self::Unix { .. } | Self::Other { .. } => None,
        }
    }

    /// The Unix name, when there is one.
    #[must_use]
    pub fn unix_name(&self) -> Option<&UnixName> {
        match self {
            Self::Unix { name, .. } => name.as_ref(),
            Self::Inet { .. } | Self::Other { .. } => None,
        }
    }

    /// The local and remote names of a socket of another family.
    #[must_use]
    pub fn names(&self) -> (Option<Name>, Option<Name>) {
        match self {
            Self::Other { local, remote } => (*local, *remote),
            Self::Inet { .. } | Self::Unix { .. } => (None, None),
        }
    }
}

/// How far the address of a bind reaches, from narrow to wide; the order is the meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Loopback,
    Link,
    Private,
    Public,
    Any,
}

impl Scope {
    /// Every scope, narrow to wide.
    pub const ALL: [Self; 5] = [Self::Loopback, Self::Link, Self::Private, Self::Public, Self::Any];

    /// The word used in JSON, filters and policy files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Link => "link",
            Self::Private => "private",
            Self::Public => "public",
            Self::Any => "any",
        }
    }

    /// The scope of a local address. An IPv4-mapped IPv6 address counts as what it maps.
    #[must_use]
    pub fn of(addr: IpAddr) -> Self {
        let addr = addr.to_canonical();
        if addr.is_unspecified() {
            return Self::Any;
        }
        if addr.is_loopback() {
            return Self::Loopback;
        }
        match addr {
            IpAddr::V4(v4) if v4.is_link_local() => Self::Link,
            // RFC 1918, and RFC 6598's shared space, which no internet route reaches either.
            IpAddr::V4(v4) if v4.is_private() || is_shared(v4) => Self::Private,
            IpAddr::V6(v6) if v6.is_unicast_link_local() => Self::Link,
            IpAddr::V6(v6) if v6.is_unique_local() => Self::Private,
            IpAddr::V4(_) | IpAddr::V6(_) => Self::Public,
        }
    }
}

/// 100.64.0.0/10, RFC 6598.
fn is_shared(v4: std::net::Ipv4Addr) -> bool {
    let [a, b, ..] = v4.octets();
    a == 100 && (64..128).contains(&b)
}

/// Which IP versions a bound socket serves, whatever its address looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    V4,
    V6,
    Both,
}

impl Reach {
    /// The word used in JSON and filters.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::V4 => "v4",
            Self::V6 => "v6",
            Self::Both => "both",
        }
    }

    /// What a bind to `addr` serves. `v6only` is the socket's flag, `None` where the source cannot
    /// tell it; then a bind to `[::]` is unknown rather than guessed.
    #[must_use]
    pub fn of(addr: IpAddr, v6only: Option<bool>) -> Option<Self> {
        match addr {
            IpAddr::V4(_) => Some(Self::V4),
            // [::ffff:127.0.0.1] reports v6only 0 and yet serves IPv4 alone.
            IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => Some(Self::V4),
            IpAddr::V6(v6) if !v6.is_unspecified() => Some(Self::V6),
            IpAddr::V6(_) => v6only.map(|only| if only { Self::V6 } else { Self::Both }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_of_addresses() {
        for (addr, scope) in [
            ("0.0.0.0", Scope::Any),
            ("::", Scope::Any),
            ("::ffff:0.0.0.0", Scope::Any),
            ("127.0.0.1", Scope::Loopback),
            ("127.9.9.9", Scope::Loopback),
            ("::1", Scope::Loopback),
            ("::ffff:127.0.0.1", Scope::Loopback),
            ("169.254.3.4", Scope::Link),
            ("fe80::1", Scope::Link),
            ("10.0.0.1", Scope::Private),
            ("172.31.0.1", Scope::Private),
            ("172.32.0.1", Scope::Public),
            ("192.168.1.5", Scope::Private),
            ("100.64.0.1", Scope::Private),
            ("100.128.0.1", Scope::Public),
            ("fd00::1", Scope::Private),
            ("2001:db8::1", Scope::Public),
            ("203.0.113.9", Scope::Public),
        ] {
            assert_eq!(Scope::of(addr.parse().unwrap()), scope, "{addr}");
        }
        assert!(Scope::ALL.is_sorted());
    }

    #[test]
    fn reach_needs_the_v6only_flag_for_the_wildcard_alone() {
        for (addr, v6only, reach) in [
            ("0.0.0.0", None, Some(Reach::V4)),
            ("::", Some(false), Some(Reach::Both)),
            ("::", Some(true), Some(Reach::V6)),
            ("::", None, None),
            ("::1", None, Some(Reach::V6)),
            ("::ffff:127.0.0.1", Some(false), Some(Reach::V4)),
        ] {
            assert_eq!(Reach::of(addr.parse().unwrap(), v6only), reach, "{addr} {v6only:?}");
        }
    }
}
