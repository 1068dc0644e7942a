//! The arguments of `watch`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;

use super::{FaceArgs, IntervalArgs, PolicyArgs, ReadingArgs};
use crate::config::interval;

#[derive(Debug, ClapArgs)]
pub(in crate::cli) struct WatchArgs {
    #[command(flatten)]
    pub(in crate::cli) policy: PolicyArgs,
    /// One JSON object per line
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Where alerts go besides stdout [default: /etc/sockeye/sinks.toml, or sinks.toml in the user's configuration
    /// directory, if there is one]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) sinks: Option<PathBuf>,
    /// Keep alerts until they are delivered, and what was told, in this SQLite file; a watch that is started again
    /// goes on from there
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) store: Option<PathBuf>,
    /// How long alerts that are alike are counted before one stands for all; 0: each is told
    #[arg(long, value_name = "TIME", value_parser = span, default_value = "60s")]
    pub(in crate::cli) cooldown: Duration,
    /// Tell again what has stood for so long; 0: never
    #[arg(long, value_name = "TIME", value_parser = span, default_value = "24h")]
    pub(in crate::cli) remind: Duration,
    #[command(flatten)]
    pub(in crate::cli) interval: IntervalArgs,
    #[command(flatten)]
    pub(in crate::cli) face: FaceArgs,
    #[command(flatten)]
    pub(in crate::cli) reading: ReadingArgs,
}

/// A span of time, or `0` for none.
fn span(text: &str) -> Result<Duration, String> {
    if text == "0" { Ok(Duration::ZERO) } else { interval(text).map_err(|why| format!("{why}, or 0")) }
}
