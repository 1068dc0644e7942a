//! A netlink socket, of `NETLINK_SOCK_DIAG` before all: sends a dump request, drains the answer whole.
//!
//! It does not understand what it drains beyond where the dump ends. Draining before parsing
//! matters: the slower a dump is read, the more rows the kernel repeats and skips.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::netlink::{GENERIC, SOCK_DIAG, SocketAddrNetlink};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, recvfrom, sendto, socket_with,
};

use crate::wire::{WireError, netlink};

/// What the kernel fills at most per read of a dump.
pub const CHUNK: usize = 32 * 1024;
/// A dump answers at once or never. Guards against waiting for ever, nothing else.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a dump failed.
#[derive(Debug, thiserror::Error)]
pub enum DiagError {
    #[error("cannot open a netlink socket: {0}")]
    Open(Errno),
    #[error("cannot send a netlink request: {0}")]
    Send(Errno),
    #[error("cannot read the netlink answer: {0}")]
    Receive(Errno),
    #[error("the kernel refused the dump: {0}")]
    Refused(Errno),
    #[error("the kernel cut a netlink message short")]
    Truncated,
    #[error("the netlink answer cannot be understood: {0}")]
    Wire(#[from] WireError),
}

impl DiagError {
    /// True when this kernel, sandbox or user will never be given the table this way, so that
    /// another way should be taken; false for what may pass when tried again.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Open(_) | Self::Send(_) | Self::Refused(_) => true,
            Self::Receive(errno) => {
                matches!(*errno, Errno::PERM | Errno::ACCESS | Errno::NOSYS | Errno::OPNOTSUPP)
            }
            Self::Truncated | Self::Wire(_) => false,
        }
    }
}

impl DiagError {
    /// True when the kernel has no dump of the kind at all (`sock_diag_rcv_msg`).
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Refused(Errno::NOENT))
    }

    /// True when the kernel does not take the program that came with the request: it knows not all of it,
    /// or not from this process (`inet_diag_bc_audit`). There are other reasons for the same answer.
    #[must_use]
    pub fn may_be_the_program(&self) -> bool {
        matches!(self, Self::Refused(Errno::INVAL | Errno::PERM))
    }

    /// True when this process may not, rather than the kernel cannot.
    #[must_use]
    pub fn is_denial(&self) -> bool {
        match self {
            Self::Open(errno) | Self::Send(errno) | Self::Receive(errno) | Self::Refused(errno) => {
                matches!(*errno, Errno::PERM | Errno::ACCESS)
            }
            Self::Truncated | Self::Wire(_) => false,
        }
    }
}

/// How a drained dump ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dump {
    /// `NLM_F_DUMP_INTR` was set: the table changed in a way that the kernel noticed.
    pub interrupted: bool,
    /// In how many datagrams its rows came. One is a table seen at one go.
    pub pieces: usize,
}

/// A socket for dumps, one at a time.
#[derive(Debug)]
pub struct DiagSocket {
    fd: OwnedFd,
    seq: u32,
    chunk: usize,
}

impl DiagSocket {
    /// Opens the socket in the calling thread's network namespace. The kernel sends datagrams of
    /// up to `chunk` bytes, [`CHUNK`] at most; below half of that even one row may not fit.
    pub fn open(chunk: usize) -> Result<Self, DiagError> {
        Self::of(Some(SOCK_DIAG), chunk)
    }

    /// The same for links (`NETLINK_ROUTE`, which is 0).
    pub fn route(chunk: usize) -> Result<Self, DiagError> {
        Self::of(None, chunk)
    }

    /// The same for generic netlink.
    pub fn generic(chunk: usize) -> Result<Self, DiagError> {
        Self::of(Some(GENERIC), chunk)
    }

    /// The same for any protocol of netlink.
    pub(super) fn of(protocol: Option<Protocol>, chunk: usize) -> Result<Self, DiagError> {
        let fd = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, protocol)
            .map_err(DiagError::Open)?;
        set_socket_timeout(&fd, Timeout::Recv, Some(PATIENCE)).map_err(DiagError::Open)?;
        Ok(Self { fd, seq: 0, chunk })
    }

    /// Sends the request that `make` builds from a sequence number and appends every message of
    /// the answer to `into`, the end marker excluded. While more is to come `meanwhile` is called
    /// with what is there, after every datagram; it may take that away, and must not tarry. After an
    /// error the socket is good for nothing more: what is left of the answer would be taken for the
    /// next one.
    pub fn dump(
        &mut self,
        make: impl FnOnce(u32) -> Vec<u8>,
        into: &mut Vec<u8>,
        meanwhile: &mut dyn FnMut(&mut Vec<u8>),
    ) -> Result<Dump, DiagError> {
        self.seq = self.seq.wrapping_add(1);
        let request = make(self.seq);
        let kernel = SocketAddrNetlink::new(0, 0);
        retry(|| sendto(&self.fd, &request, SendFlags::empty(), &kernel)).map_err(DiagError::Send)?;
        let mut dump = Dump { interrupted: false, pieces: 0 };
        loop {
            let start = into.len();
            self.receive(into)?;
            if let Some(end) = self.scan(&into[start..], &mut dump)? {
                into.truncate(start + end);
                return Ok(dump);
            }
            meanwhile(into);
        }
    }

    /// Appends one datagram from the kernel.
    fn receive(&self, into: &mut Vec<u8>) -> Result<(), DiagError> {
        let start = into.len();
        into.resize(start + self.chunk, 0);
        // With TRUNC the kernel tells how long the datagram is, whether it fits or not.
        let receive = || recvfrom(&self.fd, &mut into[start..], RecvFlags::TRUNC);
        let (_, bytes, from) = retry(receive).map_err(DiagError::Receive)?;
        if bytes > self.chunk {
            return Err(DiagError::Truncated);
        }
        let from_kernel = from
            .and_then(|address| SocketAddrNetlink::try_from(address).ok())
            .is_some_and(|address| address.pid() == 0);
        into.truncate(start + if from_kernel { bytes } else { 0 });
        Ok(())
    }

    /// Looks for the end of the dump in one datagram. Returns its offset when it is there.
    fn scan(&self, datagram: &[u8], dump: &mut Dump) -> Result<Option<usize>, DiagError> {
        let mut rows = false;
        for message in netlink::messages(datagram) {
            let message = message?;
            if message.header.seq.get() != self.seq {
                continue;
            }
            dump.interrupted |= message.header.flags.get() & netlink::DUMP_INTR != 0;
            let kind = message.header.kind.get();
            if kind == netlink::DONE || kind == netlink::ERROR {
                return match message.errno()? {
                    // Offsets within one datagram: both slices are parts of it.
                    0 => Ok(Some(offset(datagram, message.payload))),
                    errno => Err(DiagError::Refused(Errno::from_raw_os_error(errno))),
                };
            }
            dump.pieces += usize::from(!rows);
            rows = true;
        }
        Ok(None)
    }
}

/// Where the message with this payload begins within the datagram.
fn offset(datagram: &[u8], payload: &[u8]) -> usize {
    let into_datagram = payload.as_ptr() as usize - datagram.as_ptr() as usize;
    into_datagram - size_of::<netlink::Header>()
}

/// A signal is no answer: asks again.
fn retry<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            answer => return answer,
        }
    }
}
