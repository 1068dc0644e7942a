//! A file that lines are added to, and that gives way to a new one when it has grown: by us, or by another that
//! moves it away. It does not know what the lines say.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::file::FileError;
use super::own_file;
use super::way::{self, Untrusted};

/// When a file gives way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// It never grows beyond this, but for a line that is longer.
    pub max_bytes: u64,
    /// How many old ones stay: `.1` is the youngest.
    pub keep: u32,
}

/// Lines were not added, or not all of them.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct Unwritten {
    /// How many are in the file.
    pub written: usize,
    #[source]
    pub why: Untrusted,
}

/// The file. It is held open, and opened anew when its name leads elsewhere.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    rotation: Rotation,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Its inode and its device.
    identity: (u64, u64),
    /// What is in it.
    size: u64,
    /// The last line was not written to its end.
    is_cut: bool,
}

impl LogFile {
    /// Opens it, or makes it, for its user alone. No link is followed there, and nobody else's file is written to.
    pub fn open(path: &Path, rotation: Rotation) -> Result<Self, Untrusted> {
        let mut file = Self { path: path.to_owned(), rotation, open: None };
        file.ready()?;
        Ok(file)
    }

    /// Adds lines, which have no ends, and has them reach the disk.
    pub fn append<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) -> Result<(), Unwritten> {
        for (written, line) in lines.into_iter().enumerate() {
            self.add(line).map_err(|why| Unwritten { written, why })?;
        }
        let path = &self.path;
        let done = self.open.as_ref().map_or(Ok(()), |open| open.file.sync_data());
        // What did not reach the disk may be lost, so none of it counts.
        done.map_err(|error| Unwritten { written: 0, why: at(path, error) })
    }

    fn add(&mut self, line: &str) -> Result<(), Untrusted> {
        let length = line.len() as u64 + 1;
        let max = self.rotation.max_bytes;
        let open = self.ready()?;
        if open.size > 0 && open.size + length > max {
            self.rotate()?;
        }
        let open = self.ready()?;
        let wrote = open.add(line);
        if wrote.is_err() {
            // How much is in it is not known any more, nor how it ends.
            self.open = None;
        }
        wrote.map_err(|error| at(&self.path, error))
    }

    /// The file that the name leads to now.
    fn ready(&mut self) -> Result<&mut Open, Untrusted> {
        let there = std::fs::symlink_metadata(&self.path).ok();
        let open = match (self.open.take(), there) {
            // Another may have emptied it (logrotate's copytruncate).
            (Some(open), Some(there)) if open.identity == identity(&there) => {
                Open { size: there.len(), ..open }
            }
            _ => {
                way::is_safe(&self.path)?;
                Open::new(&self.path).map_err(|why| Untrusted { place: self.path.clone(), why })?
            }
        };
        Ok(self.open.insert(open))
    }

    /// Moves the files on by one; the oldest is gone.
    fn rotate(&mut self) -> Result<(), Untrusted> {
        self.open = None;
        let keep = self.rotation.keep;
        if keep == 0 {
            return std::fs::remove_file(&self.path).map_err(|error| at(&self.path, error));
        }
        for number in (0..keep).rev() {
            let (from, to) = (self.numbered(number), self.numbered(number + 1));
            match std::fs::rename(&from, to) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&from, error)),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        if number == 0 {
            return self.path.clone();
        }
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Open {
    fn new(path: &Path) -> Result<Self, FileError> {
        let file = own_file::open(path, OpenOptions::new().read(true).append(true).create(true).mode(0o600))?;
        let meta = file.metadata()?;
        let size = meta.len();
        let mut last = [b'\n'];
        if let Some(end) = size.checked_sub(1) {
            file.read_exact_at(&mut last, end)?;
        }
        Ok(Self { identity: identity(&meta), size, is_cut: last != [b'\n'], file })
    }

    /// A line that was cut, by a crash or a full disk, ends before the next one begins.
    fn add(&mut self, line: &str) -> io::Result<()> {
        let mut text = String::with_capacity(line.len() + 2);
        if self.is_cut {
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
        self.file.write_all(text.as_bytes())?;
        self.is_cut = false;
        Ok(())
    }
}

fn identity(meta: &Metadata) -> (u64, u64) {
    (meta.ino(), meta.dev())
}

fn at(path: &Path, error: io::Error) -> Untrusted {
    Untrusted { place: path.to_owned(), why: error.into() }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::super::host;
    use super::*;

    const LARGE: Rotation = Rotation { max_bytes: 1_000_000, keep: 3 };

    fn read(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }

    #[test]
    fn lines_are_added_and_the_file_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        LogFile::open(&path, LARGE).unwrap().append(["one", "two"]).unwrap();
        LogFile::open(&path, LARGE).unwrap().append(["three"]).unwrap();
        assert_eq!(read(&path), "one\ntwo\nthree\n");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    }

    #[test]
    fn a_file_that_has_grown_gives_way_and_the_oldest_goes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = LogFile::open(&path, Rotation { max_bytes: 10, keep: 2 }).unwrap();
        log.append(["1234", "1234"]).unwrap();
        assert_eq!(read(&path), "1234\n1234\n", "as much as it may hold");
        log.append(["b", "longer than it may be", "c", "d"]).unwrap();
        assert_eq!(read(&path), "c\nd\n");
        assert_eq!(read(&dir.path().join("log.1")), "longer than it may be\n");
        assert_eq!(read(&dir.path().join("log.2")), "b\n");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
        let mut log = LogFile::open(&path, Rotation { max_bytes: 5, keep: 0 }).unwrap();
        log.append(["e"]).unwrap();
        assert_eq!(read(&path), "e\n", "what it had grown to counts, too");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "and none is kept");
    }

    #[test]
    fn a_file_that_was_moved_deleted_or_emptied_is_not_written_to_any_more() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = LogFile::open(&path, LARGE).unwrap();
        log.append(["one"]).unwrap();
        fs::rename(&path, dir.path().join("away")).unwrap();
        log.append(["two"]).unwrap();
        assert_eq!((read(&dir.path().join("away")).as_str(), read(&path).as_str()), ("one\n", "two\n"));
        fs::remove_file(&path).unwrap();
        log.append(["three"]).unwrap();
        assert_eq!(read(&path), "three\n");
        fs::write(&path, "").unwrap();
        log.append(["four"]).unwrap();
        assert_eq!(read(&path), "four\n", "no hole is left before it");
        let mut log = LogFile::open(&path, Rotation { max_bytes: 5, keep: 1 }).unwrap();
        fs::write(&path, "").unwrap();
        log.append(["five"]).unwrap();
        assert_eq!(read(&path), "five\n");
        assert!(!dir.path().join("log.1").exists(), "what is empty does not give way");
    }

    #[test]
    fn a_line_that_was_cut_ends_before_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, "whole\nhal").unwrap();
        LogFile::open(&path, LARGE).unwrap().append(["next", "last"]).unwrap();
        assert_eq!(read(&path), "whole\nhal\nnext\nlast\n");
    }

    #[test]
    fn neither_links_nor_what_is_no_file_is_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("victim"), "precious").unwrap();
        symlink("victim", at("link")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        fs::create_dir(at("dir")).unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let why = |name: &str| LogFile::open(&at(name), LARGE).unwrap_err().why.to_string();
        for name in ["link", "dangling"] {
            assert_eq!(why(name), FileError::Symlink.to_string(), "{name}");
        }
        for name in ["dir", "fifo"] {
            assert_eq!(why(name), FileError::NotRegular.to_string(), "{name}");
        }
        assert!(why("missing/log").contains("No such file"), "{}", why("missing/log"));
        let mut log = LogFile::open(&at("log"), LARGE).unwrap();
        fs::remove_file(at("log")).unwrap();
        symlink("victim", at("log")).unwrap();
        let wrong = log.append(["one"]).unwrap_err();
        assert_eq!((wrong.written, wrong.why.why.to_string()), (0, FileError::Symlink.to_string()));
        assert_eq!(read(&at("victim")), "precious");
        if host::is_root() {
            fs::set_permissions(at("victim"), Permissions::from_mode(0o666)).unwrap();
            assert!(why("victim").contains("chmod go-w"), "{}", why("victim"));
        }
    }

    /// `/dev/full` is no regular file; a limit of the process would be one of all tests. So a directory that may
    /// not be written to stands for a disk that is full: what was not written is told, and comes later.
    #[test]
    fn what_was_not_written_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut log = LogFile::open(&path, Rotation { max_bytes: 4, keep: 1 }).unwrap();
        log.append(["one"]).unwrap();
        fs::create_dir(dir.path().join("log.1")).unwrap();
        let wrong = log.append(["two"]).unwrap_err();
        assert_eq!((wrong.written, read(&path).as_str()), (0, "one\n"), "{wrong}");
        fs::remove_dir(dir.path().join("log.1")).unwrap();
        log.append(["two"]).unwrap();
        assert_eq!((read(&dir.path().join("log.1")).as_str(), read(&path).as_str()), ("one\n", "two\n"));
    }
}
