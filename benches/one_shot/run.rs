//! Runs a command to its end and tells what it took, as the kernel counted. It must not interpret
//! the outcome, and its memory must stay small: see [`own_peak_kib`].

use std::fs;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::marks::Marks;
use crate::report::Run;

/// What is measured in this process.
pub(crate) type Call = fn() -> anyhow::Result<()>;

/// Runs it, with its output thrown away. `None` when it was ended because it took too long.
pub(crate) fn run(command: &mut Command, limit: Duration) -> anyhow::Result<Option<(Run, ExitStatus)>> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = now();
    let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let waited = wait(&mut child, limit).with_context(|| format!("cannot wait for {command:?}"))?;
    let took = now() - start;
    let Some((status, usage)) = waited else { return Ok(None) };
    let (user, sys) = (duration(usage.ru_utime), duration(usage.ru_stime));
    let peak_kib = Some(u64::try_from(usage.ru_maxrss)?);
    Ok(Some((Run { wall: took, user, sys, peak_kib }, status)))
}

/// Runs it, and counts how often the mark is in its output. `None` when it was ended because it took too long.
pub(crate) fn count(
    command: &mut Command,
    mark: &'static str,
    limit: Duration,
) -> anyhow::Result<Option<u64>> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let mut output = child.stdout.take().context("a command has no stdout")?;
    let counted = std::thread::spawn(move || {
        let (mut marks, mut piece) = (Marks::new(mark), vec![0; 1 << 16]);
        while let Ok(read @ 1..) = output.read(&mut piece) {
            marks.take(&piece[..read]);
        }
        marks.count
    });
    let waited = wait(&mut child, limit).with_context(|| format!("cannot wait for {command:?}"))?;
    let count = counted.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    Ok(waited.map(|_| count))
}

/// Calls it, and tells what that took. Of this process no peak says anything.
pub(crate) fn call(call: Call) -> anyhow::Result<Run> {
    let (before, start) = (own_usage()?, now());
    call()?;
    let wall = now() - start;
    let after = own_usage()?;
    let spent = |time: fn(&libc::rusage) -> libc::timeval| {
        duration(time(&after)).saturating_sub(duration(time(&before)))
    };
    Ok(Run { wall, user: spent(|usage| usage.ru_utime), sys: spent(|usage| usage.ru_stime), peak_kib: None })
}

/// The most memory this process ever had. The kernel tells no less of a child: until it is another
/// program it has its parent's memory (`exec_mmap` in `fs/exec.c`).
pub(crate) fn own_peak_kib() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

#[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
fn now() -> Instant {
    Instant::now()
}

/// Waits for one child, and tells what it used. Ends it when it takes longer.
fn wait(child: &mut Child, limit: Duration) -> anyhow::Result<Option<(ExitStatus, libc::rusage)>> {
    let pid = libc::pid_t::try_from(child.id())?;
    let ends = pidfd_open(Pid::from_raw(pid).context("no pid")?, PidfdFlags::empty())?;
    let patience = Timespec { tv_sec: i64::try_from(limit.as_secs())?, tv_nsec: 0 };
    if poll(&mut [PollFd::new(&ends, PollFlags::IN)], Some(&patience))? == 0 {
        child.kill()?;
        child.wait()?;
        return Ok(None);
    }
    let mut status = 0;
    let mut usage = no_usage();
    loop {
        // SAFETY: both pointers are to live places of the types that wait4(2) writes.
        #[expect(unsafe_code, reason = "the standard library waits without telling what was used")]
        let waited = unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
        if waited == pid {
            return Ok(Some((ExitStatus::from_raw(status), usage)));
        }
        let error = std::io::Error::last_os_error();
        if error.kind() != std::io::ErrorKind::Interrupted {
            return Err(error.into());
        }
    }
}

fn own_usage() -> anyhow::Result<libc::rusage> {
    let mut usage = no_usage();
    // SAFETY: the pointer is to a live place of the type that getrusage(2) writes.
    #[expect(unsafe_code, reason = "the standard library has no getrusage(2)")]
    let told = unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    anyhow::ensure!(told == 0, "getrusage: {}", std::io::Error::last_os_error());
    Ok(usage)
}

fn no_usage() -> libc::rusage {
    // SAFETY: numbers alone, of which zero is one.
    #[expect(unsafe_code, reason = "a C struct to be filled")]
    unsafe {
        std::mem::zeroed()
    }
}

fn duration(time: libc::timeval) -> Duration {
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(time.tv_sec)) + Duration::from_micros(part(time.tv_usec))
}
