//! When it is looked for, and what is said of a socket without holder.

use std::sync::Arc;

use super::*;
use crate::model::{
    Basics, Ends, Family, Fd, Identity, NetnsId, NoOwner, Owners, Pid, PortRange, Process, ProcessId,
    Protocol, Socket, SocketKey, SocketType, State,
};
use crate::owner::OwnerMap;

fn inodes(numbers: &[u64]) -> Wanted {
    numbers.iter().filter_map(|number| Inode::new(*number)).collect()
}

fn socket(family: Family, state: State, inode: u64) -> Socket {
    let key = SocketKey { netns: NetnsId(1), id: Identity::Cookie(crate::model::Cookie(inode + 1)) };
    let (protocol, kind) = (Protocol::Udp, SocketType::Dgram);
    let ends = Ends::Other { local: None, remote: None };
    let basics = Basics { key, family, protocol, kind, state, ends, inode: Inode::new(inode) };
    Socket::new(basics, &PortRange::default())
}

fn process(pid: u32) -> Arc<Process> {
    Arc::new(Process::named(ProcessId { pid: Pid(pid), start: 1 }, "p".into()))
}

/// None of them is a listener.
fn no(_: Inode) -> bool {
    false
}

fn said(map: OwnerMap, socket: Socket) -> Owners {
    let mut sockets = [socket];
    drop(map.settle().assign(&mut sockets));
    let [socket] = sockets;
    socket.owners
}

#[test]
fn what_was_looked_for_in_vain_is_left_in_peace_for_a_while() {
    let mut hidden = Hidden::default();
    assert!(hidden.is_due(&inodes(&[1]), 1, no));
    (hidden.in_vain, hidden.patience) = (inodes(&[1]), PATIENCE);
    assert!(hidden.is_due(&inodes(&[1, 2]), 2, no), "another one");
    for _ in 2..PATIENCE {
        assert!(!hidden.is_due(&inodes(&[1]), 1, no));
    }
    assert!(hidden.is_due(&inodes(&[1]), 1, no), "once more");
}

#[test]
fn among_many_sockets_those_that_just_close_are_not_looked_for() {
    let mut hidden = Hidden::default();
    assert!(!hidden.is_due(&inodes(&[1]), MANY, no));
    hidden.missing = inodes(&[1]);
    assert!(hidden.is_due(&inodes(&[1, 2]), MANY, no));
    assert!(!hidden.is_due(&inodes(&[2]), MANY, no));
    assert!(hidden.is_due(&inodes(&[2]), MANY, |_| true), "a listener is looked for at once");
}

#[test]
fn a_socket_that_nobody_holds_has_the_reason_that_excludes_least() {
    for (denied, outside, candidates, why) in [
        (0, false, 0, NoOwner::Nobody),
        (0, false, 1, NoOwner::InFlight),
        (0, true, 1, NoOwner::OtherPidns),
        (1, true, 1, NoOwner::Denied),
    ] {
        let mut map = OwnerMap::new("procfs");
        map.outside = outside;
        map.coverage.denied = denied;
        map.coverage.candidates = (0..candidates).map(process).collect();
        let told = said(map, socket(Family::Inet, State::Unconnected, 7));
        assert_eq!(told, Owners::Unknown(why), "{denied} {outside} {candidates}");
    }
}

#[test]
fn a_port_that_is_open_without_a_file_is_the_kernels() {
    for (family, state, why) in [
        (Family::Inet, State::Listen, NoOwner::Kernel),
        (Family::Inet6, State::Unconnected, NoOwner::Kernel),
        (Family::Inet, State::FinWait2, NoOwner::Orphan),
        (Family::Inet, State::Established, NoOwner::AcceptQueue),
        (Family::Unix, State::Unconnected, NoOwner::Orphan),
    ] {
        let told = said(OwnerMap::new("procfs"), socket(family, state, 0));
        assert_eq!(told, Owners::Unknown(why), "{family:?} {state:?}");
    }
}

#[test]
fn a_ring_is_a_way_of_its_own_to_hold_a_socket() {
    let mut map = OwnerMap::new("procfs");
    let inode = Inode::new(7).unwrap();
    let holder = map.holder(process(3));
    map.hold(inode, holder, None, Fd(4));
    map.hold_in_ring(inode, holder, Some(Pid(9)), Fd(5));
    map.hold_in_ring(inode, holder, None, Fd(6));
    let said = said(map, socket(Family::Inet, State::Listen, 7));
    let known = said.known().unwrap();
    let told: Vec<_> = known.shown().map(|owner| (owner.thread, owner.ring, owner.fds[0])).collect();
    assert_eq!(told, [(None, false, Fd(4)), (None, true, Fd(6)), (Some(Pid(9)), true, Fd(5))]);
    assert_eq!(known.count(), 3);
}
