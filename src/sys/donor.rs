//! Sockets of others, duplicated for an instant and asked (`pidfd_getfd(2)`). The duplicate is closed at once:
//! while it lives, a listener would outlive its owner. Nothing is read from a socket, and nothing changed.

use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd};

use rustix::fs::{OFlags, fstat};
use rustix::io::{Errno, ioctl_fionread};
use rustix::ioctl::ioctl;
use rustix::net::addr::SocketAddrArg as _;
use rustix::net::{SocketAddrAny, getpeername, getsockname, sockopt};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use super::netns::{Namespace, Plain, Task};
use crate::model::{Fd, Inode, Protocol};
use crate::wire::bluetooth_name::Answers;

/// `PIDFD_THREAD` (`linux/pidfd.h`): the handle stands for the thread, not for its process.
const THREAD: PidfdFlags = PidfdFlags::from_bits_retain(OFlags::EXCL.bits());

/// A task whose descriptors may be looked at by duplicating them.
#[derive(Debug)]
pub struct Donor {
    pidfd: OwnedFd,
}

impl Donor {
    /// Opens the task. EINVAL: a thread other than the first one, before Linux 6.9.
    pub fn open(task: Task) -> Result<Self, Errno> {
        let tid = i32::try_from(task.tid.0).ok().and_then(rustix::process::Pid::from_raw);
        let flags = if task.tid == task.pid { PidfdFlags::empty() } else { THREAD };
        pidfd_open(tid.ok_or(Errno::SRCH)?, flags).map(|pidfd| Self { pidfd })
    }

    /// The namespace that a socket belongs to. ENOENT for what is no socket.
    pub fn socket_netns(&self, fd: Fd) -> Result<Namespace, Errno> {
        let socket = self.duplicate(fd)?;
        // SAFETY: the kernel reads and writes no memory for this request, it answers a descriptor.
        #[expect(unsafe_code, reason = "rustix has no safe call for SIOCGSKNS")]
        let answer = unsafe { ioctl(&socket, Plain::<0x894c>) };
        drop(socket);
        let raw = match answer {
            Err(Errno::NOTTY | Errno::INVAL | Errno::OPNOTSUPP) => Err(Errno::NOENT),
            other => other,
        }?;
        // SAFETY: SIOCGSKNS answers a descriptor that it just made (`open_related_ns`), so it is
        // open and nobody else owns it.
        #[expect(unsafe_code, reason = "the kernel answers a bare number")]
        let fd = unsafe { OwnedFd::from_raw_fd(raw) };
        Namespace::of_open(fd)
    }

    /// What a Bluetooth socket tells of itself. ENOENT when the descriptor leads to another file by now.
    pub fn ask_bluetooth(&self, fd: Fd, socket: Inode, protocol: Protocol) -> Result<Answers, Errno> {
        let duplicate = self.duplicate(fd)?;
        if fstat(&duplicate)?.st_ino != socket.get() {
            return Err(Errno::NOENT);
        }
        if protocol == Protocol::Hci {
            // It has no other end. Whatever else it were asked, monitors would be told (`hci_sock_ioctl`).
            let local = getsockname(&duplicate).ok().as_ref().map(bytes);
            return Ok(Answers { local, ..Answers::default() });
        }
        Ok(Answers {
            local: getsockname(&duplicate).ok().as_ref().map(bytes),
            remote: getpeername(&duplicate).ok().flatten().as_ref().map(bytes),
            kind: sockopt::socket_type(&duplicate).ok().map(rustix::net::SocketType::as_raw),
            listens: ioctl_fionread(&duplicate) == Err(Errno::INVAL),
            connected: tells_of_connection(&duplicate, protocol),
        })
    }

    fn duplicate(&self, fd: Fd) -> Result<OwnedFd, Errno> {
        let raw = i32::try_from(fd.0).map_err(|_| Errno::BADF)?;
        pidfd_getfd(&self.pidfd, raw, PidfdGetfdFlags::empty())
    }
}

/// The bytes of an address, as far as the kernel wrote them.
fn bytes(address: &SocketAddrAny) -> Vec<u8> {
    // SAFETY: the closure gets a pointer to as many bytes as the length says.
    #[expect(unsafe_code, reason = "rustix knows no address of Bluetooth")]
    unsafe {
        address.with_sockaddr(|start, length| {
            std::slice::from_raw_parts(start.cast::<u8>(), length as usize).to_vec()
        })
    }
}

/// Whether it answers to `L2CAP_CONNINFO`, `RFCOMM_CONNINFO` or `SCO_CONNINFO`, which all have one number and a
/// few bytes (`net/bluetooth/*.h`).
fn tells_of_connection(socket: &OwnedFd, protocol: Protocol) -> bool {
    const CONNINFO: libc::c_int = 2;
    let level = match protocol {
        Protocol::L2cap => 6,
        Protocol::Sco => 17,
        Protocol::Rfcomm => 18,
        _ => return false,
    };
    let mut answer = [0u8; 16];
    let mut length: libc::socklen_t = 16;
    let socket = socket.as_fd().as_raw_fd();
    // SAFETY: the kernel writes at most as many bytes as `length` says, which is what there is room for.
    #[expect(unsafe_code, reason = "rustix has no options of Bluetooth")]
    let answered =
        unsafe { libc::getsockopt(socket, level, CONNINFO, answer.as_mut_ptr().cast(), &raw mut length) };
    answered == 0
}
