//! `sockeye watch` beside a load: what it takes, and how long it is from a listener to its alert. It must not judge.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::report::Used;
use crate::used::{self, now};

const DEADLINE: Duration = Duration::from_secs(30);
/// An alert about the first listener says that it watches. Until then another is opened every now and then.
const PATIENCE: Duration = Duration::from_secs(2);

/// The watch, until it is dropped.
pub(crate) struct Watch {
    child: Child,
    /// The ports that alerts are about, and when each was written.
    told: Receiver<(u64, Instant)>,
    /// That of the policy.
    _dir: TempDir,
}

impl Watch {
    /// Starts it with these arguments, in the network of the calling thread. No listener is expected, and each that
    /// is not is told. Returns when it watches.
    pub(crate) fn start(args: &[&str]) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let policy = dir.path().join("policy.toml");
        std::fs::write(&policy, "version = 1\n")?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_sockeye"));
        command
            .args(["watch", "--json", "--cooldown", "0", "--interval", "1s", "--policy"])
            .arg(&policy)
            .args(args);
        command.env("SOCKEYE_CONFIG", "").env_remove("SOCKEYE_SOURCE");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("cannot start the watch")?;
        let output = child.stdout.take().context("the watch has no stdout")?;
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let written = now();
                if port(&line).is_some_and(|port| tell.send((port, written)).is_err()) {
                    return;
                }
            }
        });
        let watch = Self { child, told, _dir: dir };
        let start = now();
        loop {
            match watch.latency(PATIENCE) {
                Ok(_) => return Ok(watch),
                Err(error) if now() - start > DEADLINE => {
                    return Err(error.context("the watch tells nothing"));
                }
                Err(_) => {}
            }
        }
    }

    /// What it uses in so many seconds.
    pub(crate) fn used(&self, span: Duration) -> anyhow::Result<Used> {
        used::by(self.child.id(), span)
    }

    /// How long it is from each of so many listeners to its alert. They come at any moment of a reading.
    pub(crate) fn latencies(&self, count: usize, spread: Duration) -> anyhow::Result<Vec<Duration>> {
        let mut took = Vec::with_capacity(count);
        for at in 0..count {
            took.push(self.latency(DEADLINE)?);
            // In no step with the readings.
            std::thread::sleep(spread * u32::try_from(at * 37 % 83)? / 83);
        }
        Ok(took)
    }

    fn latency(&self, patience: Duration) -> anyhow::Result<Duration> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (port, opened) = (listener.local_addr()?.port(), now());
        loop {
            match self.told.recv_timeout((opened + patience).saturating_duration_since(now())) {
                Ok((about, written)) if about == u64::from(port) && written > opened => {
                    return Ok(written - opened);
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => bail!("no alert about port {port} in {patience:?}"),
                Err(RecvTimeoutError::Disconnected) => bail!("the watch has ended"),
            }
        }
    }
}

/// Which listener an alert is about. `None` where it is of another kind.
fn port(line: &str) -> Option<u64> {
    let told: Value = serde_json::from_str(line).ok()?;
    let is_of_one = ["unexpected-listener", "listener-came-and-went"].contains(&told["alert"].as_str()?);
    is_of_one.then(|| told["socket"]["local_port"].as_u64())?
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It has nothing to lose.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
