//! Which package installed a program: from the lists that dpkg keeps, or from rpm, whose database has
//! several formats that only rpm itself reads.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::Process;
use crate::sys::{file, program};

/// More than the list of any package.
const MOST: u64 = 32 * 1024 * 1024;

/// How long rpm may take: its database may be locked by an update.
const RPM_WITHIN: Duration = Duration::from_secs(2);
/// More than the name of any package.
const RPM_MOST: u64 = 1024;

/// Packages by the files that they installed.
#[derive(Debug)]
pub struct Packages {
    /// Where the lists are.
    lists: PathBuf,
    /// The root of the file system that they tell of.
    root: PathBuf,
    /// What was asked before: the lists are many.
    known: BTreeMap<Vec<u8>, Option<String>>,
}

impl Packages {
    /// The packages of the system below `root`.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { lists: root.join("var/lib/dpkg/info"), root: root.to_owned(), known: BTreeMap::new() }
    }

    /// The package that installed what a process runs; `None` when that is not known. What runs in a
    /// container has the path of a file that is another one here, so the file itself is compared.
    pub fn of(&mut self, process: &Process) -> Option<String> {
        let exe = process.exe.as_ref().filter(|exe| !exe.deleted)?;
        let path = exe.path.as_bytes();
        let here = self.root.join(OsStr::from_bytes(path.strip_prefix(b"/")?));
        let running = PathBuf::from(format!("/proc/{}/exe", process.id.pid.0));
        let same = file::identity(&here).filter(|it| file::identity(&running) == Some(*it));
        same.and_then(|_| self.with_file(path))
    }

    /// The package that has this file in its list.
    fn with_file(&mut self, path: &[u8]) -> Option<String> {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        let found = if self.lists.is_dir() { self.search(path) } else { self.ask_rpm(path) };
        self.known.insert(path.to_vec(), found.clone());
        found
    }

    /// What `rpm --query --file` prints for the file (rpm(8)).
    fn ask_rpm(&self, path: &[u8]) -> Option<String> {
        let args = ["--query", "--queryformat", r"%{NAME}\n", "--file", "--"].map(OsStr::new);
        let args = [&args[..], &[OsStr::from_bytes(path)]].concat();
        let told = program::answer(&self.root.join("usr/bin/rpm"), &args, RPM_WITHIN, RPM_MOST)?;
        // Several packages may have the same file; the first one has it as well as the others.
        let name = String::from_utf8(told).ok()?.lines().next()?.to_owned();
        Some(name).filter(|name| !name.is_empty())
    }

    fn search(&self, path: &[u8]) -> Option<String> {
        // Since /bin is a link to /usr/bin, lists may have either.
        let short = path.strip_prefix(b"/usr").unwrap_or(path);
        let is_list = |list: &PathBuf| list.extension().is_some_and(|end| end == "list");
        let mut lists = file::entries(&self.lists).into_iter().filter(is_list);
        let list = lists.find(|list| {
            let bytes = file::read_foreign(list, MOST).unwrap_or_default();
            bytes.split(|byte| *byte == b'\n').any(|line| line == path || line == short)
        })?;
        // `libc6:amd64.list`.
        let name = list.file_stem()?.to_str()?;
        Some(name.split(':').next().unwrap_or(name).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::model::{Executable, Pid, ProcessId};

    #[test]
    fn the_list_that_has_the_file_tells_the_package() {
        let root = tempfile::tempdir().unwrap();
        let lists = root.path().join("var/lib/dpkg/info");
        fs::create_dir_all(&lists).unwrap();
        fs::write(lists.join("bash.list"), "/.\n/bin\n/bin/bash\n").unwrap();
        fs::write(lists.join("libc6:amd64.list"), "/usr/sbin/ldconfig\n").unwrap();
        fs::write(lists.join("bash.md5sums"), "/usr/bin/other\n").unwrap();
        let mut packages = Packages::new(root.path());
        let mut of = |path: &[u8]| packages.with_file(path);
        assert_eq!(of(b"/usr/bin/bash").as_deref(), Some("bash"), "of a merged /usr");
        assert_eq!(of(b"/bin/bash").as_deref(), Some("bash"));
        assert_eq!(of(b"/usr/sbin/ldconfig").as_deref(), Some("libc6"));
        assert_eq!(of(b"/usr/bin/other"), None, "no list");
        assert_eq!(of(b"/bin"), Some("bash".to_owned()));
        assert_eq!(of(b"/usr/bin/ba"), None);
    }

    #[test]
    fn where_there_are_no_lists_rpm_is_asked() {
        let root = tempfile::tempdir().unwrap();
        let rpm = root.path().join("usr/bin/rpm");
        fs::create_dir_all(rpm.parent().unwrap()).unwrap();
        // As rpm does it: the name, or a complaint and a failure.
        let known = "[ \"$*\" = '--query --queryformat %{NAME}\\n --file -- /usr/sbin/nginx' ]";
        fs::write(&rpm, format!("#!/bin/sh\n{known} && echo nginx-core || {{ echo not owned; exit 1; }}\n"))
            .unwrap();
        fs::set_permissions(&rpm, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut packages = Packages::new(root.path());
        assert_eq!(packages.with_file(b"/usr/sbin/nginx").as_deref(), Some("nginx-core"));
        assert_eq!(packages.with_file(b"/usr/sbin/other"), None);
    }

    #[test]
    fn a_path_that_is_another_file_here_is_of_no_package() {
        let root = tempfile::tempdir().unwrap();
        let lists = root.path().join("var/lib/dpkg/info");
        fs::create_dir_all(&lists).unwrap();
        fs::write(lists.join("it.list"), "/it\n").unwrap();
        let process = |path: &str| Process {
            exe: Some(Executable { path: path.into(), deleted: false, file: None }),
            ..Process::named(ProcessId { pid: Pid(std::process::id()), start: 1 }, "it".into())
        };
        let mut packages = Packages::new(root.path());
        fs::write(root.path().join("it"), "another").unwrap();
        assert_eq!(packages.of(&process("/it")), None);
        fs::remove_file(root.path().join("it")).unwrap();
        std::os::unix::fs::symlink("/proc/self/exe", root.path().join("it")).unwrap();
        assert_eq!(packages.of(&process("/it")).as_deref(), Some("it"));
    }
}
