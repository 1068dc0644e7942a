//! Threads with a descriptor table of their own (unshare(2), `CLONE_FILES`): `/proc/PID/fd` shows that
//! of the first thread alone, and nothing when that one has ended before the others.

use rustix::io::Errno;

use crate::model::Pid;
use crate::sys::kcmp;
use crate::sys::procdir::ProcessDir;

/// The threads of a process whose table may be another than that of the process. Nothing is claimed of
/// a thread that may not be compared: reading its table tells, unless that of the process is `refused` too.
pub(super) fn apart(dir: &ProcessDir, pid: Pid, refused: bool) -> Result<Vec<Pid>, Errno> {
    if !dir.has_threads() {
        return Ok(Vec::new());
    }
    let mut threads = dir.threads()?;
    let is_apart = |tid| match kcmp::shares_files(pid, tid) {
        Ok(same) => !same,
        Err(Errno::SRCH) => false,
        Err(_) => !refused,
    };
    threads.retain(|tid| *tid != pid && is_apart(*tid));
    Ok(threads)
}
