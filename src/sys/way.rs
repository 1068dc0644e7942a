//! The way to a file, from the root directory on: whether only root can change where it leads.
//!
//! Looks at names alone and opens nothing. What nobody else can change needs no second look later.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use super::file::FileError;
use super::host;

/// As many links as the kernel follows (`MAXSYMLINKS`, linux/namei.h).
const MOST_LINKS: usize = 40;

/// What on the way cannot be trusted, and why.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Untrusted {
    pub place: PathBuf,
    pub why: FileError,
}

/// For root, that the file, every directory above it and every link on the way are root's, and that nobody else may
/// write there. A file that is not there yet passes where its directory does. For others all passes: they can hurt
/// nobody but themselves.
pub fn is_safe(path: &Path) -> Result<(), Untrusted> {
    if host::is_root() { walk(path, 0) } else { Ok(()) }
}

/// The same with `owner` in the place of root, who counts too.
fn walk(path: &Path, owner: u32) -> Result<(), Untrusted> {
    let mut left: Vec<OsString> = parts(path);
    let mut here = PathBuf::from("/");
    let mut links = 0;
    look(&here, owner, false)?;
    while let Some(part) = left.pop() {
        if part == ".." {
            here.pop();
            continue;
        }
        let next = here.join(&part);
        let is_last = left.is_empty();
        let Some(meta) = look(&next, owner, is_last)? else { return Ok(()) };
        if !meta.is_symlink() {
            here = next;
            continue;
        }
        links += 1;
        let target = std::fs::read_link(&next).and_then(|target| {
            if links > MOST_LINKS { Err(io::ErrorKind::NotFound.into()) } else { Ok(target) }
        });
        let target = target.map_err(|error| Untrusted { place: next, why: error.into() })?;
        if target.is_absolute() {
            here = PathBuf::from("/");
        }
        left.extend(parts(&target));
    }
    Ok(())
}

/// The names, the first one last.
fn parts(path: &Path) -> Vec<OsString> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    let mut names: Vec<_> = names.collect();
    names.reverse();
    names
}

/// `None` for the end of the way where nothing is yet.
fn look(place: &Path, owner: u32, is_last: bool) -> Result<Option<Metadata>, Untrusted> {
    let untrusted = |why| Untrusted { place: place.to_owned(), why };
    let meta = match std::fs::symlink_metadata(place) {
        Ok(meta) => meta,
        Err(error) if is_last && error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(untrusted(error.into())),
    };
    if meta.uid() != 0 && meta.uid() != owner {
        return Err(untrusted(FileError::ForeignOwner { uid: meta.uid() }));
    }
    // A link has no mode of its own. In a sticky directory, such as /tmp, others cannot replace what is root's.
    let others_write = meta.mode() & 0o022 != 0 && !meta.is_symlink();
    let is_sticky = meta.is_dir() && meta.mode() & 0o1000 != 0 && !is_last;
    if others_write && !is_sticky {
        return Err(untrusted(FileError::Writable { mode: meta.mode() & 0o777 }));
    }
    Ok(Some(meta))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn walked(path: &Path) -> Result<(), String> {
        let own = rustix::process::geteuid().as_raw();
        walk(path, own).map_err(|wrong| {
            format!("{}: {}", wrong.place.file_name().unwrap_or_default().display(), wrong.why)
        })
    }

    #[test]
    fn every_directory_and_every_link_on_the_way_counts() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let mode = |name: &str, mode| fs::set_permissions(at(name), Permissions::from_mode(mode)).unwrap();
        fs::create_dir_all(at("a/b")).unwrap();
        fs::create_dir_all(at("open/below")).unwrap();
        fs::write(at("a/b/file"), "").unwrap();
        fs::write(at("open/below/file"), "").unwrap();
        assert_eq!(walked(&at("a/b/file")), Ok(()));
        assert_eq!(walked(&at("a/b/new")), Ok(()), "it may be made there");
        assert!(walked(&at("a/missing/new")).unwrap_err().starts_with("missing: "));
        mode("open", 0o777);
        for (place, wrong) in [("open/below/file", "open: "), ("open/below/new", "open: ")] {
            let told = walked(&at(place)).unwrap_err();
            assert!(told.starts_with(wrong) && told.contains("(mode 777)"), "{told}");
        }
        // A link leads through what anybody can change, though both ends are safe.
        symlink("../a/b", at("open/detour")).unwrap();
        symlink("open/detour", at("link")).unwrap();
        assert!(walked(&at("link/file")).unwrap_err().starts_with("open: "));
        symlink(at("a/b/file"), at("straight")).unwrap();
        assert_eq!(walked(&at("straight")), Ok(()));
        symlink("round", at("round")).unwrap();
        assert!(walked(&at("round")).unwrap_err().starts_with("round: "));
        mode("open", 0o1777);
        assert_eq!(walked(&at("open/below/file")), Ok(()), "sticky: nobody can put another in its place");
        mode("a/b/file", 0o666);
        assert!(walked(&at("a/b/file")).unwrap_err().starts_with("file: "));
        mode("a/b/file", 0o644);
        mode("a/b", 0o775);
        assert!(walked(&at("a/b/file")).unwrap_err().starts_with("b: "));
    }

    #[test]
    fn who_is_neither_root_nor_the_owner_is_foreign() {
        let dir = tempfile::tempdir().unwrap();
        let own = rustix::process::geteuid().as_raw();
        let told = walk(dir.path(), own + 1);
        // What is root's is foreign to nobody.
        assert_eq!(told.is_ok(), own == 0, "{told:?}");
    }
}
