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
        if self.socket.is_none() {
            self.socket = socket(AddressFamily::INET, SocketType::DGRAM, None).ok();
        }
        let socket = self.socket.as_ref()?;
        netdevice::index_to_name(socket, index.get()).ok().map(SystemBytes::from)
    }
}
