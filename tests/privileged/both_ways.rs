//! The two ways to owners, `/proc` and BPF, beside each other: they say the same.

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sockeye::engine::{OwnerAsk, OwnerChoice, Sampler};
use sockeye::model::{Ask, Cookie, Family, Fd, Pid, Protocol, Sample, SocketKey};
use sockeye::owner::{BpfScanner, Facts, Question, Scanner as _, Wanted};
use sockeye::source::netlink::Netlink;

use crate::Case;
use crate::harness::{Holder, eventually};
use crate::hidden::Hider;
use crate::namespaces::in_namespace;
use crate::stock::cookie;

pub(crate) const CASES: &[Case] = &[
    ("both_ways::proc_and_bpf_find_the_same_owners_beside_others_that_come_and_go", || in_namespace(same)),
    ("both_ways::what_is_opened_after_the_first_look_is_found_too", || in_namespace(opened_later)),
    ("both_ways::what_ran_before_is_not_said_of_what_runs_now", || in_namespace(other_program)),
];

/// Processes with two thousand sockets each, beside this one.
const CROWDS: usize = 8;

/// Whether the kernel takes the program.
pub(crate) fn can_be_compared() -> bool {
    sockeye::sys::bpf::TaskFiles::load().is_ok()
}

/// Every owner of a socket, as far as both ways must agree: by pid, thread and descriptors.
type Told = BTreeMap<SocketKey, Vec<(Pid, Option<Pid>, Vec<Fd>)>>;

fn told(sample: &Sample) -> Told {
    let owners = |socket: &sockeye::model::Socket| {
        let known = socket.owners.known()?;
        Some(known.shown().map(|owner| (owner.process.id.pid, owner.thread, owner.fds.to_vec())).collect())
    };
    sample.sockets.iter().filter_map(|socket| Some((socket.key, owners(socket)?))).collect()
}

fn sampler(choice: OwnerChoice) -> Sampler {
    let tables = vec![(Family::Inet, Protocol::Tcp), (Family::Unix, Protocol::Unix)];
    let owners = OwnerAsk { choice, facts: Facts::All, live: false, by_bpf: false };
    Sampler::new(Box::new(Netlink::with_fallback(Ask::NOTHING)), tables, owners)
}

/// Opens and closes connections until it is told to stop.
fn churn(stop: &AtomicBool, turns: &AtomicUsize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    while !stop.load(Ordering::Relaxed) {
        let one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let other = listener.accept().unwrap();
        let pair = UnixStream::pair().unwrap();
        drop((one, other, pair));
        turns.fetch_add(1, Ordering::Relaxed);
    }
}

fn same() {
    // Held by this process, some through two descriptors, some by another process, too.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connect = |_| {
        let one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (one, listener.accept().unwrap().0)
    };
    let (connections, accepted): (Vec<_>, Vec<_>) = (0..2000).map(connect).unzip();
    let _twice: Vec<_> = accepted.iter().step_by(7).map(|one| one.try_clone().unwrap()).collect();
    let shared = accepted.iter().step_by(100).map(|one| OwnedFd::from(one.try_clone().unwrap()));
    let _holders: Vec<_> = shared.map(|fd| Holder::start(fd, Stdio::null())).collect();
    let _crowds: Vec<_> = (0..CROWDS).map(|_| Hider::start("crowd")).collect();
    let stable = connections.len() + accepted.len() + CROWDS * 2000;
    let (stop, turns) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| churn(&stop, &turns));
        for round in 0..5 {
            let proc = told(&sampler(OwnerChoice::Proc).take().unwrap());
            let bpf = sampler(OwnerChoice::Bpf).take().unwrap();
            assert_eq!(bpf.coverage.owners.method, "bpf", "{:?}", bpf.coverage.owners);
            let (bpf, again) = (told(&bpf), told(&sampler(OwnerChoice::Proc).take().unwrap()));
            // What was there before and after, with the same owners, was so in between.
            let stays = || proc.iter().filter(|(key, owners)| again.get(key) == Some(*owners));
            let differs: Vec<_> = stays().filter(|(key, owners)| bpf.get(key) != Some(*owners)).collect();
            assert!(differs.is_empty(), "round {round}: {} differ, one: {:?}", differs.len(), differs[0]);
            assert!(stays().count() >= stable, "{}", stays().count());
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(turns.into_inner() > 100, "too little came and went");
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// The program runs for the first time while the sockets are read: what is opened after that and
/// listed all the same is not in what it told.
fn opened_later() {
    let before = threads();
    let mut scanner = BpfScanner::prepare().unwrap();
    eventually(|| if threads() > before { Err("it is still looking".to_owned()) } else { Ok(()) });
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut sockets = sampler(OwnerChoice::None).take().unwrap().sockets;
    let wanted: Wanted = sockets.iter().filter_map(|socket| socket.inode).collect();
    let (facts, workloads) = (Facts::Names, Mutex::default());
    let question = Question {
        sockets: &sockets,
        wanted: &wanted,
        strays: &[],
        facts,
        news: false,
        workloads: &workloads,
    };
    let sets = scanner.scan(&question).unwrap().settle();
    let counted = sets.assign(&mut sockets);
    assert_eq!(counted.method, "bpf");
    let row = sockets.iter().find(|row| row.key.cookie() == Some(Cookie(cookie(&listener)))).unwrap();
    let owners: Vec<u32> = row.owners.known().unwrap().shown().map(|it| it.process.id.pid.0).collect();
    assert_eq!(owners, [std::process::id()]);
}

/// A process becomes another program after it was seen, and does not hold the socket any more: as does
/// every child between fork and exec.
fn other_program() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = Hider::start_with("swap", OwnedFd::from(listener.try_clone().unwrap()).into());
    let before = threads();
    let mut sampler = sampler(OwnerChoice::Bpf);
    eventually(|| if threads() > before { Err("it is still looking".to_owned()) } else { Ok(()) });
    let pid = child.becomes_cat();
    let told = sampler.take().unwrap();
    let cookie = Some(Cookie(cookie(&listener)));
    let row = told.sockets.iter().find(|row| row.key.cookie() == cookie).unwrap();
    let owners: Vec<u32> = row.owners.known().unwrap().shown().map(|it| it.process.id.pid.0).collect();
    assert_eq!(owners, [std::process::id()], "and not {pid}");
}
