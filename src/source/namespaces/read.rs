//! Reading one namespace: by entering it, or through `/proc/PID/net` of a process in it.
//!
//! Whatever happens to the namespace meanwhile, the reading keeps what other namespaces gave, and
//! the status says what is missing. The calling thread stays wherever it went.

use std::time::Duration;

use super::discover::Found;
use crate::model::{Ask, KernelUse, NetnsFound};
use crate::model::{NetnsId, SliceStatus};
use crate::source::netlink::Reader;
use crate::source::place::Place;
use crate::source::{Reading, Wanted, procfs, tables};
use crate::sys::netns::{Namespace, WayError};
use crate::sys::procnet::{self, Whose, stand_in};
use crate::sys::{clock, kernel_uses};

/// How the tables of a namespace are read once it is entered.
#[derive(Debug)]
pub(super) enum Method {
    /// Netlink, with or without procfs for what it refuses.
    Netlink {
        reader: Box<Reader>,
        ask: Ask,
    },
    Procfs,
}

const GONE: &str = "it vanished while it was being read";

/// Why a namespace was not entered.
enum Closed {
    /// This may not be done, so it should be looked at from outside.
    Refused(String),
    Failed(String),
}

impl Method {
    /// The namespace that the calling thread is in, because it never left.
    pub(super) fn read_own(&mut self, wanted: &[Wanted], id: NetnsId, reading: &mut Reading) -> SliceStatus {
        self.read_here(wanted, id, reading);
        SliceStatus::Ok
    }

    /// Any other.
    pub(super) fn read(&mut self, wanted: &[Wanted], found: &Found, reading: &mut Reading) -> SliceStatus {
        match enter(found) {
            Ok(id) => {
                self.read_here(wanted, id, reading);
                SliceStatus::Ok
            }
            Err(Closed::Refused(why)) => look_in(wanted, found, why, reading),
            Err(Closed::Failed(why)) => SliceStatus::Failed(why),
        }
    }

    fn read_here(&mut self, wanted: &[Wanted], netns: NetnsId, reading: &mut Reading) {
        let from = reading.sockets.len();
        let place = Place { netns, ephemeral: procnet::ephemeral_ports(), whose: Whose::Ours };
        match self {
            Self::Netlink { reader, ask } => {
                reader.read(wanted, place, *ask, reading);
                // The socket that is left open would keep the namespace alive.
                reader.move_on();
            }
            Self::Procfs => procfs::read_tables(wanted, place, reading),
        }
        reading.name_interfaces(from);
        reading.tell_ports(place);
    }
}

/// What the kernel says of these namespaces, of which the own one comes first: it is not entered. Those
/// that cannot be entered say nothing, and those that time does not suffice for.
pub(super) fn kernel_uses<'a>(
    namespaces: impl Iterator<Item = &'a Found>,
    until: Duration,
) -> Vec<(NetnsId, Vec<KernelUse>)> {
    let mut told = Vec::new();
    for found in namespaces {
        let is_here = found.how == NetnsFound::Own || enter(found).is_ok();
        if is_here && clock::now().mono < until {
            told.push((found.id, kernel_uses::here()));
        }
    }
    told
}

/// Moves the calling thread into a namespace, for what is no reading; an error is the reason.
pub(super) fn go_into(found: &Found) -> Result<(), String> {
    match enter(found) {
        Ok(_) => Ok(()),
        Err(Closed::Refused(why) | Closed::Failed(why)) => Err(why),
    }
}

/// Moves the calling thread into a namespace, by the first way that leads there.
fn enter(found: &Found) -> Result<NetnsId, Closed> {
    if !found.has_file {
        let why = "entering it needs CAP_SYS_ADMIN and CAP_SYS_PTRACE; its number is a stand-in";
        return Err(Closed::Refused(why.to_owned()));
    }
    let mut trouble = None;
    for way in &found.ways {
        match Namespace::open(way, found.id) {
            Ok(namespace) => {
                return namespace.enter().map(|()| namespace.id()).map_err(|errno| match errno {
                    rustix::io::Errno::PERM => Closed::Refused("entering it needs CAP_SYS_ADMIN".to_owned()),
                    other => Closed::Failed(format!("it cannot be entered: {other}")),
                });
            }
            // What is gone says less than what stands there and does not open.
            Err(WayError::Gone) => {}
            Err(error) => trouble = Some(error),
        }
    }
    Err(match trouble {
        Some(error @ WayError::Refused(_)) => Closed::Refused(error.to_string()),
        Some(error) => Closed::Failed(error.to_string()),
        None => Closed::Failed(GONE.to_owned()),
    })
}

/// Reads the text tables that a task in the namespace shows to everybody who can see the task.
fn look_in(wanted: &[Wanted], found: &Found, why: String, reading: &mut Reading) -> SliceStatus {
    let mut tasks = found.tasks().peekable();
    if tasks.peek().is_none() {
        return SliceStatus::Denied(why);
    }
    let (sockets, slices) = (reading.sockets.len(), reading.slices.len());
    for task in tasks {
        let is_there = || found.stand_in.is_some() && stand_in(task).ok() == found.stand_in;
        if !is_there() {
            continue;
        }
        let place = Place { netns: found.id, ephemeral: None, whose: Whose::Theirs(task) };
        procfs::read_tables(wanted, place, reading);
        // It may have ended, its pid may be in use again, or it went to another namespace: then
        // nobody knows whose tables these are.
        if is_there() {
            for read in &mut reading.slices[slices..] {
                if read.status == SliceStatus::Ok {
                    read.status = SliceStatus::Fallback(why.clone());
                }
            }
            return SliceStatus::Fallback(why);
        }
        reading.sockets.truncate(sockets);
        reading.slices.truncate(slices);
    }
    SliceStatus::Failed(GONE.to_owned())
}

/// Tells of every wanted table that it was not read, so that its rows stay as they were.
pub(super) fn skip(wanted: &[Wanted], id: NetnsId, why: &SliceStatus, reading: &mut Reading) {
    for (family, protocol) in wanted.iter().copied().filter(|wanted| tables::find(*wanted).is_some()) {
        let slice = crate::model::Slice { netns: id, family, protocol };
        let mut coverage = crate::model::SliceCoverage::new(slice, "none");
        coverage.status = why.clone();
        reading.slices.push(coverage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Family, Pid, Protocol};
    use crate::sys::netns::{Task, Way};

    const TCP: &[Wanted] = &[(Family::Inet, Protocol::Tcp)];
    const NOBODY: Task = Task { pid: Pid(u32::MAX), tid: Pid(u32::MAX) };

    fn me() -> Task {
        Task { pid: Pid(std::process::id()), tid: Pid(std::process::id()) }
    }

    fn found(ways: Vec<Way>, stand_in: Option<u64>, has_file: bool) -> Found {
        let points = Vec::new();
        Found { id: NetnsId(1), how: NetnsFound::Process, ways, points, stand_in, has_file }
    }

    fn read(found: &Found) -> (SliceStatus, Reading) {
        let mut reading = Reading::default();
        let status = Method::Procfs.read(TCP, found, &mut reading);
        (status, reading)
    }

    #[test]
    fn a_namespace_that_vanished_has_failed_and_leaves_no_rows() {
        let gone = SliceStatus::Failed(GONE.to_owned());
        // The last: there is such a task, but it is in another namespace by now.
        for (ways, has_file) in [
            (vec![Way::Task(NOBODY)], true),
            (vec![Way::Mount { task: NOBODY, point: b"/x".to_vec() }], true),
            (vec![Way::Descriptor { task: NOBODY, fd: crate::model::Fd(3) }], true),
            (vec![Way::Socket { task: NOBODY, fd: crate::model::Fd(3) }], true),
            (vec![Way::Task(NOBODY)], false),
            (vec![Way::Task(me())], false),
        ] {
            let (status, reading) = read(&found(ways.clone(), Some(0), has_file));
            assert_eq!(status, gone, "{ways:?}");
            assert!(reading.sockets.is_empty() && reading.slices.is_empty(), "{ways:?}");
        }
    }

    #[test]
    fn what_may_not_be_entered_is_read_from_outside_and_says_so() {
        let (status, reading) =
            read(&found(vec![Way::Task(NOBODY), Way::Task(me())], stand_in(me()).ok(), false));
        assert!(matches!(&status, SliceStatus::Fallback(why) if why.contains("CAP_SYS_ADMIN")), "{status:?}");
        assert_eq!(reading.slices.len(), 1);
        assert_eq!((&reading.slices[0].status, reading.slices[0].source), (&status, "procfs"));
    }

    #[test]
    fn what_can_be_seen_from_nowhere_is_refused() {
        let (status, reading) = read(&found(vec![], None, false));
        assert!(matches!(status, SliceStatus::Denied(_)), "{status:?}");
        assert!(reading.slices.is_empty());
    }
}
