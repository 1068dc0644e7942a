//! The sockets that are measured: processes that hold them and do nothing. It must leave nothing behind: the
//! holders end when their parent does, however that happens, and after half an hour in any case; their
//! connections end by a reset, without TIME-WAIT.

mod hold;
pub(crate) mod network;
pub(crate) mod size;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

pub(crate) use hold::hold;
use size::{Holding, Kind, Size};

/// Descriptors that a process needs beside those of the load.
const OTHERS: u64 = 64;
const READY: &str = "ready\n";

/// The load, until it is dropped.
#[derive(Debug)]
pub(crate) struct Load {
    holders: Vec<Child>,
}

impl Load {
    /// Returns when everything is open.
    pub(crate) fn build(size: &Size, kinds: &[Kind]) -> anyhow::Result<Self> {
        let mut load = Self { holders: Vec::new() };
        if size.processes == 0 && kinds.is_empty() {
            return Ok(load);
        }
        let holdings = size.holdings(kinds);
        afford(&holdings)?;
        let own = std::env::current_exe()?;
        for holding in &holdings {
            let mut command = Command::new(&own);
            command.arg("--hold").arg(holding.text());
            // The end of its stdin is the end of the holder.
            let holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
            load.holders
                .push(holder.with_context(|| format!("cannot start a process of the load: {holding:?}"))?);
        }
        for holder in &mut load.holders {
            let mut line = String::new();
            let stdout = holder.stdout.take().context("a holder has no stdout")?;
            BufReader::with_capacity(READY.len(), stdout).read_line(&mut line)?;
            ensure!(line == READY, "process {} of the load could not open what it is to hold", holder.id());
        }
        Ok(load)
    }

    /// Fails when a part of the load ended while it was needed.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        for holder in &mut self.holders {
            if let Some(status) = holder.try_wait()? {
                bail!("process {} of the load ended meanwhile: {status}", holder.id());
            }
        }
        Ok(())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for holder in &mut self.holders {
            drop((holder.stdin.take(), holder.stdout.take()));
        }
        for holder in &mut self.holders {
            // It ends by itself; there is nobody to tell if it cannot be waited for.
            drop(holder.wait());
        }
    }
}

/// Raises the limit of descriptors as far as this user may, for this process and its children.
fn afford(holdings: &[Holding]) -> anyhow::Result<()> {
    // Here both pipes of each holder, there both ends of each connection and the listener.
    let most = holdings.iter().map(|holding| u64::from(holding.count)).max().unwrap_or(0);
    let needed = OTHERS + 2 * most.max(holdings.len() as u64);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let most = limit.maximum.unwrap_or(u64::MAX);
        ensure!(
            most >= needed,
            "it takes {needed} descriptors in one process and the limit is {most}: raise it with ulimit -Hn"
        );
        setrlimit(Resource::Nofile, Rlimit { current: Some(needed), ..limit })?;
    }
    Ok(())
}
