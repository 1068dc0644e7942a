//! `sockeye top`: the dashboard.

use super::args::TopArgs;
use super::exit::Exit;
use crate::config::Environment;

/// Runs the dashboard until the user quits.
pub(super) fn run(_args: &TopArgs, _environment: &Environment) -> anyhow::Result<Exit> {
    anyhow::bail!("the dashboard is not there yet")
}
