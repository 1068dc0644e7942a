//! sockeye: every open socket of a Linux machine, whose it is, and what changed.
//!
//! The library behind the program. One direction, three nouns: a [`model::Sample`] is what the
//! kernel said, a [`store::Table`] is what we know over time, and the views (`tui`, `output`) show
//! it. `ARCHITECTURE.md` draws the map; `tests/it/tidy.rs` keeps the arrows pointing one way.

#![cfg_attr(not(linux), expect(dead_code, reason = "part of what reads Linux's tables is pure and stays"))]

#[cfg(linux)]
pub mod action;
pub mod cli;
pub mod config;
pub mod diagnosis;
pub mod engine;
#[cfg(linux)]
pub mod event;
pub mod filter;
pub mod model;
pub mod notify;
pub mod output;
pub mod owner;
pub mod phrase;
pub mod policy;
pub mod source;
pub mod store;
pub mod sys;
pub mod text;
pub mod tui;
pub mod wire;
