//! `/proc/net/snmp` and `/proc/net/netstat` (`net/ipv4/proc.c`): a line of names is followed by one of numbers.

use super::line;
use crate::model::KernelCounters;

/// The number of that name in the group. `group` ends in a colon, as it stands there.
pub(super) fn number(text: &[u8], group: &str, name: &str) -> Option<u64> {
    let mut lines = text.split(|byte| *byte == b'\n').map(line::columns);
    let mut pair = lines.by_ref().filter_map(|mut words| (words.next()? == group).then_some(words));
    let at = pair.next()?.position(|known| known == name)?;
    pair.next()?.nth(at)?.parse().ok()
}

/// What the kernel has counted, of the two files.
#[must_use]
pub fn counters(snmp: &[u8], netstat: &[u8]) -> KernelCounters {
    KernelCounters {
        retransmitted_segments: number(snmp, "Tcp:", "RetransSegs"),
        timeouts: number(netstat, "TcpExt:", "TCPTimeouts"),
        listen_overflows: number(netstat, "TcpExt:", "ListenOverflows"),
        listen_drops: number(netstat, "TcpExt:", "ListenDrops"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_by_their_names() {
        let counted = counters(
            b"Ip: RetransSegs\nIp: 1\nTcp: RtoAlgorithm MaxConn RetransSegs\nTcp: 1 -1 42\nTcpExt: RetransSegs\n",
            b"TcpExt: ListenOverflows TCPTimeouts\nTcpExt: 18446744073709551615 3\nIpExt: ListenDrops\nIpExt: 9\n",
        );
        assert_eq!(
            counted,
            KernelCounters {
                retransmitted_segments: Some(42),
                timeouts: Some(3),
                listen_overflows: Some(u64::MAX),
                listen_drops: None,
            }
        );
        assert_eq!(
            counters(b"Tcp: RetransSegs\n", b"TcpExt: TCPTimeouts\nTcpExt:\n"),
            KernelCounters::default()
        );
    }
}
