//! The integration tests, one binary: whole commands, on sockets that the tests open themselves.

mod pty;
mod tidy;
