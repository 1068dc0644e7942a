//! System calls that fail: interrupted, out of buffers, out of descriptors. Nothing is lost without
//! a word, and nothing panics. `strace` injects the failures.

use std::net::TcpListener;
use std::process::Command;

use crate::Case;
use crate::document::Document;
use crate::harness::{Ran, run};
use crate::others::{NOBODY, PublicCopy};
use crate::stock::inode;

pub(crate) const CASES: &[Case] = &[
    ("faults::interrupted_calls_change_nothing", interrupted),
    ("faults::a_dump_that_lost_datagrams_is_read_again_or_has_failed", no_buffers),
];

/// Cases that need no tracer.
pub(crate) const PLAIN: &[Case] = &[
    ("sinks::a_full_disk_loses_no_alert", crate::sinks::full_disk),
    ("faults::a_large_table_needs_no_second_thread", too_few_threads),
    ("faults::too_few_descriptors_are_told", too_few_descriptors),
    ("faults::a_table_that_is_shorter_than_the_kernels_count_is_no_whole_table", counted_otherwise),
];

/// Whether this machine has strace, and lets it trace.
pub(crate) fn can_be_injected() -> bool {
    let ran = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    ran.is_ok_and(|ran| ran.status.success())
}

/// The program, some of whose system calls fail.
fn injected(inject: &str, args: &[&str]) -> Ran {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=recvmsg,recvfrom,read"]);
    command.args(["-e", &format!("inject={inject}")]);
    command.arg(env!("CARGO_BIN_EXE_sockeye")).args(args);
    run(command.env("SOCKEYE_CONFIG", "").env_remove("SOCKEYE_SOURCE"))
}

/// Listeners of our own, and whether each is told of.
struct Listeners(Vec<TcpListener>);

impl Listeners {
    /// More than fit the first datagram of a dump.
    fn open() -> Self {
        Self((0..300).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect())
    }

    fn assert_all_in(&self, told: &Document, what: &str) {
        for listener in &self.0 {
            assert!(told.by_inode(inode(listener)).is_some(), "{what}: {:?}", told.coverage);
        }
    }
}

fn interrupted() {
    let listeners = Listeners::open();
    // The first reads are those of the loader, which takes no interruption.
    let reads = "recvmsg,recvfrom:error=EINTR:when=";
    for inject in [&format!("{reads}1+2"), &format!("{reads}2+2"), "read:error=EINTR:when=9+2"] {
        let ran = injected(inject, &["--json", "-ta"]);
        assert_eq!(ran.code(), 0, "{inject}: {}", ran.stderr());
        let told = Document::read(&ran.stdout);
        listeners.assert_all_in(&told, inject);
        assert_eq!(told.coverage.losses.dump_retries, 0, "{inject}: {:?}", told.coverage);
        assert!(told.coverage.tables.iter().all(|read| read.status == "ok"), "{inject}: {:?}", told.coverage);
    }
}

fn no_buffers() {
    let listeners = Listeners::open();
    for (when, passes) in [("1", true), ("2", true), ("3", true), ("4", true), ("3+2", false), ("1+", false)]
    {
        let inject = format!("recvfrom:error=ENOBUFS:when={when}");
        let ran = injected(&inject, &["--json", "-ta"]);
        let told = Document::read(&ran.stdout);
        assert!(told.coverage.losses.dump_retries > 0, "{inject}: {:?}", told.coverage);
        let tcp = &told.coverage.tables[0];
        assert_eq!((tcp.family.as_str(), tcp.protocol.as_str()), ("inet", "tcp"));
        match tcp.status.as_str() {
            "ok" => listeners.assert_all_in(&told, &inject),
            "failed" | "partial" => {
                assert!(!passes && !told.coverage.complete, "{inject}: {tcp:?}");
                assert!(tcp.reason.as_ref().is_some_and(|why| why.contains("os error 105")), "{tcp:?}");
                assert!(ran.stderr().contains("os error 105"), "{}", ran.stderr());
            }
            other => panic!("{inject}: {other}"),
        }
        let failed = told.coverage.tables.iter().any(|read| read.status == "failed");
        assert_eq!(ran.code(), if failed { 2 } else { 0 }, "{inject}: {}", ran.stderr());
    }
}

/// More lines than one thread does alone, where the user may start no other.
fn too_few_threads() {
    use std::fmt::Write as _;
    const SOCKETS: usize = 10_000;
    let mut script = "start = \"2026-11-20T09:00:00Z\"\n".to_owned();
    for cookie in 1..=SOCKETS {
        let port = 1000 + cookie;
        let socket = "protocol = \"tcp\"\nstate = \"listen\"";
        writeln!(script, "[socket.s{cookie}]\ncookie = {cookie}\n{socket}\nlocal = \"0.0.0.0:{port}\"")
            .unwrap();
    }
    let names: Vec<String> = (1..=SOCKETS).map(|cookie| format!("\"s{cookie}\"")).collect();
    writeln!(script, "[[sample]]\nat = 0\nsockets = [{}]", names.join(", ")).unwrap();
    let copy = PublicCopy::new();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), script).unwrap();
    std::fs::set_permissions(file.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let program = copy.by_nobody(&["-tlnH", "--source", &format!("scenario:{}", file.path().display())]);
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]);
    command.args(["--bounding-set=-all", "prlimit", "--nproc=1:1"]);
    command.arg(program.get_program()).args(program.get_args());
    let ran = run(command.env("SOCKEYE_CONFIG", ""));
    assert_eq!((ran.code(), ran.stdout().lines().count()), (0, SOCKETS), "{}", ran.stderr());
}

fn too_few_descriptors() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    for limit in 3..9 {
        let mut shell = Command::new("sh");
        let script = format!("ulimit -n {limit}; exec \"$0\" --json -ta");
        let ran = run(shell.args(["-c", &script, env!("CARGO_BIN_EXE_sockeye")]).env("SOCKEYE_CONFIG", ""));
        assert!(matches!(ran.code(), 0 | 2 | 127), "{limit}: {ran:?}");
        assert!(!ran.stderr().contains("panicked"), "{limit}: {}", ran.stderr());
        if ran.code() == 127 {
            continue; // not even its libraries could be opened
        }
        if ran.stdout.is_empty() {
            assert_eq!(ran.code(), 2, "{limit}");
            assert!(ran.stderr().contains("os error 24"), "{limit}: {}", ran.stderr());
            continue;
        }
        let told = Document::read(&ran.stdout);
        let tcp = &told.coverage.tables[0];
        let found = told.by_inode(inode(&listener));
        match found {
            None => {
                assert_eq!((tcp.status.as_str(), ran.code()), ("failed", 2), "{limit}: {tcp:?}");
                assert!(tcp.reason.as_ref().is_some_and(|why| why.contains("os error 24")), "{tcp:?}");
            }
            Some(found) if found.owner_status != "known" => {
                let owners = &told.coverage.owners;
                assert_eq!(found.owner_status, "denied", "{limit}");
                assert!(owners.reason.as_ref().is_some_and(|why| why.contains("os error 24")), "{owners:?}");
                assert!(!told.coverage.complete, "{limit}: {:?}", told.coverage);
            }
            Some(_) => {}
        }
    }
}

/// A kernel that counts more sockets than it lists: the file with the counts is another one, over
/// which the shell mounts it before it becomes the program.
fn counted_otherwise() {
    const SCRIPT: &str = r#"
        awk '$1 == "TCP" { $3 = 5000 } { print }' /proc/self/net/protocols > "$0/protocols" &&
        mount --bind "$0" "/proc/$$/task/$$/net" && exec "$@""#;
    let counts = tempfile::tempdir().unwrap();
    let listeners = Listeners::open();
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", SCRIPT]).arg(counts.path()).arg(env!("CARGO_BIN_EXE_sockeye"));
    let ran = run(command.args(["--json", "-ta"]).env("SOCKEYE_CONFIG", "").env_remove("SOCKEYE_SOURCE"));
    let told = Document::read(&ran.stdout);
    let tcp = &told.coverage.tables[0];
    let reason = tcp.reason.as_deref().unwrap_or_default();
    assert_eq!((tcp.family.as_str(), tcp.status.as_str(), tcp.kernel_count), ("inet", "partial", Some(5000)));
    assert!(reason.contains("twice, where the kernel counts 5000 sockets"), "{reason}");
    assert!(ran.stderr().contains(reason), "{}", ran.stderr());
    listeners.assert_all_in(&told, "a table that seems short is shown all the same");
}
