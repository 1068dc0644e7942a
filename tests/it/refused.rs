//! Where netlink is refused: the same listeners through `/proc`, said aloud, and never an empty
//! table that looks whole.

use std::collections::BTreeMap;
use std::process::Command;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use sockeye::engine::{OwnerAsk, Sampler, single};
use sockeye::model::{Ask, Family, Narrow, Protocol, SliceStatus, State};
use sockeye::source::netlink::Netlink;

use crate::document::Document;
use crate::harness::{Ran, run, sockeye};
use crate::stock::{Held, as_procfs, compare, tcp_listener};

/// The ways in which sandboxes and kernels say no to `socket(AF_NETLINK, …)`.
pub(crate) const REFUSALS: [(u32, &str); 4] = [
    (1, "Operation not permitted"),
    (38, "Function not implemented"),
    (93, "Protocol not supported"),
    (97, "Address family not supported"),
];

/// The number of `socket(2)` on this architecture (`asm/unistd.h`).
fn socket_number() -> i64 {
    match std::env::consts::ARCH {
        "x86_64" => 41,
        _ => 198, // asm-generic/unistd.h
    }
}

/// A filter that lets everything through but netlink sockets.
fn filter(errno: u32) -> BpfProgram {
    const AF_NETLINK: u64 = 16;
    let family = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, AF_NETLINK).unwrap();
    let rules = BTreeMap::from([(socket_number(), vec![SeccompRule::new(vec![family]).unwrap()])]);
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno), arch).unwrap();
    filter.try_into().unwrap()
}

/// Runs a command that cannot open netlink sockets. The filter binds the thread that it is given
/// to and what that thread starts, so a thread is given up for it.
pub(crate) fn run_refused(errno: u32, mut command: Command) -> Ran {
    let confined = std::thread::spawn(move || {
        seccompiler::apply_filter(&filter(errno)).unwrap();
        run(&mut command)
    });
    confined.join().unwrap()
}

fn listener() -> Held {
    Held::new("listener", tcp_listener("127.0.0.1:0", None, 3), |truth| {
        (truth.state, truth.role, truth.send_q) = ("listen".to_owned(), "listener".to_owned(), Some(3));
    })
}

#[test]
fn procfs_takes_over_and_says_so() {
    let held = listener();
    for (errno, says) in REFUSALS {
        let ran = run_refused(errno, sockeye(&["--json"]));
        assert_eq!(ran.code(), 0, "{says}: {}", ran.stderr());
        let told = Document::read(&ran.stdout);
        let found = told.by_inode(held.inode()).expect("it is found all the same");
        compare(says, &told, found, &as_procfs(&held.truth));
        for read in &told.coverage.tables {
            // ICMP and the residual rows never come through netlink.
            let refused = !matches!(read.protocol.as_str(), "icmp" | "other") && read.status != "unsupported";
            assert_eq!(read.source, "procfs", "{read:?}");
            assert_eq!(refused, read.reason.as_ref().is_some_and(|why| why.contains(says)), "{read:?}");
            assert!(
                !refused || matches!(read.status.as_str(), "fallback" | "unlisted" | "failed"),
                "{read:?}"
            );
        }
        let about = ran.stderr().lines().filter(|line| line.contains("/proc")).collect::<Vec<_>>();
        let [notice] = about.as_slice() else { panic!("one notice: {}", ran.stderr()) };
        assert!(notice.starts_with("sockeye: tcp, ") && notice.contains(says), "{notice}");
    }
}

#[test]
fn the_table_has_the_listener_and_admits_what_it_does_not_know() {
    let held = listener();
    let ran = run_refused(1, sockeye(&["-tln"]));
    let local = format!("127.0.0.1:{}", held.port());
    let line = ran.stdout().lines().find(|line| line.contains(&local)).expect("it is listed");
    let columns: Vec<_> = line.split_whitespace().collect();
    assert_eq!(columns, ["LISTEN", "0", "?", &local, "0.0.0.0:*"]);
    assert_eq!(ran.code(), 0);
}

#[test]
fn netlink_alone_fails_instead_of_showing_nothing() {
    let _held = listener();
    for (errno, says) in REFUSALS {
        let ran = run_refused(errno, sockeye(&["--json", "--source", "netlink"]));
        assert_eq!(ran.code(), 2, "{says}");
        assert!(ran.stderr().starts_with("sockeye: ") && ran.stderr().contains(says), "{}", ran.stderr());
        let told = Document::read(&ran.stdout);
        let listed = |socket: &crate::document::Socket| matches!(&*socket.protocol, "tcp" | "udp" | "unix");
        assert!(!told.sockets.iter().any(listed) && !told.coverage.complete);
        for read in &told.coverage.tables {
            if read.source == "netlink" {
                let word = if errno == 1 { "denied" } else { "failed" };
                assert_eq!(read.status, word, "{read:?}");
                assert!(read.reason.as_ref().is_some_and(|why| why.contains(says)), "{read:?}");
            }
        }
        let ran = run_refused(errno, sockeye(&["-tln", "--source", "netlink"]));
        assert_eq!((ran.code(), ran.stderr().contains("could not be read")), (2, true), "{}", ran.stderr());
    }
}

#[test]
fn a_check_that_could_not_look_does_not_say_that_all_is_well() {
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("policy.toml");
    crate::stock::write_file(&policy, "version = 1\n");
    let args = ["check", "--source", "netlink", "--policy", policy.to_str().unwrap()];
    let ran = run_refused(1, sockeye(&args));
    assert_eq!(ran.code(), 3, "{ran:?}");
    assert!(ran.stdout().contains("Not every socket could be read."), "{}", ran.stdout());
    let learn = ["policy", "learn", "--source", "netlink", "--policy", policy.to_str().unwrap()];
    let ran = run_refused(1, sockeye(&learn));
    assert_eq!((ran.code(), ran.stdout.is_empty()), (2, true), "{ran:?}");
    assert_eq!(std::fs::read_to_string(&policy).unwrap(), "version = 1\n");
}

/// As a kernel does that is older than the conditions of a program.
#[test]
fn a_kernel_that_does_not_take_a_program_tells_everything() {
    let held = listener();
    let narrow = |code: &[u8]| Narrow { states: State::ALL.to_vec(), code: code.into(), blanks: [].into() };
    let told = |narrow| {
        let source = Box::new(Netlink::strict(Ask::EVERYTHING));
        let mut sampler = Sampler::new(source, vec![(Family::Inet, Protocol::Tcp)], OwnerAsk::NOTHING);
        sampler.narrow(Some(narrow));
        let table = single(sampler.take().unwrap());
        let status = table.moment().unwrap().coverage.slices[0].status.clone();
        let found = table.open().any(|row| row.socket.inode.is_some_and(|it| it.get() == held.inode()));
        (status, found)
    };
    // An operation that there is not; and one that refuses everything, to see that programs count.
    assert_eq!(told(narrow(&[99, 4, 8, 0])), (SliceStatus::Ok, true));
    assert_eq!(told(narrow(&[1, 4, 8, 0])), (SliceStatus::Ok, false));
}

#[test]
fn who_may_not_ask_for_marks_gets_the_other_half_of_the_filter() {
    let held = listener();
    let local = format!("127.0.0.1:{}", held.port());
    let filter = format!("fwmark = 0x51 or sport = :{}", held.port());
    let ran = run(&mut sockeye(&["-tlnH", &filter]));
    assert!(ran.stdout().contains(&local) && ran.stdout().lines().count() == 1, "{}", ran.stdout());
    assert_eq!((ran.code(), ran.stderr()), (0, ""));
}
