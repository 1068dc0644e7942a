//! What is done to sockets, to who holds them and to what manages those, and what came of it: the same for commands
//! and for the dashboard.
//!
//! It does what it is told, and asks nobody. What was read a while ago is looked at again before anything happens.

#[cfg_attr(not(linux), path = "actor_elsewhere.rs")]
mod actor;
#[cfg(linux)]
mod audit;
#[cfg(linux)]
mod closing;
mod command;
mod order;
#[cfg(linux)]
mod signalling;
#[cfg(linux)]
mod stopping;

pub use actor::{Actor, Tell};
#[cfg(linux)]
pub use actor::{Look, spawn};
#[cfg(linux)]
pub use closing::{close, refused};
pub use command::{Command, command, stopped_with};
pub use order::{Act, After, Done, Order, Report, fates};
#[cfg(linux)]
pub use signalling::{plan, send, settle};
#[cfg(linux)]
pub use stopping::stop;

/// Why a socket that shares its address is not even tried.
pub const SHARED: &str = "others share its address (SO_REUSEPORT), and the kernel would take any of them: only whoever \
                          holds it can close it";

/// Why nothing was done, or not all of it.
#[cfg(linux)]
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    #[error("the right to signal can be neither used nor given up: {0}")]
    Signalling(rustix::io::Errno),
    #[error("their end cannot be waited for: {0}")]
    Waiting(rustix::io::Errno),
    #[error("rights that are of no use any more cannot be given up: {0}")]
    Rights(rustix::io::Errno),
    #[error(transparent)]
    Elsewhere(#[from] crate::source::namespaces::VisitError),
    #[error("cannot start the thread that acts: {0}")]
    Thread(std::io::Error),
}
