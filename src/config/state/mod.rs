//! What the dashboard remembers, in its file: read at its start, written at its end.
//!
//! What the file cannot say for sure is not guessed, and what cannot be understood is not written over.

mod form;

use std::path::Path;

use crate::sys::file::FileError;
use crate::sys::{own_file, rights};
use crate::text;
use crate::tui::{Changes, Remembered};

/// More bytes than these are not remembered.
const MOST: u64 = 1 << 20;

/// What is remembered cannot be read, or nothing can be remembered.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("{path}: {error}")]
    File { path: String, error: FileError },
    #[error("{path}, line {line}: {what}; mend the line, or remove the file")]
    Invalid { path: String, line: usize, what: String },
    #[error(
        "{path} is of a newer sockeye (version {version}, and {} is known here); remove it to begin anew",
        form::VERSION
    )]
    Newer { path: String, version: i64 },
}

impl StateError {
    fn file(path: &Path, error: FileError) -> Self {
        Self::File { path: text::path(path).into_owned(), error }
    }
}

/// What is remembered; nothing where there is no file.
pub fn read(path: &Path) -> Result<Remembered, StateError> {
    let read = rights::with_those_of_the_caller(|| own_file::read(path, MOST));
    let text = match read.unwrap_or_else(|error| Err(FileError::Io(error.into()))) {
        Ok(text) => text,
        Err(error) if error.is_missing() => return Ok(Remembered::default()),
        Err(error) => return Err(StateError::file(path, error)),
    };
    form::decode(&text).map_err(|wrong| {
        let path = text::path(path).into_owned();
        match wrong {
            form::Wrong::Newer(version) => StateError::Newer { path, version },
            form::Wrong::At(line, what) => StateError::Invalid { path, line, what },
        }
    })
}

/// Remembers what was changed in a run, over what others have written meanwhile. Where that changes nothing, nothing is
/// written.
pub fn keep(path: &Path, changes: &Changes) -> Result<(), StateError> {
    let now = read(path)?;
    let then = changes.over(&now);
    if then == now {
        return Ok(());
    }
    let text = form::encode(&then);
    if text.len() as u64 > MOST {
        return Err(StateError::file(path, FileError::TooLarge { most: MOST }));
    }
    let written = rights::with_those_of_the_caller(|| own_file::write(path, &text));
    let written = written.unwrap_or_else(|error| Err(FileError::Io(error.into())));
    written.map_err(|error| StateError::file(path, error))
}
