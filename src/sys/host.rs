//! The machine: its name, its kernel, its boot, and the network namespace we are in.

use std::fs;

use crate::model::{Host, NetnsId};

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

/// The network namespace of the calling thread (namespaces(7)); an error names the file.
#[cfg(linux)]
pub fn netns() -> Result<NetnsId, NetnsError> {
    use std::os::unix::fs::MetadataExt as _;

    const PATH: &str = "/proc/thread-self/ns/net";
    fs::metadata(PATH).map(|meta| NetnsId(meta.ino())).map_err(|error| NetnsError { path: PATH, error })
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

/// True when this process runs as root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
