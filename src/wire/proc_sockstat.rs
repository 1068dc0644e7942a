//! `/proc/net/sockstat`, `sockstat6` (`net/ipv4/proc.c`, `net/ipv6/proc.c`) and `/proc/net/snmp`: how many
//! sockets the kernel counts itself.

use super::{line, proc_snmp};
use crate::model::KernelCounts;

/// The counts of the three files. What they do not tell is 0, as nothing is then in use.
#[must_use]
pub fn parse(sockstat: &[u8], sockstat6: &[u8], snmp: &[u8]) -> KernelCounts {
    let mut counts = KernelCounts::default();
    for text in [sockstat, sockstat6] {
        for line in text.split(|byte| *byte == b'\n') {
            let mut words = line::columns(line);
            let Some(name) = words.next() else { continue };
            while let Some((key, number)) = words.next().zip(words.next()) {
                if let Some(place) = place(&mut counts, name, key) {
                    *place = number.parse().unwrap_or(0);
                }
            }
        }
    }
    counts.tcp_established = proc_snmp::number(snmp, "Tcp:", "CurrEstab").unwrap_or(0);
    counts
}

/// The sockets of the namespace, of whatever kind: the first line of `sockstat` alone.
#[must_use]
pub fn sockets_used(text: &[u8]) -> Option<usize> {
    let line = text.split(|byte| *byte == b'\n').next()?.strip_prefix(b"sockets: used ")?;
    std::str::from_utf8(line).ok()?.trim_ascii_end().parse().ok()
}

/// Where the number of that name belongs.
fn place<'a>(counts: &'a mut KernelCounts, name: &str, key: &str) -> Option<&'a mut u64> {
    Some(match (name, key) {
        ("sockets:", "used") => &mut counts.used,
        ("TCP:", "inuse") => &mut counts.tcp.v4,
        ("TCP6:", "inuse") => &mut counts.tcp.v6,
        ("UDP:", "inuse") => &mut counts.udp.v4,
        ("UDP6:", "inuse") => &mut counts.udp.v6,
        ("RAW:", "inuse") => &mut counts.raw.v4,
        ("RAW6:", "inuse") => &mut counts.raw.v6,
        ("FRAG:", "inuse") => &mut counts.frag.v4,
        ("FRAG6:", "inuse") => &mut counts.frag.v6,
        ("TCP:", "orphan") => &mut counts.tcp_orphaned,
        ("TCP:", "tw") => &mut counts.tcp_time_wait,
        ("TCP:", "alloc") => &mut counts.tcp_allocated,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_all_sockets() {
        assert_eq!(sockets_used(b"sockets: used 201309\nTCP: inuse 5\n"), Some(201_309));
        assert_eq!(sockets_used(b"TCP: inuse 5\n"), None);
        assert_eq!(sockets_used(b""), None);
    }
    use crate::model::InUse;

    #[test]
    fn counts_by_their_names() {
        let counts = parse(
            b"sockets: used 17\nTCP: inuse 1 orphan 2 tw 3 alloc 4 mem 127\nUDP: inuse 5 mem 0\n\
              UDPLITE: inuse 9\nRAW: inuse 6\nFRAG: inuse 7 memory 0\n",
            b"TCP6: inuse 8\nUDP6: inuse 0\nFRAG6: inuse 1 memory 0\n",
            b"Ip: Forwarding\nIp: 1\nTcp: RtoAlgorithm CurrEstab InSegs\nTcp: 1 11 18\n",
        );
        assert_eq!(
            counts,
            KernelCounts {
                used: 17,
                raw: InUse { v4: 6, v6: 0 },
                udp: InUse { v4: 5, v6: 0 },
                tcp: InUse { v4: 1, v6: 8 },
                frag: InUse { v4: 7, v6: 1 },
                tcp_allocated: 4,
                tcp_orphaned: 2,
                tcp_time_wait: 3,
                tcp_established: 11,
            }
        );
        assert_eq!(parse(b"", b"TCP6:\n", b"Tcp: CurrEstab\n"), KernelCounts::default());
    }
}
