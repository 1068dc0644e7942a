//! Where the better way to owners is closed: the next one takes over, the reason is told, and nobody
//! who could not be seen is said not to be there.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::Command;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use crate::Case;
use crate::document::Document;
use crate::harness::{Ran, run, sockeye};
use crate::others::{NOBODY, PublicCopy};
use crate::stock::inode;

pub(crate) const CASES: &[Case] = &[
    ("fallbacks::a_kernel_that_refuses_the_program_is_searched_through_proc", refused),
    ("fallbacks::a_kernel_that_does_not_tell_its_types_is_searched_through_proc", no_types),
    ("fallbacks::processes_that_proc_hides_are_not_said_to_be_none", hidden),
    ("fallbacks::a_proc_with_processes_alone_is_enough", processes_alone),
];

/// The number of `bpf(2)` on this architecture (`asm/unistd.h`).
fn bpf_number() -> i64 {
    match std::env::consts::ARCH {
        "x86_64" => 321,
        _ => 280, // asm-generic/unistd.h
    }
}

/// The document, of which this process must hold the listener.
fn told(ran: &Ran, listener: &TcpListener, by: &str) -> Document {
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let told = Document::read(&ran.stdout);
    let row = told.by_inode(inode(listener)).unwrap();
    let pids: Vec<u32> = row.owners.iter().flatten().map(|owner| owner.pid).collect();
    assert!(pids.contains(&std::process::id()), "{row:#?}");
    assert_eq!(told.coverage.owners.method, by);
    told
}

fn refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    for errno in [1, 38] {
        // The filter binds the thread that it is given to and what that thread starts.
        let confined = std::thread::spawn(move || {
            let rules = BTreeMap::from([(bpf_number(), Vec::new())]);
            let arch = std::env::consts::ARCH.try_into().unwrap();
            let refuse = SeccompAction::Errno(errno);
            let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).unwrap();
            let program: BpfProgram = filter.try_into().unwrap();
            seccompiler::apply_filter(&program).unwrap();
            run(&mut sockeye(&["--json", "-tl", "--owners", "bpf"]))
        });
        let told = told(&confined.join().unwrap(), &listener, "procfs");
        let why = told.coverage.owners.method_reason.unwrap_or_default();
        assert!(why.starts_with("no BPF: ") && why.len() > 20, "{errno}: {why}");
    }
}

/// The program in a mount namespace of its own, after these preparations.
fn prepared(mounts: &str, program: &Command) -> Command {
    let mut command = Command::new("unshare");
    command.args(["-m", "sh", "-c", &format!("{mounts} && exec \"$0\" \"$@\"")]);
    command.arg(program.get_program()).args(program.get_args());
    command
        .env_clear()
        .env("SOCKEYE_CONFIG", "")
        .env("TZ", "UTC")
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .current_dir("/");
    command
}

fn no_types() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let without = "mount -t tmpfs none /sys/kernel/btf";
    let told = told(&run(&mut prepared(without, &sockeye(&["--json", "-tl"]))), &listener, "procfs");
    let why = told.coverage.owners.method_reason.unwrap_or_default();
    assert!(why.contains("does not tell its types"), "{why}");
    let asked = run(&mut prepared(without, &sockeye(&["-tlp", "--owners", "bpf"])));
    assert_eq!(asked.code(), 2);
    assert!(asked.stderr().contains("does not tell its types"), "{}", asked.stderr());
}

fn by_nobody(copy: &PublicCopy) -> Command {
    let program = copy.by_nobody(&["--json", "-tl"]);
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]);
    command.args(["--bounding-set=-all", "--inh-caps=-all"]);
    command.arg(program.get_program()).args(program.get_args());
    command
}

fn hidden() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let copy = PublicCopy::new();
    for option in ["hidepid=2", "hidepid=invisible", "hidepid=4"] {
        let ran = run(&mut prepared(&format!("mount -t proc -o {option} proc /proc"), &by_nobody(&copy)));
        assert_eq!(ran.code(), 0, "{option}: {}", ran.stderr());
        let told = Document::read(&ran.stdout);
        let owners = &told.coverage.owners;
        assert_eq!(told.by_inode(inode(&listener)).unwrap().owner_status, "denied", "{option}: {owners:?}");
        assert!(!told.coverage.complete, "{option}: {owners:?}");
        assert!(owners.reason.as_ref().is_some_and(|why| why.contains("hidepid")), "{option}: {owners:?}");
        assert!(ran.stderr().contains("hidepid"), "{option}: {}", ran.stderr());
    }
    let root = run(&mut prepared("mount -t proc -o hidepid=2 proc /proc", &sockeye(&["--json", "-tl"])));
    assert_eq!(told(&root, &listener, "procfs").coverage.owners.reason, None, "root sees all");
}

/// `/proc/net` and all else that describes no process is missing there.
fn processes_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ran = run(&mut prepared("mount -t proc -o subset=pid proc /proc", &sockeye(&["--json", "-tl"])));
    let told = told(&ran, &listener, "procfs");
    assert!(told.coverage.tables.iter().all(|table| table.status == "ok"), "{:?}", told.coverage);
}
