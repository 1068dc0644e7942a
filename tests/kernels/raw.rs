//! Sockets and addresses of families that no library has types for.

use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};

use rustix::io;
use rustix::net::addr::{SocketAddrArg, SocketAddrLen, SocketAddrOpaque};
use rustix::net::{AddressFamily, Protocol, SocketFlags, SocketType, bind, socket_with};

/// A socket by its numbers in socket(2); it is not inherited by what the test starts.
pub(crate) fn open(family: u16, kind: u32, protocol: u32) -> io::Result<OwnedFd> {
    let protocol = std::num::NonZeroU32::new(protocol).map(Protocol::from_raw);
    socket_with(AddressFamily::from_raw(family), SocketType::from_raw(kind), SocketFlags::CLOEXEC, protocol)
}

/// The same, bound.
pub(crate) fn bound(
    family: u16,
    kind: u32,
    protocol: u32,
    address: &impl SocketAddrArg,
) -> io::Result<OwnedFd> {
    let socket = open(family, kind, protocol)?;
    bind(&socket, address)?;
    Ok(socket)
}

/// A socket address as its bytes, the family included.
pub(crate) struct Bytes(Vec<u8>);

impl Bytes {
    /// The family, and what follows it in the struct.
    pub(crate) fn new(family: u16, rest: &[&[u8]]) -> Self {
        let mut bytes = family.to_ne_bytes().to_vec();
        bytes.extend(rest.iter().copied().flatten());
        Self(bytes)
    }
}

// SAFETY: the closure gets a pointer to the bytes of a vector, and their number. They begin with a
// family; the kernel checks what follows against it.
#[expect(unsafe_code, reason = "the trait cannot be implemented otherwise")]
unsafe impl SocketAddrArg for Bytes {
    unsafe fn with_sockaddr<R>(&self, f: impl FnOnce(*const SocketAddrOpaque, SocketAddrLen) -> R) -> R {
        f(self.0.as_ptr().cast(), SocketAddrLen::try_from(self.0.len()).unwrap())
    }
}

/// setsockopt(2) with an option that no library has a type for.
pub(crate) fn set(socket: impl AsFd, level: i32, option: i32, value: &[u8]) -> io::Result<()> {
    let length = libc::socklen_t::try_from(value.len()).unwrap();
    let socket = socket.as_fd().as_raw_fd();
    // SAFETY: the kernel reads as many bytes as there are. Where these hold an address, what is there lives
    // while they are read: who calls has it.
    #[expect(unsafe_code, reason = "setsockopt(2) by its numbers")]
    let answer = unsafe { libc::setsockopt(socket, level, option, value.as_ptr().cast(), length) };
    if answer == 0 { Ok(()) } else { Err(last_error()) }
}

fn last_error() -> io::Errno {
    io::Errno::from_io_error(&std::io::Error::last_os_error()).unwrap()
}
