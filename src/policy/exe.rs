//! The programs that an entry of a policy names, and whether a process runs one of them.
//!
//! A path alone says little: in user and mount namespaces of their own, anybody has a file of their own at
//! `/usr/sbin/sshd`, and the kernel shows that path for it (`d_path`, `fs/d_path.c`). So the file must be the one that is at
//! that path here. Of a container the files are its own; who may start containers is trusted with that.

use std::fmt;

use crate::model::{Executable, Located, Process, SystemBytes};

/// Finds what is at a path of this system.
pub type Locate = fn(&SystemBytes) -> Located;

/// Programs by their paths.
#[derive(Clone)]
pub struct Exes {
    paths: Vec<SystemBytes>,
    /// `None` where the files of this system say nothing about the processes, as in a scenario.
    locate: Option<Locate>,
}

impl Exes {
    #[must_use]
    pub fn new(paths: Vec<SystemBytes>) -> Self {
        Self { paths, locate: None }
    }

    /// As they are written in the policy.
    #[must_use]
    pub fn paths(&self) -> &[SystemBytes] {
        &self.paths
    }

    pub(super) fn locate_by(&mut self, locate: Locate) {
        self.locate = Some(locate);
    }

    /// Whether the process runs one of these, and from a file that still has its name; `None` where the file that it
    /// runs may not be read.
    pub(super) fn are_run_by(&self, process: &Process, wanted: &[SystemBytes]) -> Option<bool> {
        let exe = process.exe.as_ref()?;
        Some(!exe.deleted && wanted.contains(&exe.path) && is_of_here(process, exe, self.locate))
    }

    /// True when a process runs another file that has one of these paths where it is.
    pub(super) fn are_feigned_by(&self, process: &Process) -> bool {
        let feigned = |exe: &Executable| {
            !exe.deleted && self.paths.contains(&exe.path) && !is_of_here(process, exe, self.locate)
        };
        process.exe.as_ref().is_some_and(feigned)
    }
}

/// True when the file that the process runs is what is at its path here, or is of a container. What cannot be seen is
/// believed.
pub(super) fn is_of_here(process: &Process, exe: &Executable, locate: Option<Locate>) -> bool {
    let (Some(file), Some(locate)) = (exe.file, locate) else { return true };
    let is_contained = |process: &Process| {
        // Users choose the names of their own cgroups.
        process.workload.as_ref().is_some_and(|it| it.container.is_some() && it.user.is_none())
    };
    match locate(&exe.path) {
        Located::At(here) => here == file || is_contained(process),
        Located::Nothing => is_contained(process),
        Located::Unseen => true,
    }
}

impl PartialEq for Exes {
    fn eq(&self, other: &Self) -> bool {
        self.paths == other.paths
    }
}

impl Eq for Exes {}

impl fmt::Debug for Exes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.paths).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Container, FileId, Pid, ProcessId, Runtime, Uid, Workload};

    const HERE: FileId = FileId { device: 1, inode: 7 };
    const OTHER: FileId = FileId { device: 2, inode: 7 };

    /// What one test machine has: a service, a place that nobody may look at, and nothing else.
    fn locate(path: &SystemBytes) -> Located {
        match path.as_bytes() {
            b"/srv" => Located::At(HERE),
            b"/closed" => Located::Unseen,
            _ => Located::Nothing,
        }
    }

    fn process(path: &str, file: Option<FileId>, workload: Option<Workload>) -> Process {
        let exe = Executable { path: path.into(), deleted: false, file };
        let named = Process::named(ProcessId { pid: Pid(1), start: 1 }, "srv".into());
        Process { exe: Some(exe), workload: workload.map(Arc::new), ..named }
    }

    fn contained(user: Option<Uid>) -> Workload {
        let container = Some(Container::new("c", Runtime::Docker));
        Workload { user, container, ..Workload::default() }
    }

    #[test]
    fn the_file_at_the_path_of_this_system_counts() {
        let paths = ["/srv", "/closed", "/gone"].map(SystemBytes::from).to_vec();
        let mut exes = Exes::new(paths.clone());
        let runs = |exes: &Exes, process: &Process| {
            let runs = exes.are_run_by(process, &paths).unwrap();
            assert_eq!(exes.are_feigned_by(process), !runs, "{process:?}");
            runs
        };
        assert!(runs(&exes, &process("/srv", Some(OTHER), None)), "without files of its own");
        exes.locate_by(locate);
        for (path, file, workload, is_run) in [
            ("/srv", Some(HERE), None, true),
            ("/srv", Some(OTHER), None, false),
            ("/gone", Some(OTHER), None, false),
            ("/closed", Some(OTHER), None, true),
            ("/srv", None, None, true),
            ("/srv", Some(OTHER), Some(contained(None)), true),
            ("/gone", Some(OTHER), Some(contained(None)), true),
            // Anybody gives cgroups of their own such names.
            ("/srv", Some(OTHER), Some(contained(Some(Uid(1000)))), false),
        ] {
            assert_eq!(runs(&exes, &process(path, file, workload)), is_run, "{path} {file:?}");
        }
        let other = process("/bin/sh", Some(HERE), None);
        assert_eq!((exes.are_run_by(&other, &paths), exes.are_feigned_by(&other)), (Some(false), false));
    }
}
