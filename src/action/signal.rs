//! Signals for the processes that hold sockets. A process is meant as it was read: by its pid and its start time,
//! and by a socket that it held then. What has become another one gets nothing.

use std::time::Duration;

use rustix::io::Errno;

use crate::model::{Fd, Inode, Pid, ProcessId, Signal, Signalling};
use crate::sys::pidfd::Pidfd;
use crate::sys::procdir::{ProcDir, ProcessDir};
use crate::sys::{clock, pidfd};
use crate::wire::proc_pid;

/// A process that is to get a signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant {
    pub process: ProcessId,
    /// Where it held sockets, of which it must hold one still. With none of them its identity is enough.
    pub holds: Vec<Hold>,
}

/// A socket in a descriptor table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The thread whose own table it is.
    pub thread: Option<Pid>,
    /// One descriptor of it. It may have another one by now.
    pub fd: Fd,
    pub socket: Inode,
}

/// A process that was found to be the one that is meant. It stays that one.
#[derive(Debug)]
pub struct Found(Pidfd);

/// Finds the process that is meant. Else why nobody gets a signal: [`Signalling::Gone`] or
/// [`Signalling::Refused`].
pub fn find(meant: &Meant) -> Result<Found, Signalling> {
    let pid = meant.process.pid;
    if let Some(why) = never(pid, Some(Pid(std::process::id()))) {
        return refuse(why);
    }
    // First the handle, then the looks: whatever was looked at, the handle is as old as that.
    let handle = Pidfd::open(pid).map_err(unopened)?;
    let dir = ProcDir::open().and_then(|proc| proc.process(pid)).map_err(unlooked)?;
    let mut text = Vec::new();
    dir.read(c"stat", &mut text).map_err(unlooked)?;
    let Ok(stat) = proc_pid::stat(&text) else {
        return refuse("what the kernel says of it cannot be understood");
    };
    if stat.start != meant.process.start {
        return refuse("it has ended, and another process has its pid by now");
    }
    if stat.kernel_thread {
        return refuse("it is a thread of the kernel");
    }
    match handle.in_proc() {
        Ok(Some(same)) if same == pid => {}
        Ok(None) => return Err(Signalling::Gone),
        _ => return refuse("/proc is that of another pid namespace, so its pid means another process here"),
    }
    match holds(&dir, &meant.holds) {
        Ok(true) => Ok(Found(handle)),
        Ok(false) => refuse("it holds none of these sockets any more"),
        Err(errno) => Err(unlooked(errno)),
    }
}

impl Found {
    /// Sends a signal to it.
    #[must_use]
    pub fn send(&self, signal: Signal) -> Signalling {
        match self.0.send(signal) {
            Ok(()) => Signalling::Sent,
            Err(Errno::SRCH) => Signalling::Gone,
            Err(Errno::PERM) => {
                Signalling::Refused("it is another user's, which needs root or CAP_KILL".to_owned())
            }
            Err(other) => Signalling::Refused(format!("the kernel refused: {other}")),
        }
    }
}

/// Waits until all of them have ended, at most this long together. Tells of each whether it has.
pub fn wait(all: &[&Found], within: Duration) -> Result<Vec<bool>, Errno> {
    let end = clock::now().mono.saturating_add(within);
    let ended = |found: &&Found| loop {
        let left = end.saturating_sub(clock::now().mono);
        if found.0.ends_within(left)? {
            return Ok(true);
        }
        if left.is_zero() {
            return Ok(false);
        }
    };
    all.iter().map(ended).collect()
}

/// The signal of that name or number.
#[must_use]
pub fn signal_of(text: &str) -> Option<Signal> {
    let by_number = || {
        let number: i32 = text.parse().ok()?;
        Signal::ALL.iter().copied().find(|signal| pidfd::number(*signal) == number)
    };
    Signal::named(text).or_else(by_number)
}

/// Why this one never gets a signal, from whoever has the pid `own`.
#[must_use]
pub fn never(pid: Pid, own: Option<Pid>) -> Option<&'static str> {
    match pid.0 {
        0 => Some("it has no pid here"),
        1 => Some("it is pid 1: everything ends with it"),
        _ if Some(pid) == own => Some("it is sockeye itself"),
        _ => None,
    }
}

fn refuse<T>(why: &str) -> Result<T, Signalling> {
    Err(Signalling::Refused(why.to_owned()))
}

fn unopened(errno: Errno) -> Signalling {
    match errno {
        Errno::SRCH => Signalling::Gone,
        Errno::NOSYS => Signalling::Refused(
            "this kernel has no handles of processes (Linux 5.3), and a pid may become another's".to_owned(),
        ),
        Errno::INVAL => Signalling::Refused("it has ended, and a thread has its pid by now".to_owned()),
        other => Signalling::Refused(format!("it cannot be held on to: {other}")),
    }
}

fn unlooked(errno: Errno) -> Signalling {
    match errno {
        Errno::NOENT | Errno::SRCH => Signalling::Gone,
        other => Signalling::Refused(format!("whether it is still the same cannot be seen: {other}")),
    }
}

/// True when one of them is still there, at the descriptor where it was or at another one.
fn holds(dir: &ProcessDir, all: &[Hold]) -> Result<bool, Errno> {
    let mut last = Ok(all.is_empty());
    for hold in all {
        match holds_one(dir, *hold) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            // The thread has ended, its table with it.
            Err(Errno::NOENT | Errno::SRCH) if hold.thread.is_some() => {}
            Err(errno) => last = Err(errno),
        }
    }
    last
}

fn holds_one(dir: &ProcessDir, hold: Hold) -> Result<bool, Errno> {
    let thread = hold.thread.map(|tid| dir.thread(tid)).transpose()?;
    let dir = thread.as_ref().unwrap_or(dir);
    if dir.refers_to(hold.fd, hold.socket) {
        return Ok(true);
    }
    let mut found = false;
    let walk = dir.links(|_, link| found |= proc_pid::socket_link(link) == Some(hold.socket))?;
    if walk.denied { Err(Errno::ACCESS) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::MetadataExt as _;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A child that waits for its stdin, which is a socket's other name: the socket is its stdout.
    fn child(listener: &TcpListener) -> Child {
        let socket: std::os::fd::OwnedFd = listener.try_clone().unwrap().into();
        Command::new("cat").stdin(Stdio::piped()).stdout(socket).spawn().unwrap()
    }

    fn id(child: &Child) -> ProcessId {
        let text = std::fs::read(format!("/proc/{}/stat", child.id())).unwrap();
        ProcessId { pid: Pid(child.id()), start: proc_pid::stat(&text).unwrap().start }
    }

    fn inode(listener: &TcpListener) -> Inode {
        let path = format!("/proc/self/fd/{}", listener.as_raw_fd());
        Inode::new(std::fs::metadata(path).unwrap().ino()).unwrap()
    }

    fn says(meant: &Meant) -> String {
        find(meant).unwrap_err().reason().unwrap().to_owned()
    }

    #[test]
    fn numbers_and_names_are_signals() {
        for (text, expected) in [
            ("9", Some(Signal::Kill)),
            ("15", Some(Signal::Term)),
            ("1", Some(Signal::Hup)),
            ("SIGCONT", Some(Signal::Cont)),
            ("0", None),
            ("-9", None),
            ("99", None),
            ("nine", None),
        ] {
            assert_eq!(signal_of(text), expected, "{text}");
        }
    }

    #[test]
    fn some_never_get_a_signal() {
        let own = Some(Pid(7));
        assert!(never(Pid(0), own).is_some() && never(Pid(1), None).is_some());
        assert_eq!(never(Pid(7), own), Some("it is sockeye itself"));
        assert_eq!(never(Pid(8), own), None);
        let of = |pid| Meant { process: ProcessId { pid: Pid(pid), start: 0 }, holds: Vec::new() };
        assert!(says(&of(1)).contains("pid 1"));
        assert!(says(&of(std::process::id())).contains("itself"));
    }

    #[test]
    fn another_process_with_that_pid_gets_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut child = child(&listener);
        let now = id(&child);
        let before = ProcessId { start: now.start - 1, ..now };
        assert!(says(&Meant { process: before, holds: Vec::new() }).contains("another process has its pid"));
        assert!(child.try_wait().unwrap().is_none(), "it lives");
        child.kill().unwrap();
        child.wait().unwrap();
        let gone = find(&Meant { process: now, holds: Vec::new() }).unwrap_err();
        assert_eq!(gone, Signalling::Gone);
    }

    #[test]
    fn who_holds_none_of_them_gets_nothing_and_who_does_ends() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut child = child(&listener);
        let hold = |socket, fd| Hold { thread: None, fd: Fd(fd), socket };
        let meant = |holds| Meant { process: id(&child), holds };
        assert!(says(&meant(vec![hold(inode(&other), 1)])).contains("holds none"));
        // At another descriptor it is the same socket.
        let found = find(&meant(vec![hold(inode(&other), 1), hold(inode(&listener), 77)])).unwrap();
        assert_eq!(wait(&[&found], Duration::ZERO), Ok(vec![false]));
        assert_eq!(found.send(Signal::Term), Signalling::Sent);
        assert_eq!(wait(&[&found], Duration::from_mins(1)), Ok(vec![true]));
        child.wait().unwrap();
        assert_eq!(found.send(Signal::Term), Signalling::Gone);
    }
}
