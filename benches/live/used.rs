//! What a process uses meanwhile, as the kernel counts it. It must not judge.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::report::Used;

/// In so many seconds from now on.
pub(crate) fn by(pid: u32, span: Duration) -> anyhow::Result<Used> {
    let (start, before) = (now(), ran(pid)?);
    std::thread::sleep(span);
    let (ran, passed) = (ran(pid)?.saturating_sub(before), now() - start);
    Ok(Used { share: ran.as_secs_f64() / passed.as_secs_f64(), resident_kib: Some(resident_kib(pid)?) })
}

/// How long it has run, with threads that have ended: ticks are too coarse for what sleeps nearly always.
fn ran(pid: u32) -> anyhow::Result<Duration> {
    let mut clock = 0;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "nothing else asks for the clock of another process")]
    // SAFETY: both pointers are to live places of the types that are written.
    let told = unsafe {
        match libc::clock_getcpuclockid(libc::pid_t::try_from(pid)?, &raw mut clock) {
            0 => libc::clock_gettime(clock, &raw mut time),
            error => error,
        }
    };
    anyhow::ensure!(told == 0, "no clock of process {pid}");
    Ok(Duration::new(time.tv_sec.try_into()?, time.tv_nsec.try_into()?))
}

fn resident_kib(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

#[expect(clippy::disallowed_methods, reason = "measuring time is what this is for")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
