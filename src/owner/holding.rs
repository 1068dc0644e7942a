//! The threads that hold sockets, and the labels of sockets: read for those that are shown, when somebody
//! asks. Who the owners are is not judged here.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rustix::io::Errno;

use crate::model::{Fd, Inode, Known, Pid, Process, ProcessId, Socket, SystemBytes, Thread};
use crate::sys::kcmp;
use crate::sys::procdir::{self, ProcDir, ProcessDir};
use crate::wire::proc_pid;

/// Every thread of the owners of these sockets. A process that has ended, or whose pid is another one's
/// by now, is left out.
#[must_use]
pub fn threads<'a>(sockets: impl Iterator<Item = &'a Socket>) -> BTreeMap<ProcessId, Vec<Thread>> {
    let Ok(proc) = ProcDir::open() else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for owner in sockets.filter_map(|socket| socket.owners.known()).flat_map(Known::shown) {
        if let Entry::Vacant(new) = found.entry(owner.process.id) {
            new.insert(of_process(&proc, owner.process).unwrap_or_default());
        }
    }
    found.retain(|_, threads| !threads.is_empty());
    found
}

fn of_process(proc: &ProcDir, process: &Process) -> Result<Vec<Thread>, Errno> {
    let pid = process.id.pid;
    let mut text = Vec::new();
    let dir = proc.process(pid)?;
    dir.read(c"stat", &mut text)?;
    if !proc_pid::stat(&text).is_ok_and(|stat| stat.start == process.id.start) {
        return Err(Errno::SRCH);
    }
    // A thread that ends meanwhile holds nothing any more.
    let threads = dir.threads()?.into_iter();
    Ok(threads.filter_map(|tid| of_thread(&dir, pid, tid, &mut text).ok()).collect())
}

fn of_thread(dir: &ProcessDir, pid: Pid, tid: Pid, text: &mut Vec<u8>) -> Result<Thread, Errno> {
    let thread = dir.thread(tid)?;
    thread.read(c"stat", text)?;
    let comm = proc_pid::stat(text).map_err(|_| Errno::SRCH)?.comm;
    let security = thread.read(c"attr/current", text).ok().and_then(|()| proc_pid::label(text));
    let shares = tid == pid || kcmp::shares_files(pid, tid) == Ok(true);
    let own = if shares { None } else { Some(sockets(&thread)?) };
    Ok(Thread { tid, comm, security, own })
}

/// The sockets in the table of a thread.
fn sockets(thread: &ProcessDir) -> Result<BTreeMap<Inode, Vec<Fd>>, Errno> {
    let mut own: BTreeMap<Inode, Vec<Fd>> = BTreeMap::new();
    let walk = thread.links(|fd, link| {
        if let Some(inode) = proc_pid::socket_link(link) {
            own.entry(inode).or_default().push(fd);
        }
    })?;
    if walk.denied {
        return Err(Errno::ACCESS);
    }
    for fds in own.values_mut() {
        fds.sort_unstable();
    }
    Ok(own)
}

/// The labels of these sockets, as the security module keeps them with their inodes. What may not be read,
/// or was closed meanwhile, has none.
#[must_use]
pub fn labels<'a>(sockets: impl Iterator<Item = &'a Socket>) -> BTreeMap<Inode, SystemBytes> {
    let label = |socket: &Socket| {
        let inode = socket.inode?;
        let owners = socket.owners.known()?;
        let label = owners.shown().find_map(|owner| {
            let (seat, fd) = (owner.thread.unwrap_or(owner.process.id.pid), *owner.fds.first()?);
            let label = procdir::label(seat, fd)?;
            // The number may stand for another file by now, and the pid for another process.
            procdir::refers_to(seat, fd, inode).then_some(label)
        });
        label.map(|label| (inode, label))
    };
    sockets.filter_map(label).collect()
}
