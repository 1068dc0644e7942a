//! Files below `/proc` that describe the network of the calling process.

use std::io;

use crate::model::PortRange;

/// The whole text of a table, by the name of its file. Of the calling thread, which may be in a
/// namespace of its own; and not `/proc/net`, which is missing where procfs is mounted with
/// `subset=pid`.
pub fn table(file: &str) -> io::Result<Vec<u8>> {
    std::fs::read(format!("/proc/thread-self/net/{file}"))
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
