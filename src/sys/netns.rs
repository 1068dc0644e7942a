//! Network namespaces: opening one by any of the ways that lead to it, and entering it.
//!
//! setns(2) moves one thread. [`Namespace::enter`] is therefore for a thread that ends with its
//! work: coming back can be refused where going was allowed (a user namespace below the one that
//! owns ours). A handle keeps its namespace alive, so hold it no longer than it is read.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, StatxFlags, fstat, openat, openat2, statx};
use rustix::io::Errno;
use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, ioctl};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::donor::Donor;
use crate::model::{Fd, NetnsId, Pid};

/// `CLONE_NEWNET`, as `NS_GET_NSTYPE` answers (`linux/nsfs.h`).
const NEWNET: i32 = 0x4000_0000;

/// A task: a process, or one of its threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Task {
    pub pid: Pid,
    /// The pid itself for the thread that leads the process.
    pub tid: Pid,
}

impl Task {
    /// The first thread of a process.
    #[must_use]
    pub fn first(pid: Pid) -> Self {
        Self { pid, tid: pid }
    }

    /// Its directory below `/proc`.
    #[must_use]
    pub fn dir(self) -> String {
        format!("/proc/{}/task/{}", self.pid.0, self.tid.0)
    }
}

/// A way to a namespace. It may lead elsewhere by the time it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// What the task is in.
    Task(Task),
    /// A mounted nsfs file, as seen by the task.
    Mount { task: Task, point: Vec<u8> },
    /// An nsfs file that the task holds open.
    Descriptor { task: Task, fd: Fd },
    /// What a socket of the task belongs to.
    Socket { task: Task, fd: Fd },
}

/// Why a way did not lead to its namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WayError {
    /// The process, the mount or the descriptor is gone, or leads elsewhere now.
    #[error("it is there no more")]
    Gone,
    #[error("opening it is refused: {0}")]
    Refused(Errno),
    #[error("it cannot be opened: {0}")]
    Other(Errno),
}

impl From<Errno> for WayError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT | Errno::SRCH | Errno::BADF | Errno::NOTDIR => Self::Gone,
            Errno::ACCESS | Errno::PERM => Self::Refused(errno),
            other => Self::Other(other),
        }
    }
}

/// A namespace, held open.
#[derive(Debug)]
pub struct Namespace {
    fd: OwnedFd,
    id: NetnsId,
}

impl Namespace {
    /// Takes a way, and makes sure of where it led.
    pub fn open(way: &Way, id: NetnsId) -> Result<Self, WayError> {
        let found = match way {
            Way::Task(task) => Self::of_open(openat(CWD, task.dir() + "/ns/net", READ, Mode::empty())?),
            Way::Mount { task, point } => mounted(*task, point).and_then(|file| Self::of_file(&file)),
            Way::Descriptor { task, fd } => Self::at_descriptor(*task, *fd),
            Way::Socket { task, fd } => Donor::open(*task).and_then(|donor| donor.socket_netns(*fd)),
        }?;
        if found.id == id { Ok(found) } else { Err(WayError::Gone) }
    }

    /// The namespace that a task holds open at a descriptor; `None` for any other file.
    #[must_use]
    pub fn held(task: Task, fd: Fd) -> Option<NetnsId> {
        Self::at_descriptor(task, fd).ok().map(|found| found.id)
    }

    /// Which one it is.
    #[must_use]
    pub fn id(&self) -> NetnsId {
        self.id
    }

    /// Moves the calling thread into the namespace.
    pub fn enter(&self) -> Result<(), Errno> {
        move_into_link_name_space(self.fd.as_fd(), Some(LinkNameSpaceType::Network))
    }

    fn at_descriptor(task: Task, fd: Fd) -> Result<Self, Errno> {
        Self::of_file(&openat(CWD, format!("{}/fd/{}", task.dir(), fd.0), LOOK, Mode::empty())?)
    }

    /// The namespace behind a descriptor of any file. It is not opened before it is known to be a
    /// namespace, because opening a FIFO or a device has consequences.
    fn of_file(file: &OwnedFd) -> Result<Self, Errno> {
        let nsfs = openat(CWD, c"/proc/thread-self/ns/net", LOOK, Mode::empty())?;
        if file_system(file)? != file_system(&nsfs)? {
            return Err(Errno::NOENT);
        }
        let fd = openat(CWD, format!("/proc/thread-self/fd/{}", file.as_raw_fd()), READ, Mode::empty())?;
        Self::of_open(fd)
    }

    pub(super) fn of_open(fd: OwnedFd) -> Result<Self, Errno> {
        // SAFETY: the kernel reads and writes no memory for this request, it answers a number.
        #[expect(unsafe_code, reason = "rustix has no safe call for NS_GET_NSTYPE")]
        let kind = unsafe { ioctl(&fd, Plain::<0xb703>) }?;
        if kind != NEWNET {
            return Err(Errno::NOENT);
        }
        let id = NetnsId(fstat(&fd)?.st_ino);
        Ok(Self { fd, id })
    }
}

const READ: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC);
/// Opens nothing: the descriptor only stands for the file.
const LOOK: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

/// The device number of a file's file system. Asked for nothing else, and told not to refresh, the
/// kernel answers by itself: a FUSE server that never answers would keep us waiting for ever.
fn file_system(file: &OwnedFd) -> Result<(u32, u32), Errno> {
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    let told = statx(file, c"", flags, StatxFlags::empty())?;
    Ok((told.stx_dev_major, told.stx_dev_minor))
}

/// The file at a mount point of another mount namespace, reached through the root of a task in
/// it. Mount points and all that is above them are in the kernel's cache, so the way is taken
/// through the cache alone: the file systems on it may be of anybody, and may never answer.
fn mounted(task: Task, point: &[u8]) -> Result<OwnedFd, Errno> {
    const TRIES: usize = 10;
    let root = openat(CWD, task.dir() + "/root", LOOK | OFlags::DIRECTORY, Mode::empty())?;
    let below = point.strip_prefix(b"/").ok_or(Errno::NOENT)?;
    let cached = ResolveFlags::CACHED | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let open = |resolve| openat2(&root, below, LOOK, Mode::empty(), resolve);
    for _ in 1..TRIES {
        match open(cached) {
            // Somebody renamed something meanwhile; or the cache does not suffice.
            Err(Errno::AGAIN) => {}
            // Linux before 5.12.
            Err(Errno::INVAL) => return open(cached.difference(ResolveFlags::CACHED)),
            answer => return answer,
        }
    }
    open(cached)
}

/// A request without argument that answers a number.
pub(super) struct Plain<const REQUEST: Opcode>;

// SAFETY: no memory goes in or out: the pointer is null, and the output is the return value.
#[expect(unsafe_code, reason = "how rustix is told of a request that it does not know")]
unsafe impl<const REQUEST: Opcode> Ioctl for Plain<REQUEST> {
    type Output = i32;

    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        REQUEST
    }

    fn as_ptr(&mut self) -> *mut rustix::ffi::c_void {
        std::ptr::null_mut()
    }

    unsafe fn output_from_ptr(
        out: IoctlOutput,
        _: *mut rustix::ffi::c_void,
    ) -> rustix::io::Result<Self::Output> {
        Ok(out)
    }
}
