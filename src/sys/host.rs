//! The machine: its name, its kernel, its boot, the network namespace we are in, and what we are
//! ourselves.

use std::fs;

use crate::model::{Host, NetnsId, Uid};

/// The machine that this process runs on.
#[must_use]
pub fn host() -> Host {
    let uname = rustix::system::uname();
    let boot_id = fs::read("/proc/sys/kernel/random/boot_id").ok();
    Host {
        name: uname.nodename().to_bytes().into(),
        kernel: uname.release().to_bytes().into(),
        boot_id: boot_id.map(|id| id.trim_ascii().into()),
        booted: super::clock::booted(),
    }
}

/// True on a Linux before that version, as far as its name tells.
#[must_use]
pub fn is_before(major: u32, minor: u32) -> bool {
    let uname = rustix::system::uname();
    version(uname.release().to_str().unwrap_or_default()).is_some_and(|version| version < (major, minor))
}

/// The first two numbers of a release: `6.1.0-57-amd64`.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers =
        release.split(|letter: char| !letter.is_ascii_digit()).map(|number| number.parse().ok());
    numbers.next().flatten().zip(numbers.next().flatten())
}

/// The network namespace of the calling thread (namespaces(7)); an error names the file.
#[cfg(linux)]
pub fn netns() -> Result<NetnsId, NetnsError> {
    use std::os::unix::fs::MetadataExt as _;

    const PATH: &str = "/proc/thread-self/ns/net";
    fs::metadata(PATH).map(|meta| NetnsId(meta.ino())).map_err(|error| NetnsError { path: PATH, error })
}

/// The pid namespace of this process, as the number of its inode.
#[cfg(linux)]
pub fn pid_namespace() -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self/ns/pid").map(|meta| meta.ino())
}

/// The only network that there is; no namespace of Linux has this number.
#[cfg(not(linux))]
pub fn netns() -> Result<NetnsId, NetnsError> {
    Ok(NetnsId(0))
}

/// The network namespace could not be told.
#[derive(Debug, thiserror::Error)]
#[error("cannot tell the network namespace: {path}: {error}; is /proc mounted?")]
pub struct NetnsError {
    path: &'static str,
    error: std::io::Error,
}

/// True when `SELinux` is at work: its file system is mounted (`SELINUX_MAGIC`, `linux/magic.h`).
#[must_use]
#[cfg(linux)]
pub fn has_selinux() -> bool {
    const SELINUX: u64 = 0xf97c_ff8c;
    rustix::fs::statfs("/sys/fs/selinux")
        .is_ok_and(|stat| u64::try_from(stat.f_type).is_ok_and(|kind| kind == SELINUX))
}

/// True when this process runs as root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// True when this process has the rights of another user or group than who started it (setuid, setgid).
#[must_use]
pub fn is_raised() -> bool {
    use rustix::process::{getegid, geteuid, getgid, getuid};
    getuid() != geteuid() || getgid() != getegid()
}

/// The user who runs this process.
#[must_use]
pub fn own_uid() -> Uid {
    Uid(rustix::process::geteuid().as_raw())
}

/// True when this process is a job of a shell with job control, so that somebody can continue what
/// stops. Such a shell gives every job a process group of its own; the group of the session's
/// leader has nobody above it in the session (setpgid(2), "orphaned process group").
#[must_use]
pub fn is_a_job() -> bool {
    #[expect(
        unsafe_code,
        reason = "both answer 0 when the leader is outside of our pid namespace, which rustix takes for impossible"
    )]
    // SAFETY: both take and return plain numbers.
    let (session, group) = unsafe { (libc::getsid(0), libc::getpgrp()) };
    session != -1 && session != group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_begins_with_its_version() {
        for (release, told) in [
            ("6.1.0-57-amd64", Some((6, 1))),
            ("6.12.117+deb12-amd64", Some((6, 12))),
            ("6.8", Some((6, 8))),
            ("7-rc1", None),
            ("linux", None),
            ("", None),
        ] {
            assert_eq!(version(release), told, "{release}");
        }
    }
}
