//! `/proc/net/protocols` (`net/core/sock.c`): how many sockets of each protocol the namespace has.
//!
//! An independent count: it says whether a protocol that cannot be listed has sockets at all.

use std::collections::HashMap;

/// The number of sockets by the protocol's name in the kernel. Lines that are no entry are passed
/// over.
#[must_use]
pub fn parse(text: &[u8]) -> HashMap<String, usize> {
    let rows = super::line::rows(text).filter_map(|line| {
        let mut columns = super::line::columns(line);
        let name = columns.next()?;
        let sockets = columns.nth(1)?.parse().ok()?;
        Some((name.to_owned(), sockets))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_name() {
        let counts = parse(
            b"protocol  size sockets  memory press maxhdr  slab module     cl co di\n\
            PACKET    1536      2      -1   NI       0   no   kernel      n  n  n\n\
            UDP-Lite  1408     -1      -1   NI       0   yes  kernel      y  y  y\n\
            TCPv6     2688     17       0   no     320   yes  kernel      y  y  y\nodd\n",
        );
        assert_eq!((counts.get("PACKET"), counts.get("TCPv6"), counts.len()), (Some(&2), Some(&17), 2));
    }
}
