//! What a reading is asked for beyond addresses and states.

/// Which details a dump shall bring. Each costs the kernel time and room in every message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each part is asked for by itself")]
pub struct Ask {
    /// `tcp_info` and congestion control.
    pub info: bool,
    /// Memory and drops.
    pub memory: bool,
    /// Everything else: TOS, class, shutdown, Unix files, rings and filters.
    pub rest: bool,
    /// BPF storages of sockets. The kernel refuses the whole dump to who may not use BPF.
    pub storages: bool,
    /// Paths of the cgroups that sockets were made in.
    pub cgroups: bool,
    /// Ports that rules of the packet filter publish.
    pub published: bool,
    /// Only stream sockets that listen.
    pub listening: bool,
}

impl Ask {
    /// Addresses and states alone.
    pub const NOTHING: Self = Self {
        info: false,
        memory: false,
        rest: false,
        storages: false,
        cgroups: false,
        published: false,
        listening: false,
    };
    /// All there is.
    pub const EVERYTHING: Self = Self {
        info: true,
        memory: true,
        rest: true,
        storages: true,
        cgroups: true,
        published: true,
        listening: false,
    };

    /// True when all that `other` asks for is asked for here, too.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.or(other) == self
    }

    /// What both ask for.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            info: self.info && other.info,
            memory: self.memory && other.memory,
            rest: self.rest && other.rest,
            storages: self.storages && other.storages,
            cgroups: self.cgroups && other.cgroups,
            published: self.published && other.published,
            listening: self.listening || other.listening,
        }
    }

    /// What either asks for.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            info: self.info || other.info,
            memory: self.memory || other.memory,
            rest: self.rest || other.rest,
            storages: self.storages || other.storages,
            cgroups: self.cgroups || other.cgroups,
            published: self.published || other.published,
            listening: self.listening && other.listening,
        }
    }
}
