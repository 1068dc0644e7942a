//! The network namespace that is read: which one it is, and what all its tables share.

use super::Wanted;
use crate::model::{NetnsId, PortRange, Protocol, Slice};
use crate::sys::host::{self, NetnsError};
use crate::sys::procnet::{self, Whose};
use crate::wire::Context;

/// The namespace that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) netns: NetnsId,
    /// The ports that it hands out unasked; `None` where that cannot be read.
    pub(super) ephemeral: Option<PortRange>,
    /// Whose `/proc/PID/net` shows it.
    pub(super) whose: Whose,
}

impl Place {
    /// The namespace that the calling thread is in.
    pub(super) fn here() -> Result<Self, NetnsError> {
        let ephemeral = procnet::ephemeral_ports();
        Ok(Self { netns: host::netns()?, ephemeral, whose: Whose::Ours })
    }

    pub(super) fn context(self, (family, protocol): Wanted) -> Context {
        let mut context = Context::new(self.netns, family, protocol);
        context.ephemeral = self.ephemeral.unwrap_or_default();
        if protocol == Protocol::Dccp && host::is_before(6, 8) {
            context.dccp_partopen = 13;
        }
        context
    }

    pub(super) fn slice(self, (family, protocol): Wanted) -> Slice {
        Slice { netns: self.netns, family, protocol }
    }
}
