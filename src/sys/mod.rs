//! The only place that talks to the kernel: netlink, `/proc`, clocks, users, files.
//!
//! Layer 2. Thin: it moves bytes and errnos, `wire` understands them, `source` and `owner` decide
//! what they mean. If `unsafe` is ever needed it lives here and nowhere else; so far rustix spares
//! us all of it.

pub mod cgroup;
pub mod clock;
pub mod file;
pub mod host;
pub mod names;
pub mod netlink;
pub mod procdir;
pub mod procnet;

/// The errno of an I/O error, for comparing with `rustix::io::Errno`.
#[must_use]
pub fn errno_of(error: &std::io::Error) -> Option<rustix::io::Errno> {
    rustix::io::Errno::from_io_error(error)
}
