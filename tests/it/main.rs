//! The integration tests, one binary: whole commands, on sockets that the tests open themselves.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "that is how tests fail")]

mod acts;
mod allocations;
mod approvals;
mod approve;
mod bad_input;
mod bench_report;
mod closely;
mod completions;
mod config;
mod corrupt;
mod decoders;
mod details;
mod document;
mod ends;
mod events;
mod examples;
mod exposition;
mod filter;
mod follower;
mod groups;
mod harness;
mod hostile;
mod kill;
mod lineage;
mod live;
mod man;
mod metrics;
mod narrow;
mod options;
mod parity;
mod peers;
mod policy;
#[cfg(feature = "portable")]
mod portable;
mod pty;
mod published;
mod quiet;
mod readme;
mod refused;
mod rules;
mod scale;
mod schema;
mod session;
mod shapes;
mod sockets;
mod stock;
mod summary;
mod table;
mod tidy;
mod usage;
mod validator;
mod views;
mod who;
mod workload;
