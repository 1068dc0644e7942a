//! Sockets that stay, among others that come and go so fast that the kernel's dumps repeat some
//! rows and leave others out: of those that stay nothing may ever be reported.
//!
//! A dump is resumed at a position in its hash bucket (`net/ipv4/udp_diag.c`, `tcp_diag.c`,
//! `net/unix/diag.c`), so small tables with long buckets are what makes it go wrong.

use std::collections::HashSet;
use std::collections::VecDeque;
use std::fs;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with, sockopt,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sockeye::engine::{OwnerAsk, Sampler};
use sockeye::model::{Ask, ChangeKind, Family, Protocol};
use sockeye::source::Wanted;
use sockeye::source::netlink::Netlink;
use sockeye::store::Table;

use crate::Case;
use crate::namespaces::{enter_new, in_namespace};
use crate::stock::cookie;

pub(crate) const CASES: &[Case] = &[
    ("churn::udp_sockets_that_stay_are_no_news", udp),
    ("churn::members_of_a_reuseport_group_that_stay_are_no_news", reuseport),
    ("churn::unix_sockets_that_stay_are_no_news", unix),
];

const POLLS: usize = 200;
/// Threads that open and close, and how many sockets each holds at a time.
const CHURNERS: usize = 1;

/// What was seen beside the promise.
#[derive(Debug, Default)]
struct Seen {
    /// Changes of sockets that came and went.
    opened: usize,
    closed: usize,
    /// Rows that the kernel repeated.
    repeated: usize,
    /// Rows that it left out, and that a second look found.
    skipped: usize,
    /// Rows of sockets that stay which a reading left out all the same.
    missed: usize,
    /// Readings that did.
    readings_with_misses: usize,
    /// Sockets opened by the churners.
    churned: usize,
}

/// Polls while threads open and close sockets. The stable ones must be found once, and never be
/// opened or closed.
#[expect(clippy::print_stdout, reason = "how much went wrong shows that the churn was real")]
fn watch(wanted: Wanted, stable: &[OwnedFd], held: usize, open: impl Fn() -> OwnedFd + Sync) {
    let stable: HashSet<u64> = stable.iter().map(cookie).collect();
    let stop = AtomicBool::new(false);
    let churned = AtomicUsize::new(0);
    let mut seen = Seen::default();
    std::thread::scope(|scope| {
        // Whatever happens here, the churners end.
        let _stop = StopOnDrop(&stop);
        for _ in 0..CHURNERS {
            scope.spawn(|| {
                let mut ring: VecDeque<OwnedFd> = (0..held).map(|_| open()).collect();
                while !stop.load(Ordering::Relaxed) {
                    ring.push_back(open());
                    ring.pop_front();
                    churned.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        poll(wanted, &stable, &mut seen);
    });
    seen.churned = churned.into_inner();
    println!("{wanted:?}: {} stable, {POLLS} polls: {seen:?}", stable.len());
    assert!(seen.opened > POLLS && seen.closed > POLLS, "too little came and went: {seen:?}");
}

struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn poll(wanted: Wanted, stable: &HashSet<u64>, seen: &mut Seen) {
    let mut sampler =
        Sampler::new(Box::new(Netlink::with_fallback(Ask::NOTHING)), vec![wanted], OwnerAsk::NOTHING);
    let mut table = Table::new(Duration::ZERO);
    for at in 0..POLLS {
        let sample = sampler.take().unwrap();
        let read = &sample.coverage.slices[0];
        assert_eq!((read.source, read.status.word()), ("netlink", "ok"), "{read:?}");
        seen.repeated += read.repeated;
        seen.skipped += read.skipped;
        let listed = sample.sockets.iter().filter_map(|socket| socket.key.cookie());
        let missed = stable.len() - listed.filter(|cookie| stable.contains(&cookie.0)).count();
        seen.missed += missed;
        seen.readings_with_misses += usize::from(missed > 0);
        let (next, changes) = table.apply(sample);
        table = next;
        for change in &changes {
            let stays = change.socket.key.cookie().is_some_and(|cookie| stable.contains(&cookie.0));
            match change.kind {
                ChangeKind::Opened | ChangeKind::Closed if stays => {
                    panic!("poll {at}: {:?} of a socket that stays: {seen:?}", change.kind)
                }
                ChangeKind::Opened => seen.opened += 1,
                ChangeKind::Closed => seen.closed += 1,
                _ => {}
            }
        }
    }
    let open = table.open().filter_map(|row| row.socket.key.cookie());
    assert_eq!(open.filter(|cookie| stable.contains(&cookie.0)).count(), stable.len(), "all are there");
}

/// Makes room for as many descriptors as may be had.
fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
}

fn udp() {
    raise_limit();
    in_namespace(|| {
        // A namespace made by this one has a UDP table of its own, with few and long buckets.
        fs::write("/proc/sys/net/ipv4/udp_child_hash_entries", "128").unwrap();
        enter_new().unwrap();
        crate::namespaces::raise_loopback();
        assert_eq!(fs::read_to_string("/proc/sys/net/ipv4/udp_hash_entries").unwrap().trim(), "128");
        let open = || OwnedFd::from(UdpSocket::bind("127.0.0.1:0").unwrap());
        let stable: Vec<_> = (0..5_000).map(|_| open()).collect();
        watch((Family::Inet, Protocol::Udp), &stable, 1_000, open);
    });
}

fn reuseport() {
    raise_limit();
    in_namespace(|| {
        let open = || {
            let fd =
                socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
            sockopt::set_socket_reuseport(&fd, true).unwrap();
            let port_80: std::net::SocketAddr = ([127, 0, 0, 1], 80).into();
            bind(&fd, &port_80).unwrap();
            listen(&fd, 1).unwrap();
            fd
        };
        let stable: Vec<_> = (0..400).map(|_| open()).collect();
        watch((Family::Inet, Protocol::Tcp), &stable, 400, open);
    });
}

fn unix() {
    raise_limit();
    in_namespace(|| {
        let number = AtomicUsize::new(0);
        let open = || {
            let fd =
                socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).unwrap();
            let number = number.fetch_add(1, Ordering::Relaxed);
            bind(&fd, &SocketAddrUnix::new_abstract_name(format!("churn-{number}").as_bytes()).unwrap())
                .unwrap();
            listen(&fd, 1).unwrap();
            fd
        };
        let stable: Vec<_> = (0..6_000).map(|_| open()).collect();
        watch((Family::Unix, Protocol::Unix), &stable, 3_000, open);
    });
}
