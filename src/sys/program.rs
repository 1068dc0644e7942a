//! What a program of this system says when it is asked. Nobody's environment, input or shell is between,
//! and it may not keep us waiting. Decides nothing about answers.

use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::geteuid;

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
}
