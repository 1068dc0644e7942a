//! `struct tcp_info`: kept as the kernel sent it, read through a table of its layout.
//!
//! The struct only grows (`include/uapi/linux/tcp.h`), so a reader that knows the offsets can read
//! every kernel's: a field behind the end of a shorter struct is unknown, and what a newer kernel
//! appends is passed over.

use std::sync::Arc;

/// One socket's `tcp_info`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpInfo(Arc<[u8]>);

impl From<&[u8]> for TcpInfo {
    fn from(raw: &[u8]) -> Self {
        Self(raw.into())
    }
}

/// Where a number stands in the struct, and how wide it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    offset: usize,
    width: Width,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    U8,
    U16,
    U32,
    U64,
    /// Some bits of one byte, from the lowest: shift and count.
    Bits(u8, u8),
}

use Width::{Bits, U8, U16, U32, U64};

impl TcpInfo {
    /// The number at that place; `None` when this kernel's struct ends before it.
    #[must_use]
    pub fn read(&self, place: Place) -> Option<u64> {
        place.read(&self.0)
    }

    /// The bytes that went through; `None` when this kernel does not count them.
    #[must_use]
    pub fn counters(&self) -> Option<Counters> {
        Counters::of(&self.0)
    }
}

/// How many bytes a connection has sent and received since it was made, and how well that goes: the numbers of
/// `tcp_info` that lists are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counters {
    pub sent: u64,
    pub received: u64,
    /// Microseconds, smoothed.
    rtt: u32,
    /// Segments, in all.
    retransmitted: u32,
}

impl Counters {
    /// Those of a `tcp_info` as the kernel sends it; `None` when it ends before them.
    #[must_use]
    pub fn of(raw: &[u8]) -> Option<Self> {
        // Older kernels count only what was acknowledged.
        let sent = Place::BYTES_SENT.read(raw).or_else(|| Place::BYTES_ACKED.read(raw))?;
        let number = |place: Place| place.read(raw).and_then(|number| u32::try_from(number).ok());
        Some(Self {
            sent,
            received: Place::BYTES_RECEIVED.read(raw)?,
            rtt: number(Place::RTT)?,
            retransmitted: number(Place::TOTAL_RETRANS)?,
        })
    }

    /// The number of that place of `tcp_info`, where it is one of these.
    #[must_use]
    pub fn read(&self, place: Place) -> Option<u64> {
        match place {
            Place::RTT => Some(self.rtt.into()),
            Place::TOTAL_RETRANS => Some(self.retransmitted.into()),
            _ => None,
        }
    }
}

impl TcpInfo {
    /// A struct with these numbers, zero before and between them, which ends behind the last. What does
    /// not fit its place is cut, as the kernel cuts it.
    #[must_use]
    pub fn of(numbers: &[(Place, u64)]) -> Self {
        let mut raw = vec![0; numbers.iter().map(|(place, _)| place.end()).max().unwrap_or(0)];
        for (place, number) in numbers {
            let bytes = number.to_ne_bytes();
            let least = if cfg!(target_endian = "little") { 0 } else { 8 - place.bytes() };
            let target = &mut raw[place.offset..place.end()];
            match place.width {
                Bits(shift, count) => target[0] |= (bytes[least] & ((1 << count) - 1)) << shift,
                U8 | U16 | U32 | U64 => target.copy_from_slice(&bytes[least..least + place.bytes()]),
            }
        }
        Self(raw.into())
    }
}

impl Place {
    /// The place of a field by its name in the struct, without `tcpi_`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let at = Self::NAMES.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        Self::ALL.get(at).copied()
    }

    /// The number at this place of the struct; `None` when it ends before.
    fn read(self, raw: &[u8]) -> Option<u64> {
        let bytes = raw.get(self.offset..)?;
        Some(match self.width {
            U8 => u64::from(*bytes.first()?),
            U16 => u64::from(u16::from_ne_bytes(*bytes.first_chunk()?)),
            U32 => u64::from(u32::from_ne_bytes(*bytes.first_chunk()?)),
            U64 => u64::from_ne_bytes(*bytes.first_chunk()?),
            Bits(shift, count) => u64::from(*bytes.first()? >> shift) & ((1 << count) - 1),
        })
    }

    fn bytes(self) -> usize {
        match self.width {
            U8 | Bits(..) => 1,
            U16 => 2,
            U32 => 4,
            U64 => 8,
        }
    }

    fn end(self) -> usize {
        self.offset + self.bytes()
    }
}

macro_rules! layout {
    ($($name:ident = $offset:literal $width:expr;)+) => {
        impl Place {
            /// The names of [`ALL`](Self::ALL), in upper case.
            const NAMES: &[&'static str] = &[$(stringify!($name),)+];

            $(#[doc = concat!("`tcpi_", stringify!($name), "`, in lower case")]
            pub const $name: Self = Self { offset: $offset, width: $width };)+

            /// Every place, in the order of the struct.
            pub const ALL: &[Self] = &[$(Self::$name,)+];
        }
    };
}

layout! {
    CA_STATE = 1 U8;
    RETRANSMITS = 2 U8;
    PROBES = 3 U8;
    BACKOFF = 4 U8;
    OPTIONS = 5 U8;
    SND_WSCALE = 6 Bits(0, 4);
    RCV_WSCALE = 6 Bits(4, 4);
    DELIVERY_RATE_APP_LIMITED = 7 Bits(0, 1);
    FASTOPEN_CLIENT_FAIL = 7 Bits(1, 2);
    RTO = 8 U32;
    ATO = 12 U32;
    SND_MSS = 16 U32;
    RCV_MSS = 20 U32;
    UNACKED = 24 U32;
    SACKED = 28 U32;
    LOST = 32 U32;
    RETRANS = 36 U32;
    FACKETS = 40 U32;
    LAST_DATA_SENT = 44 U32;
    LAST_ACK_SENT = 48 U32;
    LAST_DATA_RECV = 52 U32;
    LAST_ACK_RECV = 56 U32;
    PMTU = 60 U32;
    RCV_SSTHRESH = 64 U32;
    RTT = 68 U32;
    RTTVAR = 72 U32;
    SND_SSTHRESH = 76 U32;
    SND_CWND = 80 U32;
    ADVMSS = 84 U32;
    REORDERING = 88 U32;
    RCV_RTT = 92 U32;
    RCV_SPACE = 96 U32;
    TOTAL_RETRANS = 100 U32;
    PACING_RATE = 104 U64;
    MAX_PACING_RATE = 112 U64;
    BYTES_ACKED = 120 U64;
    BYTES_RECEIVED = 128 U64;
    SEGS_OUT = 136 U32;
    SEGS_IN = 140 U32;
    NOTSENT_BYTES = 144 U32;
    MIN_RTT = 148 U32;
    DATA_SEGS_IN = 152 U32;
    DATA_SEGS_OUT = 156 U32;
    DELIVERY_RATE = 160 U64;
    BUSY_TIME = 168 U64;
    RWND_LIMITED = 176 U64;
    SNDBUF_LIMITED = 184 U64;
    DELIVERED = 192 U32;
    DELIVERED_CE = 196 U32;
    BYTES_SENT = 200 U64;
    BYTES_RETRANS = 208 U64;
    DSACK_DUPS = 216 U32;
    REORD_SEEN = 220 U32;
    RCV_OOOPACK = 224 U32;
    SND_WND = 228 U32;
    RCV_WND = 232 U32;
    REHASH = 236 U32;
    TOTAL_RTO = 240 U16;
    TOTAL_RTO_RECOVERIES = 242 U16;
    TOTAL_RTO_TIME = 244 U32;
    RECEIVED_CE = 248 U32;
    DELIVERED_E1_BYTES = 252 U32;
    DELIVERED_E0_BYTES = 256 U32;
    DELIVERED_CE_BYTES = 260 U32;
    RECEIVED_E1_BYTES = 264 U32;
    RECEIVED_E0_BYTES = 268 U32;
    RECEIVED_CE_BYTES = 272 U32;
    ACCECN_FAIL_MODE = 276 U16;
    ACCECN_OPT_SEEN = 278 U16;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_struct_knows_less_and_a_longer_one_is_read_all_the_same() {
        let mut raw: Vec<u8> = (0..=255).collect();
        raw.extend([7; 100]);
        for len in [0, 1, 104, 232, 248, 280, 356] {
            let info = TcpInfo::from(&raw[..len]);
            for place in Place::ALL {
                assert_eq!(info.read(*place).is_some(), place.end() <= len, "{place:?} in {len} bytes");
            }
        }
    }

    #[test]
    fn numbers_and_bits() {
        let mut raw = [0; 280];
        raw[6] = 0x7a; // receive scale 7, send scale 10
        raw[7] = 0b101; // app limited, fast open fail 2
        raw[68..72].copy_from_slice(&1234u32.to_ne_bytes());
        raw[120..128].copy_from_slice(&(1u64 << 40).to_ne_bytes());
        let info = TcpInfo::from(&raw[..]);
        for (place, value) in [
            (Place::SND_WSCALE, 10),
            (Place::RCV_WSCALE, 7),
            (Place::DELIVERY_RATE_APP_LIMITED, 1),
            (Place::FASTOPEN_CLIENT_FAIL, 2),
            (Place::RTT, 1234),
            (Place::BYTES_ACKED, 1 << 40),
        ] {
            assert_eq!(info.read(place), Some(value), "{place:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_and_the_rest_is_zero_or_unknown() {
        let numbers = [
            (Place::RCV_WSCALE, 7),
            (Place::SND_WSCALE, 10),
            (Place::RTT, 1234),
            (Place::BYTES_ACKED, 1 << 40),
            (Place::PROBES, 3),
        ];
        let info = TcpInfo::of(&numbers);
        for (place, number) in numbers {
            assert_eq!(info.read(place), Some(number), "{place:?}");
        }
        assert_eq!((info.read(Place::RTTVAR), info.read(Place::BYTES_RECEIVED)), (Some(0), None));
        assert_eq!(TcpInfo::of(&[]).read(Place::CA_STATE), None);
        assert_eq!(Place::named("total_rto_time"), Some(Place::TOTAL_RTO_TIME));
        assert_eq!(Place::named("tcpi_rtt"), None);
    }

    #[test]
    fn no_two_places_overlap() {
        for pair in Place::ALL.windows(2) {
            assert!(pair[0].offset < pair[1].offset || matches!(pair[1].width, Bits(1.., _)), "{pair:?}");
        }
    }
}
