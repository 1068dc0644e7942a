//! What the owners are part of: the name of a cgroup, and what the container's runtime knows of it.
//!
//! Processes of one cgroup share one answer. Nothing here walks anything.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::containers::{Containers, RuntimePlaces};
use crate::model::{Container, Process, Published, SilentRuntime, SystemBytes, Uid, Workload};
use crate::wire::{cgroup_path, docker_proxy, proc_cgroup};

/// Tells workloads; remembers the containers it met.
#[derive(Debug)]
pub struct Workloads {
    containers: Containers,
    /// Of this reading, by the text that told: a container may get another name in the meantime.
    told: HashMap<SystemBytes, Arc<Workload>>,
    now: Duration,
    /// Shared in the same way: where the processes of this reading come from.
    #[cfg(linux)]
    pub(super) lines: super::lineage::Lines,
}

impl Default for Workloads {
    fn default() -> Self {
        Self {
            containers: Containers::new(Path::new("/")),
            told: HashMap::new(),
            now: Duration::ZERO,
            #[cfg(linux)]
            lines: HashMap::new(),
        }
    }
}

impl Workloads {
    /// Asks container runtimes for the names that their files do not tell.
    pub fn ask_runtimes(&mut self, places: &RuntimePlaces) {
        self.containers.ask(places);
    }

    /// The runtimes that did not tell when they were asked last.
    #[must_use]
    pub fn silent_runtimes(&self) -> Vec<SilentRuntime> {
        self.containers.silent()
    }

    /// Begins another reading at this moment of the monotonic clock.
    pub fn begin(&mut self, now: Duration) {
        self.now = now;
        self.containers.begin();
        self.told.clear();
        #[cfg(linux)]
        self.lines.clear();
    }

    /// By the text of `/proc/PID/cgroup`.
    pub fn of_process(&mut self, text: &[u8]) -> Arc<Workload> {
        self.tell(text, proc_cgroup::workload)
    }

    /// By a path below the root of cgroup v2.
    pub fn of_path(&mut self, path: &[u8]) -> Arc<Workload> {
        self.tell(path, cgroup_path::workload)
    }

    /// What a process publishes, by its name and arguments. They prove nothing, so containers are told
    /// of processes of root alone: a user has no others.
    pub fn published(&mut self, process: &Process) -> Option<Published> {
        let target = docker_proxy::target(&process.comm, process.cmdline.as_ref()?)?;
        let of_root = process.uid == Some(Uid(0));
        let container = of_root.then(|| self.containers.at(target.addr, self.now)).flatten();
        Some(Published { target, container })
    }

    /// The container that has this address. Who tells it must be trusted to: rules of the packet filter are
    /// written by root.
    pub(super) fn container_at(&mut self, addr: IpAddr) -> Option<Container> {
        self.containers.at(addr, self.now)
    }

    /// A path begins with a slash and a text with a number, so one map is enough for both.
    fn tell(&mut self, text: &[u8], parse: fn(&[u8]) -> Workload) -> Arc<Workload> {
        if let Some(known) = self.told.get(text) {
            return Arc::clone(known);
        }
        let mut workload = parse(text);
        self.containers.describe(&mut workload, self.now);
        let workload = Arc::new(workload);
        self.told.insert(text.into(), Arc::clone(&workload));
        workload
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Endpoint, Pid, ProcessId};

    #[test]
    fn processes_of_one_cgroup_share_one_answer_within_a_scan() {
        let mut workloads = Workloads::default();
        let text = b"0::/system.slice/nginx.service\n";
        let first = workloads.of_process(text);
        assert_eq!(first.unit.as_ref().map(SystemBytes::as_bytes), Some(&b"nginx.service"[..]));
        assert!(Arc::ptr_eq(&first, &workloads.of_process(text)));
        let by_path = workloads.of_path(b"/system.slice/nginx.service");
        assert_eq!(by_path, first);
        workloads.begin(Duration::from_secs(1));
        assert!(!Arc::ptr_eq(&first, &workloads.of_process(text)));
    }

    #[test]
    fn only_root_publishes_for_a_container_of_the_system() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("var/lib/docker/containers").join("1".repeat(64));
        std::fs::create_dir_all(&path).unwrap();
        let file = r#"{"Name": "/web", "NetworkSettings": {"Networks": {"a": {"IPAddress": "172.17.0.2"}}}}"#;
        std::fs::write(path.join("config.v2.json"), file).unwrap();
        let mut workloads = Workloads { containers: Containers::new(dir.path()), ..Workloads::default() };
        let mut told = |comm: &str, uid| {
            let args = ["x", "-container-ip", "172.17.0.2", "-container-port", "80"];
            let cmdline = Some(args.map(SystemBytes::from).to_vec());
            let id = ProcessId { pid: Pid(7), start: 0 };
            let process = Process { cmdline, uid, ..Process::named(id, comm.into()) };
            let told = workloads.published(&process)?;
            assert_eq!(told.target, Endpoint::new([172, 17, 0, 2].into(), 80));
            Some(told.container.map(|container| container.label().as_bytes().to_vec()))
        };
        assert_eq!(told("docker-proxy", Some(Uid(0))), Some(Some(b"web".to_vec())));
        assert_eq!(told("docker-proxy", Some(Uid(1000))), Some(None));
        assert_eq!(told("docker-proxy", None), Some(None));
        assert_eq!(told("nginx", Some(Uid(0))), None);
    }
}
