//! Ports that rules of the packet filter pass on to another address, as they do for containers.

use std::net::IpAddr;

use super::{Container, Family, SystemBytes};

/// From the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<T> {
    pub first: T,
    pub last: T,
}

impl<T: Copy + Ord> Span<T> {
    /// One value.
    #[must_use]
    pub fn one(value: T) -> Self {
        Self { first: value, last: value }
    }

    /// True for a value that is in it.
    #[must_use]
    pub fn holds(&self, value: T) -> bool {
        self.first <= value && value <= self.last
    }

    /// What is in both.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        let both = Self { first: self.first.max(other.first), last: self.last.min(other.last) };
        (both.first <= both.last).then_some(both)
    }
}

/// The interface that a packet has to come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    From(SystemBytes),
    /// Any but this one.
    NotFrom(SystemBytes),
}

/// A rule that gives packets from outside another destination (DNAT), before any socket is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedPort {
    /// The IP version; `None` for both.
    pub family: Option<Family>,
    /// The number of the protocol (`IPPROTO_TCP`); `None` for any.
    pub protocol: Option<u8>,
    /// The addresses of this host that it is about; `None` for all.
    pub host: Option<Span<IpAddr>>,
    /// The ports of this host; `None` for all.
    pub ports: Option<Span<u16>>,
    pub interface: Option<Incoming>,
    /// True when more conditions have to be met than are told here, or a rule before it takes some
    /// of the same packets.
    pub conditional: bool,
    /// Where packets go; `None` when the address stays as it is, or is not told by the rule.
    pub target: Option<Span<IpAddr>>,
    /// `None` when the port stays as it is, or is not told by the rule.
    pub target_ports: Option<Span<u16>>,
    /// `None` when it is not known whose address the target is.
    pub container: Option<Container>,
    /// The family of the table: `ip`, `ip6` or `inet`.
    pub table_family: &'static str,
    pub table: SystemBytes,
    pub chain: SystemBytes,
}

impl PublishedPort {
    /// The name of the protocol; `None` for any, and for one that has no ports.
    #[must_use]
    pub fn protocol_word(&self) -> Option<&'static str> {
        Some(match self.protocol? {
            6 => "tcp",
            17 => "udp",
            33 => "dccp",
            132 => "sctp",
            136 => "udplite",
            _ => return None,
        })
    }

    /// What it is about on this host: `0.0.0.0:8080`, `192.0.2.1:8000-8010`, `*:80` for both versions.
    #[must_use]
    pub fn host_side(&self) -> String {
        let any = match self.family {
            Some(Family::Inet) => "0.0.0.0",
            Some(_) => "[::]",
            None => "*",
        };
        let host = self.host.map_or_else(|| any.to_owned(), addresses);
        format!("{host}:{}", self.ports.map_or_else(|| "*".to_owned(), range))
    }

    /// Where packets go: `172.17.0.2:80`. What stays as it is or is not told is left out.
    #[must_use]
    pub fn target_side(&self) -> String {
        let ports = self.target_ports.or(self.ports.filter(|_| self.target.is_some()));
        let ports = ports.map_or_else(String::new, |ports| format!(":{}", range(ports)));
        match (self.target, ports.is_empty()) {
            (None, true) => "an address that the rule computes".to_owned(),
            (target, _) => target.map_or_else(String::new, addresses) + &ports,
        }
    }

    /// The one address that packets go to.
    #[must_use]
    pub fn target_address(&self) -> Option<IpAddr> {
        self.target.filter(|target| target.first == target.last).map(|target| target.first)
    }
}

fn range<T: Copy + PartialEq + std::fmt::Display>(span: Span<T>) -> String {
    if span.first == span.last { span.first.to_string() } else { format!("{}-{}", span.first, span.last) }
}

fn addresses(span: Span<IpAddr>) -> String {
    match span.first {
        IpAddr::V4(_) => range(span),
        IpAddr::V6(_) => format!("[{}]", range(span)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_in_words() {
        let port = PublishedPort {
            family: Some(Family::Inet),
            protocol: Some(6),
            host: None,
            ports: Some(Span { first: 8000, last: 8010 }),
            interface: None,
            conditional: false,
            target: Some(Span::one([172, 17, 0, 2].into())),
            target_ports: None,
            container: None,
            table_family: "ip",
            table: "nat".into(),
            chain: "DOCKER".into(),
        };
        let sides = |port: PublishedPort| (port.host_side(), port.target_side());
        let both = |host: &str, target: &str| (host.to_owned(), target.to_owned());
        assert_eq!(sides(port.clone()), both("0.0.0.0:8000-8010", "172.17.0.2:8000-8010"), "the port stays");
        let v6 = IpAddr::from([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
        let other = PublishedPort {
            family: None,
            host: Some(Span::one(v6)),
            ports: None,
            target_ports: Some(Span::one(80)),
            ..port.clone()
        };
        assert_eq!(sides(other), both("[fd00::2]:*", "172.17.0.2:80"));
        let untold = PublishedPort { family: None, target: None, ..port };
        assert_eq!(sides(untold), both("*:8000-8010", "an address that the rule computes"));
    }
}
