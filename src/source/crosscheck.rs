//! The table against the kernel's own count of it: a list that is too short, and looks whole.
//!
//! The count is taken a moment before the table is read, and a few sockets come and go meanwhile.
//! What is missing beyond that is missing, if it is so twice. Nothing is read here.

use crate::model::{Protocol, SliceCoverage, SliceStatus, Socket, State};

/// True when the table seems whole and lacks many of the sockets that the kernel counts. `sockets`
/// are those of the table.
pub(super) fn is_short(coverage: &SliceCoverage, sockets: &[Socket]) -> bool {
    let Some(counted) = coverage.counted.filter(|_| coverage.status.proves_absence()) else { return false };
    let listed = sockets.iter().filter(|socket| is_counted(socket)).count();
    counted.saturating_sub(listed) > tolerance(counted)
}

/// The status of a table that was too short twice in a row.
pub(super) fn degraded(coverage: &SliceCoverage) -> SliceStatus {
    let (rows, counted) = (coverage.rows, coverage.counted.unwrap_or_default());
    SliceStatus::Partial(format!("it has {rows} rows, twice, where the kernel counts {counted} sockets"))
}

/// What may come and go between the count and the list.
fn tolerance(counted: usize) -> usize {
    16.max(counted / 16)
}

/// True for what the kernel counts: sockets while they hang in the protocol's hash table
/// (`sock_prot_inuse_add`), not what is left of them, nor what is not one yet.
fn is_counted(socket: &Socket) -> bool {
    let connecting = matches!(socket.state, State::TimeWait | State::SynRecv | State::Bound);
    // Associations are counted with their endpoint, and subflows with themselves.
    !connecting && !matches!(socket.protocol, Protocol::Sctp | Protocol::Mptcp | Protocol::Smc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Basics, Cookie, Endpoint, Ends, Family, Identity, NetnsId, PortRange, SocketKey, SocketType,
    };

    fn socket(cookie: u64, state: State) -> Socket {
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(cookie)) },
            family: Family::Inet,
            protocol: Protocol::Tcp,
            kind: SocketType::Stream,
            state,
            ends: Ends::Inet { local: Endpoint::new([127, 0, 0, 1].into(), 80), remote: None },
            inode: None,
        };
        Socket::new(basics, &PortRange::default())
    }

    #[test]
    fn it_is_short_beyond_what_may_come_and_go() {
        for (counted, established, waiting, short) in [
            (Some(0), 0, 0, false),
            (Some(16), 0, 0, false),
            (Some(17), 0, 0, true),
            (Some(17), 1, 0, false),
            (Some(17), 0, 40, true), // TIME-WAIT is not counted, and makes up for nothing
            (Some(1000), 940, 0, false),
            (Some(1000), 937, 0, true),
            (Some(5), 90, 0, false), // more than counted are no gap
            (None, 0, 0, false),
        ] {
            let all: Vec<_> = (0..established)
                .map(|n| socket(n, State::Established))
                .chain((0..waiting).map(|n| socket(1000 + n, State::TimeWait)))
                .collect();
            let mut coverage = SliceCoverage::new(socket(0, State::Listen).slice(), "netlink");
            coverage.counted = counted;
            assert_eq!(is_short(&coverage, &all), short, "{counted:?} {established} {waiting}");
            coverage.status = SliceStatus::Partial("known".to_owned());
            assert!(!is_short(&coverage, &all), "what is known to be short needs no check");
        }
    }
}
