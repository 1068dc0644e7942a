//! The sockets that listings have to list: processes that hold loopback connections and do nothing.
//! It must leave nothing behind: the holders end when their parent does, however that happens, and
//! after half an hour in any case; their connections end by a reset, without TIME-WAIT.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use rustix::net::sockopt::set_socket_linger;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::options::Size;

/// The holders' addresses follow this one.
const FIRST: u32 = Ipv4Addr::new(127, 77, 0, 0).to_bits();
/// Seconds until a holder ends by itself.
const LIFE: u32 = 30 * 60;
/// Descriptors that a process needs beside those of the load.
const OTHERS: u64 = 64;
const READY: &str = "ready\n";

/// The load, until it is dropped.
#[derive(Debug)]
pub(crate) struct Load {
    holders: Vec<Child>,
}

impl Load {
    /// Returns when every socket is open.
    pub(crate) fn build(size: &Size) -> anyhow::Result<Self> {
        afford(size)?;
        let mut load = Self { holders: Vec::new() };
        let own = std::env::current_exe()?;
        for number in 1..=size.processes {
            let mut command = Command::new(&own);
            command.arg("--hold-load").arg(Ipv4Addr::from_bits(FIRST + number).to_string());
            command.arg(size.connections.to_string());
            // The end of its stdin is the end of the holder.
            let holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
            load.holders.push(holder.with_context(|| format!("cannot start process {number} of the load"))?);
        }
        for holder in &mut load.holders {
            let mut line = String::new();
            let stdout = holder.stdout.take().context("a holder has no stdout")?;
            BufReader::with_capacity(READY.len(), stdout).read_line(&mut line)?;
            ensure!(line == READY, "process {} of the load could not open its sockets", holder.id());
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
fn afford(size: &Size) -> anyhow::Result<()> {
    // Here both pipes of each holder, there both ends of each connection and the listener.
    let needed = OTHERS + 2 * u64::from(size.processes.max(size.connections));
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

/// What a holder does: opens its connections, says so, and waits for the end.
pub(crate) fn hold(address: Ipv4Addr, connections: u32) -> anyhow::Result<()> {
    end_in_time();
    let listener = TcpListener::bind((address, 0))?;
    let at = listener.local_addr()?;
    let mut held = Vec::new();
    for _ in 0..connections {
        for end in [TcpStream::connect(at)?, listener.accept()?.0] {
            set_socket_linger(&end, Some(Duration::ZERO))?;
            held.push(end);
        }
    }
    io::stdout().write_all(READY.as_bytes())?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    drop(held);
    Ok(())
}

/// SIGALRM ends a process that does not handle it. A thread that waits would be part of the load.
fn end_in_time() {
    #[expect(unsafe_code, reason = "the standard library has no alarm(2)")]
    // SAFETY: it takes a number and touches no memory.
    unsafe {
        libc::alarm(LIFE);
    }
}
