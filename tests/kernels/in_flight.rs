//! Sockets that no descriptor refers to any more: each waits in a message that nobody receives.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::io::{self, IoSlice};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, sendmsg,
    socketpair,
};

/// Sends the socket off. It lives while both ends of the way do, which are returned.
pub(crate) fn hide(socket: OwnedFd) -> io::Result<(OwnedFd, OwnedFd)> {
    let ends = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut message = SendAncillaryBuffer::new(&mut space);
    let descriptors = [socket.as_fd()];
    assert!(message.push(SendAncillaryMessage::ScmRights(&descriptors)));
    sendmsg(&ends.0, &[IoSlice::new(b"x")], &mut message, SendFlags::empty())?;
    drop(socket);
    Ok(ends)
}
