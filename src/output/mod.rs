//! What leaves the process: JSON, the ss-compatible table, alert lines, metrics.
//!
//! Layer 3. Every format is a function of the same table and has types of its own; the model is
//! never serialised. Writers stream into any `io::Write` and never print by themselves. Every
//! string from the system passes [`crate::text::escape()`] here.

pub mod alert;
pub mod choice;
pub mod closing;
pub mod columns;
pub mod doctor;
pub mod event;
mod face;
mod group;
pub mod json;
pub mod metrics;
mod other_ends;
mod parts;
mod plain;
pub mod policy;
pub mod schema;
pub mod settings;
pub mod signalling;
pub mod stopping;
pub mod summary;
pub mod table;
pub mod template;
pub mod who;

pub use face::{Face, Paint};
pub use group::Group;

/// The version of the JSON documents. It rises only when a reader of the old one would break.
pub const SCHEMA: u32 = 1;
