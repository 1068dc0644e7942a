//! Which file it is that was opened: one that was deleted can be written for ever, and nobody finds what is in it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// The file, whatever it is called by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileIdentity {
    device: u64,
    inode: u64,
}

impl FileIdentity {
    /// That of the file with this name; `None` when there is none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::symlink_metadata(path).ok()?;
        Some(Self { device: meta.dev(), inode: meta.ino() })
    }

    /// True while the file has this name.
    pub(super) fn is_still_at(self, path: &Path) -> bool {
        Self::of(path) == Some(self)
    }
}
