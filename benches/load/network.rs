//! A network of its own for the load: nobody else's sockets are measured, and nobody else meets those
//! of the load. It must not be taken for one where there is no right to make it.

use std::process::Command;

use anyhow::{Context, ensure};
use rustix::thread::UnshareFlags;

/// Works in a network namespace of its own, which ends with the work; where none may be made, in the
/// one that there is, and says so.
pub(crate) fn apart<T: Send>(work: impl FnOnce() -> anyhow::Result<T> + Send) -> anyhow::Result<T> {
    // What the thread starts is in its network namespace.
    let inside = || {
        if let Err(error) = leave() {
            eprintln!("no network namespace of its own, so others' sockets count: {error:#}");
        }
        work()
    };
    let done = std::thread::scope(|scope| scope.spawn(inside).join());
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Takes the calling thread into a network namespace of its own.
pub(crate) fn leave() -> anyhow::Result<()> {
    #[expect(deprecated, reason = "only UnshareFlags::FILES makes it unsafe")]
    rustix::thread::unshare(UnshareFlags::NEWNET).context("cannot make a network namespace")?;
    let raised = Command::new("ip").args(["link", "set", "lo", "up"]).status().context("ip link")?;
    ensure!(raised.success(), "ip link set lo up: {raised}");
    Ok(())
}
