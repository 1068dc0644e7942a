//! Owners from poll to poll: what is new is found at once, and what passes from hand to hand when
//! everything is looked at again.

use std::net::TcpListener;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::process::Stdio;

use sockeye::engine::{OwnerAsk, OwnerChoice, Sampler};
use sockeye::model::{Ask, Family, Fd, Known, Pid, Protocol, Sample};
use sockeye::owner::Facts;
use sockeye::source::netlink::Netlink;

use crate::harness::{Holder, eventually};
use crate::stock::cookie;

fn sampler() -> Sampler {
    let owners = OwnerAsk { choice: OwnerChoice::Proc, facts: Facts::All, live: true, by_bpf: false };
    let source = Box::new(Netlink::with_fallback(Ask::NOTHING));
    Sampler::new(source, vec![(Family::Inet, Protocol::Tcp)], owners)
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// The pids of the owners of a socket, and the descriptors of this process.
fn held(sample: &Sample, id: u64) -> (Vec<u32>, Vec<Fd>) {
    let row = sample.sockets.iter().find(|socket| socket.key.cookie().is_some_and(|it| it.0 == id)).unwrap();
    let owners: Vec<_> = row.owners.known().into_iter().flat_map(Known::shown).collect();
    let own = owners.iter().filter(|owner| owner.process.id.pid == Pid(std::process::id()));
    let fds = own.flat_map(|owner| owner.fds.to_vec()).collect();
    (owners.iter().map(|owner| owner.process.id.pid.0).collect(), fds)
}

fn fd(socket: &TcpListener) -> Fd {
    Fd(socket.as_raw_fd().try_into().unwrap())
}

#[test]
fn what_is_new_has_its_owner_at_once() {
    let mut sampler = sampler();
    let first = listener();
    let me = std::process::id();
    for _ in 0..3 {
        let second = listener();
        let sample = sampler.take().unwrap();
        for socket in [&first, &second] {
            let (pids, fds) = held(&sample, cookie(socket));
            assert!(pids.contains(&me) && fds == [fd(socket)], "{pids:?} {fds:?}");
        }
        let child = Holder::start(OwnedFd::from(listener()), Stdio::null());
        let inode = std::fs::metadata(format!("/proc/{}/fd/1", child.pid())).unwrap();
        let inode = std::os::unix::fs::MetadataExt::ino(&inode);
        let sample = sampler.take().unwrap();
        let theirs = sample.sockets.iter().find(|row| row.inode.is_some_and(|it| it.get() == inode)).unwrap();
        let owner = theirs.owners.first().map(|owner| owner.process.id.pid.0);
        assert_eq!(owner, Some(child.pid()), "a process that was not there before");
    }
}

/// A server that forks for each connection: the child keeps the socket, and the number of the
/// descriptor that the parent closes is the next connection's.
#[test]
fn a_descriptor_that_is_used_again_is_no_proof() {
    let mut sampler = sampler();
    let passed_on = listener();
    let (id, me) = (cookie(&passed_on), std::process::id());
    let child = Holder::start(OwnedFd::from(passed_on.try_clone().unwrap()), Stdio::null());
    eventually(|| {
        let (pids, _) = held(&sampler.take().unwrap(), id);
        if pids.contains(&me) && pids.contains(&child.pid()) { Ok(()) } else { Err(format!("{pids:?}")) }
    });
    // In one step, so that no other thread gets the number.
    let (number, next) = (fd(&passed_on), listener());
    let mut slot = OwnedFd::from(passed_on);
    rustix::io::dup2(&next, &mut slot).unwrap();
    let again = cookie(&next);
    drop(next);
    let (pids, fds) = held(&sampler.take().unwrap(), again);
    assert!(pids.contains(&me) && fds == [number], "{pids:?} {fds:?}");
    eventually(|| {
        let (pids, _) = held(&sampler.take().unwrap(), id);
        if pids == [child.pid()] { Ok(()) } else { Err(format!("{pids:?}")) }
    });
}
