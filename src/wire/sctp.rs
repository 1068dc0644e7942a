//! What is particular to SCTP: associations (`net/sctp/diag.c`, `net/sctp/proc.c`, sctp(7)).
//!
//! A socket of SCTP has an endpoint and any number of associations, and the kernel lists both, all
//! with the cookie and the inode of the one socket. Here the socket is the endpoint. An association
//! of a socket that has but one peer (one-to-one, or peeled off) is that socket's connection and
//! becomes one row with it. The associations of a one-to-many socket are rows of their own, with
//! its owners and inode, named by their addresses: they have no cookie that would be theirs.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::model::{Identity, Socket, SocketKey, SocketType, State, TimerKind};

/// `sctp_state_t` of an association (`linux/sctp.h`), in the nearest words of TCP.
#[must_use]
pub(super) fn association_state(raw: u8) -> Option<State> {
    Some(match raw {
        0 => State::Closed,
        1 | 2 => State::SynSent, // COOKIE_WAIT, COOKIE_ECHOED
        3 => State::Established,
        4 => State::FinWait1,  // SHUTDOWN_PENDING: data is still on its way
        5 => State::FinWait2,  // SHUTDOWN_SENT
        6 => State::CloseWait, // SHUTDOWN_RECEIVED
        7 => State::LastAck,   // SHUTDOWN_ACK_SENT
        _ => return None,
    })
}

/// The timer of an association, `SCTP_EVENT_TIMEOUT_*` (`net/sctp/constants.h`): no other than the
/// one for retransmission is ever told.
#[must_use]
pub(super) fn timer(raw: u8) -> Option<TimerKind> {
    (raw == 4).then_some(TimerKind::Retransmit)
}

/// One row for every socket, and one for every further association.
#[must_use]
pub fn settle(sockets: Vec<Socket>) -> Vec<Socket> {
    let mut by_socket: BTreeMap<SocketKey, Told> = BTreeMap::new();
    let total = sockets.len();
    for socket in sockets {
        by_socket.entry(socket.key).or_default().take(socket);
    }
    let mut settled = Vec::with_capacity(total);
    for told in by_socket.into_values() {
        told.settle(&mut settled);
    }
    settled
}

/// True for the row of an association: only those come with addresses of a peer.
fn is_association(socket: &Socket) -> bool {
    socket.details.as_ref().is_some_and(|details| details.peers.is_some())
}

/// The rows of one socket.
#[derive(Default)]
struct Told {
    endpoint: Option<Socket>,
    associations: Vec<Socket>,
}

impl Told {
    /// The kernel tells an endpoint once as such and again before its associations.
    fn take(&mut self, socket: Socket) {
        if !is_association(&socket) {
            self.endpoint = Some(socket);
            return;
        }
        match self.associations.iter_mut().find(|known| known.ends == socket.ends) {
            Some(known) => *known = socket,
            None => self.associations.push(socket),
        }
    }

    fn settle(mut self, into: &mut Vec<Socket>) {
        if let Some(endpoint) = self.endpoint {
            let one_to_one = !matches!(endpoint.state, State::Listen | State::Closed);
            if one_to_one && self.associations.len() == 1 {
                into.extend(self.associations.pop().map(|association| connection(&endpoint, association)));
                return;
            }
            into.push(endpoint);
        } else if matches!(&self.associations[..], [only] if only.kind == SocketType::Stream) {
            // The text tables list no endpoint beside a one-to-one connection.
            into.append(&mut self.associations);
        }
        into.extend(self.associations.into_iter().map(named_by_its_addresses));
    }
}

fn connection(endpoint: &Socket, association: Socket) -> Socket {
    let &Socket { key, kind, inode, uid, interface, .. } = endpoint;
    Socket { key, kind, inode, uid, interface, ..association }
}

fn named_by_its_addresses(association: Socket) -> Socket {
    let mut hasher = DefaultHasher::new();
    (association.key.id, &association.ends).hash(&mut hasher);
    let key = SocketKey { id: Identity::Tuple(hasher.finish()), ..association.key };
    Socket { key, ..association }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        Basics, Cookie, Details, Endpoint, Ends, Family, Inode, NetnsId, PortRange, Protocol,
    };

    fn row(cookie: u64, state: State, peer: Option<u16>) -> Socket {
        let here = [127, 0, 0, 1].into();
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(cookie)) },
            family: Family::Inet,
            protocol: Protocol::Sctp,
            kind: SocketType::Unknown,
            state,
            ends: Ends::Inet {
                local: Endpoint::new(here, 7000),
                remote: peer.map(|port| Endpoint::new(here, port)),
            },
            inode: Inode::new(cookie + 100),
        };
        let details = Details { peers: peer.map(|_| vec![here]), ..Details::default() };
        Socket { details: Some(Arc::new(details)), ..Socket::new(basics, &PortRange::default()) }
    }

    #[test]
    fn one_row_for_a_connection_though_the_kernel_tells_three() {
        let endpoint = row(1, State::Established, None);
        let settled = settle(vec![endpoint.clone(), endpoint, row(1, State::FinWait2, Some(40000))]);
        assert_eq!(settled.len(), 1);
        assert_eq!(settled[0].key.cookie(), Some(Cookie(1)));
        assert_eq!(settled[0].ends.remote().unwrap().port, 40000);
        assert_eq!(settled[0].state, State::FinWait2, "the association knows better");
    }

    #[test]
    fn associations_of_one_socket_stay_apart_and_keep_their_names() {
        for state in [State::Listen, State::Closed] {
            let rows = || {
                let association = |port| row(1, State::Established, Some(port));
                settle(vec![row(1, state, None), association(4000), association(4001), association(4001)])
            };
            let settled = rows();
            let keys: Vec<_> = settled.iter().map(|socket| socket.key).collect();
            assert_eq!(settled.len(), 3, "{state:?}");
            assert_eq!((keys[0].cookie(), keys[1].cookie()), (Some(Cookie(1)), None));
            assert_ne!(keys[1], keys[2]);
            assert!(settled.iter().all(|socket| socket.inode == Inode::new(101)), "they share the file");
            assert_eq!(keys, rows().iter().map(|socket| socket.key).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_association_without_its_endpoint_is_kept() {
        let settled = settle(vec![row(1, State::Established, Some(1)), row(2, State::Listen, None)]);
        assert_eq!((settled.len(), settled[0].key.cookie()), (2, None));
        let one_to_one = Socket { kind: SocketType::Stream, ..row(3, State::Established, Some(1)) };
        assert_eq!(settle(vec![one_to_one])[0].key.cookie(), Some(Cookie(3)));
    }

    #[test]
    fn states_and_timers_of_the_kernel() {
        assert_eq!(association_state(3), Some(State::Established));
        assert_eq!(association_state(7), Some(State::LastAck), "not TCP_CLOSE");
        assert_eq!(association_state(8), None);
        assert_eq!((timer(4), timer(0)), (Some(TimerKind::Retransmit), None));
    }
}
