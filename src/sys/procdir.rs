//! Walking `/proc`: raw `getdents64` and `readlinkat` on directory descriptors.
//!
//! One descriptor per process directory is what makes a walk truthful: once the process is gone
//! every look through it answers ESRCH, even when its pid is in use again.
//!
//! A mount can cover a process's directory, or a part of it, with an empty one or another process's.
//! So no look crosses a mount: EXDEV tells of it, and a procfs mount of our own shows what is behind.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::OnceLock;

use rustix::fs::{
    AtFlags, Mode, OFlags, RawDir, ResolveFlags, StatxFlags, fstat, openat, openat2, readlinkat,
    readlinkat_raw, statat, statx,
};
use rustix::io::Errno;
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

use crate::model::{Fd, FileId, Inode, Pid, SystemBytes};
use crate::wire::proc_pid;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// `/proc` itself.
#[derive(Debug)]
pub struct ProcDir {
    fd: OwnedFd,
    /// A procfs on which nothing is mounted, made when it is needed.
    private: OnceLock<Result<OwnedFd, Errno>>,
}

impl ProcDir {
    /// Opens `/proc`.
    pub fn open() -> Result<Self, Errno> {
        rustix::fs::open(c"/proc", DIRECTORY, Mode::empty()).map(|fd| Self { fd, private: OnceLock::new() })
    }

    /// The pids of the processes that it lists now, ascending.
    pub fn pids(&self) -> Result<Vec<Pid>, Errno> {
        // A descriptor of its own: the position of a directory belongs to its descriptor.
        numbers(&openat(&self.fd, c".", DIRECTORY, Mode::empty())?)
    }

    /// False for a process that has one thread, and no more, and for one that is gone. True also where
    /// something is mounted in the way.
    #[must_use]
    pub fn may_have_threads(&self, pid: Pid) -> bool {
        let asked = StatxFlags::NLINK | StatxFlags::MNT_ID;
        let look = |path: &str| statx(&self.fd, path, AtFlags::empty(), asked);
        match (look("."), look(&format!("{}/task", pid.0))) {
            // Every thread is a link of the directory.
            (Ok(here), Ok(task)) => task.stx_nlink > 3 || task.stx_mnt_id != here.stx_mnt_id,
            (_, Err(errno)) => !matches!(errno, Errno::NOENT | Errno::SRCH),
            (Err(_), Ok(_)) => true,
        }
    }

    /// Opens the directory of a process. ENOENT and ESRCH: it is gone. EXDEV: a mount covers it, and
    /// what is behind may not be looked at.
    pub fn process(&self, pid: Pid) -> Result<ProcessDir, Errno> {
        match open_here(&self.fd, pid.0.to_string(), DIRECTORY) {
            Err(Errno::XDEV) => self.behind(pid),
            opened => opened.map(|fd| ProcessDir { fd, covered: false }),
        }
    }

    /// Opens the directory of a process behind whatever is mounted there. EXDEV: that needs
    /// `CAP_SYS_ADMIN`, and in a user namespace a `/proc` on which nothing is mounted.
    pub fn behind(&self, pid: Pid) -> Result<ProcessDir, Errno> {
        let private = self.private.get_or_init(|| self.another()).as_ref().map_err(|_| Errno::XDEV)?;
        let opened = open_here(private, pid.0.to_string(), DIRECTORY);
        opened.map(|fd| ProcessDir { fd, covered: true })
    }

    /// A procfs mount of our own, which nobody else sees (`fsopen(2)`), with the same pids as this one.
    fn another(&self) -> Result<OwnedFd, Errno> {
        let procfs = fsopen(c"proc", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_create(&procfs)?;
        let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY
            | MountAttrFlags::MOUNT_ATTR_NOSUID
            | MountAttrFlags::MOUNT_ATTR_NODEV
            | MountAttrFlags::MOUNT_ATTR_NOEXEC;
        let mount = fsmount(&procfs, FsMountFlags::FSMOUNT_CLOEXEC, attributes)?;
        let this_process = |root: &OwnedFd| readlinkat(root, c"self", Vec::new());
        // The new one is of our pid namespace. `/proc` may be of another.
        if this_process(&self.fd)? == this_process(&mount)? { Ok(mount) } else { Err(Errno::XDEV) }
    }
}

/// Opens what is below a directory, in the same mount. Where openat2(2) is not to be had, mounts are
/// crossed unseen: Linux before 5.6, and filters that do not know it.
fn open_here(dir: &OwnedFd, path: impl rustix::path::Arg, flags: OFlags) -> Result<OwnedFd, Errno> {
    path.into_with_c_str(|path| match openat2(dir, path, flags, Mode::empty(), ResolveFlags::NO_XDEV) {
        Err(Errno::NOSYS | Errno::PERM) => openat(dir, path, flags, Mode::empty()),
        answer => answer,
    })
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
    covered: bool,
}

/// How the walk over a process's descriptors ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FdWalk {
    /// True when their targets may not be read: with `CAP_DAC_READ_SEARCH` alone the directory opens and
    /// every link in it is refused.
    pub denied: bool,
}

impl ProcessDir {
    /// Opens the directory of another process of the same `/proc`. ESRCH: this one is gone.
    pub fn other(&self, pid: Pid) -> Result<Self, Errno> {
        let opened = open_here(&self.fd, format!("../{}", pid.0), DIRECTORY);
        opened.map(|fd| Self { fd, covered: self.covered })
    }

    /// Calls `each` with every descriptor and what its link says, cut at 64 bytes: enough for
    /// `socket:[…]`, and no path is of interest. Descriptors that close meanwhile are passed over.
    pub fn links(&self, each: impl FnMut(Fd, &[u8])) -> Result<FdWalk, Errno> {
        self.links_of(|_| true, each)
    }

    /// The same for those descriptors alone that are of interest.
    pub fn links_of(
        &self,
        mut interest: impl FnMut(Fd) -> bool,
        mut each: impl FnMut(Fd, &[u8]),
    ) -> Result<FdWalk, Errno> {
        let list = open_here(&self.fd, c"fd", DIRECTORY)?;
        let mut walk = FdWalk::default();
        let mut buffer = [MaybeUninit::uninit(); 8 * 1024];
        let mut target = [MaybeUninit::uninit(); 64];
        let mut entries = RawDir::new(&list, &mut buffer);
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name();
            let number = proc_pid::number(name.to_bytes()).and_then(|number| u32::try_from(number).ok());
            let Some(number) = number.filter(|number| interest(Fd(*number))) else { continue };
            match readlinkat_raw(&list, name, &mut target[..]) {
                Ok((link, _)) => each(Fd(number), link),
                // Who may not follow one may follow none (`proc_fd_access_allowed`), and there may be
                // thousands.
                Err(Errno::ACCESS | Errno::PERM) => {
                    walk.denied = true;
                    return Ok(walk);
                }
                Err(Errno::NOENT) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(walk)
    }

    /// True when it has more than one thread: every thread is a link of the directory. Also true where
    /// a mount hides how many there are.
    fn has_threads(&self) -> bool {
        match open_here(&self.fd, c"task", DIRECTORY | OFlags::PATH) {
            Ok(task) => fstat(&task).is_ok_and(|stat| stat.st_nlink > 3),
            Err(errno) => errno == Errno::XDEV,
        }
    }

    /// The thread ids, ascending.
    pub fn threads(&self) -> Result<Vec<Pid>, Errno> {
        numbers(&open_here(&self.fd, c"task", DIRECTORY)?)
    }

    /// Those besides the first one. To know that there are none takes no list.
    pub fn other_threads(&self, first: Pid) -> Result<Vec<Pid>, Errno> {
        if !self.has_threads() {
            return Ok(Vec::new());
        }
        let mut threads = self.threads()?;
        threads.retain(|tid| *tid != first);
        Ok(threads)
    }

    /// The directory of one of its threads.
    pub fn thread(&self, tid: Pid) -> Result<Self, Errno> {
        let opened = open_here(&self.fd, format!("task/{}", tid.0), DIRECTORY);
        opened.map(|fd| Self { fd, covered: self.covered })
    }

    /// True when it was opened behind a mount that covers it.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        self.covered
    }

    /// What the link of one descriptor says.
    pub fn fd_link(&self, fd: Fd) -> Result<Vec<u8>, Errno> {
        self.link(format!("fd/{}", fd.0))
    }

    /// True while a descriptor refers to this socket.
    #[must_use]
    pub fn refers_to(&self, fd: Fd, socket: Inode) -> bool {
        self.fd_link(fd).is_ok_and(|link| proc_pid::socket_link(&link) == Some(socket))
    }

    /// The content of a file in or below the directory, read whole into `into`, which is emptied first.
    pub fn read(&self, name: impl rustix::path::Arg, into: &mut Vec<u8>) -> Result<(), Errno> {
        into.clear();
        let file = open_here(&self.fd, name, OFlags::RDONLY | OFlags::CLOEXEC)?;
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
        readlinkat(&self.fd, path, Vec::new()).map(std::ffi::CString::into_bytes)
    }

    /// True for a kernel thread. They have no descriptors: not being allowed to look into one hides
    /// nothing. `text` is room for its `stat`.
    pub fn is_kernel_thread(&self, text: &mut Vec<u8>) -> bool {
        self.read(c"stat", text).is_ok() && proc_pid::stat(text).is_ok_and(|stat| stat.kernel_thread)
    }

    /// The file behind a link, and whether it has no name left in its file system.
    pub fn link_target(&self, name: &CStr) -> Result<(FileId, bool), Errno> {
        let stat = statat(&self.fd, name, AtFlags::empty())?;
        Ok((FileId { device: stat.st_dev, inode: stat.st_ino }, stat.st_nlink == 0))
    }
}

/// True while a descriptor of a process refers to this socket.
#[must_use]
pub fn refers_to(pid: Pid, fd: Fd, socket: Inode) -> bool {
    let link = rustix::fs::readlink(format!("/proc/{}/fd/{}", pid.0, fd.0), Vec::new());
    link.is_ok_and(|link| proc_pid::socket_link(link.as_bytes()) == Some(socket))
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

/// The label of the socket behind a descriptor, which `SELinux` keeps with its inode; `None` without one.
#[must_use]
pub fn label(pid: Pid, fd: Fd) -> Option<SystemBytes> {
    let mut label = [0; 4096];
    let path = format!("/proc/{}/fd/{}", pid.0, fd.0);
    let len = rustix::fs::getxattr(path, "security.selinux", &mut label).ok()?;
    label.get(..len).and_then(proc_pid::label)
}

/// Whose pid namespace is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    Ourselves,
    /// The first process that `/proc` shows, whose namespace is that of `/proc`.
    First,
}

/// The inode of a pid namespace; `None` when it may not be asked.
#[must_use]
pub fn pid_namespace(of: Viewer) -> Option<u64> {
    let link = match of {
        Viewer::Ourselves => c"/proc/thread-self/ns/pid",
        Viewer::First => c"/proc/1/ns/pid",
    };
    let link = rustix::fs::readlink(link, Vec::new()).ok()?;
    proc_pid::pid_link(link.as_bytes())
}
