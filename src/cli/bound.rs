//! TCP sockets that are bound and no more: who lists them, and who does not. They are chosen elsewhere.

use crate::model::{Coverage, Protocol};
use crate::store::Moment;

/// The first Linux that lists them, when it is asked to (`TCP_BOUND_INACTIVE`, `net/ipv4/inet_diag.c`).
const LISTED_SINCE: (u32, u32) = (6, 8);

/// Why there may be some although none was listed.
pub(super) fn unlisted(moment: &Moment) -> Option<&'static str> {
    by(&moment.coverage, moment.host.kernel.as_bytes())
}

fn by(coverage: &Coverage, kernel: &[u8]) -> Option<&'static str> {
    let tcp = || coverage.slices.iter().filter(|read| read.slice.protocol == Protocol::Tcp);
    if tcp().any(|read| matches!(read.source, "procfs" | "portable")) {
        return Some("no table but that of netlink has TCP sockets that are bound and no more");
    }
    let by_kernel = tcp().any(|read| read.source == "netlink");
    let old = by_kernel && release(kernel).is_some_and(|release| release < LISTED_SINCE);
    old.then_some("Linux before 6.8 lists no TCP sockets that are bound and no more")
}

/// The first two numbers of a release such as `6.1.0-44-amd64`.
fn release(text: &[u8]) -> Option<(u32, u32)> {
    let mut numbers = std::str::from_utf8(text).ok()?.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Family, NetnsId, Slice, SliceCoverage};

    #[test]
    fn an_empty_list_counts_where_somebody_would_list_them() {
        for (source, kernel, blind) in [
            ("netlink", "6.18.0", false),
            ("netlink", "6.8.0-31-generic", false),
            ("netlink", "6.1.0-44-amd64", true),
            ("netlink", "5.15", true),
            ("netlink", "what?", false),
            ("procfs", "6.18.0", true),
            ("portable", "6.18.0", true),
            ("scenario", "5.0.0", false),
        ] {
            let slice = Slice { netns: NetnsId(1), family: Family::Inet, protocol: Protocol::Tcp };
            let coverage =
                Coverage { slices: vec![SliceCoverage::new(slice, source)], ..Coverage::default() };
            assert_eq!(by(&coverage, kernel.as_bytes()).is_some(), blind, "{source} {kernel}");
        }
    }
}
