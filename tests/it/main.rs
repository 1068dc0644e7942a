//! The integration tests, one binary: whole commands, on sockets that the tests open themselves.

#![expect(clippy::unwrap_used, reason = "that is how tests fail")]

mod pty;
mod tidy;
