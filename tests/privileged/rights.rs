//! What each set of capabilities shows, and that none is kept that is of no use.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::Case;
use crate::document::Document;
use crate::harness::{Ran, eventually, run, sockeye};
use crate::others::{NOBODY, PublicCopy};
use crate::stock::inode;

pub(crate) const CASES: &[Case] = &[
    ("rights::every_set_of_capabilities_says_what_it_could_not_see", matrix),
    ("rights::with_those_for_bpf_alone_every_owner_is_known", bpf_alone),
    ("rights::what_is_told_between_readings_follows_from_capabilities", hearing),
    ("rights::what_is_of_no_use_is_given_up", given_up),
    ("rights::metrics_are_written_where_another_user_owns_the_directory", directory_of_another),
];

/// Whether capabilities can be given, those for BPF too.
pub(crate) fn can_be_chosen() -> bool {
    let set = "-all,+bpf,+perfmon";
    let mut command = Command::new("setpriv");
    command.args(["--inh-caps", set, "--ambient-caps", set, "--reuid=65534", "--clear-groups", "true"]);
    command.output().is_ok_and(|ran| ran.status.success())
}

/// The program, run by nobody with these capabilities and no others.
fn with(copy: &PublicCopy, capabilities: &[&str], args: &[&str]) -> Ran {
    let program = copy.by_nobody(args).get_program().to_owned();
    let set: Vec<String> = capabilities.iter().map(|name| format!(",+{name}")).collect();
    let set = set.concat();
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]);
    command.args([format!("--inh-caps=-all{set}"), format!("--ambient-caps=-all{set}")]);
    command.arg(program).args(args).env_clear().env("SOCKEYE_CONFIG", "").env("TZ", "UTC").current_dir("/");
    run(&mut command)
}

fn told(ran: &Ran) -> Document {
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    Document::read(&ran.stdout)
}

/// The capabilities, and whether they show who holds a socket of root.
const MATRIX: &[(&[&str], bool)] = &[
    (&[], false),
    (&["sys_ptrace"], false),
    (&["dac_read_search"], false), // the directory opens, and no link in it can be read
    (&["sys_ptrace", "dac_read_search"], true),
    (&["bpf"], false),
    (&["bpf", "perfmon"], true),
    (&["bpf", "net_admin"], false),
    (&["sys_admin"], true), // as good as those two
];

fn matrix() {
    let copy = PublicCopy::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    // A sandbox may hide processes from root, too.
    let beyond_root =
        crate::harness::document(&["--json", "-tl", "--owners", "proc"]).coverage.owners.processes_denied;
    for (capabilities, shows) in MATRIX {
        let told = told(&with(&copy, capabilities, &["--json", "-tl"]));
        let row = told.by_inode(inode(&listener)).expect("everybody is told of the socket itself");
        let pids: Vec<u32> = row.owners.iter().flatten().map(|owner| owner.pid).collect();
        let owners = &told.coverage.owners;
        let says = format!("{capabilities:?}: {row:#?} {owners:?}");
        assert_eq!(pids.contains(&std::process::id()), *shows, "{says}");
        assert_eq!(row.owner_status, if *shows { "known" } else { "denied" }, "never \"none\": {says}");
        assert_eq!(owners.processes_denied > beyond_root, !shows, "{says}");
        let bpf = capabilities.contains(&"perfmon") || capabilities.contains(&"sys_admin");
        assert_eq!(owners.method, if bpf { "bpf" } else { "procfs" }, "{says}");
        assert_eq!(owners.method_reason.as_deref().unwrap_or_default().contains("CAP_BPF"), !bpf, "{says}");
    }
}

/// What is told between readings, and why not all of it is.
fn hearing() {
    let copy = PublicCopy::new();
    for (capabilities, says) in [
        (
            &["bpf", "perfmon", "net_admin"][..],
            "TCP is told as it begins, UDP as it binds, both as they end; ",
        ),
        (
            &["bpf", "perfmon"],
            "TCP is told as it begins, UDP not as it binds (it needs CAP_NET_ADMIN), both as",
        ),
        (
            &["net_admin"],
            "what lives shorter than the interval can be missed, but for the end of TCP and UDP sockets",
        ),
    ] {
        let ran = with(&copy, capabilities, &["events", "--for", "1s", "tcp or udp"]);
        assert!(ran.stderr().contains(says), "{capabilities:?}: {}", ran.stderr());
    }
    let doctor = with(&copy, &["bpf", "perfmon"], &["doctor"]).ok();
    assert!(
        doctor.contains("nothing is told of UDP sockets that bind: it needs CAP_NET_ADMIN\n"),
        "{doctor}"
    );
}

/// Names, users and arguments too: only what an executable is called stays closed.
fn bpf_alone() {
    let copy = PublicCopy::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let seen = |ran: &Ran| {
        let row = told(ran).by_inode(inode(&listener)).unwrap().clone();
        row.owners.unwrap().into_iter().find(|owner| owner.pid == std::process::id()).unwrap()
    };
    let root = seen(&run(&mut sockeye(&["--json", "-tl"])));
    let nobody = seen(&with(&copy, &["bpf", "perfmon"], &["--json", "-tl"]));
    assert_eq!((&nobody.comm, &nobody.fds, nobody.uid), (&root.comm, &root.fds, Some(0)));
    assert_eq!((&nobody.cmdline, &nobody.start_time), (&root.cmdline, &root.start_time));
    assert!(root.exe.is_some() && nobody.exe.is_none(), "{nobody:?}");
    let refused = with(&copy, &["bpf"], &["--owners", "bpf", "-tlp"]);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr().contains("CAP_PERFMON") && refused.stderr().contains("take --owners auto"));
}

/// A watch runs on, and may start programs; a listing that waits for its filter will end, and starts none.
fn given_up() {
    let policy = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(policy.path(), "version = 1\n").unwrap();
    let path = policy.path().to_str().unwrap();
    // CAP_DAC_READ_SEARCH, CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_ADMIN
    let useful = 1 << 2 | 1 << 12 | 1 << 19 | 1 << 21;
    let bounding = left_to(&["watch", "--policy", path], useful);
    assert_eq!(bounding & (1 << 5 | 1 << 0 | 1 << 7), 0); // CAP_KILL, CAP_CHOWN, CAP_SETUID
    left_to(&["-tn", "-F", "-"], useful | 1 << 38 | 1 << 39); // CAP_PERFMON, CAP_BPF: it has not asked for anything yet
}

/// Waits until the program has none but the useful rights, and no way to new ones. Returns its bounding set.
fn left_to(args: &[&str], useful: u64) -> u64 {
    let (quiet, asking) = (Stdio::null(), Stdio::piped());
    let mut child = sockeye(args).stdin(asking).stdout(quiet).spawn().unwrap();
    let read = |field: &str| {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap().trim().to_owned();
        u64::from_str_radix(&line, 16).unwrap()
    };
    let checked = eventually(|| match read("CapPrm:") & !useful {
        0 => Ok((read("CapEff:") & !useful, read("NoNewPrivs:"))),
        left => Err(format!("{left:x}")),
    });
    let bounding = read("CapBnd:");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(checked, (0, 1), "{args:?}");
    bounding
}

/// As of the textfile collector: it may write there, and so must root, who has given up most.
fn directory_of_another() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(dir.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    let path = dir.path().join("sockeye.prom");
    let ran = run(&mut sockeye(&["metrics", "tcp", "--output", path.to_str().unwrap()]));
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert!(std::fs::read_to_string(&path).unwrap().contains("\nsockeye_build_info{"));
    let names: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["sockeye.prom"]);
}
