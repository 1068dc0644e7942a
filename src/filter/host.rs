//! The host conditions of ss: an address with prefix and port, in any family.

use std::net::IpAddr;

use super::Services;
use super::pattern::Pattern;
use crate::model::{Endpoint, Ends, Family, Name, Socket, UnixName};

/// What `src` and `dst` are compared with.
#[derive(Clone, Debug)]
pub(super) enum Host {
    /// An internet address and a port, either of which may be left open.
    Inet { family: Option<Family>, network: Option<Network>, port: Option<u64> },
    /// The name of a Unix socket.
    Unix(Pattern),
    /// A netlink protocol, an Ethernet protocol or a vsock context, and a port.
    Other { family: Family, name: Option<String>, port: Option<u64> },
}

/// A network: addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    pub addr: IpAddr,
    pub prefix: u8,
}

/// The end of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Local,
    Remote,
}

impl Network {
    /// `10.0.0.0/8`, `fe80::/10`, or an address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (addr, prefix) = text.split_once('/').map_or((text, None), |(addr, it)| (addr, Some(it)));
        let addr: IpAddr = addr.split_once('%').map_or(addr, |(addr, _)| addr).parse().ok()?;
        let longest = if addr.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(longest), |prefix| prefix.parse().ok())?;
        (prefix <= longest).then_some(Self { addr, prefix })
    }

    /// True for an address that lies in it. An IPv4-mapped address lies in a network of IPv4, too, as
    /// for the kernel.
    #[must_use]
    pub(super) fn has(&self, addr: IpAddr) -> bool {
        match (self.addr, addr) {
            (IpAddr::V4(net), IpAddr::V4(it)) => alike(&net.octets(), &it.octets(), self.prefix),
            (IpAddr::V6(net), IpAddr::V6(it)) => alike(&net.octets(), &it.octets(), self.prefix),
            (IpAddr::V4(_), IpAddr::V6(it)) => it.to_ipv4_mapped().is_some_and(|it| self.has(it.into())),
            (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

fn alike(one: &[u8], other: &[u8], prefix: u8) -> bool {
    let (bytes, bits) = (usize::from(prefix / 8), prefix % 8);
    let rest = |it: &[u8]| it.get(bytes).map(|byte| u32::from(*byte) >> (8 - bits));
    one[..bytes] == other[..bytes] && (bits == 0 || rest(one) == rest(other))
}

/// Prefixes of families, as ss writes them.
const FAMILIES: [(&str, Family); 6] = [
    ("inet6:", Family::Inet6),
    ("inet:", Family::Inet),
    ("unix:", Family::Unix),
    ("link:", Family::Packet),
    ("netlink:", Family::Netlink),
    ("vsock:", Family::Vsock),
];

impl Host {
    /// A host condition as it was typed, or what is wrong with it.
    pub(super) fn parse(typed: &str, services: &Services<'_>) -> Result<Self, String> {
        let family = FAMILIES.iter().find_map(|(prefix, it)| Some((*it, typed.strip_prefix(prefix)?)));
        match family {
            Some((Family::Unix, pattern)) => Pattern::glob(pattern, true).map(Self::Unix),
            Some((family @ (Family::Packet | Family::Netlink | Family::Vsock), rest)) => other(family, rest),
            Some((family, rest)) => inet(Some(family), rest, services),
            None => inet(None, typed, services),
        }
    }

    /// A port condition: `:22`, `ssh`, `*`, or one with a family.
    pub(super) fn port(typed: &str, services: &Services<'_>) -> Result<Option<u64>, String> {
        let rest = FAMILIES.iter().find_map(|(prefix, _)| typed.strip_prefix(prefix)).unwrap_or(typed);
        let rest = rest.strip_prefix("*:").or_else(|| rest.strip_prefix(':')).unwrap_or(rest);
        port_number(rest, services)
    }

    /// Whether that end of a socket is meant.
    pub(super) fn is(&self, socket: &Socket, end: End) -> bool {
        match self {
            Self::Inet { family, network, port } => {
                let Some(at) = inet_end(&socket.ends, end) else { return false };
                family.is_none_or(|family| family == socket.family)
                    && network.is_none_or(|network| network.has(at.addr))
                    && port.is_none_or(|port| port == u64::from(at.port))
            }
            Self::Unix(pattern) => match (&socket.ends, end) {
                (Ends::Unix { name, .. }, End::Local) => pattern.matches(&unix_text(name.as_ref())),
                (Ends::Unix { .. }, End::Remote) => pattern.matches(b""), // the kernel tells an inode
                _ => false,
            },
            Self::Other { family, name, port } => {
                let names = socket.ends.names();
                let at = match end {
                    End::Local => names.0,
                    End::Remote => names.1,
                };
                socket.family == *family
                    && name.as_ref().is_none_or(|name| at.is_some_and(|at| is_called(&at, name)))
                    && port.is_none_or(|port| Some(port) == other_port(socket, at))
            }
        }
    }
}

/// An end of an internet socket. Where there is no peer, ss and the kernel see the address of nobody
/// and the port 0.
pub(super) fn inet_end(ends: &Ends, end: End) -> Option<Endpoint> {
    let Ends::Inet { local, remote } = ends else { return None };
    let nobody = match local.addr {
        IpAddr::V4(_) => IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
    };
    Some(match end {
        End::Local => *local,
        End::Remote => remote.unwrap_or(Endpoint::new(nobody, 0)),
    })
}

/// The name of a Unix socket as it is written: `@` begins an abstract one, nothing is unnamed.
fn unix_text(name: Option<&UnixName>) -> Vec<u8> {
    match name {
        Some(UnixName::Path(path)) => path.as_bytes().to_vec(),
        Some(UnixName::Abstract(name)) => [b"@", name.as_bytes()].concat(),
        None => Vec::new(),
    }
}

fn is_called(at: &Name, name: &str) -> bool {
    at.to_string() == name || number_of(at).is_some_and(|number| Some(number) == plain(name))
}

/// The port of a socket that is no internet socket; of a packet socket ss takes its interface for it.
fn other_port(socket: &Socket, at: Option<Name>) -> Option<u64> {
    if socket.family == Family::Packet {
        return Some(socket.interface.map_or(0, |index| index.get().into()));
    }
    at.and_then(|at| at.port()).map(u64::from)
}

/// What the family calls the protocol or context, as a number.
fn number_of(at: &Name) -> Option<u64> {
    match *at {
        Name::Netlink { protocol, .. } => Some(protocol.into()),
        Name::Packet { protocol } => Some(protocol.into()),
        Name::Vsock { cid, .. } => Some(cid.into()),
        _ => None,
    }
}

fn plain(typed: &str) -> Option<u64> {
    super::quantity::number(typed, super::quantity::Unit::One).and_then(|number| u64::try_from(number).ok())
}

fn other(family: Family, typed: &str) -> Result<Host, String> {
    let (name, port) = typed.rsplit_once(':').unwrap_or((typed, ""));
    let port = match port {
        "" | "*" => None,
        "kernel" if family == Family::Netlink => Some(0),
        _ => Some(plain(port).ok_or_else(|| format!("{port:?} is no port of this family"))?),
    };
    let name = (!matches!(name, "" | "*")).then(|| if name == "rtnetlink" { "rtnl" } else { name });
    Ok(Host::Other { family, name: name.map(str::to_owned), port })
}

fn inet(family: Option<Family>, typed: &str, services: &Services<'_>) -> Result<Host, String> {
    let (host, port) = if let Some(rest) = typed.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or("the bracket is not closed")?;
        // A prefix may stand behind the bracket.
        match rest.strip_prefix('/') {
            Some(rest) => {
                let (prefix, port) = rest.split_once(':').unwrap_or((rest, ""));
                (format!("{host}/{prefix}"), port)
            }
            None => (host.to_owned(), rest.strip_prefix(':').unwrap_or(rest)),
        }
    } else if Network::parse(typed).is_some_and(|network| network.addr.is_ipv6()) {
        (typed.to_owned(), "") // an address of many colons, and no port
    } else {
        let (host, port) = typed.rsplit_once(':').unwrap_or((typed, ""));
        (host.to_owned(), port)
    };
    let port = port_number(port, services)?;
    if matches!(host.as_str(), "" | "*") {
        return Ok(Host::Inet { family, network: None, port });
    }
    let network = Network::parse(&host)
        .ok_or_else(|| format!("{host:?} is no address; names of hosts are not looked up"))?;
    let network = Some(network);
    Ok(Host::Inet { family, network, port })
}

fn port_number(typed: &str, services: &Services<'_>) -> Result<Option<u64>, String> {
    if matches!(typed, "" | "*") {
        return Ok(None);
    }
    if let Some(number) = plain(typed) {
        return Ok(Some(number));
    }
    match services(typed).as_slice() {
        [] => Err(format!("{typed:?} is neither a port nor the name of a service")),
        [port] => Ok(Some((*port).into())),
        several => Err(format!("the service {typed:?} has several ports: {several:?}")),
    }
}
