//! One reading of the kernel, and the facts about its moment and its machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{
    CgroupId, Coverage, Extent, Heard, IfIndex, NetnsId, PortRange, PublishedPort, Socket, SocketKey,
    SystemBytes, Uid, Usages, Workload,
};

/// A moment on two clocks. Intervals come from `mono`, what people read from `wall`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Since an arbitrary start, never stepping back (`CLOCK_MONOTONIC`).
    pub mono: Duration,
    pub wall: jiff::Timestamp,
}

impl Stamp {
    /// Time passed from `earlier` to this moment, zero if it has not come yet.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Duration {
        self.mono.saturating_sub(earlier.mono)
    }
}

/// The machine that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    pub name: SystemBytes,
    pub kernel: SystemBytes,
    /// `None` when `/proc/sys/kernel/random/boot_id` may not be read.
    pub boot_id: Option<SystemBytes>,
    /// When it booted.
    pub booted: Option<jiff::Timestamp>,
}

/// Names for the numbers in a sample. What has no entry has no name, or none was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub users: BTreeMap<Uid, SystemBytes>,
    /// Every namespace numbers its interfaces by itself.
    pub interfaces: BTreeMap<(NetnsId, IfIndex), SystemBytes>,
    pub namespaces: BTreeMap<NetnsId, SystemBytes>,
    /// The ports that a namespace hands out unasked (`net.ipv4.ip_local_port_range`); without an entry
    /// where that could not be read.
    pub ephemeral: BTreeMap<NetnsId, PortRange>,
    /// Paths below the root of cgroup v2.
    pub cgroups: BTreeMap<CgroupId, SystemBytes>,
    /// What these cgroups are for, where no owner of a socket tells it.
    pub workloads: BTreeMap<CgroupId, Arc<Workload>>,
    /// The units that will be started when somebody calls at these listeners.
    pub activates: BTreeMap<SocketKey, SystemBytes>,
    /// What the kernel uses these sockets for, where it tells: [`KernelUse::what`](super::KernelUse).
    pub kernel_uses: BTreeMap<SocketKey, SystemBytes>,
    /// The ports that rules of the packet filter publish: `None` when that could not be read, or nobody
    /// asked for it.
    pub published: Option<Vec<Arc<PublishedPort>>>,
    /// Those of them by which packets for these sockets go elsewhere.
    pub passed_on: BTreeMap<SocketKey, Vec<Arc<PublishedPort>>>,
}

impl Names {
    /// The same, and the names that another reading found for more.
    #[must_use]
    pub fn and(&self, more: &Self) -> Self {
        let mut all = self.clone();
        all.users.extend(more.users.clone());
        all.interfaces.extend(more.interfaces.clone());
        all.namespaces.extend(more.namespaces.clone());
        all.ephemeral.extend(&more.ephemeral);
        all.cgroups.extend(more.cgroups.clone());
        all.workloads.extend(more.workloads.clone());
        all.activates.extend(more.activates.clone());
        all.kernel_uses.extend(more.kernel_uses.clone());
        all.passed_on.extend(more.passed_on.clone());
        all.published = more.published.clone().or(all.published);
        all
    }

    /// The name of the interface that the socket is bound to.
    #[must_use]
    pub fn interface(&self, socket: &Socket) -> Option<&SystemBytes> {
        self.interfaces.get(&(socket.key.netns, socket.interface?))
    }
}

/// What the kernel said, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub taken: Stamp,
    /// Which sockets it is about.
    pub extent: Extent,
    pub host: Arc<Host>,
    pub names: Arc<Names>,
    /// In any order, each key at most once.
    pub sockets: Vec<Socket>,
    /// What the kernel told by itself before this reading began.
    pub heard: Heard,
    /// What the processes use that hold sockets; empty when nobody asked.
    pub usages: Usages,
    pub coverage: Coverage,
}
