//! What a reading is asked for beyond addresses and states.

use super::{Slice, SocketKey};

/// Which details a dump shall bring. Each costs the kernel time and room in every message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each part is asked for by itself")]
pub struct Ask {
    /// How many bytes went through, and how well: of `tcp_info` these numbers alone are kept. Never set beside `info`,
    /// which has them.
    pub rates: bool,
    /// `tcp_info` and congestion control.
    pub info: bool,
    /// Memory and drops.
    pub memory: bool,
    /// Everything else: TOS, class, shutdown, Unix files, rings and filters.
    pub rest: bool,
    /// The filters of packet sockets, where the rest is not asked for.
    pub filters: bool,
    /// BPF storages of sockets. The kernel refuses the whole dump to who may not use BPF.
    pub storages: bool,
    /// Paths of the cgroups that sockets were made in.
    pub cgroups: bool,
    /// Ports that rules of the packet filter publish.
    pub published: bool,
    /// CPU time and memory of the processes that hold sockets: it takes two readings to make something of it.
    pub usage: bool,
    /// Whether others may bind to their addresses, which only the BPF way to owners tells.
    pub reuse: bool,
    /// Only stream sockets that listen.
    pub listening: bool,
}

impl Ask {
    /// Addresses and states alone.
    pub const NOTHING: Self = Self {
        rates: false,
        info: false,
        memory: false,
        rest: false,
        filters: false,
        storages: false,
        cgroups: false,
        published: false,
        usage: false,
        reuse: false,
        listening: false,
    };
    /// All there is of sockets.
    pub const EVERYTHING: Self = Self {
        rates: false,
        info: true,
        memory: true,
        rest: true,
        filters: true,
        storages: true,
        cgroups: true,
        published: true,
        usage: false,
        reuse: false,
        listening: false,
    };

    /// True when all that `other` asks for is asked for here, too.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.or(other) == self
    }

    /// True when details are kept of every socket.
    #[must_use]
    pub fn is_for_details(self) -> bool {
        Self { rates: false, usage: false, reuse: false, filters: false, ..self } != Self::NOTHING
    }

    /// True when it tells how many bytes went through.
    #[must_use]
    pub fn counts_bytes(self) -> bool {
        self.rates || self.info
    }

    /// What both ask for.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let info = self.info && other.info;
        Self {
            rates: self.counts_bytes() && other.counts_bytes() && !info,
            info,
            memory: self.memory && other.memory,
            rest: self.rest && other.rest,
            filters: self.filters && other.filters,
            storages: self.storages && other.storages,
            cgroups: self.cgroups && other.cgroups,
            published: self.published && other.published,
            usage: self.usage && other.usage,
            reuse: self.reuse && other.reuse,
            listening: self.listening || other.listening,
        }
    }

    /// What either asks for.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let info = self.info || other.info;
        Self {
            rates: (self.rates || other.rates) && !info,
            info,
            memory: self.memory || other.memory,
            rest: self.rest || other.rest,
            filters: self.filters || other.filters,
            storages: self.storages || other.storages,
            cgroups: self.cgroups || other.cgroups,
            published: self.published || other.published,
            usage: self.usage || other.usage,
            reuse: self.reuse || other.reuse,
            listening: self.listening && other.listening,
        }
    }
}

/// A socket that somebody looks at more closely than at the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closely {
    pub key: SocketKey,
    /// The table that it is in.
    pub slice: Slice,
    /// What is to be told of it. The kernel is asked for it of the whole table, and kept it is of this one.
    pub ask: Ask,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_whole_has_the_part() {
        let rates = Ask { rates: true, ..Ask::NOTHING };
        let info = Ask { info: true, ..Ask::NOTHING };
        let memory = Ask { memory: true, ..Ask::NOTHING };
        for (one, other, either, both) in [
            (rates, info, info, rates),
            (rates, rates, rates, rates),
            (rates, memory, Ask { rates: true, ..memory }, Ask::NOTHING),
            (rates, Ask::EVERYTHING, Ask::EVERYTHING, rates),
            (rates, Ask::NOTHING, rates, Ask::NOTHING),
            (info, Ask::EVERYTHING, Ask::EVERYTHING, info),
        ] {
            for (one, other) in [(one, other), (other, one)] {
                assert_eq!((one.or(other), one.and(other)), (either, both), "{one:?} {other:?}");
                assert!(one.or(other).covers(one) && one.covers(one.and(other)), "{one:?} {other:?}");
            }
        }
        assert!(
            info.covers(rates) && !rates.covers(info) && !rates.is_for_details() && memory.is_for_details()
        );
    }
}
