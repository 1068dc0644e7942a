//! What the owners are part of: the name of a cgroup, and what the container's runtime knows of it.
//!
//! Processes of one cgroup share one answer. Nothing here walks anything.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::containers::Containers;
use crate::model::{SystemBytes, Workload};
use crate::wire::{cgroup_path, proc_cgroup};

/// Tells workloads; remembers the containers it met.
#[derive(Debug)]
pub struct Workloads {
    containers: Containers,
    /// Of this scan, by the text that told: a container may get another name in the meantime.
    told: HashMap<SystemBytes, Arc<Workload>>,
    now: Duration,
    /// Shared in the same way: where the processes of this scan come from.
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
    /// Begins another scan at this moment of the monotonic clock.
    pub fn begin(&mut self, now: Duration) {
        self.now = now;
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
}
