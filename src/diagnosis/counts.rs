//! The counters of a socket that only rise, so that two readings tell what happened between them.
//!
//! Numbers alone: what they mean is judged elsewhere.

use crate::model::{Socket, TcpInfoPlace as P};

/// What a socket counted since it was made; `None` where the kernel does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Segments with data, those sent again included (`tcpi_data_segs_out`).
    pub segments: Option<u64>,
    /// Segments sent again (`tcpi_total_retrans`).
    pub retransmitted: Option<u64>,
    /// Of these, what the other end had already (`tcpi_dsack_dups`): it was late, and not lost.
    pub duplicates: Option<u64>,
    /// Bytes that the other end acknowledged.
    pub acked: Option<u64>,
    /// Microseconds with data to send (`tcp_get_info_chrono_stats`).
    pub busy_us: Option<u64>,
    /// Of these, microseconds in which the other end's window was the limit.
    pub rwnd_us: Option<u64>,
    /// Of these, microseconds in which the own send buffer was.
    pub sndbuf_us: Option<u64>,
    /// Datagrams dropped (`SK_MEMINFO_DROPS`).
    pub drops: Option<u64>,
    /// What waits to be sent or acknowledged now, in bytes. It rises and falls.
    pub send_q: Option<u64>,
}

impl Counts {
    /// What the socket tells.
    #[must_use]
    pub fn of(socket: &Socket) -> Self {
        let details = socket.details.as_deref();
        let info = details.and_then(|details| details.tcp_info.as_ref());
        let read = |place| info.and_then(|info| info.read(place));
        let memory = details.and_then(|details| details.memory);
        Self {
            segments: read(P::DATA_SEGS_OUT),
            retransmitted: read(P::TOTAL_RETRANS),
            duplicates: read(P::DSACK_DUPS),
            acked: read(P::BYTES_ACKED),
            busy_us: read(P::BUSY_TIME),
            rwnd_us: read(P::RWND_LIMITED),
            sndbuf_us: read(P::SNDBUF_LIMITED),
            drops: memory.and_then(|memory| memory.drops).map(u64::from),
            send_q: socket.queues.send.map(u64::from),
        }
    }

    /// True where something is told that only rises.
    #[must_use]
    pub fn are_known(&self) -> bool {
        self.segments.is_some() || self.acked.is_some() || self.drops.is_some()
    }

    /// What was counted since `earlier`. What fell was not one counter.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let passed = |now: Option<u64>, then: Option<u64>| now?.checked_sub(then?);
        Self {
            segments: passed(self.segments, earlier.segments),
            retransmitted: passed(self.retransmitted, earlier.retransmitted),
            duplicates: passed(self.duplicates, earlier.duplicates),
            acked: passed(self.acked, earlier.acked),
            busy_us: passed(self.busy_us, earlier.busy_us),
            rwnd_us: passed(self.rwnd_us, earlier.rwnd_us),
            sndbuf_us: passed(self.sndbuf_us, earlier.sndbuf_us),
            drops: passed(self.drops, earlier.drops),
            send_q: self.send_q,
        }
    }
}
