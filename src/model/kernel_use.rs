//! What in the kernel has opened a socket for itself, and where that socket must be.

use super::{Endpoint, Ends, Reach, SystemBytes};

/// Something in the kernel that has sockets of its own, as the kernel tells of it. Such a socket has an
/// inode and no file (`sock_create_kern`, `net/socket.c`), so that no process can hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelUse {
    /// In words: `VXLAN device vx0`. The names in it were chosen by others.
    pub what: SystemBytes,
    pub seat: Seat,
}

/// Where the sockets of a [`KernelUse`] are within their namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seat {
    /// UDP, connected to nobody, on every address of these IP versions, one socket for each. Nobody
    /// else can be there: the kernel shares its ports with no one (`udp_sock_create`).
    Port { port: u16, versions: Reach },
    /// TCP with exactly these ends.
    Ends(Ends),
    /// TCP or UDP, connected to this end. Others may be connected to it, too.
    Peer(Endpoint),
}
