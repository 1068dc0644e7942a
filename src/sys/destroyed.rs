//! A netlink socket that hears of internet sockets as the kernel destroys them (`sock_diag(7)`,
//! `SKNLGRP_*_DESTROY`). It needs no privilege and hears of its own network namespace alone. It understands
//! nothing of what it hears.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::netlink::{SOCK_DIAG, SocketAddrNetlink};
use rustix::net::sockopt::{
    Timeout, set_socket_recv_buffer_size, set_socket_recv_buffer_size_force, set_socket_timeout,
};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recvfrom, socket_with};

/// What may wait to be read, in bytes as the kernel counts them: some 25,000 sockets. Without `CAP_NET_ADMIN` it
/// is what `net.core.rmem_max` allows.
const ROOM: usize = 32 * 1024 * 1024;
/// A message is a few hundred bytes.
const MESSAGE: usize = 8 * 1024;

/// Why nothing can be heard.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    #[error("cannot open a netlink socket to hear of sockets that close: {0}")]
    Open(Errno),
    #[error("the kernel does not tell of sockets that close: {0}; it does since Linux 4.2")]
    Refused(Errno),
    #[error("cannot read of sockets that close: {0}")]
    Receive(Errno),
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard<'a> {
    /// Whole netlink messages.
    Messages(&'a [u8]),
    /// There was no room for some: the reader was too slow.
    Lost,
    /// Nothing within the time.
    Nothing,
}

/// The socket.
#[derive(Debug)]
pub struct DestroyedSocket {
    fd: OwnedFd,
    /// How long the kernel lets a read wait; `None` until that is said.
    patience: Option<Duration>,
    buffer: Vec<u8>,
}

impl DestroyedSocket {
    /// Begins to listen to the groups of that mask, in the network namespace of the calling thread.
    pub fn open(groups: u32) -> Result<Self, ListenError> {
        let fd = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, Some(SOCK_DIAG))
            .map_err(ListenError::Open)?;
        if set_socket_recv_buffer_size_force(&fd, ROOM).is_err() {
            set_socket_recv_buffer_size(&fd, ROOM).map_err(ListenError::Open)?;
        }
        bind(&fd, &SocketAddrNetlink::new(0, groups)).map_err(ListenError::Refused)?;
        Ok(Self { fd, patience: None, buffer: vec![0; MESSAGE] })
    }

    /// What can be waited at.
    #[must_use]
    pub fn descriptor(&self) -> &OwnedFd {
        &self.fd
    }

    /// Waits for what comes next, as long as that.
    pub fn hear(&mut self, patience: Duration) -> Result<Heard<'_>, ListenError> {
        // As a timeout 0 would mean for ever, and less than a microsecond is none.
        let waits = patience >= Duration::from_micros(1);
        if waits && self.patience != Some(patience) {
            set_socket_timeout(&self.fd, Timeout::Recv, Some(patience)).map_err(ListenError::Receive)?;
            self.patience = Some(patience);
        }
        // With TRUNC the kernel tells how long the datagram is, whether it fits or not.
        let flags = if waits { RecvFlags::TRUNC } else { RecvFlags::TRUNC | RecvFlags::DONTWAIT };
        let (bytes, from) = match recvfrom(&self.fd, &mut self.buffer[..], flags) {
            Ok((_, bytes, from)) => (bytes, from),
            Err(Errno::AGAIN | Errno::INTR) => return Ok(Heard::Nothing),
            Err(Errno::NOBUFS) => return Ok(Heard::Lost),
            Err(errno) => return Err(ListenError::Receive(errno)),
        };
        let from_kernel = from
            .and_then(|address| SocketAddrNetlink::try_from(address).ok())
            .is_some_and(|address| address.pid() == 0);
        Ok(match self.buffer.get(..bytes) {
            _ if !from_kernel => Heard::Nothing,
            Some(messages) => Heard::Messages(messages),
            None => Heard::Lost, // it did not fit
        })
    }
}
