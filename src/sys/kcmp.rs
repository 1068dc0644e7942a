//! Whether two tasks share what is the kernel's: kcmp(2). It reads nothing of either.

use rustix::io::Errno;

use crate::model::Pid;

/// `KCMP_FILES` (`linux/kcmp.h`).
const FILES: libc::c_int = 2;
/// The indices, which this comparison ignores.
const NOTHING: libc::c_ulong = 0;

/// True when two threads have one descriptor table. ESRCH: one is gone. EPERM: neither may be traced.
/// ENOSYS: the kernel was built without kcmp(2).
pub fn shares_files(one: Pid, other: Pid) -> Result<bool, Errno> {
    let [one, other] = [one, other].map(|task| libc::pid_t::try_from(task.0).map_err(|_| Errno::SRCH));
    let (one, other) = (one?, other?);
    // SAFETY: all arguments are numbers; the kernel reads and writes no memory of ours.
    #[expect(unsafe_code, reason = "rustix has no call for kcmp")]
    let order = unsafe { libc::syscall(libc::SYS_kcmp, one, other, FILES, NOTHING, NOTHING) };
    if order < 0 {
        let error = std::io::Error::last_os_error();
        return Err(Errno::from_io_error(&error).unwrap_or(Errno::INVAL));
    }
    Ok(order == 0)
}
