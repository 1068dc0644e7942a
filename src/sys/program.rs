//! What a program of this system says when it is asked, or becomes of it when it is to do something. Nobody's
//! environment, input or shell is between, and it may not keep us waiting. Decides nothing about answers.

use std::ffi::{OsStr, OsString};
#[cfg(linux)]
use std::fs::File;
#[cfg(linux)]
use std::io::Seek as _;
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, geteuid, kill_process, kill_process_group, waitid,
};

use super::clock;

/// What the program prints, at most `most` bytes; `None` when it is not there, could be written by others
/// than root or this user, fails, or takes longer than `within`.
#[must_use]
pub fn answer(program: &Path, args: &[&OsStr], within: Duration, most: u64) -> Option<Vec<u8>> {
    if !is_trusted(program) {
        return None;
    }
    let mut command = Command::new(program);
    command.args(args).env_clear().current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().ok()?;
    let printed = printed(&mut child, within, most);
    if printed.is_none() {
        drop(child.kill()); // it may have ended by now
    }
    let status = child.wait().ok()?;
    printed.filter(|_| status.success())
}

/// What is to be run, and how.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    pub program: &'a Path,
    pub args: &'a [&'a OsStr],
    /// This and no other.
    pub environment: &'a [(&'a str, OsString)],
    /// What it can read; nothing without.
    pub input: &'a [u8],
    pub within: Duration,
    /// How much of its complaint is kept, in bytes.
    pub most: usize,
}

/// What became of a program.
#[derive(Debug)]
pub enum Ran {
    Ended {
        status: ExitStatus,
        /// What it complained of: the last bytes of its stderr.
        said: Vec<u8>,
    },
    /// It took longer than it may, and was ended with all that it started.
    Late,
    /// Others than root or this user could have written it.
    Untrusted,
    Unstarted(io::Error),
}

/// Runs a program that does something: with none of our descriptors, no signal ignored or held back, and in a
/// process group of its own. It may read its input or not, and write whatever it likes: nothing waits for that. What
/// it leaves running when it ends lives on.
#[must_use]
pub fn run(order: &Order<'_>) -> Ran {
    if !is_trusted(order.program) {
        return Ran::Untrusted;
    }
    let deadline = clock::now().mono + order.within;
    let ran =
        start(order).and_then(|(child, stderr)| Running::watch(child)?.follow(stderr, deadline, order.most));
    ran.unwrap_or_else(Ran::Unstarted)
}

/// The program and what it complains.
fn start(order: &Order<'_>) -> io::Result<(Child, PipeReader)> {
    keep_descriptors()?;
    let (stderr, theirs) = io::pipe()?;
    let mut command = Command::new(order.program);
    let environment = order.environment.iter().map(|(name, value)| (name, value));
    command.args(order.args).env_clear().envs(environment).current_dir("/").process_group(0);
    command.stdin(input(order.input)?).stdout(Stdio::null()).stderr(theirs);
    #[expect(unsafe_code, reason = "nothing else runs between fork and exec")]
    // SAFETY: between fork and exec it calls signal(2) alone, which is safe there (signal-safety(7)).
    unsafe {
        command.pre_exec(|| {
            default_signals();
            Ok(())
        });
    }
    Ok((command.spawn()?, stderr))
}

/// A program would ignore what we ignore (execve(2)); the standard library looks after the mask.
fn default_signals() {
    const LAST: libc::c_int = 64; // SIGRTMAX; a number that is no signal's is refused
    for number in 1..=LAST {
        #[expect(unsafe_code, reason = "rustix leaves handlers to libc")]
        // SAFETY: it installs no handler.
        unsafe {
            libc::signal(number, libc::SIG_DFL);
        }
    }
}

/// A file without a name: who does not read it keeps nobody waiting.
#[cfg(linux)]
fn input(bytes: &[u8]) -> io::Result<Stdio> {
    if bytes.is_empty() {
        return Ok(Stdio::null());
    }
    let mut file = File::from(rustix::fs::memfd_create("sockeye-input", rustix::fs::MemfdFlags::CLOEXEC)?);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file.into())
}

/// A pipe, and a thread that fills it for as long as somebody could read.
#[cfg(not(linux))]
fn input(bytes: &[u8]) -> io::Result<Stdio> {
    let (ours, mut theirs) = io::pipe()?;
    let bytes = bytes.to_vec();
    thread::Builder::new().name("input".to_owned()).spawn(move || drop(theirs.write_all(&bytes)))?;
    Ok(ours.into())
}

/// A program that runs. Until it is collected nobody else gets its number, so that whoever is ended is it.
struct Running {
    pid: Pid,
    /// Closed when it has ended.
    ended: PipeReader,
    /// Dropped when it may be collected.
    collect: mpsc::Sender<()>,
    status: mpsc::Receiver<io::Result<ExitStatus>>,
}

impl Running {
    fn watch(child: Child) -> io::Result<Self> {
        let pid = Pid::from_child(&child);
        let (collect, may_collect) = mpsc::channel();
        let (send, status) = mpsc::channel();
        let watch = || -> io::Result<PipeReader> {
            let (ended, ends) = io::pipe()?;
            let mut child = child;
            let wait = move || {
                let until = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
                let _ended = retry_on_intr(|| waitid(WaitId::Pid(pid), until));
                drop(ends);
                let _asked = may_collect.recv(); // an error is what is waited for
                drop(send.send(child.wait()));
            };
            thread::Builder::new().name("program".to_owned()).spawn(wait)?;
            Ok(ended)
        };
        match watch() {
            Ok(ended) => Ok(Self { pid, ended, collect, status }),
            Err(error) => {
                end(pid); // nobody would
                Err(error)
            }
        }
    }

    fn follow(self, stderr: PipeReader, deadline: Duration, most: usize) -> io::Result<Ran> {
        let mut complaint = Complaint::new(stderr, most)?;
        loop {
            let left = deadline.checked_sub(clock::now().mono).filter(|left| !left.is_zero());
            let Some(left) = left else {
                end(self.pid);
                return Ok(Ran::Late); // it is collected when `self` is gone
            };
            let timeout = Timespec::try_from(left).map_err(|_| Errno::INVAL)?;
            let mut ready = vec![PollFd::new(&self.ended, PollFlags::IN)];
            if let Some(stderr) = &complaint.stderr {
                ready.push(PollFd::new(stderr, PollFlags::IN));
            }
            match poll(&mut ready, Some(&timeout)) {
                Err(Errno::INTR) => continue,
                answer => answer?,
            };
            let has_ended = !ready[0].revents().is_empty();
            // A part alone: who never stops writing must not keep us from seeing that it ended, or that it is late.
            complaint.read()?;
            if has_ended {
                drop(self.collect);
                let status = self.status.recv().map_err(|_| Errno::CHILD)??;
                return Ok(Ran::Ended { status, said: complaint.last });
            }
        }
    }
}

/// Ends it and all that it started.
fn end(pid: Pid) {
    // Nobody may be left to end.
    let _group = kill_process_group(pid, Signal::KILL);
    let _itself = kill_process(pid, Signal::KILL); // where it has left its group
}

/// The last of what a program says.
struct Complaint {
    /// `None` when nobody can say more.
    stderr: Option<PipeReader>,
    last: Vec<u8>,
    most: usize,
}

impl Complaint {
    fn new(stderr: PipeReader, most: usize) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&stderr, true)?;
        Ok(Self { stderr: Some(stderr), last: Vec::new(), most })
    }

    /// What is there, as much as a pipe holds.
    fn read(&mut self) -> io::Result<()> {
        const PIPE: usize = 64 * 1024;
        let Some(stderr) = &mut self.stderr else { return Ok(()) };
        let mut part = vec![0; PIPE];
        match stderr.read(&mut part) {
            Ok(0) => self.stderr = None,
            Ok(length) => {
                self.last.extend_from_slice(&part[..length]);
                let more = self.last.len().saturating_sub(self.most);
                self.last.drain(..more);
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Keeps every descriptor of this process from programs that it runs: those that it was started with, too.
fn keep_descriptors() -> io::Result<()> {
    for entry in std::fs::read_dir("/dev/fd")? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.parse::<i32>().ok());
        if let Some(fd) = number.filter(|fd| *fd > 2) {
            #[expect(
                unsafe_code,
                reason = "a descriptor that nobody here has opened has no owner to borrow it from"
            )]
            // SAFETY: it changes a flag of a descriptor; a number that has none by now is refused.
            unsafe {
                libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
            }
        }
    }
    Ok(())
}

/// Who could write it could tell anything, with our rights.
fn is_trusted(program: &Path) -> bool {
    let others_write = 0o022;
    std::fs::metadata(program).is_ok_and(|meta| {
        meta.is_file() && meta.mode() & others_write == 0 && [0, geteuid().as_raw()].contains(&meta.uid())
    })
}

/// What it prints until it closes its output.
fn printed(child: &mut Child, within: Duration, most: u64) -> Option<Vec<u8>> {
    let mut stdout = child.stdout.take()?.take(most + 1);
    let (send, all) = mpsc::channel();
    let read = move || {
        let mut bytes = Vec::new();
        // Nobody listens any more when it was late.
        drop(send.send(stdout.read_to_end(&mut bytes).map(|_| bytes)));
    };
    thread::Builder::new().spawn(read).ok()?;
    let bytes = all.recv_timeout(within).ok()?.ok()?;
    (bytes.len() as u64 <= most).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_what_succeeds_in_time_and_in_short_is_an_answer() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("program");
        let said = |script: &str, mode: u32, within: u64| {
            fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&program, Permissions::from_mode(mode)).unwrap();
            let bytes = answer(&program, &[OsStr::new("a b")], Duration::from_secs(within), 20);
            bytes.map(|bytes| String::from_utf8(bytes).unwrap())
        };
        assert_eq!(said("echo \"$# $1\"", 0o755, 30).as_deref(), Some("1 a b\n"));
        assert_eq!(said("echo \"$HOME$USER\"", 0o755, 30).as_deref(), Some("\n"), "nobody's environment");
        assert_eq!(said("echo told; exit 1", 0o755, 30), None);
        assert_eq!(said("echo 123456789012345678901", 0o755, 30), None, "too long");
        assert_eq!(said("echo told", 0o777, 30), None, "anybody could have written it");
        assert_eq!(said("exec sleep 60", 0o755, 0), None, "late");
        assert_eq!(answer(Path::new("/no/such/program"), &[], Duration::ZERO, 1), None);
    }

    /// A script that is to do something: what it said, where it failed.
    fn done(script: &str, within: u64) -> Result<(), String> {
        given(script, b"", within)
    }

    fn given(script: &str, input: &[u8], within: u64) -> Result<(), String> {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("program");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let order = Order {
            program: &program,
            args: &[OsStr::new("c d")],
            environment: &[("KNOWN", OsString::from("a b"))],
            input,
            within: Duration::from_secs(within),
            most: 40,
        };
        match run(&order) {
            Ran::Ended { status, .. } if status.success() => Ok(()),
            Ran::Ended { said, .. } => Err(String::from_utf8(said).unwrap()),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn it_reads_what_it_is_given_and_no_signal_is_ignored() {
        let large = "a line\n".repeat(100_000);
        assert_eq!(given("[ $(wc -l) = 100000 ]", large.as_bytes(), 30), Ok(()));
        assert_eq!(done("[ $(wc -c) = 0 ]", 30), Ok(()), "nothing, and it ends");
        #[expect(unsafe_code, reason = "the standard library has no call for it")]
        // SAFETY: no handler is installed; nothing in these tests waits for the signal.
        unsafe {
            libc::signal(libc::SIGUSR2, libc::SIG_IGN);
        }
        let masks = "while read -r name mask; do case $name in SigIgn:|SigBlk:) echo $mask >&2;; esac; done";
        let told = done(&format!("{masks} < /proc/self/status; exit 1"), 30).unwrap_err();
        // 32 and 33 are libc's own (signal(7)), which it lets nobody touch.
        let mask = |mask| u64::from_str_radix(mask, 16).unwrap() & !(0b11 << 31);
        assert_eq!(told.split_whitespace().map(mask).collect::<Vec<_>>(), [0, 0], "{told}");
    }

    #[test]
    fn what_is_to_do_something_has_nothing_of_ours() {
        use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

        assert_eq!(done("[ \"$1\" = 'c d' ] && [ \"$KNOWN\" = 'a b' ] && [ -z \"$HOME$USER\" ]", 30), Ok(()));
        assert_eq!(done("echo no such unit >&2; exit 3", 30), Err("no such unit\n".to_owned()));
        let long = done("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1", 30);
        assert_eq!(long.map_err(|said| said.len()), Err(40), "no more than that is kept");
        assert_eq!(
            done("echo first >&2; echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa >&2; echo z >&2; exit 1", 30),
            Err(format!("{}\nz\n", "a".repeat(37))),
            "the last of it"
        );
        assert_eq!(
            done("read -r pid comm state parent group rest </proc/$$/stat; [ $group = $$ ]", 30),
            Ok(()),
            "a group of its own"
        );
        // As one that this process was started with: it passes on to what is run.
        let inherited = File::open("/dev/null").unwrap();
        #[expect(unsafe_code, reason = "rustix makes no copy that is passed on")]
        // SAFETY: both take and return plain numbers, and the copy is owned by nobody else.
        let copy = unsafe { OwnedFd::from_raw_fd(libc::dup(inherited.as_raw_fd())) };
        let number = copy.as_raw_fd();
        assert_eq!(done(&format!("[ ! -e /proc/$$/fd/{number} ]"), 30), Ok(()), "{number}");
    }

    #[test]
    fn what_takes_too_long_ends_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let script = format!("sleep 60 & echo $! > {0}.new; mv {0}.new {0}; wait", pid.display());
        assert_eq!(done(&script, 2), Err("Late".to_owned()));
        let child = fs::read_to_string(&pid).unwrap();
        let stat = format!("/proc/{}/stat", child.trim());
        let is_over = || fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z"));
        let ended = (0..1000).any(|_| {
            is_over() || {
                thread::sleep(Duration::from_millis(5));
                false
            }
        });
        assert!(ended, "{child}");
    }
}
