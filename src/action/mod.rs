//! What is done, and not only looked at: closing sockets, and signals for the processes that hold them.
//!
//! Layer 3. It closes what it is given and nothing else, never asks whether it should, and never means a socket
//! by its addresses, or a process by its pid: those may lead to another one by now.

mod close;
mod sharing;
mod signal;

pub use close::close;
pub use sharing::share_an_address;
pub use signal::{Found, Hold, Meant, find, never, signal_of, wait};
