//! Handles of processes (`pidfd_open(2)`): a signal through one reaches the process that was there when it was
//! opened, or nobody. Whether it should is not decided here.

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{PidfdFlags, Signal as Number, pidfd_open, pidfd_send_signal};

use crate::model::{Pid, Signal};
use crate::wire::proc_pid;

/// A process that keeps its meaning when its pid is in use again.
#[derive(Debug)]
pub struct Pidfd(OwnedFd);

impl Pidfd {
    /// Opens the process that has this pid now. ESRCH: there is none. ENOSYS: Linux before 5.3. EINVAL: it is a
    /// thread, and no process.
    pub fn open(pid: Pid) -> Result<Self, Errno> {
        let pid = i32::try_from(pid.0).ok().and_then(rustix::process::Pid::from_raw).ok_or(Errno::SRCH)?;
        pidfd_open(pid, PidfdFlags::empty()).map(Self)
    }

    /// The pid that it has in `/proc`, which may count in another pid namespace than this process does
    /// (`pidfd_show_fdinfo`, kernel/pid.c). `None` when it has none there, or has ended.
    pub fn in_proc(&self) -> Result<Option<Pid>, Errno> {
        let path = format!("/proc/thread-self/fdinfo/{}", self.0.as_raw_fd());
        let text = std::fs::read(path).map_err(|error| super::errno_of(&error).unwrap_or(Errno::IO))?;
        Ok(proc_pid::pidfd_pid(&text))
    }

    /// Sends a signal. ESRCH: it has ended. EPERM: it is of another user.
    pub fn send(&self, signal: Signal) -> Result<(), Errno> {
        pidfd_send_signal(&self.0, of_rustix(signal))
    }

    /// Waits until it ends; false when it has not by then.
    pub fn ends_within(&self, time: Duration) -> Result<bool, Errno> {
        let timeout = Timespec::try_from(time).map_err(|_| Errno::INVAL)?;
        match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&timeout)) {
            // Interrupted: who waits knows how much time is left.
            Err(Errno::INTR) => Ok(false),
            answer => answer.map(|ready| ready > 0),
        }
    }
}

/// Its number on this architecture.
#[must_use]
pub fn number(signal: Signal) -> i32 {
    of_rustix(signal).as_raw()
}

fn of_rustix(signal: Signal) -> Number {
    match signal {
        Signal::Term => Number::TERM,
        Signal::Kill => Number::KILL,
        Signal::Int => Number::INT,
        Signal::Quit => Number::QUIT,
        Signal::Hup => Number::HUP,
        Signal::Usr1 => Number::USR1,
        Signal::Usr2 => Number::USR2,
        Signal::Stop => Number::STOP,
        Signal::Cont => Number::CONT,
    }
}
