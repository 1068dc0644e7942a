//! Whether two tasks share what is the kernel's: kcmp(2). It reads nothing of either.

use std::cmp::Ordering;

use rustix::io::Errno;

use crate::model::Pid;

/// What two tasks may share. All threads of a process do, unless one went its own way (unshare(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shared {
    /// The descriptor table.
    Files,
    /// Root, working directory and umask. Who has them alone may be in a mount namespace of its own;
    /// nobody else is (`check_unshare_flags`, `kernel/fork.c`; `mntns_install`, `fs/namespace.c`).
    Fs,
}

impl Shared {
    /// Its number in `linux/kcmp.h`.
    fn number(self) -> libc::c_int {
        match self {
            Self::Files => 2,
            Self::Fs => 3,
        }
    }
}

/// The indices, which these comparisons ignore.
const NOTHING: libc::c_ulong = 0;

/// `Equal` when two threads share it. Otherwise an order among those that do not, which holds for any three.
/// ESRCH: one is gone. EPERM: neither may be traced. ENOSYS: the kernel was built without kcmp(2).
pub fn compare(what: Shared, one: Pid, other: Pid) -> Result<Ordering, Errno> {
    let [one, other] = [one, other].map(|task| libc::pid_t::try_from(task.0).map_err(|_| Errno::SRCH));
    let (one, other) = (one?, other?);
    // SAFETY: all arguments are numbers; the kernel reads and writes no memory of ours.
    #[expect(unsafe_code, reason = "rustix has no call for kcmp")]
    let order = unsafe { libc::syscall(libc::SYS_kcmp, one, other, what.number(), NOTHING, NOTHING) };
    match order {
        0 => Ok(Ordering::Equal),
        2 => Ok(Ordering::Greater),
        1.. => Ok(Ordering::Less),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL)),
    }
}

/// True when two threads have one descriptor table.
pub fn shares_files(one: Pid, other: Pid) -> Result<bool, Errno> {
    compare(Shared::Files, one, other).map(Ordering::is_eq)
}
