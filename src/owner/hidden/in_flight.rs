//! Descriptors that were sent (`SCM_RIGHTS`, unix(7)) and not received: the message holds the socket,
//! and no process does. Which socket it is nobody tells, so this names candidates and no owners.

use crate::model::Fd;
use crate::sys::procdir::ProcessDir;
use crate::wire::proc_fdinfo;

/// True for a Unix socket in which descriptors wait to be received.
pub(super) fn waits(dir: &ProcessDir, socket: Fd, text: &mut Vec<u8>) -> bool {
    dir.read(format!("fdinfo/{}", socket.0), text).is_ok()
        && proc_fdinfo::descriptors_in_flight(text).is_some_and(|count| count > 0)
}
