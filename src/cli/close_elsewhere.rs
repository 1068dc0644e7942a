//! `sockeye -K` on other systems than Linux: there is none.

use super::args::ListArgs;
use super::exit::Exit;

/// Refuses.
pub(super) fn run(_: ListArgs) -> anyhow::Result<Exit> {
    anyhow::bail!("no other kernel than that of Linux closes sockets")
}
