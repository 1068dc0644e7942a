//! A script of samples instead of a kernel: for tests, pictures and documentation.
//!
//! The file is TOML. It declares processes and sockets once and then lists, sample by sample, who
//! is there and what differs. Each read plays the next sample; the last one repeats, a second
//! later each time. It brings its own clock, so what is shown never depends on when it is shown.
//! Strings are read as the escaper writes them: `'\xff'` is one byte.

mod details;
mod script;
mod stage;
mod uses;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Reading, SocketSource, SourceError, Wanted};
use crate::model::{Slice, SliceCoverage, SliceStatus, Stamp};
use crate::sys::file::{self, FileError};
use stage::Play;

/// Why a script cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("cannot read the scenario {}", crate::text::path(path))]
    File { path: PathBuf, source: FileError },
    #[error("the scenario {} is not valid\n{message}", crate::text::path(path))]
    Invalid { path: PathBuf, message: String },
}

/// A script that is being played.
#[derive(Debug)]
pub struct Scenario {
    play: Play,
    /// How many samples were taken.
    taken: usize,
}

impl Scenario {
    /// Reads and checks the whole script.
    pub fn open(path: &Path) -> Result<Self, ScenarioError> {
        let text =
            file::read_text(path).map_err(|source| ScenarioError::File { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|message| ScenarioError::Invalid { path: path.to_owned(), message })
    }

    /// Checks a script. The error points at the place.
    pub fn parse(text: &str) -> Result<Self, String> {
        let script: script::Script = toml::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self { play: Play::new(text, &script)?, taken: 0 })
    }
}

impl SocketSource for Scenario {
    fn read(&mut self, wanted: &[Wanted]) -> Result<Reading, SourceError> {
        let last = self.play.scenes.len() - 1;
        let scene = &self.play.scenes[self.taken.min(last)];
        let overtime = u64::try_from(self.taken.saturating_sub(last)).unwrap_or(0);
        self.taken += 1;
        let slices = wanted.iter().map(|(family, protocol)| {
            let slice = Slice { netns: self.play.netns, family: *family, protocol: *protocol };
            let gap = scene.gaps.iter().find(|(gap, _)| *gap == slice).map(|(_, status)| status.clone());
            let mut read = SliceCoverage::new(slice, "scenario");
            read.status = gap.unwrap_or(SliceStatus::Ok);
            read.rows = scene.sockets.iter().filter(|socket| socket.slice() == slice).count();
            read
        });
        let slices: Vec<_> = slices.collect();
        let sockets: Vec<_> = scene
            .sockets
            .iter()
            .filter(|socket| wanted.contains(&(socket.family, socket.protocol)))
            .cloned()
            .collect();
        let taken = self.play.at(scene.at + Duration::from_secs(overtime));
        let stage = Some(self.play.stage(taken, scene, &sockets));
        Ok(Reading { sockets, slices, stage, ..Reading::of_own(self.play.netns) })
    }
}

impl Play {
    fn at(&self, mono: Duration) -> Stamp {
        let wall =
            jiff::SignedDuration::try_from(mono).ok().and_then(|span| self.start.checked_add(span).ok());
        Stamp { mono, wall: wall.unwrap_or(self.start) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{NoOwner, NoUsage, Owners, State, TcpInfoPlace as P, Usage};
    use crate::source::everything;

    const SCRIPT: &str = r#"
        start = "2026-11-20T09:00:00Z"
        [users]
        1000 = "deploy"
        [process.nc]
        pid = 31337
        comm = '\x1b[31mnc'
        exe = "/usr/bin/nc"
        uid = 1000
        uses = { cpu_percent = 20, resident_bytes = 4096 }
        [socket.door]
        cookie = 7
        protocol = "tcp"
        state = "listen"
        local = "0.0.0.0:4444"
        owners = ["nc:3,4"]
        tcp_info = { rtt = 120, total_retrans = 4 }
        memory = { drops = 3 }
        timer = { kind = "retransmit", expires_ms = 400 }
        [[sample]]
        at = 0
        sockets = ["door"]
        [[sample]]
        at = 1.5
        sockets = ["door"]
        [sample.change.door]
        recv_q = 2
        no_owner = "denied"
        tcp_info = { total_retrans = 5 }
        [[sample.gap]]
        protocol = "udp"
        family = "inet6"
        status = "failed"
        reason = "EPERM"
    "#;

    #[test]
    fn plays_sample_by_sample_and_repeats_the_last() {
        let mut scenario = Scenario::parse(SCRIPT).unwrap();
        let mut read = || scenario.read(&everything()).unwrap();
        let first = read();
        let owner = first.sockets[0].owners.first().unwrap();
        assert_eq!(owner.process.comm.as_bytes(), b"\x1b[31mnc");
        assert_eq!(owner.fds.len(), 2);
        assert_eq!(first.sockets[0].state, State::Listen);
        assert!(first.slices.iter().all(|read| read.status == SliceStatus::Ok));
        let told = |reading: &Reading| {
            let details = reading.sockets[0].details.clone().unwrap();
            let info = details.tcp_info.clone().unwrap();
            let numbers = [P::RTT, P::TOTAL_RETRANS, P::BYTES_ACKED].map(|place| info.read(place));
            (numbers, details.memory.and_then(|memory| memory.drops))
        };
        assert_eq!(told(&first), ([Some(120), Some(4), None], Some(3)));
        assert_eq!(first.sockets[0].timer.map(|timer| timer.expires_ms), Some(400));
        let second = read();
        assert_eq!(second.sockets[0].queues.recv, Some(2));
        assert_eq!(told(&second), ([Some(120), Some(5), None], Some(3)));
        assert_eq!(second.sockets[0].owners, Owners::Unknown(NoOwner::Denied));
        assert_eq!(second.slices.iter().filter(|read| !read.status.proves_absence()).count(), 1);
        let used = |reading: &Reading| {
            let usages = &reading.stage.as_ref().unwrap().usages;
            let used = |usage: Result<Usage, NoUsage>| usage.map(|it| (it.cpu.as_millis(), it.resident));
            usages.values().map(|usage| used(*usage)).collect::<Vec<_>>()
        };
        assert_eq!(
            (used(&first), used(&second)),
            (vec![Ok((0, 4096))], vec![]),
            "then nobody is known to hold it"
        );
        let times = [second, read(), read()].map(|reading| reading.stage.unwrap().taken.mono.as_millis());
        assert_eq!(times, [1500, 2500, 3500]);
    }

    #[test]
    fn mistakes_are_pointed_at() {
        for (from, to, says) in [
            ("recv_q = 2", "recvq = 2", "unknown field `recvq`"),
            ("sockets = [\"door\"]", "sockets = [\"dor\"]", "no [socket.dor]"),
            ("nc:3,4", "cat:3", "no [process.cat]"),
            ("nc:3,4", "nc", "process:fd"),
            ("0.0.0.0:4444", "0.0.0.0", "address and a port"),
            ("\"listen\"", "\"lissen\"", "no state \"lissen\""),
            (r"'\x1b[31mnc'", r"'\q'", "escape"),
            ("{ rtt = 120", "{ rrt = 120", "no field \"rrt\""),
            ("cpu_percent = 20", "cpu = 20", "unknown field `cpu`"),
            ("uses = { cpu_percent = 20, resident_bytes = 4096 }", "no_usage = 'idle'", "no reason \"idle\""),
            ("kind = \"retransmit\"", "kind = \"egg\"", "no timer \"egg\""),
            ("at = 1.5", "at = -1", "before"),
            ("[sample.change.door]", "[sample.change.window]", "no socket \"window\" in this sample"),
        ] {
            let error = Scenario::parse(&SCRIPT.replace(from, to)).expect_err(from);
            assert!(error.contains(says), "{from} → {to}: {error}");
            assert!(error.contains('^'), "{from} → {to} points at nothing: {error}");
        }
        assert!(Scenario::parse("").is_err(), "a script without sample");
    }
}
