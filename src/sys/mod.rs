//! The only place that talks to the kernel: netlink, `/proc`, clocks, users, files.
//!
//! Layer 2. Thin: it moves bytes and errnos, `wire` understands them, `source` and `owner` decide
//! what they mean. The only `unsafe` is here: requests to the kernel, and to the
//! allocator, that rustix and the standard library have no call for.

pub mod clock;
pub mod endpoint;
pub mod file;
pub mod host;
pub mod log_file;
pub mod memory;
pub mod names;
pub mod own_file;
pub mod program;
pub mod reload;
pub mod resolve;
pub mod service;
pub mod stop;
pub mod syslog;
pub mod way;

#[cfg(linux)]
pub mod apart;
#[cfg(linux)]
pub mod bpf;
#[cfg(linux)]
pub mod cgroup;
#[cfg(linux)]
pub mod daemon;
#[cfg(linux)]
pub mod destroyed;
#[cfg(linux)]
pub mod donor;
#[cfg(linux)]
pub mod interfaces;
#[cfg(linux)]
pub mod journal;
#[cfg(linux)]
pub mod kcmp;
#[cfg(linux)]
pub mod kernel_uses;
#[cfg(linux)]
pub mod netlink;
#[cfg(linux)]
pub mod netns;
#[cfg(linux)]
pub mod nftables;
#[cfg(linux)]
pub mod pidfd;
#[cfg(linux)]
pub mod procdir;
#[cfg(linux)]
pub mod procnet;
#[cfg(linux)]
pub mod rights;
#[cfg(linux)]
pub mod threads;

#[cfg(not(linux))]
mod elsewhere;
#[cfg(not(linux))]
pub use elsewhere::{cgroup, daemon, nftables, procnet, rights};

/// The errno of an I/O error, for comparing with `rustix::io::Errno`.
#[must_use]
pub fn errno_of(error: &std::io::Error) -> Option<rustix::io::Errno> {
    rustix::io::Errno::from_io_error(error)
}
