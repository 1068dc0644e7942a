//! What a program of this system says when it is asked, or becomes of it when it is to do something. Nobody's
//! environment, input or shell is between, and it may not keep us waiting. Decides nothing about answers.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process_group};

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

/// What became of a program.
#[derive(Debug)]
pub enum Ran {
    Ended {
        success: bool,
        /// What it complained of: the first bytes of its stderr.
        said: Vec<u8>,
    },
    /// It took longer than it may, and was ended with all that it started.
    Late,
    /// Others than root or this user could have written it.
    Untrusted,
    Unstarted(io::Error),
}

/// Runs a program that does something, with this environment and no other, none of our descriptors and in a process
/// group of its own. Of what it complains at most `most` bytes are kept.
#[must_use]
pub fn run(
    program: &Path,
    args: &[&OsStr],
    environment: &[(&str, OsString)],
    within: Duration,
    most: u64,
) -> Ran {
    if !is_trusted(program) {
        return Ran::Untrusted;
    }
    if let Err(error) = keep_descriptors() {
        return Ran::Unstarted(error);
    }
    let mut command = Command::new(program);
    command.args(args).env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    command.current_dir("/").process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ran::Unstarted(error),
    };
    let (send, ended) = mpsc::channel();
    let stderr = child.stderr.take();
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let wait = move || {
        let mut said = Vec::new();
        if let Some(stderr) = stderr {
            // What it started may keep its output open, and a longer complaint is for nobody.
            drop(stderr.take(most).read_to_end(&mut said));
        }
        drop(send.send(child.wait().map(|status| Ran::Ended { success: status.success(), said })));
    };
    if let Err(error) = thread::Builder::new().name("program".to_owned()).spawn(wait) {
        return Ran::Unstarted(error);
    }
    match ended.recv_timeout(within) {
        Ok(Ok(ran)) => ran,
        Ok(Err(error)) => Ran::Unstarted(error),
        Err(_) => {
            // Nobody may be left to end.
            let _ended = group.map(|group| kill_process_group(group, Signal::KILL));
            Ran::Late
        }
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
    use std::fs::{self, Permissions};
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
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("program");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let environment = [("KNOWN", OsString::from("a b"))];
        match run(&program, &[OsStr::new("c d")], &environment, Duration::from_secs(within), 40) {
            Ran::Ended { success: true, .. } => Ok(()),
            Ran::Ended { said, .. } => Err(String::from_utf8(said).unwrap()),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn what_is_to_do_something_has_nothing_of_ours() {
        use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

        assert_eq!(done("[ \"$1\" = 'c d' ] && [ \"$KNOWN\" = 'a b' ] && [ -z \"$HOME$USER\" ]", 30), Ok(()));
        assert_eq!(done("echo no such unit >&2; exit 3", 30), Err("no such unit\n".to_owned()));
        let long = done("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1", 30);
        assert_eq!(long.map_err(|said| said.len()), Err(40), "no more than that is kept");
        assert_eq!(
            done("read -r pid comm state parent group rest </proc/$$/stat; [ $group = $$ ]", 30),
            Ok(()),
            "a group of its own"
        );
        // As one that this process was started with: it passes on to what is run.
        let inherited = fs::File::open("/dev/null").unwrap();
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
