//! Runs a command to its end and tells what it took, as the kernel counted. It must not interpret
//! the outcome, and its memory must stay small: see [`own_peak_kib`].

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::report::Run;

/// Runs it, with its output thrown away.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<(Run, ExitStatus)> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = now();
    let child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let (status, usage) = wait(child.id()).with_context(|| format!("cannot wait for {command:?}"))?;
    let took = Run {
        wall: now() - start,
        user: duration(usage.ru_utime),
        sys: duration(usage.ru_stime),
        peak_kib: u64::try_from(usage.ru_maxrss)?,
    };
    Ok((took, status))
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

/// Waits for one child, and tells what it used.
fn wait(pid: u32) -> anyhow::Result<(ExitStatus, libc::rusage)> {
    let pid = libc::pid_t::try_from(pid)?;
    let mut status = 0;
    // SAFETY: numbers alone, of which zero is one.
    #[expect(unsafe_code, reason = "a C struct to be filled")]
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both pointers are to live places of the types that wait4(2) writes.
        #[expect(unsafe_code, reason = "the standard library waits without telling what was used")]
        let waited = unsafe { libc::wait4(pid, &raw mut status, 0, &raw mut usage) };
        if waited == pid {
            return Ok((ExitStatus::from_raw(status), usage));
        }
        let error = std::io::Error::last_os_error();
        if error.kind() != std::io::ErrorKind::Interrupted {
            return Err(error.into());
        }
    }
}

fn duration(time: libc::timeval) -> Duration {
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(time.tv_sec)) + Duration::from_micros(part(time.tv_usec))
}
