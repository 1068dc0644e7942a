//! Files that decide what sockeye says: read with suspicion, written whole or not at all.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::model::{FileId, Located, SystemBytes};

/// More than any policy needs; what is larger is not one.
const LIMIT: u64 = 16 * 1024 * 1024;

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("it is not a regular file")]
    NotRegular,
    #[error("it is larger than {} MiB", most >> 20)]
    TooLarge { most: u64 },
    #[error("it is not UTF-8 text")]
    NotText,
    #[error("others may write to it (mode {mode:03o}), so it cannot be trusted by root; chmod go-w it")]
    Writable { mode: u32 },
    #[error("it belongs to user {uid}, so it cannot be trusted by root; chown it to root")]
    ForeignOwner { uid: u32 },
    #[error(
        "others may write to its directory (mode {mode:03o}), so it cannot be trusted by root; chmod go-w the directory"
    )]
    WritableDirectory { mode: u32 },
    #[error(
        "its directory belongs to user {uid}, so it cannot be trusted by root; chown the directory to root"
    )]
    ForeignDirectory { uid: u32 },
    #[error("it is a link, which would be replaced in place of the file behind it; name that file")]
    Link,
    #[error("it is a link, and none is followed here")]
    Symlink,
    #[error("it belongs to user {uid}, and not to who runs this")]
    NotOwn { uid: u32 },
    #[error("it was changed since it was read")]
    Changed,
    #[error("it belongs to user {uid} and group {gid}, and would not any more: {source}")]
    Owner { uid: u32, gid: u32, source: io::Error },
}

impl FileError {
    /// True when another user might be let do it.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Io(error) | Self::Owner { source: error, .. } => {
                error.kind() == io::ErrorKind::PermissionDenied
            }
            _ => false,
        }
    }

    /// True when there is no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        use io::ErrorKind::{NotADirectory, NotFound};
        matches!(self, Self::Io(error) if matches!(error.kind(), NotFound | NotADirectory))
    }
}

/// The text of a file that must be trusted. Root trusts no file that others could have written:
/// it and its directory must belong to root, or to `trusted` (who called sudo), and not be writable by
/// others. Checked on the opened file, so that it cannot be exchanged in between.
pub fn read_trusted(path: &Path, trusted: Option<u32>) -> Result<String, FileError> {
    // Without O_NONBLOCK a FIFO would keep us waiting for ever.
    let nonblock = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(nonblock).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(FileError::NotRegular);
    }
    if super::host::is_root() {
        if meta.mode() & 0o022 != 0 {
            return Err(FileError::Writable { mode: meta.mode() & 0o777 });
        }
        let is_foreign = |meta: &Metadata| meta.uid() != 0 && Some(meta.uid()) != trusted;
        if is_foreign(&meta) {
            return Err(FileError::ForeignOwner { uid: meta.uid() });
        }
        let dir = std::fs::metadata(directory(path))?;
        // In a sticky directory, such as /tmp, others cannot put a file in the place of this one.
        if dir.mode() & 0o022 != 0 && dir.mode() & 0o1000 == 0 {
            return Err(FileError::WritableDirectory { mode: dir.mode() & 0o777 });
        }
        if is_foreign(&dir) {
            return Err(FileError::ForeignDirectory { uid: dir.uid() });
        }
    }
    read_at_most(&file, LIMIT)
}

/// The text of any file that the user named.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    read_at_most(&File::open(path)?, LIMIT)
}

/// The bytes of a file that another program keeps for itself. `None` for whatever cannot be read
/// whole and at once: one that is missing, refused, larger than `most` bytes, or no regular file.
#[must_use]
pub fn read_foreign(path: &Path, most: u64) -> Option<Vec<u8>> {
    // Neither a FIFO may keep us waiting nor a link lead elsewhere.
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits()).ok()?;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    let meta = file.metadata().ok()?;
    if !meta.is_file() || meta.len() > most {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= most).then_some(bytes)
}

/// Where a symbolic link leads; `None` for anything else.
#[must_use]
pub fn link(path: &Path) -> Option<PathBuf> {
    std::fs::read_link(path).ok()
}

/// True when it cannot even be told whether there is such a file: a directory on the way is closed.
#[must_use]
pub fn is_out_of_reach(path: &Path) -> bool {
    std::fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

/// The inode and the device of what a path leads to.
#[must_use]
pub fn identity(path: &Path) -> Option<(u64, u64)> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.ino(), meta.dev()))
}

/// What is at a path. It follows links, and may wait for whoever serves that file system: it is for paths that somebody
/// trusted named.
#[must_use]
pub fn locate(path: &SystemBytes) -> Located {
    match std::fs::metadata(OsStr::from_bytes(path.as_bytes())) {
        Ok(meta) => Located::At(FileId { device: meta.dev(), inode: meta.ino() }),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Located::Nothing
        }
        Err(_) => Located::Unseen,
    }
}

/// What is another one when a directory has got or lost an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    inode: u64,
    /// When its entries changed, in seconds of the wall clock, and the nanoseconds beyond.
    changed: (i64, i64),
}

impl Version {
    /// True when another change could not leave this version as it is. The clock of file systems takes
    /// steps of some milliseconds, and of a second or two on old ones.
    #[must_use]
    pub fn is_settled(&self, now: jiff::Timestamp) -> bool {
        self.changed.0 < now.as_second().saturating_sub(2)
    }
}

/// How a directory is now; `None` when there is none.
#[must_use]
pub fn version(dir: &Path) -> Option<Version> {
    let meta = std::fs::metadata(dir).ok()?;
    Some(Version { inode: meta.ino(), changed: (meta.mtime(), meta.mtime_nsec()) })
}

/// The paths of what a directory holds, in the order of their names; nothing when it may not be read.
#[must_use]
pub fn entries(dir: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut paths: Vec<_> = found.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

pub(super) fn read_at_most(file: &File, most: u64) -> Result<String, FileError> {
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(FileError::TooLarge { most });
    }
    String::from_utf8(bytes).map_err(|_| FileError::NotText)
}

/// Makes a file, or changes one that was read before: readers see the old text or the new one, never half of it,
/// also after a crash of the machine. An old one keeps its mode and its owner, and must still say what was read; for
/// `trusted` see [`read_trusted`]. What somebody writes in the instant between is lost: nothing but a lock that
/// editors do not know would tell. A new file gets mode 0644, as far as the umask lets it.
pub fn amend(path: &Path, before: Option<&str>, text: &str, trusted: Option<u32>) -> Result<(), FileError> {
    let old = match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => return Err(FileError::Link),
        Ok(meta) => Some(meta),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let same = |before: &str| match read_trusted(path, trusted) {
        Ok(now) if now == before => Ok(()),
        Ok(_) => Err(FileError::Changed),
        Err(error) if error.is_missing() => Err(FileError::Changed),
        Err(error) => Err(error),
    };
    match (before, &old) {
        (Some(before), Some(_)) => same(before)?, // before anything is written beside it
        (None, None) => {}
        _ => return Err(FileError::Changed),
    }
    let mode = if old.is_some() { 0o600 } else { 0o644 };
    exchange(path, mode, |file, temporary| {
        file.write_all(text.as_bytes())?;
        if let Some(old) = &old {
            keep_owner(file, old)?;
            file.set_permissions(Permissions::from_mode(old.mode() & 0o7777))?;
        }
        file.sync_all()?;
        if let Some(before) = before {
            same(before)?;
            std::fs::rename(temporary, path)?;
        } else {
            // Unlike rename(2), link(2) replaces nothing.
            std::fs::hard_link(temporary, path).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => FileError::Changed,
                _ => error.into(),
            })?;
            std::fs::remove_file(temporary)?;
        }
        // The new name is there; whether it outlives a crash is all that is left, and not every file system tells.
        drop(File::open(directory(path)).and_then(|dir| dir.sync_all()));
        Ok(())
    })
}

/// Gives a new file the owner of the old one.
fn keep_owner(file: &File, old: &Metadata) -> Result<(), FileError> {
    let new = file.metadata()?;
    if (new.uid(), new.gid()) == (old.uid(), old.gid()) {
        return Ok(());
    }
    std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid())).map_err(|source| FileError::Owner {
        uid: old.uid(),
        gid: old.gid(),
        source,
    })
}

pub(super) fn directory(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Replaces a file that other programs pick up: they see the old text or the new one, never half of it.
/// It gets mode 0644 whatever the umask is. After a crash of the machine it may be gone: it would be
/// out of date. Refuses what is there and no regular file, such as a device, or a link that would be
/// replaced in place of the file behind it.
pub fn publish(path: &Path, text: &str) -> Result<(), FileError> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if !meta.is_file() => return Err(FileError::NotRegular),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        Ok(_) | Err(_) => {}
    }
    exchange(path, 0o600, |file, temporary| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(Permissions::from_mode(0o644))?;
        Ok(std::fs::rename(temporary, path)?)
    })
}

/// Makes a file that was not there, readable by its owner alone, and has it filled. One that could not be
/// filled is removed. Tells where it is.
pub fn create(path: &Path, fill: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<PathBuf> {
    let mut out = BufWriter::new(create_new(path, 0o600)?);
    let written = fill(&mut out).and_then(|()| out.flush());
    if written.is_err() {
        // The reason to report is the first error, not whether cleaning up worked.
        drop(std::fs::remove_file(path));
    }
    written.map(|()| path.canonicalize().unwrap_or_else(|_| path.to_owned()))
}

/// Lets a new file be filled under another name and be put in the place of this one. Nobody else has that name:
/// neither another run at the same time, which may have the same pid in a container, nor who laid out
/// links for all names that can be foreseen. Where a run is killed it stays.
pub(super) fn exchange(
    path: &Path,
    mode: u32,
    put: impl FnOnce(&mut File, &Path) -> Result<(), FileError>,
) -> Result<(), FileError> {
    // Of all that std has this alone is random.
    let random = RandomState::new().build_hasher().finish();
    let mut name = path.file_name().ok_or(FileError::NotRegular)?.to_owned();
    name.push(format!(".{random:016x}.new"));
    let temporary = path.with_file_name(name);
    let mut file = create_new(&temporary, mode)?;
    let done = put(&mut file, &temporary);
    if done.is_err() {
        // The reason to report is the first error, not whether cleaning up worked.
        drop(std::fs::remove_file(&temporary));
    }
    done
}

/// A file that was not there, and not at the end of a link either.
fn create_new(path: &Path, mode: u32) -> io::Result<File> {
    let nofollow = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
    OpenOptions::new().write(true).create_new(true).mode(mode).custom_flags(nofollow).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_private_and_half_of_one_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new");
        let told = create(&path, |out| out.write_all(b"whole")).unwrap();
        assert_eq!(std::fs::read_to_string(&told).unwrap(), "whole");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let again = create(&path, |out| out.write_all(b"other")).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "whole");
        let half = dir.path().join("half");
        let full = |out: &mut dyn io::Write| {
            out.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        };
        assert_eq!(create(&half, full).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(!half.exists());
    }

    #[test]
    fn nothing_that_is_there_is_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::write(at("victim"), "precious").unwrap();
        std::fs::hard_link(at("victim"), at("hard")).unwrap();
        std::os::unix::fs::symlink("victim", at("soft")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("dangling")).unwrap();
        for name in ["victim", "hard", "soft", "dangling"] {
            let error = create_new(&at(name), 0o600).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{name}");
        }
        assert_eq!(std::fs::read_to_string(at("victim")).unwrap(), "precious");
        assert!(!at("nowhere").exists());
    }

    #[test]
    fn a_file_that_was_read_is_amended_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("policy.toml");
        let amended = |before, text| amend(&path, before, text, None);
        let text = || std::fs::read_to_string(&path).unwrap();
        amended(None, "one").unwrap();
        assert!(matches!(amended(None, "other"), Err(FileError::Changed)), "somebody made it meanwhile");
        std::fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
        amended(Some("one"), "two").unwrap();
        assert_eq!((text().as_str(), std::fs::metadata(&path).unwrap().mode() & 0o7777), ("two", 0o604));
        assert!(matches!(amended(Some("one"), "three"), Err(FileError::Changed)));
        assert_eq!(text(), "two");
        std::os::unix::fs::symlink("policy.toml", dir.path().join("link")).unwrap();
        let through_link = amend(&dir.path().join("link"), Some("two"), "three", None);
        assert!(matches!(through_link, Err(FileError::Link)));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(amended(Some("two"), "three"), Err(FileError::Changed)), "it was taken away");
        std::fs::remove_file(dir.path().join("link")).unwrap();
        assert!(entries(dir.path()).is_empty(), "nothing is left beside it");
    }
}
