//! Bytes to model: netlink messages, `/proc/net/*` and `/proc/PID/*` text.
//!
//! Layer 1, pure. Decoders check every length, accept kernel structs that are shorter or longer
//! than today's, never panic, and never read anything themselves. What they cannot understand is
//! an error with a name, for the caller to count.

pub mod inet_diag;
pub mod netlink;
pub mod proc_net;
pub mod proc_pid;
pub mod services;
pub mod unix_diag;

/// Why bytes from the kernel could not be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("a message of {got} bytes where {want} are needed")]
    Short { got: usize, want: usize },
    #[error("a length field of {0} that does not fit its message")]
    Length(usize),
    #[error("address family {0}, which was not asked for")]
    Family(u8),
    #[error("socket state {0}, which this version does not know")]
    State(u8),
    #[error("socket type {0}, which this version does not know")]
    Type(u8),
    #[error("a line that is not of the expected form")]
    Line,
}
