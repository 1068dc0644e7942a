//! A running `sockeye -E`, and what it said so far.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::document::Event;
use crate::harness::eventually;

/// The lines of a stream, as they come.
pub(crate) type Lines = Arc<Mutex<Vec<String>>>;

pub(crate) struct Follower {
    pub(crate) child: Child,
    told: Lines,
    said: Lines,
    /// Collects what it tells.
    collector: Option<JoinHandle<()>>,
}

pub(crate) fn collect(stream: impl Read + Send + 'static) -> Lines {
    collecting(stream).0
}

/// And the thread that collects them, which ends with the stream.
fn collecting(stream: impl Read + Send + 'static) -> (Lines, JoinHandle<()>) {
    let lines = Lines::default();
    let collected = Arc::clone(&lines);
    let thread = std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            collected.lock().unwrap().push(line);
        }
    });
    (lines, thread)
}

/// True for a line that tells what can be read and heard.
pub(crate) fn is_coverage(line: &str) -> bool {
    line.starts_with("{\"schema\":1,\"type\":\"coverage\"")
}

impl Follower {
    /// Starts it, and waits until it hears what closes.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_saying(command, "sockeye: telling what closes; ")
    }

    /// Starts another command, and waits until it says that it is ready.
    pub(crate) fn start_saying(command: &mut Command, ready: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (told, collector) = collecting(child.stdout.take().unwrap());
        let said = collect(child.stderr.take().unwrap());
        let follower = Self { child, told, said, collector: Some(collector) };
        follower.says(ready);
        follower
    }

    /// What happened, without the coverage that stands beside it.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.told.lock().unwrap().iter().filter(|line| !is_coverage(line)).cloned().collect()
    }

    /// The last coverage.
    pub(crate) fn coverage(&self) -> Option<String> {
        self.told.lock().unwrap().iter().rfind(|line| is_coverage(line)).cloned()
    }

    /// All that it told, once it has ended; it was asked to.
    pub(crate) fn lines_at_end(&mut self) -> Vec<String> {
        crate::harness::wait(&mut self.child);
        self.collector.take().into_iter().for_each(|collector| collector.join().unwrap());
        self.lines()
    }

    /// What it says on stderr.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().clone()
    }

    /// Waits for a line on stderr.
    pub(crate) fn says(&self, part: &str) -> String {
        eventually(|| {
            let said = self.said();
            said.iter().find(|line| line.contains(part)).cloned().ok_or_else(|| format!("{part}: {said:?}"))
        })
    }

    /// Waits for a line that says all of this.
    pub(crate) fn tells(&self, parts: &[&str]) -> String {
        eventually(|| {
            let lines = self.lines();
            let is_it = |line: &&String| parts.iter().all(|part| line.contains(part));
            lines.iter().find(is_it).cloned().ok_or_else(|| format!("{parts:?}: {lines:?}"))
        })
    }

    /// Waits for the end of a socket, in JSON.
    pub(crate) fn end_of(&self, cookie: u64) -> Event {
        let line = self.tells(&[&format!("\"cookie\":\"{cookie}\"")]);
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Waits until it ends by itself.
    pub(crate) fn ends(mut self) -> Option<i32> {
        crate::harness::wait(&mut self.child).code()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
