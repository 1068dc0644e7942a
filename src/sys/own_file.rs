//! A file in which the program keeps something for its user from run to run.
//!
//! Nobody else's is read or written, and no link is followed. It does not know what the file says.

use std::fs::{DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

use super::file::{FileError, directory, exchange, read_at_most};
use super::host;

/// Its text. Looked at is what was opened, so that it cannot be exchanged in between.
pub fn read(path: &Path, most: u64) -> Result<String, FileError> {
    let file = open(path, OpenOptions::new().read(true))?;
    is_own_directory(path)?;
    read_at_most(&file, most)
}

/// Opens the file, or makes it, empty and for its user alone, as are directories that were missing. For what keeps it
/// open and writes to it by and by.
pub fn open_or_make(path: &Path) -> Result<File, FileError> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory(path))?;
    is_own_directory(path)?;
    open(path, OpenOptions::new().append(true).create(true).mode(0o600))
}

/// Opens a file that nobody else could have written. Its directory is not looked at.
pub(super) fn open(path: &Path, options: &mut OpenOptions) -> Result<File, FileError> {
    // Without O_NONBLOCK a FIFO would keep us waiting for ever.
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits()).unwrap_or(0);
    let file = options.custom_flags(flags).open(path).map_err(|error| match super::errno_of(&error) {
        Some(Errno::LOOP) => FileError::Symlink,
        // A directory, a socket, or a FIFO that nobody reads.
        Some(Errno::ISDIR | Errno::NXIO) => FileError::NotRegular,
        _ => error.into(),
    })?;
    is_own(&file.metadata()?)?;
    Ok(file)
}

/// Puts a text in its place: readers see the old one or the new one, never half of it, also after a crash of the
/// machine. It is for its user alone, and so are directories that were missing.
pub fn write(path: &Path, text: &str) -> Result<(), FileError> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory(path))?;
    is_own_directory(path)?;
    match std::fs::symlink_metadata(path) {
        Ok(meta) => is_own(&meta)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    exchange(path, 0o600, |file: &mut File, temporary| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?; // some file systems would have the new name before the text
        Ok(std::fs::rename(temporary, path)?)
    })
}

/// What others could have made, or written into, is not ours to believe or to replace.
fn is_own(meta: &Metadata) -> Result<(), FileError> {
    if meta.is_symlink() {
        return Err(FileError::Symlink);
    }
    if !meta.is_file() {
        return Err(FileError::NotRegular);
    }
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(FileError::NotOwn { uid: meta.uid() });
    }
    if host::is_root() && meta.mode() & 0o022 != 0 {
        return Err(FileError::Writable { mode: meta.mode() & 0o777 });
    }
    Ok(())
}

/// For root nobody else may put another file in its place.
fn is_own_directory(path: &Path) -> Result<(), FileError> {
    if !host::is_root() {
        return Ok(());
    }
    let dir = std::fs::metadata(directory(path))?;
    if dir.uid() != 0 {
        return Err(FileError::ForeignDirectory { uid: dir.uid() });
    }
    if dir.mode() & 0o022 != 0 {
        return Err(FileError::WritableDirectory { mode: dir.mode() & 0o777 });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn what_is_kept_is_for_its_user_alone_and_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/kept");
        assert!(read(&path, 100).unwrap_err().is_missing());
        for text in ["one", "another"] {
            write(&path, text).unwrap();
            assert_eq!(read(&path, 100).unwrap(), text);
        }
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(mode(&dir.path().join("a")), 0o700);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn neither_links_nor_what_is_no_file_nor_what_is_too_large() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        write(&at("true"), "text").unwrap();
        symlink("true", at("link")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        fs::create_dir(at("dir")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("fifo"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        for name in ["link", "dangling"] {
            assert!(matches!(read(&at(name), 100), Err(FileError::Symlink)), "{name}");
            assert!(matches!(write(&at(name), "new"), Err(FileError::Symlink)), "{name}");
        }
        for name in ["dir", "fifo"] {
            assert!(matches!(read(&at(name), 100), Err(FileError::NotRegular)), "{name}");
            assert!(matches!(write(&at(name), "new"), Err(FileError::NotRegular)), "{name}");
        }
        assert_eq!(read(&at("true"), 4).unwrap(), "text");
        assert!(matches!(read(&at("true"), 3), Err(FileError::TooLarge { most: 3 })));
        assert!(!at("nowhere").exists());
    }
}
