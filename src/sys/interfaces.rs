//! Names for interfaces, in the namespace of the calling thread. Nothing is remembered.

use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SocketType, netdevice, socket};

use crate::model::{IfIndex, SystemBytes};

/// Looks up interfaces. They are renamed now and then, so nothing is remembered.
#[derive(Debug, Default)]
pub struct Interfaces {
    socket: Option<OwnedFd>,
}

impl Interfaces {
    /// The interface's name; `None` when it is gone.
    pub fn name(&mut self, index: IfIndex) -> Option<SystemBytes> {
        netdevice::index_to_name(self.socket()?, index.get()).ok().map(SystemBytes::from)
    }

    /// The index of an interface that is there: for a name that is none, the kernel looks for a module
    /// (`dev_load`, `net/core/dev_ioctl.c`).
    pub fn index(&mut self, name: &SystemBytes) -> Option<IfIndex> {
        let name = std::str::from_utf8(name.as_bytes()).ok()?;
        netdevice::name_to_index(self.socket()?, name).ok().and_then(IfIndex::new)
    }

    fn socket(&mut self) -> Option<&OwnedFd> {
        if self.socket.is_none() {
            self.socket = socket(AddressFamily::INET, SocketType::DGRAM, None).ok();
        }
        self.socket.as_ref()
    }
}
