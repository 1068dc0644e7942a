//! What a watch must not forget, in an SQLite file: alerts before they are sent, how far each place has got, what
//! stands, which listeners were there, and every listener that came or went.
//!
//! Memory is the truth and the file its copy. Where the file cannot be written, alerting goes on, and once it can be
//! again everything is written anew. It sends nothing and judges nothing.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::Notice;
use crate::model::{SocketKey, Stamp, SystemBytes};
use crate::policy::{Memory, Remembered};
use crate::sys::file::{self, FileError};
use crate::sys::own_file;
pub use rows::{Fact, Happening};

/// A file that cannot be written is tried again after so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// Facts that wait for a file that can be written. Beyond it the oldest are given up, and counted.
const WAITING: usize = 10_000;

/// Why there can be no ledger at all.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("another sockeye watch uses it; give this one its own with --store")]
    InUse,
}

/// Why the file could not be used just now.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("{0}")]
    Sql(#[from] rusqlite::Error),
    #[error("{0}")]
    File(#[from] FileError),
    #[error("it was written by a newer sockeye (version {0} of its tables), and is left as it is")]
    Newer(i64),
    #[error(transparent)]
    Lock(#[from] LedgerError),
    #[error("it was deleted or replaced")]
    Gone,
}

/// The state of a watch, as it is now.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub boot: Option<SystemBytes>,
    /// The ids of the alerts that stand.
    pub standing: BTreeSet<u64>,
    pub listeners: BTreeMap<SocketKey, Remembered>,
    /// The last notice that each place has taken.
    pub cursors: BTreeMap<String, u64>,
}

/// What one reading adds.
#[derive(Debug, Default)]
pub struct Entry {
    pub notices: Vec<Arc<Notice>>,
    pub facts: Vec<Fact>,
}

/// What a watch before this one left.
#[derive(Debug, Default)]
pub struct Left {
    /// `None` where that was on another boot, and where nothing was left.
    pub memory: Option<Memory>,
    pub cursors: BTreeMap<String, u64>,
    /// The last alerts, those that somebody did not take yet among them, in their order.
    pub notices: Vec<Notice>,
    /// The number of the last one.
    pub seq: u64,
}

/// What is to be told of the file itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It cannot be written, and why; what happens meanwhile is kept in memory.
    Broken(String),
    /// It can be written again, and has everything but so many facts.
    Mended { lost: u64 },
    /// It was no sound database, was put aside under this name, and begins anew.
    PutAside(PathBuf),
}

/// Inode and device of the file that was opened: one that was deleted can be written for ever, and nobody finds what is in
/// it.
type FileId = (u64, u64);

/// The file.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    /// Locked for as long as it is open: two watches must not share a ledger. `None` where there can be no lock yet.
    lock: Option<File>,
    open: Option<(Connection, FileId)>,
    /// What the file says of the state.
    written: State,
    /// What was not written yet.
    notices: Vec<Arc<Notice>>,
    facts: VecDeque<Fact>,
    lost: u64,
    /// Since when it cannot be written.
    broken: Option<Stamp>,
    news: Vec<News>,
}

impl Ledger {
    /// Opens the file, or makes it, for a watch on this boot. What is wrong with its content is no error: it is told
    /// by [`news`](Self::news).
    pub fn open(path: &Path, boot: Option<&SystemBytes>, now: Stamp) -> Result<(Self, Left), LedgerError> {
        let lock = match lock(path) {
            Err(LedgerError::File(FileError::Io(_))) => None, // a disk that may not be written, such
            lock => Some(lock?),
        };
        let mut ledger = Self {
            path: path.to_owned(),
            lock,
            open: None,
            written: State::default(),
            notices: Vec::new(),
            facts: VecDeque::new(),
            lost: 0,
            broken: None,
            news: Vec::new(),
        };
        if let Some(error) = own_file::open_or_make(path).err().filter(is_insecure) {
            return Err(error.into());
        }
        let left = ledger.connect().and_then(|()| ledger.read(boot));
        let left = match left {
            Err(Trouble::Sql(error)) if is_corrupt(&error) => {
                ledger.put_aside(now);
                ledger.connect().map(|()| Left::default())
            }
            left => left,
        };
        let left = left.unwrap_or_else(|trouble| {
            ledger.breaks(&trouble, now);
            Left::default()
        });
        Ok((ledger, left))
    }

    /// Writes what is new and how everything stands. `pending` is what some place did not take yet.
    pub fn write(&mut self, new: Entry, state: &State, pending: &[Arc<Notice>], now: Stamp) {
        self.notices.extend(new.notices);
        self.facts.extend(new.facts);
        if self.broken.is_some_and(|since| now.since(&since) < PATIENCE) {
            return self.wait();
        }
        let was_broken = self.broken.is_some();
        if let Err(trouble) = self.try_to_write(state, pending) {
            if matches!(&trouble, Trouble::Sql(error) if is_corrupt(error)) {
                self.put_aside(now);
            }
            self.open = None;
            if let Err(trouble) = self.try_to_write(state, pending) {
                self.breaks(&trouble, now);
                return self.wait();
            }
        }
        if was_broken {
            self.news.push(News::Mended { lost: std::mem::take(&mut self.lost) });
        }
        self.broken = None;
    }

    /// What is to be told of the file since this was asked last.
    pub fn news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// True when there is nothing that the file does not say.
    #[must_use]
    pub fn says(&self, state: &State) -> bool {
        self.broken.is_none()
            && self.written.cursors == state.cursors
            && self.written.standing == state.standing
            && self.is_in_place()
    }

    /// Keeps what can be kept until the file can be written. The places keep the alerts that they did not take.
    fn wait(&mut self) {
        self.notices.clear();
        let excess = self.facts.len().saturating_sub(WAITING);
        self.facts.drain(..excess);
        self.lost += excess as u64;
    }

    fn try_to_write(&mut self, state: &State, pending: &[Arc<Notice>]) -> Result<(), Trouble> {
        if !self.is_in_place() {
            self.open = None;
        }
        let anew = self.open.is_none();
        if anew {
            if self.lock.is_none() {
                self.lock = Some(lock(&self.path)?);
            }
            own_file::open_or_make(&self.path)?;
            self.connect()?;
            self.written = State::default();
        }
        let Some((database, _)) = &mut self.open else { return Err(Trouble::Gone) };
        let writing = database.transaction()?;
        if anew {
            rows::forget_state(&writing)?;
            rows::add_notices(&writing, pending)?;
        }
        rows::add_notices(&writing, &self.notices)?;
        rows::add_facts(&writing, &self.facts)?;
        rows::change_state(&writing, &self.written, state)?;
        rows::prune(&writing)?;
        writing.commit()?;
        self.notices.clear();
        self.facts.clear();
        self.written = state.clone();
        Ok(())
    }

    /// True while what is open is what the name leads to.
    fn is_in_place(&self) -> bool {
        self.open.as_ref().is_some_and(|(_, id)| file::identity(&self.path) == Some(*id))
    }

    fn connect(&mut self) -> Result<(), Trouble> {
        let database = rows::connect(&self.path)?;
        let version = rows::version(&database)?;
        if version > rows::VERSION {
            return Err(Trouble::Newer(version));
        }
        rows::make_tables(&database)?;
        let id = file::identity(&self.path).ok_or(Trouble::Gone)?;
        self.open = Some((database, id));
        Ok(())
    }

    fn read(&mut self, boot: Option<&SystemBytes>) -> Result<Left, Trouble> {
        let Some((database, _)) = &self.open else { return Err(Trouble::Gone) };
        let (left, written) = rows::read(database, boot)?;
        self.written = written;
        Ok(left)
    }

    fn breaks(&mut self, trouble: &Trouble, now: Stamp) {
        self.open = None;
        if self.broken.is_none() {
            self.news.push(News::Broken(trouble.to_string()));
        }
        self.broken = Some(now);
    }

    /// Gives a file that is no sound database another name, so that somebody can look at it.
    fn put_aside(&mut self, now: Stamp) {
        self.open = None;
        self.written = State::default();
        let named = |suffix: &str| {
            let mut name = self.path.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        let aside = named(&format!(".broken-{}", now.wall.as_second()));
        if std::fs::rename(&self.path, &aside).is_ok() {
            self.news.push(News::PutAside(aside));
        }
        // They belong to the file that is aside, and would be taken for those of the new one.
        for suffix in ["-wal", "-shm"] {
            drop(std::fs::remove_file(named(suffix)));
        }
    }
}

/// Takes the lock beside the file. It is another file, because SQLite's own locks on the database would be lost with
/// any descriptor of it that is closed (fcntl(2)).
fn lock(path: &Path) -> Result<File, LedgerError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = own_file::open_or_make(Path::new(&name))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::AGAIN) => Err(LedgerError::InUse),
        Err(errno) => Err(FileError::Io(errno.into()).into()),
    }
}

/// What somebody laid out, as opposed to a disk that is full or may not be written.
fn is_insecure(error: &FileError) -> bool {
    !matches!(error, FileError::Io(_))
}

fn is_corrupt(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
