//! The end of a socket: what the kernel told of it last, and what was known of it before.

use std::sync::Arc;

use crate::model::{Details, Socket};

/// The socket as it ended. The kernel tells its state, queues and last counts then, and nothing of who had it:
/// that comes from `before`, the last reading that had it. Where there was none it stays unknown.
#[must_use]
pub fn ended(told: Socket, before: Option<&Socket>) -> Socket {
    let Some(before) = before else { return told };
    let ends = if told.ends.is_wiped() { before.ends.clone() } else { told.ends };
    Socket {
        ends,
        role: before.role,
        inode: before.inode,
        uid: before.uid,
        v6only: before.v6only,
        mptcp: before.mptcp,
        owners: before.owners.clone(),
        details: last(told.details, before.details.clone()),
        ..told
    }
}

/// The counts of the end, beside what is told of living sockets alone.
fn last(told: Option<Arc<Details>>, before: Option<Arc<Details>>) -> Option<Arc<Details>> {
    let (Some(told), Some(before)) = (&told, &before) else { return told.or(before) };
    let tcp_info = told.tcp_info.clone().or_else(|| before.tcp_info.clone());
    Some(Arc::new(Details { tcp_info, ..Details::clone(before) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Basics, Cookie, Endpoint, Ends, Family, Identity, Inode, NetnsId, PortRange, Protocol, Role,
        SocketKey, SocketType, State, TcpInfo, Uid,
    };

    fn socket(state: State, inode: Option<Inode>) -> Socket {
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(7)) },
            family: Family::Inet,
            protocol: Protocol::Tcp,
            kind: SocketType::Stream,
            state,
            ends: Ends::Inet { local: Endpoint::new([127, 0, 0, 1].into(), 80), remote: None },
            inode,
        };
        Socket::new(basics, &PortRange::default())
    }

    fn with_info(socket: Socket, info: &[u8], mark: Option<u32>) -> Socket {
        let details = Details { tcp_info: Some(TcpInfo::from(info)), mark, ..Details::default() };
        Socket { details: Some(Arc::new(details)), ..socket }
    }

    #[test]
    fn what_nobody_saw_before_stays_unknown() {
        let told = socket(State::Closed, None);
        assert_eq!(ended(told.clone(), None), told);
    }

    #[test]
    fn what_the_kernel_wiped_is_as_it_was_read() {
        let ends = |port, remote| Ends::Inet {
            local: Endpoint::new([127, 0, 0, 1].into(), port),
            remote: Some(Endpoint::new([127, 0, 0, 1].into(), remote)),
        };
        let told = Socket { ends: ends(80, 0), ..socket(State::Closed, None) };
        let before = Socket { ends: ends(80, 5000), ..socket(State::Established, None) };
        let end = ended(told, Some(&with_info(before, &[1], None)));
        assert_eq!((end.ends, end.state), (ends(80, 5000), State::Closed));
        assert_eq!(end.details.unwrap().tcp_info.clone(), Some(TcpInfo::from(&[1][..])));
    }

    #[test]
    fn the_last_counts_stand_beside_what_was_known() {
        let told = with_info(socket(State::Closed, None), &[2], None);
        let before = Socket { uid: Some(Uid(5)), ..socket(State::Listen, Inode::new(9)) };
        let end = ended(told, Some(&with_info(before, &[1], Some(3))));
        assert_eq!((end.state, end.role, end.inode), (State::Closed, Role::Listener, Inode::new(9)));
        assert_eq!(end.uid, Some(Uid(5)));
        let details = end.details.unwrap();
        assert_eq!((details.tcp_info.clone(), details.mark), (Some(TcpInfo::from(&[2][..])), Some(3)));
    }
}
