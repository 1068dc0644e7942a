//! Running the program as a stranger would: a clean environment, all output captured, no waiting
//! for ever.
//!
//! Time is never asked: a deadline is a number of short pauses. Only processes started here are
//! ended, each through its own handle.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::document::Document;

const PAUSE: Duration = Duration::from_millis(5);
/// 60 s of pauses: to fail what hangs, not to measure anything.
const PAUSES: usize = 12_000;

/// The program in an environment that says nothing about this user.
pub(crate) fn sockeye(args: &[&str]) -> Command {
    program(Path::new(env!("CARGO_BIN_EXE_sockeye")), args)
}

/// The same, for a copy of the program that stands elsewhere.
pub(crate) fn program(path: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(path);
    command.args(args).env_clear().env("TERM", "dumb").env("LANG", "C.UTF-8");
    command.env("HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-home"));
    // Not even the configuration of this machine says anything.
    command.env("SOCKEYE_CONFIG", "").stdin(Stdio::null());
    command
}

/// How a run ended and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) status: ExitStatus,
}

impl Ran {
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("ended by a signal: {self:?}"))
    }

    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("stdout is UTF-8")
    }

    pub(crate) fn stderr(&self) -> &str {
        std::str::from_utf8(&self.stderr).expect("stderr is UTF-8")
    }

    /// The stdout of a run that ended as it should.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code(), 0, "stderr: {}", self.stderr());
        self.stdout().to_owned()
    }
}

/// True when the program can be started. One that is missing fails under CI, where it is installed.
pub(crate) fn is_installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdin(Stdio::null()).output().is_ok();
    let ci = std::env::vars_os().any(|(name, _)| name == "CI");
    assert!(found || !ci, "needs {program}; under CI every case must run");
    found
}

/// Runs to the end. What hangs is killed and fails.
pub(crate) fn run(command: &mut Command) -> Ran {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    finish(child.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}")))
}

/// Waits for the end of a run, whose pipes are drained meanwhile.
pub(crate) fn finish(mut child: Child) -> Ran {
    let stdout = child.stdout.take().map(drain);
    let stderr = child.stderr.take().map(drain);
    let collect =
        |reader: Option<JoinHandle<Vec<u8>>>| reader.map_or_else(Vec::new, |reader| reader.join().unwrap());
    let status = wait(&mut child);
    Ran { stdout: collect(stdout), stderr: collect(stderr), status }
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// Waits for a child; one that does not end is killed and fails.
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    for _ in 0..PAUSES {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        thread::sleep(PAUSE);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    panic!("it did not end");
}

/// Looks again and again until there is what was looked for.
pub(crate) fn eventually<T>(mut look: impl FnMut() -> Result<T, String>) -> T {
    let mut why = String::new();
    for _ in 0..PAUSES {
        match look() {
            Ok(found) => return found,
            Err(error) => why = error,
        }
        thread::sleep(PAUSE);
    }
    panic!("in vain: {why}");
}

/// Runs a JSON listing that must succeed, and reads it back.
pub(crate) fn document(args: &[&str]) -> Document {
    let ran = run(&mut sockeye(args));
    assert_eq!(ran.code(), 0, "stderr: {}", ran.stderr());
    Document::read(&ran.stdout)
}

/// A child that holds what was given to it until it is dropped: `cat`, waiting for a pipe.
///
/// It gets a socket as its stdout or stderr, so no descriptor has to be made inheritable here,
/// where other tests start processes at the same time.
#[derive(Debug)]
pub(crate) struct Holder {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Holder {
    /// Starts `cat` with the given stdout and stderr.
    pub(crate) fn start(stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Self {
        Self::spawn(Command::new("cat").stdout(stdout).stderr(stderr))
    }

    /// Starts a command that ends when its stdin does.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = eventually(|| match command.stdin(Stdio::piped()).spawn() {
            // Another test forked while this program was being written, and holds it open still.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => Err(error.to_string()),
            spawned => Ok(spawned.expect("a holder can be started")),
        });
        // spawn(2) returns when the memory of the new program stands; its name and what it closes
        // come after that, its arguments last.
        let arguments = || fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
        let before = fs::read("/proc/self/cmdline").unwrap();
        eventually(|| match arguments() {
            text if text.is_empty() || text == before => Err("it is still on its way".to_owned()),
            _ => Ok(()),
        });
        Self { stdin: child.stdin.take(), child }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // While another test panics nobody may wait here: kill(2) through the handle is enough.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Nothing that a terminal obeys, nothing that hides or reorders: newlines end lines, that is all.
pub(crate) fn assert_harmless(what: &str, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{what} is not UTF-8: {error}"));
    let invisible = |c: char| matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    if let Some(at) = text.find(|c: char| (c.is_control() && c != '\n') || invisible(c)) {
        let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        panic!("{what} lets a character through: {:?}", &text[line..].lines().next());
    }
}
