//! Files below `/proc` that describe the network of the calling process.

use std::io;

use crate::model::{Family, PortRange, Protocol};

/// The file that lists the sockets of a family and protocol. `/proc/self/net`, not `/proc/net`:
/// the latter is missing where procfs is mounted with `subset=pid`.
#[must_use]
pub fn table_path(family: Family, protocol: Protocol) -> &'static str {
    match (family, protocol) {
        (Family::Inet6, Protocol::Tcp) => "/proc/self/net/tcp6",
        (Family::Inet6, Protocol::Udp) => "/proc/self/net/udp6",
        (Family::Unix, _) | (_, Protocol::Unix) => "/proc/self/net/unix",
        (Family::Inet, Protocol::Tcp) => "/proc/self/net/tcp",
        (Family::Inet, Protocol::Udp) => "/proc/self/net/udp",
    }
}

/// The whole text of a table.
pub fn table(family: Family, protocol: Protocol) -> io::Result<Vec<u8>> {
    std::fs::read(table_path(family, protocol))
}

/// The ports that the kernel hands out unasked (`net.ipv4.ip_local_port_range`, ip(7)); the
/// kernel's default when it may not be read.
#[must_use]
pub fn ephemeral_ports() -> PortRange {
    std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|text| {
            let mut numbers = text.split_ascii_whitespace().map(str::parse);
            Some(PortRange { first: numbers.next()?.ok()?, last: numbers.next()?.ok()? })
        })
        .unwrap_or_default()
}
