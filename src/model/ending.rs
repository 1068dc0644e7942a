//! How a TCP connection ended, as far as what was told last proves it.

use super::words::words;
use super::{Protocol, Socket, State, TcpInfoPlace};

// errno(3), the numbers of most machines (`asm-generic/errno.h`).
const EPIPE: u32 = 32;
const ENETUNREACH: u32 = 101;
const ECONNABORTED: u32 = 103;
const ECONNRESET: u32 = 104;
const ETIMEDOUT: u32 = 110;
const ECONNREFUSED: u32 = 111;
const EHOSTUNREACH: u32 = 113;

words! {
    /// How a TCP connection ended. Most endings leave the same traces: one whose program closed it after a reset
    /// looks as one whose program closed it. Of those nothing is told.
    Ending {
        /// Both sides closed it, and each knows that of the other: it was in TIME-WAIT, or all that a side had sent
        /// in LAST-ACK or CLOSING, the end of its stream included, was acknowledged.
        Orderly = "orderly",
        /// Something that this side had sent, the end of its stream perhaps, was never acknowledged: one of both sides
        /// reset the connection, or this one gave up.
        Unacknowledged = "unacknowledged",
        /// The other side was called and nothing ever came from it.
        Unanswered = "unanswered",
        /// The other side reset it.
        ResetByPeer = "reset-by-peer",
        /// This side reset it: its program let go of it with bytes unread, or asked for that (`SO_LINGER`).
        Reset = "reset",
        /// The other side was called and nobody listens there.
        Refused = "refused",
        /// The other side was silent for too long.
        TimedOut = "timed-out",
        /// No way leads to the other side.
        Unreachable = "unreachable",
        /// Somebody had the kernel destroy it (`SOCK_DESTROY`), as `sockeye close` does.
        Destroyed = "destroyed",
    }
}

impl Ending {
    /// By the state in which it was before the last one and the error that the kernel left in the socket as it entered that, where
    /// it does (`tcp_reset` in `net/ipv4/tcp_input.c`, `tcp_write_err` in `tcp_timer.c`, `tcp_abort` in `tcp.c`). A
    /// connection that ends without an error out of a state in which both sides could still send was reset by this
    /// side (`__tcp_close` in `tcp.c`).
    #[must_use]
    pub fn heard(before: &Socket, errno: u32) -> Option<Self> {
        if before.protocol != Protocol::Tcp {
            return None;
        }
        match (errno, before.state) {
            (_, State::Listen) => None,
            (0, State::Established | State::CloseWait) => Some(Self::Reset),
            (ECONNREFUSED, _) => Some(Self::Refused),
            (ECONNRESET | EPIPE, _) => Some(Self::ResetByPeer),
            (ETIMEDOUT, _) => Some(Self::TimedOut),
            (ECONNABORTED, _) => Some(Self::Destroyed),
            (ENETUNREACH | EHOSTUNREACH, _) => Some(Self::Unreachable),
            _ => None,
        }
    }

    /// By what the kernel `told` of the socket when it destroyed it, and the state in which it was last seen.
    ///
    /// What was sent and not acknowledged is `write_seq - snd_una` then (`tcp_diag_get_info`, `net/ipv4/tcp_diag.c`).
    /// The end of the stream is in it from when this side has closed, so in LAST-ACK and CLOSING zero means that
    /// it arrived. Before, zero means nothing: a reset may have come first. Of a socket that the kernel wiped
    /// (`tcp_disconnect`) nothing is told, nor of one that never had another end.
    #[must_use]
    pub fn told(told: &Socket, before: Option<State>) -> Option<Self> {
        if told.protocol != Protocol::Tcp || told.ends.is_wiped() || told.ends.remote().is_none() {
            return None;
        }
        let info = told.details.as_ref()?.tcp_info.as_ref()?;
        let segments = [TcpInfoPlace::SEGS_OUT, TcpInfoPlace::SEGS_IN].map(|place| info.read(place));
        match (before, told.queues.send?) {
            _ if matches!(segments, [Some(1..), Some(0)]) => Some(Self::Unanswered),
            (_, 1..) => Some(Self::Unacknowledged),
            (Some(State::LastAck | State::Closing | State::TimeWait), 0) => Some(Self::Orderly),
            _ => None,
        }
    }

    /// By the state in which it was last seen, where the kernel told nothing of its end. In TIME-WAIT both sides have
    /// closed it (RFC 9293).
    #[must_use]
    pub fn seen(last: &Socket) -> Option<Self> {
        (last.protocol == Protocol::Tcp && last.state == State::TimeWait).then_some(Self::Orderly)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        Basics, Cookie, Details, Endpoint, Ends, Family, Identity, NetnsId, PortRange, SocketKey, SocketType,
        TcpInfo,
    };

    fn socket(state: State, port: u16, send: u32, [segs_out, segs_in]: [u64; 2]) -> Socket {
        let end = |port| Endpoint::new([127, 0, 0, 1].into(), port);
        let basics = Basics {
            key: SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(7)) },
            family: Family::Inet,
            protocol: Protocol::Tcp,
            kind: SocketType::Stream,
            state,
            ends: Ends::Inet { local: end(80), remote: Some(end(port)) },
            inode: None,
        };
        let info = TcpInfo::of(&[(TcpInfoPlace::SEGS_OUT, segs_out), (TcpInfoPlace::SEGS_IN, segs_in)]);
        let details = Details { tcp_info: Some(info), ..Details::default() };
        let mut socket =
            Socket { details: Some(Arc::new(details)), ..Socket::new(basics, &PortRange::default()) };
        socket.queues.send = Some(send);
        socket
    }

    #[test]
    fn an_errno_says_how_it_ended() {
        for (before, errno, ending) in [
            (State::Established, 104, Some(Ending::ResetByPeer)),
            (State::CloseWait, 32, Some(Ending::ResetByPeer)),
            (State::FinWait1, 104, Some(Ending::ResetByPeer)),
            (State::SynSent, 111, Some(Ending::Refused)),
            (State::SynSent, 113, Some(Ending::Unreachable)),
            (State::SynSent, 101, Some(Ending::Unreachable)),
            (State::SynSent, 110, Some(Ending::TimedOut)),
            (State::Established, 110, Some(Ending::TimedOut)),
            (State::Established, 103, Some(Ending::Destroyed)),
            (State::Established, 0, Some(Ending::Reset)),
            (State::CloseWait, 0, Some(Ending::Reset)),
            (State::LastAck, 0, None),
            (State::SynSent, 0, None), // its program gave up
            (State::Established, 71, None),
            (State::Listen, 0, None),
            (State::Listen, 104, None),
        ] {
            let socket = socket(before, 5000, 0, [5, 4]);
            assert_eq!(Ending::heard(&socket, errno), ending, "{before:?} {errno}");
            let other = Socket { protocol: Protocol::Udp, ..socket };
            assert_eq!(Ending::heard(&other, errno), None, "only connections end so");
        }
    }

    #[test]
    fn only_what_is_proved_is_told() {
        let (orderly, cut) = (Some(Ending::Orderly), Some(Ending::Unacknowledged));
        for (before, port, send, segments, ending) in [
            (Some(State::Established), 5000, 0, [5, 4], None),
            (Some(State::CloseWait), 5000, 0, [5, 4], None),
            (Some(State::FinWait2), 5000, 0, [5, 4], None),
            (None, 5000, 0, [5, 4], None),
            (Some(State::LastAck), 5000, 0, [5, 4], orderly),
            (Some(State::Closing), 5000, 0, [5, 4], orderly),
            (Some(State::LastAck), 5000, 1, [5, 4], cut),
            (Some(State::Established), 5000, 7, [5, 4], cut),
            (None, 5000, 7, [5, 4], cut),
            (Some(State::SynSent), 5000, 1, [3, 0], Some(Ending::Unanswered)),
            (None, 5000, 1, [1, 0], Some(Ending::Unanswered)),
            (Some(State::Established), 0, 7, [5, 4], None), // wiped
            (Some(State::Listen), 0, 128, [0, 0], None),
        ] {
            let told = Ending::told(&socket(State::Closed, port, send, segments), before);
            assert_eq!(told, ending, "{before:?} {port} {send} {segments:?}");
        }
        let seen = |state| Ending::seen(&socket(state, 5000, 7, [5, 4]));
        assert_eq!([State::TimeWait, State::Established].map(seen), [orderly, None]);
    }
}
