//! Names for namespaces: what a person would call them.
//!
//! All of them are chosen by others and stay bytes. Two namespaces may have the same name.

use super::discover::Found;
use crate::model::{NetnsFound, Pid, SystemBytes};
use crate::sys::netns::{Task, Way};
use crate::sys::procdir::{ProcDir, ProcessDir};
use crate::sys::procnet::stand_in;
use crate::wire::{proc_cgroup, proc_pid};

/// `PROC_PID_INIT_INO` of `linux/proc_ns.h`: the pid namespace of the host, where pid 1 is its init.
const HOST_PIDS: &[u8] = b"pid:[4026531836]";
/// Where `ip netns add` mounts namespaces.
const IP_NETNS: [&[u8]; 2] = [b"/run/netns/", b"/var/run/netns/"];
/// Where Docker does, under names that nobody knows.
const DOCKER: [&[u8]; 2] = [b"/run/docker/netns/", b"/var/run/docker/netns/"];

/// Gives names.
#[derive(Debug)]
pub(super) struct Namer {
    proc: Option<ProcDir>,
    /// The stand-in of the namespace of pid 1, when that is the init of the host.
    host: Option<u64>,
    text: Vec<u8>,
}

impl Namer {
    pub(super) fn new() -> Self {
        let proc = ProcDir::open().ok();
        let me = proc.as_ref().and_then(|proc| proc.process(Pid(std::process::id())).ok());
        let on_host = me.is_some_and(|me| me.link(c"ns/pid").is_ok_and(|link| link == HOST_PIDS));
        let init = Task { pid: Pid(1), tid: Pid(1) };
        Self { proc, host: on_host.then(|| stand_in(init).ok()).flatten(), text: Vec::new() }
    }

    /// The name of a namespace: `host`, its `ip netns` name, the container or unit in it, the name
    /// of its mount, or the process that is in it or holds it.
    pub(super) fn name(&mut self, found: &Found) -> Option<SystemBytes> {
        if found.stand_in.is_some() && found.stand_in == self.host {
            return Some("host".into());
        }
        let mounted = |dirs: &[&[u8]]| below(&found.points, dirs);
        let inside = || found.tasks().map(|task| task.pid);
        let me = Pid(std::process::id());
        mounted(&IP_NETNS)
            .or_else(|| inside().next().and_then(|pid| self.container_or_unit(pid)))
            .or_else(|| mounted(&DOCKER))
            .or_else(|| found.points.first().map(SystemBytes::from))
            .or_else(|| inside().find(|pid| *pid != me).and_then(|pid| self.process(pid)))
            .or_else(|| found.ways.iter().find_map(holder).and_then(|pid| self.process(pid)))
            .or_else(|| (found.how == NetnsFound::Own).then(|| "self".into()))
    }

    fn container_or_unit(&mut self, pid: Pid) -> Option<SystemBytes> {
        self.read(pid, c"cgroup").and_then(proc_cgroup::container_or_unit)
    }

    /// `comm pid`.
    fn process(&mut self, pid: Pid) -> Option<SystemBytes> {
        let stat = self.read(pid, c"stat").and_then(|text| proc_pid::stat(text).ok())?;
        Some([stat.comm.as_bytes(), format!(" {}", pid.0).as_bytes()].concat().into())
    }

    fn read(&mut self, pid: Pid, file: &std::ffi::CStr) -> Option<&[u8]> {
        let dir: ProcessDir = self.proc.as_ref()?.process(pid).ok()?;
        dir.read(file, &mut self.text).ok().map(|()| &self.text[..])
    }
}

/// The process that keeps the namespace alive.
fn holder(way: &Way) -> Option<Pid> {
    match way {
        Way::Descriptor { task, .. } | Way::Socket { task, .. } => Some(task.pid),
        Way::Task(_) | Way::Mount { .. } => None,
    }
}

/// What stands below one of the directories, of the first mount that is there.
fn below(points: &[Vec<u8>], dirs: &[&[u8]]) -> Option<SystemBytes> {
    let name = |point: &Vec<u8>| dirs.iter().find_map(|dir| point.strip_prefix(*dir)).map(SystemBytes::from);
    points.iter().find_map(name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fd, NetnsId};

    fn found(points: &[&str], ways: Vec<Way>) -> Found {
        Found {
            id: NetnsId(1),
            how: NetnsFound::Mount,
            ways,
            points: points.iter().map(|point| point.as_bytes().to_vec()).collect(),
            stand_in: Some(5),
            has_file: true,
        }
    }

    /// Knows no process at all.
    fn namer(host: Option<u64>) -> Namer {
        Namer { proc: None, host, text: Vec::new() }
    }

    #[test]
    fn the_best_known_name_wins() {
        for (points, host, name) in [
            (&["/run/netns/blue"][..], None, Some("blue")),
            (&["/var/run/netns/blue"], None, Some("blue")),
            (&["/run/docker/netns/1a2b", "/run/netns/web"], None, Some("web")),
            (&["/run/docker/netns/1a2b"], None, Some("1a2b")),
            (&["/tmp/x", "/run/docker/netns/1a2b"], None, Some("1a2b")),
            (&["/tmp/x"], None, Some("/tmp/x")),
            (&["/run/netns/"], None, Some("/run/netns/")),
            (&["/run/netns/blue"], Some(5), Some("host")),
            (&["/run/netns/blue"], Some(6), Some("blue")),
            (&[], None, None),
        ] {
            let told = namer(host).name(&found(points, vec![]));
            assert_eq!(told.as_ref().map(SystemBytes::as_bytes), name.map(str::as_bytes), "{points:?}");
        }
    }

    #[test]
    fn what_has_no_other_name_is_named_after_a_process() {
        let pid = Pid(std::process::id());
        let mut namer = Namer { proc: ProcDir::open().ok(), host: None, text: Vec::new() };
        let told =
            namer.name(&found(&[], vec![Way::Descriptor { task: Task::first(pid), fd: Fd(0) }])).unwrap();
        assert!(told.as_bytes().ends_with(format!(" {}", pid.0).as_bytes()), "{told:?}");
        let gone = Pid(u32::MAX);
        assert_eq!(namer.name(&found(&[], vec![Way::Socket { task: Task::first(gone), fd: Fd(0) }])), None);
    }
}
