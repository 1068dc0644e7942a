//! Sockets that share an address (`SO_REUSEPORT`, and of UDP `SO_REUSEADDR`). Reads nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Endpoint, Ends, IfIndex, NetnsId, Protocol, Socket, SocketKey, State};

/// Where a socket waits for whoever comes.
type Seat = (NetnsId, Protocol, Endpoint, Option<IfIndex>);

/// The sockets that do not wait alone at their address. To destroy one the kernel looks for it by its address
/// (`inet_diag_find_one_icsk`, `__udp_diag_destroy`) and takes any of them; when that is not the one that is meant,
/// it refuses. So which of them can be closed is chance.
#[must_use]
pub fn share_an_address<'a>(sockets: impl Iterator<Item = &'a Socket>) -> BTreeSet<SocketKey> {
    let mut seats: BTreeMap<Seat, Vec<SocketKey>> = BTreeMap::new();
    for socket in sockets {
        if let Some(seat) = seat(socket) {
            seats.entry(seat).or_default().push(socket.key);
        }
    }
    seats.into_values().filter(|keys| keys.len() > 1).flatten().collect()
}

fn seat(socket: &Socket) -> Option<Seat> {
    let Ends::Inet { local, remote: None } = socket.ends else { return None };
    // TCP sockets that are bound and do not listen are found by nobody.
    let waits = socket.protocol != Protocol::Tcp || socket.state == State::Listen;
    waits.then_some((socket.key.netns, socket.protocol, local, socket.interface))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Basics, Cookie, Family, Identity, PortRange, SocketType};

    fn socket(cookie: u64, protocol: Protocol, state: State, ports: (u16, u16)) -> Socket {
        let end = |port| Endpoint::new([127, 0, 0, 1].into(), port);
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(cookie)) },
            family: Family::Inet,
            protocol,
            kind: SocketType::Stream,
            state,
            ends: Ends::Inet { local: end(ports.0), remote: (ports.1 > 0).then(|| end(ports.1)) },
            inode: None,
        };
        Socket::new(basics, &PortRange::default())
    }

    #[test]
    fn only_those_that_wait_at_one_address_share_it() {
        let (tcp, udp) = (Protocol::Tcp, Protocol::Udp);
        let sockets = [
            socket(1, tcp, State::Listen, (80, 0)),
            socket(2, tcp, State::Listen, (80, 0)),
            socket(3, tcp, State::Listen, (81, 0)),
            socket(4, tcp, State::Bound, (81, 0)),
            socket(5, tcp, State::Established, (80, 5000)),
            socket(6, tcp, State::Established, (80, 5001)),
            socket(7, udp, State::Unconnected, (80, 0)),
            socket(8, udp, State::Unconnected, (53, 0)),
            socket(9, udp, State::Unconnected, (53, 0)),
            Socket { interface: IfIndex::new(3), ..socket(10, udp, State::Unconnected, (53, 0)) },
        ];
        let shared = share_an_address(sockets.iter());
        let cookies: Vec<u64> = shared.iter().filter_map(SocketKey::cookie).map(|cookie| cookie.0).collect();
        assert_eq!(cookies, [1, 2, 8, 9]);
    }
}
