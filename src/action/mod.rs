//! What is done to sockets, and not only looked at: closing them.
//!
//! Layer 3. It closes what it is given and nothing else, never asks whether it should, and never means a socket
//! by its addresses: those may lead to another one by now.

mod close;
mod sharing;

pub use close::close;
pub use sharing::share_an_address;
