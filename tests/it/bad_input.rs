//! Bad input: every mistake gets one message on stderr that names the place and the way out, exit
//! code 2, and nothing on stdout.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{Ran, finish, run, sockeye};
use crate::stock::write_file;

/// Asserts one message that says all of this.
fn assert_refused(what: &str, ran: &Ran, says: &[&str]) {
    let stderr = ran.stderr();
    assert_eq!(ran.code(), 2, "{what}: {stderr}");
    assert!(ran.stdout.is_empty(), "{what}: stdout: {}", ran.stdout());
    let heads = stderr.lines().filter(|line| line.starts_with("sockeye: ") || line.starts_with("error: "));
    assert_eq!(heads.count(), 1, "{what}: one message:\n{stderr}");
    assert!(stderr.starts_with("sockeye: ") || stderr.starts_with("error: "), "{what}:\n{stderr}");
    assert!(!stderr.contains("panicked"), "{what}:\n{stderr}");
    for part in says {
        assert!(stderr.contains(part), "{what}: {part:?} is missing:\n{stderr}");
    }
    assert!(stderr.matches("os error").count() < 2, "{what}: one cause is told twice:\n{stderr}");
}

#[test]
fn arguments() {
    for (args, says) in [
        (&["--lisen"][..], &["'--lisen'", "--listening", "--help"][..]),
        (&["-Q"], &["'-Q'", "--help"]),
        (&["--source", "netlnk"], &["netlnk", "auto, netlink, procfs or portable"]),
        (&["--source", "scenario:"], &["auto, netlink, procfs or portable"]),
        (&["--source"], &["--source", "value"]),
        #[cfg(not(feature = "portable"))]
        (&["--source", "portable"], &["built without it", "cargo build --release --features portable"]),
        #[cfg(feature = "portable")]
        (&["--source", "portable", "--all-netns"], &["no other network namespace", "leave out --all-netns"]),
        #[cfg(feature = "portable")]
        (&["--source", "portable", "-N", "1"], &["no other network namespace", "--net"]),
        (&["--owners", "all"], &["all", "auto", "proc", "none"]),
        (&["chekc"], &["chekc", "check"]),
        (&["-t", "check"], &["the command `check` comes before all options"]),
        (&["policy"], &["learn"]),
        (&["watch", "--interval", "soon"], &["soon", "500ms", "10ms and 1d"]),
        (&["watch", "--interval", "1ms"], &["1ms", "10ms and 1d"]),
        (&["watch", "--interval", "2d"], &["2d", "10ms and 1d"]),
        (&["watch", "--interval", "-1s"], &["-1"]),
        (&["--json", "--source", "scenario:/nowhere/at/all.toml"], &["/nowhere/at/all.toml", "No such file"]),
    ] {
        let ran = run(&mut sockeye(args));
        if args != ["policy"] {
            assert_refused(&format!("{args:?}"), &ran, says);
        }
        assert_eq!(ran.code(), 2);
    }
}

#[test]
fn scenarios() {
    const GOOD: &str = "[socket.door]\ncookie = 7\nprotocol = \"tcp\"\nstate = \"listen\"\nlocal = \"0.0.0.0:4444\"\n[[sample]]\nat = 0\nsockets = [\"door\"]\n";
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("scenario.toml");
    let source = format!("scenario:{}", file.to_str().unwrap());
    write_file(&file, GOOD);
    assert_eq!(run(&mut sockeye(&["-tl", "--source", &source])).code(), 0);
    for (from, to, says) in [
        ("cookie", "cooky", &["cooky", "line 2", "^"][..]),
        ("\"listen\"", "\"lissen\"", &["   4 | state = \"lissen\"", "^", "known: listen"]),
        ("0.0.0.0:4444", "4444", &["   5 | local", "^", "127.0.0.1:80"]),
        ("[\"door\"]", "[\"window\"]", &["   8 |", "^", "[socket.window]"]),
        ("[[sample]]", "[[sample", &["line 6", "^"]),
    ] {
        write_file(&file, GOOD.replace(from, to));
        let ran = run(&mut sockeye(&["-tl", "--source", &source]));
        assert_refused(to, &ran, &[&["scenario.toml"], says].concat());
    }
    write_file(&file, b"\xff");
    assert_refused("not UTF-8", &run(&mut sockeye(&["--source", &source])), &["not UTF-8"]);
    write_file(&file, "");
    assert_refused("empty", &run(&mut sockeye(&["--source", &source])), &["sample"]);
}

const ENTRY: &str = "version = 1\n[[expect]]\nprotocol = \"tcp\"\nport = 22\nscope = \"any\"\n";

/// What each command makes of a policy file.
fn with_policy(path: &Path) -> Vec<(&'static str, Ran)> {
    let path = path.to_str().unwrap();
    [&["check"][..], &["watch"], &["policy", "learn"], &["policy", "learn", "--dry-run"]]
        .into_iter()
        .map(|command| (command[0], run(&mut sockeye(&[command, &["--policy", path]].concat()))))
        .collect()
}

#[test]
fn policies() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policy.toml");
    for (from, to, says) in [
        ("scope", "scop", &["scop", "   5 | ", "^", "scope"][..]),
        ("port = 22", "port = 22\nwho = \"me\"", &["who", "   5 | ", "^"]),
        ("port = 22", "port = true", &["   4 | port = true", "^", "8000-8100", "any"]),
        ("port = 22", "port = 65536", &["   4 |", "^", "1 and 65535"]),
        ("port = 22", "port = 0", &["   4 |", "1 and 65535"]),
        ("port = 22", "port = \"90-80\"", &["   4 |", "^", "ends before it begins"]),
        ("port = 22", "port = \"80-\"", &["   4 |", "^", "8000-8100"]),
        ("port = 22\n", "", &["port", "   2 | ", "^"]),
        ("\"any\"", "\"world\"", &["   5 | scope = \"world\"", "^", "loopback", "any"]),
        ("\"any\"", "7", &["   5 | ", "^", "string"]),
        ("\"tcp\"", "\"tpc\"", &["   3 | protocol = \"tpc\"", "^", "tcp"]),
        ("version = 1", "version = 2", &["   1 | version = 2", "^", "version 1"]),
        ("version = 1\n", "", &["version"]),
        ("scope = \"any\"", "scope = \"any\"\nexe = []", &["   6 | exe = []", "^", "leave the key out"]),
        ("scope = \"any\"", "scope = \"any\"\nexe = '\\q'", &["   6 |", "^", "escape"]),
        ("[[expect]]", "[[expect", &["   2 | ", "^"]),
    ] {
        assert!(ENTRY.contains(from), "{from}");
        write_file(&file, ENTRY.replace(from, to));
        for (command, ran) in with_policy(&file) {
            assert_refused(&format!("{command} with {to}"), &ran, &[&["policy.toml"], says].concat());
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), ENTRY.replace(from, to), "it is left alone");
    }
}

#[test]
fn policies_that_are_no_text_files() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policy.toml");
    write_file(&file, b"version = 1 # \xff\n");
    for (command, ran) in with_policy(&file) {
        assert_refused(&format!("{command}: not UTF-8"), &ran, &["policy.toml", "not UTF-8"]);
    }
    for (command, ran) in with_policy(dir.path()) {
        assert_refused(&format!("{command}: a directory"), &ran, &["not a regular file", "--policy FILE"]);
    }
    let fifo = dir.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for (command, ran) in with_policy(&fifo) {
        assert_refused(&format!("{command}: a FIFO"), &ran, &["fifo", "not a regular file"]);
    }
    let missing = dir.path().join("missing.toml");
    for (command, ran) in with_policy(&missing).iter().take(2) {
        assert_refused(&format!("{command}: missing"), ran, &["missing.toml", "sockeye policy learn"]);
    }
}

#[test]
fn a_policy_that_nobody_named_is_looked_for_where_the_help_says() {
    let home = tempfile::tempdir().unwrap();
    let ran = run(sockeye(&["check"]).env("HOME", home.path()));
    // A machine may have one at /etc; then it is read, and that is no mistake.
    if !Path::new("/etc/sockeye/policy.toml").exists() {
        assert_refused("no policy", &ran, &["/etc/sockeye/policy.toml", "sockeye policy learn"]);
    }
}

/// A scenario with so many sockets that no pipe holds its listing.
fn crowd(dir: &Path) -> String {
    let mut text = String::new();
    let names: Vec<_> = (1..=5000).map(|at| format!("\"s{at}\"")).collect();
    for at in 1..=5000 {
        writeln!(text, "[socket.s{at}]\ncookie = {at}\nprotocol = \"tcp\"\nstate = \"listen\"\nlocal = \"127.0.0.1:{at}\"")
            .unwrap();
    }
    writeln!(text, "[[sample]]\nat = 0\nsockets = [{}]", names.join(", ")).unwrap();
    let file = dir.join("crowd.toml");
    write_file(&file, text);
    format!("scenario:{}", file.to_str().unwrap())
}

/// Every command that writes more than a line.
fn talkative(dir: &Path) -> Vec<Vec<String>> {
    let source = crowd(dir);
    let policy = dir.join("policy.toml");
    write_file(&policy, "version = 1\n");
    let policy = policy.to_str().unwrap();
    [
        &["--json"][..],
        &["-tln"],
        &["check", "--policy", policy],
        &["check", "--json", "--policy", policy],
        &["watch", "--json", "--policy", policy],
        &["policy", "learn", "--dry-run", "--policy", policy],
    ]
    .into_iter()
    .map(|args| {
        args.iter().map(|arg| (*arg).to_owned()).chain(["--source".to_owned(), source.clone()]).collect()
    })
    .collect()
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    for args in talkative(dir.path()) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut child = sockeye(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ran = finish(child);
        assert!(!line.is_empty());
        assert_eq!(ran.code(), 0, "{args:?}: {}", ran.stderr());
        let quiet = ran.stderr().is_empty() || ran.stderr().starts_with("sockeye: watching ");
        assert!(quiet, "{args:?}: {}", ran.stderr());
    }
}

#[test]
fn a_full_disk_is_an_error_and_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let mut commands = talkative(dir.path());
    commands.push(vec!["--help".to_owned()]);
    let (watch, commands): (Vec<_>, Vec<_>) = commands.into_iter().partition(|args| args[0] == "watch");
    for args in commands {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let child = sockeye(&args).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let ran = finish(child);
        assert_eq!(ran.code(), 2, "{args:?}: {}", ran.stderr());
        assert!(!ran.stderr().contains("panicked"), "{args:?}: {}", ran.stderr());
        if args[0] != "--help" {
            assert!(ran.stderr().contains("No space left on device"), "{args:?}: {}", ran.stderr());
        }
    }
    // A watch goes on, and says so.
    let args: Vec<&str> = watch[0].iter().map(String::as_str).collect();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut child = sockeye(&args).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let told = said.into_iter().find(|line| line.contains("alerts cannot be delivered to stdout"));
    let ended = child.try_wait().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(told.as_ref().is_some_and(|line| line.contains("No space left on device")), "{told:?}");
    assert_eq!(ended, None);
}

#[test]
fn without_stdout_or_stderr_nothing_panics() {
    let dir = tempfile::tempdir().unwrap();
    let source = crowd(dir.path());
    for closed in [">&-", "2>&-", ">&- 2>&-", "<&-"] {
        let script = format!("exec \"$0\" --json --source \"$1\" {closed}");
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &script, env!("CARGO_BIN_EXE_sockeye"), &source])
            .env_clear()
            .env("SOCKEYE_CONFIG", "")
            .stdin(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut sink = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut sink).unwrap();
        let ran = finish(child);
        assert!(matches!(ran.code(), 0 | 2), "{closed}: {ran:?}");
        assert!(!ran.stderr().contains("panicked"), "{closed}: {}", ran.stderr());
    }
}
