//! The runtimes themselves, asked over their sockets for what their files do not tell. Only when the
//! user wants it so: who may open such a socket is as good as root, and a daemon may take its time.
//!
//! It may not take ours: each question has a limit, each reading another, and who failed rests.

#[cfg(test)]
mod tests;

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::files::{self, Facts, NotUnderstood};
use super::{LARGEST, RETRY};
use crate::model::{Runtime, SilentRuntime, Uid};
use crate::sys::clock;
use crate::sys::daemon::{self, Bounds, NoAnswer};
use crate::wire::http::Answer;

/// How long is waited: for one answer, and for all of one reading.
#[derive(Clone, Copy, Debug)]
struct Patience {
    question: Duration,
    reading: Duration,
}

/// A daemon that has nothing else to do answers in a few milliseconds.
const PATIENCE: Patience = Patience { question: Duration::from_millis(200), reading: Duration::from_secs(1) };

/// Where runtimes listen, as far as the environment of the user tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimePlaces {
    /// `$DOCKER_HOST`, where it is a Unix socket.
    pub docker_host: Option<PathBuf>,
    /// `$XDG_RUNTIME_DIR`, with the sockets of what this user runs without root.
    pub runtime_dir: Option<PathBuf>,
}

/// What came of a question.
#[derive(Debug)]
pub(super) enum Asked {
    Told(Facts),
    /// Nobody who could be asked knows it.
    Nothing,
    /// The time of this reading is used up.
    Later,
}

/// The daemons of this machine.
#[derive(Debug)]
pub(super) struct Daemons {
    all: Vec<Daemon>,
    own: Uid,
    patience: Patience,
    /// What is left of the time of this reading.
    left: Duration,
    /// When one failed last.
    failure: Option<Duration>,
    /// Runtimes that have containers here, and nobody listens for them.
    missing: Vec<Runtime>,
}

#[derive(Debug)]
struct Daemon {
    /// [`Runtime::Unknown`] where the user says that one listens, and not which.
    runtime: Runtime,
    /// It listens at the first of them that there is.
    paths: Vec<PathBuf>,
    /// When it failed, and why, if it did the last time.
    failed: Option<(Duration, SilentRuntime)>,
}

/// What one daemon says.
enum Says {
    Told(Facts),
    /// There is no such container.
    Nothing,
    /// There is no such daemon.
    Missing,
    Failed(SilentRuntime),
}

impl Daemons {
    /// Those of the system below this directory, and those that the user has.
    pub(super) fn new(root: &Path, places: &RuntimePlaces, own: Uid) -> Self {
        let new = |runtime, paths| Daemon { runtime, paths, failed: None };
        let dockers = ["run/docker.sock", "var/run/docker.sock"].map(|path| root.join(path)).to_vec();
        let mut all = vec![
            new(Runtime::Docker, dockers),
            new(Runtime::Podman, vec![root.join("run/podman/podman.sock")]),
        ];
        if let Some(dir) = &places.runtime_dir {
            all.push(new(Runtime::Docker, vec![dir.join("docker.sock")]));
            all.push(new(Runtime::Podman, vec![dir.join("podman/podman.sock")]));
        }
        if let Some(host) = &places.docker_host
            && !all.iter().any(|known| known.paths.contains(host))
        {
            all.insert(0, new(Runtime::Unknown, vec![host.clone()]));
        }
        Self { all, own, patience: PATIENCE, left: PATIENCE.reading, failure: None, missing: Vec::new() }
    }

    pub(super) fn begin(&mut self) {
        self.left = self.patience.reading;
    }

    /// Asks those who may know a container, until one does. `user` is in whose slice it runs: a user may
    /// name a cgroup after any container, so of what runs there only that user's own daemons are asked.
    pub(super) fn ask(&mut self, id: &str, runtime: Runtime, user: Option<Uid>, now: Duration) -> Asked {
        let own = self.own;
        let of_user = user.filter(|user| *user != Uid(0));
        if of_user.is_some_and(|user| user != own) || !(is_asked(runtime) || runtime == Runtime::Unknown) {
            return Asked::Nothing;
        }
        let trusted = |uid: u32| Uid(uid) == own || uid == 0 && of_user.is_none();
        self.missing.retain(|missing| *missing != runtime);
        let mut there = false;
        for at in 0..self.all.len() {
            let may_know = [self.all[at].runtime, Runtime::Unknown].contains(&runtime);
            if !may_know && self.all[at].runtime != Runtime::Unknown {
                continue;
            }
            if !self.may_be_asked(at, now) {
                there = true;
                continue;
            }
            if self.left < self.patience.question {
                return Asked::Later;
            }
            let began = clock::now().mono;
            let says = self.all[at].ask(id, trusted, self.patience.question);
            self.left = self.left.saturating_sub(clock::now().mono.saturating_sub(began));
            self.all[at].failed = None;
            there |= !matches!(says, Says::Missing);
            match says {
                Says::Told(facts) => return Asked::Told(facts),
                Says::Nothing | Says::Missing => {}
                Says::Failed(silent) => {
                    self.all[at].failed = Some((now, silent));
                    self.failure = Some(now);
                }
            }
        }
        if !there && is_asked(runtime) {
            self.missing.push(runtime);
        }
        Asked::Nothing
    }

    /// Who failed is asked again after a while, and of several one at a time: first who has waited longest.
    fn may_be_asked(&self, at: usize, now: Duration) -> bool {
        let (Some((since, _)), Some(failure)) = (&self.all[at].failed, self.failure) else { return true };
        let failures = self.all.iter().enumerate().filter_map(|(at, one)| Some((one.failed.as_ref()?.0, at)));
        let before = failures.filter(|failure| *failure < (*since, at)).count();
        let rest = RETRY * u32::try_from(before + 1).unwrap_or(u32::MAX);
        now.saturating_sub(failure) >= rest
    }

    /// Who did not tell when they were asked last, and who is not there although their containers are.
    pub(super) fn silent(&self) -> Vec<SilentRuntime> {
        let failed = self.all.iter().filter_map(|one| Some(one.failed.as_ref()?.1.clone()));
        let missing = self.missing.iter().filter_map(|runtime| {
            let one = self.all.iter().find(|one| one.runtime == *runtime)?;
            Some(silent(one.paths.first()?, &NoAnswer::Missing))
        });
        failed.chain(missing).collect()
    }
}

impl Daemon {
    fn ask(&self, id: &str, trusted: impl Fn(u32) -> bool, within: Duration) -> Says {
        let bounds = Bounds { within, most: usize::try_from(LARGEST).unwrap_or(usize::MAX) };
        // Without the version of the API: each daemon refuses those that it finds too old or too new.
        let target = format!("/containers/{id}/json");
        for path in &self.paths {
            let answer = daemon::get(path, &target, &trusted, bounds);
            if matches!(answer, Err(NoAnswer::Missing)) {
                continue;
            }
            let failed = |why: &dyn std::fmt::Display| Says::Failed(silent(path, why));
            return match answer {
                Err(why) => failed(&why),
                Ok(answer) => self.understand(&answer, id).unwrap_or_else(|why| failed(&why)),
            };
        }
        Says::Missing
    }

    fn understand(&self, answer: &Answer, id: &str) -> Result<Says, Strange> {
        match answer.status {
            200 => {
                let facts = files::inspected(&answer.body, id, self.runtime)?;
                Ok(facts.map_or(Says::Nothing, Says::Told))
            }
            404 => Ok(Says::Nothing),
            status => Err(Strange::Status(status)),
        }
    }
}

/// An answer that was not expected.
#[derive(Debug, thiserror::Error)]
enum Strange {
    #[error("it answered with status {0}")]
    Status(u16),
    #[error(transparent)]
    NotUnderstood(#[from] NotUnderstood),
}

/// The runtimes that have something to ask. containerd and CRI-O speak gRPC alone.
fn is_asked(runtime: Runtime) -> bool {
    matches!(runtime, Runtime::Docker | Runtime::Podman)
}

fn silent(path: &Path, why: &dyn std::fmt::Display) -> SilentRuntime {
    SilentRuntime { socket: path.as_os_str().as_bytes().into(), reason: why.to_string() }
}
