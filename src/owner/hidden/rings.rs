//! Sockets that are registered with `io_uring` and closed (`IORING_REGISTER_FILES`): no descriptor
//! refers to them, and they work.

use rustix::io::Errno;

use crate::model::{Fd, Inode};
use crate::sys::procdir::ProcessDir;
use crate::wire::proc_fdinfo;

/// True for what `/proc/PID/fd` says of a ring.
pub(in crate::owner) fn is_one(link: &[u8]) -> bool {
    link == proc_fdinfo::RING
}

/// The sockets that are registered with a ring. None while the kernel is busy with the ring: then it
/// leaves them out.
pub(super) fn sockets(dir: &ProcessDir, ring: Fd, text: &mut Vec<u8>) -> Result<Vec<Inode>, Errno> {
    dir.read(format!("fdinfo/{}", ring.0), text)?;
    Ok(proc_fdinfo::registered_sockets(text).collect())
}
