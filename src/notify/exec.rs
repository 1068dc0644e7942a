//! A program that is run for each alert, without a shell. It gets the alert as a line of JSON, and says by its exit
//! whether it took it.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::fields::Fields;
use super::file::told;
use super::settings::{Keys, Wrong};
use super::{Failure, Notice, Sink, TIMEOUT, TIMEOUTS, Undelivered, each};
use crate::sys::program::{self, Order, Ran};
use crate::sys::way;
use crate::text::{self, brief};

/// Where the program finds others.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What of a complaint is kept.
const MOST: usize = 4096;

/// What the file says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exec {
    program: PathBuf,
    args: Vec<OsString>,
    timeout: Duration,
}

impl Exec {
    pub(super) fn read(keys: &mut Keys<'_>) -> Result<Self, Wrong> {
        let words =
            keys.texts("command")?.ok_or_else(|| keys.missing("command", "[\"/usr/local/bin/page\"]"))?;
        let timeout = keys.time("timeout", TIMEOUTS)?.unwrap_or(TIMEOUT);
        let mut words = words.into_iter();
        let program = words.next().ok_or_else(|| keys.missing("command", "[\"/usr/local/bin/page\"]"))?;
        let path = PathBuf::from(program.text);
        if !path.is_absolute() {
            let why = "expected the whole path of a program: nothing is searched for, and there is no shell";
            return Err(Wrong::new(program.span, why));
        }
        let args = words.map(|word| word.text.into()).collect();
        Ok(Self { program: path, args, timeout })
    }

    pub(super) fn open(&self, name: &str) -> Result<Hook, String> {
        let path = text::path(&self.program);
        if !self.program.is_file() {
            return Err(format!("{path}: there is no such program"));
        }
        way::is_safe(&self.program).map_err(|why| told(&why))?;
        Ok(Hook { name: name.to_owned(), exec: self.clone() })
    }
}

/// The sink.
#[derive(Debug)]
pub(super) struct Hook {
    name: String,
    exec: Exec,
}

impl Sink for Hook {
    fn name(&self) -> &str {
        &self.name
    }

    fn at_once(&self) -> usize {
        1
    }

    fn deliver(&mut self, notices: &[Arc<Notice>]) -> Result<(), Undelivered> {
        each(notices, |notice| self.exec.run(notice).map_err(Failure::again))
    }
}

impl Exec {
    fn run(&self, notice: &Notice) -> Result<(), String> {
        // It may have been exchanged since.
        way::is_safe(&self.program).map_err(|why| told(&why))?;
        let fields = Fields::of(notice);
        let environment = [
            ("PATH", PATH.into()),
            ("SOCKEYE_ALERT", fields.alert().into()),
            ("SOCKEYE_SEVERITY", notice.severity.word().into()),
            ("SOCKEYE_ID", fields.id().into()),
        ];
        let args: Vec<&OsStr> = self.args.iter().map(OsString::as_os_str).collect();
        let input = format!("{}\n", notice.json);
        let order = Order {
            program: &self.program,
            args: &args,
            environment: &environment,
            input: input.as_bytes(),
            within: self.timeout,
            most: MOST,
        };
        let path = text::path(&self.program);
        match program::run(&order) {
            Ran::Ended { status, .. } if status.success() => Ok(()),
            Ran::Ended { status, said } => Err(match text::last_line(&said) {
                Some(line) => format!("{path} ended with {status}: {line}"),
                None => format!("{path} ended with {status} and did not say why"),
            }),
            Ran::Late => Err(format!("{path} took longer than {} and was ended", brief(self.timeout))),
            Ran::Untrusted => Err(format!("{path}: others than root or this user may write to it")),
            Ran::Unstarted(error) => Err(format!("{path} cannot be run: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::super::health::Board;
    use super::super::tests::{notices, spec};
    use super::*;

    /// A sink that runs this script with the directory as its first argument.
    fn hook(dir: &Path, script: &str, timeout: &str) -> Box<dyn Sink> {
        let program = dir.join("hook");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let text =
            format!("kind = \"exec\"\ncommand = [{program:?}, {dir:?}, \"a b\"]\ntimeout = {timeout:?}");
        spec(&text).open(&Board::default()).unwrap()
    }

    /// Why the first of these alerts was not taken.
    fn refusal(script: &str, timeout: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let lost = hook(dir.path(), script, timeout).deliver(&notices(1..3)).unwrap_err();
        assert!(lost.taken == 0 && matches!(lost.failure, Failure::Again { after: None, .. }), "{lost:?}");
        let (_, why) =
            lost.to_string().rsplit_once("/hook").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        why
    }

    #[test]
    fn a_program_gets_each_alert_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let script =
            "exec >> \"$1/told\"\ncat\necho \"$2|$SOCKEYE_ALERT|$SOCKEYE_SEVERITY|$SOCKEYE_ID|$HOME|$(pwd)\"";
        let told = notices(1..3);
        hook(dir.path(), script, "1m").deliver(&told).unwrap();
        let each = |notice: &Arc<Notice>| {
            [notice.json.clone(), format!("a b|unexpected-listener|high|{}||/", Fields::of(notice).id())]
        };
        let expected: Vec<String> = told.iter().flat_map(each).collect();
        let all = fs::read_to_string(dir.path().join("told")).unwrap();
        assert_eq!(all.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn who_fails_says_why() {
        assert_eq!(
            refusal("echo a >&2; printf 'no\\033[2J' >&2; exit 3", "1m"),
            r" ended with exit status: 3: no\x1b[2J"
        );
        assert_eq!(refusal("exit 1", "1m"), " ended with exit status: 1 and did not say why");
        assert_eq!(refusal("kill -9 $$", "1m"), " ended with signal: 9 (SIGKILL) and did not say why");
        assert_eq!(refusal("sleep 60 & sleep 60", "200ms"), " took longer than 200ms and was ended");
    }

    #[test]
    fn what_was_taken_before_a_failure_counts() {
        let dir = tempfile::tempdir().unwrap();
        let script = "[ $SOCKEYE_ID != 00000000000000a3 ] || exit 1";
        let lost = hook(dir.path(), script, "1m").deliver(&notices(1..6)).unwrap_err();
        assert_eq!(lost.taken, 2);
    }

    /// Neither who does not read nor who never stops writing is waited for.
    #[test]
    fn who_does_not_listen_or_talks_too_much_blocks_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let large = Notice { json: "x".repeat(1_000_000), ..(*notices(1..2)[0]).clone() };
        let large = [Arc::new(large)];
        hook(dir.path(), "exit 0", "1m").deliver(&large).unwrap();
        hook(dir.path(), "sleep 60 & exit 0", "1m").deliver(&large).unwrap();
        hook(dir.path(), "[ $(wc -c) = 1000001 ]", "1m").deliver(&large).unwrap();
        hook(dir.path(), "head -c 5000000 /dev/zero >&2; exit 0", "1m").deliver(&large).unwrap();
        let why = refusal("yes >&2", "300ms");
        assert_eq!(why, " took longer than 300ms and was ended");
        let why = refusal("(yes & yes) >&2 & echo gone >&2; exit 4", "1m");
        assert!(why.starts_with(" ended with exit status: 4"), "{why}");
    }

    #[test]
    fn a_program_that_others_could_have_written_is_not_run() {
        let dir = tempfile::tempdir().unwrap();
        let mut sink = hook(dir.path(), "touch \"$1/ran\"", "1m");
        fs::set_permissions(dir.path().join("hook"), Permissions::from_mode(0o777)).unwrap();
        sink.deliver(&notices(1..2)).unwrap_err();
        assert!(!dir.path().join("ran").exists());
        fs::set_permissions(dir.path().join("hook"), Permissions::from_mode(0o755)).unwrap();
        sink.deliver(&notices(1..2)).unwrap();
        assert!(dir.path().join("ran").exists());
        let missing = spec("kind = \"exec\"\ncommand = [\"/no/such/program\"]")
            .open(&Board::default())
            .map(drop)
            .unwrap_err();
        assert_eq!(missing.to_string(), "the sink exec (exec): /no/such/program: there is no such program");
        if crate::sys::host::is_root() {
            fs::set_permissions(dir.path(), Permissions::from_mode(0o777)).unwrap();
            let lost = sink.deliver(&notices(1..2)).unwrap_err();
            assert!(lost.to_string().contains("(mode 777)"), "{lost}");
        }
    }
}
