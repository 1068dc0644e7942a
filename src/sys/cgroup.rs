//! Names for cgroups: from the id that `sock_diag` tells to the path below the root of cgroup v2.
//!
//! The id is the inode of the cgroup's directory (`cgroup_id()`, `include/linux/cgroup.h`). It is
//! never used again, so what was found once stays true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirEntryExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags, fstat, openat2};

use crate::model::{CgroupId, SystemBytes};

/// `CGROUP2_SUPER_MAGIC` (`linux/magic.h`)
const CGROUP2: u64 = 0x6367_7270;
/// More directories than any machine has; a walk ends there.
const LIMIT: usize = 100_000;

/// Looks up cgroups and remembers what it found.
#[derive(Debug, Default)]
pub struct Cgroups {
    found: BTreeMap<CgroupId, SystemBytes>,
    /// Ids that the last walk did not find: gone, or outside of our view. They are not walked for
    /// again until another unknown id turns up.
    missing: BTreeSet<CgroupId>,
}

impl Cgroups {
    /// The paths of the wanted cgroups, as far as they can be found.
    pub fn paths(&mut self, wanted: &BTreeSet<CgroupId>) -> BTreeMap<CgroupId, SystemBytes> {
        let unknown = |id: &&CgroupId| !self.found.contains_key(id) && !self.missing.contains(id);
        if wanted.iter().any(|id| unknown(&id))
            && let Some(root) = root()
        {
            self.found = walk(&root);
            self.missing = wanted.iter().filter(|id| !self.found.contains_key(id)).copied().collect();
        }
        let known = |id: &CgroupId| self.found.get(id).map(|path| (*id, path.clone()));
        wanted.iter().filter_map(known).collect()
    }
}

/// The id of the cgroup of that path below the root. `None` when there is none, and where something is
/// mounted, or links, on the way: then the path may be that of another one.
#[must_use]
pub fn id_of(path: &SystemBytes) -> Option<CgroupId> {
    let root = rustix::fs::open(root()?, PATH, Mode::empty()).ok()?;
    let below = path.as_bytes().strip_prefix(b"/")?;
    if below.is_empty() {
        return fstat(&root).ok().map(|stat| CgroupId(stat.st_ino));
    }
    let straight = ResolveFlags::BENEATH | ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
    let dir = openat2(&root, below, PATH, Mode::empty(), straight).ok()?;
    fstat(&dir).ok().map(|stat| CgroupId(stat.st_ino))
}

/// The topmost cgroup of v2 that can be seen from here.
#[derive(Debug)]
pub struct Topmost {
    pub dir: OwnedFd,
    /// Whether every process is in it or below, and not those of a container alone (`cgroup_namespaces(7)`).
    pub is_of_all: bool,
}

/// The number of the root itself (`kernfs_create_root` in `fs/kernfs/dir.c` gives it the first).
const ROOT: u64 = 1;

/// Opens the topmost cgroup; `None` where none can be seen.
#[must_use]
pub fn topmost() -> Option<Topmost> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let dir = rustix::fs::open(root()?, flags, Mode::empty()).ok()?;
    let is_of_all = fstat(&dir).is_ok_and(|stat| stat.st_ino == ROOT);
    Some(Topmost { dir, is_of_all })
}

const PATH: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// Where cgroup v2 is mounted: by itself, or beside v1 (cgroups(7)).
fn root() -> Option<PathBuf> {
    let usual = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
    let is_v2 = |path: &&str| {
        rustix::fs::statfs(*path)
            .is_ok_and(|stat| u64::try_from(stat.f_type).is_ok_and(|kind| kind == CGROUP2))
    };
    usual.into_iter().find(is_v2).map(PathBuf::from)
}

/// Every cgroup below the root, the root itself as `/`. Directories that vanish are passed over.
fn walk(root: &Path) -> BTreeMap<CgroupId, SystemBytes> {
    let mut found = BTreeMap::new();
    if let Ok(meta) = fs::metadata(root) {
        found.insert(CgroupId(meta.ino()), SystemBytes::from("/"));
    }
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            if found.len() >= LIMIT || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let path = entry.path();
            if let Ok(below) = path.strip_prefix(root) {
                let name = [b"/", below.as_os_str().as_bytes()].concat();
                found.insert(CgroupId(entry.ino()), SystemBytes::from(name));
            }
            dirs.push(path);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_found_by_their_inode_at_any_depth() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("system.slice/nginx.service");
        fs::create_dir_all(&deep).unwrap();
        fs::write(root.path().join("cgroup.procs"), "").unwrap();
        let found = walk(root.path());
        let id = CgroupId(fs::metadata(&deep).unwrap().ino());
        assert_eq!(found.get(&id).map(SystemBytes::as_bytes), Some(&b"/system.slice/nginx.service"[..]));
        assert_eq!(found.len(), 3, "the root and two directories, no file");
    }
}
