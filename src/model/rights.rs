//! What this process may, beyond what everybody may: capabilities by what they are good for.

use super::words::words;

words! {
    /// How much of the rights that sockeye can use it has.
    Profile {
        /// All of them.
        Full = "full",
        /// The owners of all sockets, but not everything.
        Owners = "owners",
        /// The sockets, and the owners that the user may see anyway.
        View = "view",
    }
}

/// What this process may (capabilities(7)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a right of its own")]
pub struct Rights {
    /// Read the descriptors of every process: `CAP_DAC_READ_SEARCH` and `CAP_SYS_PTRACE`.
    pub every_process: bool,
    /// Load BPF programs that trace: `CAP_BPF` and `CAP_PERFMON`.
    pub bpf: bool,
    /// Enter other network namespaces: `CAP_SYS_ADMIN`.
    pub namespaces: bool,
    /// Be told marks, MD5 peers, packet filters and rules of nftables: `CAP_NET_ADMIN`.
    pub filters: bool,
}

impl Rights {
    /// Each right: what it is for, what it is called, and whether it is there.
    #[must_use]
    pub fn each(&self) -> [(&'static str, &'static str, bool); 4] {
        [
            ("every process", "cap_dac_read_search,cap_sys_ptrace", self.every_process),
            ("owners through BPF", "cap_bpf,cap_perfmon", self.bpf),
            ("other network namespaces", "cap_sys_admin", self.namespaces),
            ("marks, MD5 peers, packet filters, DNAT rules", "cap_net_admin", self.filters),
        ]
    }

    /// All of them together.
    #[must_use]
    pub fn profile(&self) -> Profile {
        match self {
            _ if self.each().iter().all(|(_, _, there)| *there) => Profile::Full,
            Self { every_process: true, .. } | Self { bpf: true, .. } => Profile::Owners,
            Self { .. } => Profile::View,
        }
    }
}
