//! `sockeye kill` on other systems than Linux: there is none.

use super::args::KillArgs;
use super::exit::Exit;

/// Refuses.
pub(super) fn run(_: &KillArgs) -> anyhow::Result<Exit> {
    anyhow::bail!("a process is held on to by a handle, which no other kernel than that of Linux has")
}
