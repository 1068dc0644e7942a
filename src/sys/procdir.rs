//! Walking `/proc`: raw `getdents64` and `readlinkat` on directory descriptors.
//!
//! One descriptor per process directory is what makes a walk truthful: once the process is gone
//! every look through it answers ESRCH, even when its pid is in use again.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags, RawDir, openat, readlinkat_raw, statat};
use rustix::io::Errno;

use crate::model::{Fd, Pid, SystemBytes};
use crate::wire::proc_pid;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// `/proc` itself.
#[derive(Debug)]
pub struct ProcDir {
    fd: OwnedFd,
}

impl ProcDir {
    /// Opens `/proc`.
    pub fn open() -> Result<Self, Errno> {
        rustix::fs::open(c"/proc", DIRECTORY, Mode::empty()).map(|fd| Self { fd })
    }

    /// The pids of the processes that it lists now, ascending.
    pub fn pids(&self) -> Result<Vec<Pid>, Errno> {
        // A descriptor of its own: the position of a directory belongs to its descriptor.
        numbers(&openat(&self.fd, c".", DIRECTORY, Mode::empty())?)
    }

    /// Opens the directory of a process. ENOENT and ESRCH: it is gone.
    pub fn process(&self, pid: Pid) -> Result<ProcessDir, Errno> {
        openat(&self.fd, pid.0.to_string(), DIRECTORY, Mode::empty()).map(|fd| ProcessDir { fd })
    }
}

/// The entries of a directory that are numbers, ascending.
fn numbers(list: &OwnedFd) -> Result<Vec<Pid>, Errno> {
    let mut numbers = Vec::new();
    let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
    let mut entries = RawDir::new(list, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let number = proc_pid::number(entry.file_name().to_bytes());
        numbers.extend(number.and_then(|number| u32::try_from(number).ok()).map(Pid));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The directory of one process, held open.
#[derive(Debug)]
pub struct ProcessDir {
    fd: OwnedFd,
}

/// How the walk over a process's descriptors ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FdWalk {
    /// Descriptors whose target may not be read: with `CAP_DAC_READ_SEARCH` alone the directory
    /// opens and every link in it is refused.
    pub denied: usize,
}

impl ProcessDir {
    /// Opens the directory of another process of the same `/proc`. ESRCH: this one is gone.
    pub fn other(&self, pid: Pid) -> Result<Self, Errno> {
        openat(&self.fd, format!("../{}", pid.0), DIRECTORY, Mode::empty()).map(|fd| Self { fd })
    }

    /// Calls `each` with every descriptor and what its link says, cut at 64 bytes: enough for
    /// `socket:[…]`, and no path is of interest. Descriptors that close meanwhile are passed over.
    pub fn links(&self, mut each: impl FnMut(Fd, &[u8])) -> Result<FdWalk, Errno> {
        let list = openat(&self.fd, c"fd", DIRECTORY, Mode::empty())?;
        let mut walk = FdWalk::default();
        let mut buffer = [MaybeUninit::uninit(); 8 * 1024];
        let mut target = [MaybeUninit::uninit(); 64];
        let mut entries = RawDir::new(&list, &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name();
            let number = proc_pid::number(name.to_bytes()).and_then(|number| u32::try_from(number).ok());
            let Some(number) = number else { continue };
            match readlinkat_raw(&list, name, &mut target[..]) {
                Ok((link, _)) => each(Fd(number), link),
                Err(Errno::ACCESS | Errno::PERM) => walk.denied += 1,
                Err(Errno::NOENT) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(walk)
    }

    /// True when it has more than one thread: every thread is a link of the directory.
    #[must_use]
    pub fn has_threads(&self) -> bool {
        statat(&self.fd, c"task", AtFlags::empty()).is_ok_and(|stat| stat.st_nlink > 3)
    }

    /// The thread ids, ascending.
    pub fn threads(&self) -> Result<Vec<Pid>, Errno> {
        numbers(&openat(&self.fd, c"task", DIRECTORY, Mode::empty())?)
    }

    /// What the link of one descriptor says.
    pub fn fd_link(&self, fd: Fd) -> Result<Vec<u8>, Errno> {
        self.link(format!("fd/{}", fd.0))
    }

    /// The content of a file in the directory, read whole into `into`, which is emptied first.
    pub fn read(&self, name: &CStr, into: &mut Vec<u8>) -> Result<(), Errno> {
        into.clear();
        let file = openat(&self.fd, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
        into.reserve(4096);
        loop {
            if into.spare_capacity_mut().is_empty() {
                into.reserve(into.len());
            }
            match rustix::io::read(&file, rustix::buffer::spare_capacity(into)) {
                Ok(0) => return Ok(()),
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where a link in or below the directory points.
    pub fn link(&self, path: impl rustix::path::Arg) -> Result<Vec<u8>, Errno> {
        rustix::fs::readlinkat(&self.fd, path, Vec::new()).map(std::ffi::CString::into_bytes)
    }

    /// True for a kernel thread. They have no descriptors: not being allowed to look into one hides
    /// nothing. `text` is room for its `stat`.
    pub fn is_kernel_thread(&self, text: &mut Vec<u8>) -> bool {
        self.read(c"stat", text).is_ok() && proc_pid::stat(text).is_ok_and(|stat| stat.kernel_thread)
    }

    /// True when the target of a link has no name left in its file system.
    pub fn link_is_deleted(&self, name: &CStr) -> Result<bool, Errno> {
        statat(&self.fd, name, AtFlags::empty()).map(|stat| stat.st_nlink == 0)
    }
}

/// What the link of a descriptor says.
pub fn fd_link(pid: Pid, fd: Fd) -> Result<Vec<u8>, Errno> {
    let path = format!("/proc/{}/fd/{}", pid.0, fd.0);
    rustix::fs::readlink(path, Vec::new()).map(std::ffi::CString::into_bytes)
}

/// What the file system calls the protocol of the socket behind a descriptor; `None` when it is
/// gone or may not be read.
#[must_use]
pub fn proto_name(pid: Pid, fd: Fd) -> Option<SystemBytes> {
    let mut name = [0; 64];
    let path = format!("/proc/{}/fd/{}", pid.0, fd.0);
    let len = rustix::fs::getxattr(path, "system.sockprotoname", &mut name).ok()?;
    name.get(..len).map(|name| {
        SystemBytes::from(name.trim_ascii_end().split(|byte| *byte == 0).next().unwrap_or_default())
    })
}
