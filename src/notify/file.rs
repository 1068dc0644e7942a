//! A file that alerts are added to, each as a line.

use std::path::PathBuf;
use std::sync::Arc;

use super::settings::{Keys, Wrong};
use super::{Failure, Notice, Sink, Undelivered};
use crate::sys::log_file::{LogFile, Rotation};
use crate::sys::way::Untrusted;
use crate::text;

/// How an alert is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Lines,
}

impl Format {
    const ALL: [Self; 2] = [Self::Json, Self::Lines];

    fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Lines => "lines",
        }
    }

    fn of(self, notice: &Notice) -> &str {
        match self {
            Self::Json => &notice.json,
            Self::Lines => &notice.line,
        }
    }
}

/// What the file of sinks says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    path: PathBuf,
    format: Format,
    rotation: Rotation,
}

impl File {
    pub(super) fn read(keys: &mut Keys<'_>) -> Result<Self, Wrong> {
        let path = keys.path("path")?;
        let path = path.ok_or_else(|| keys.missing("path", "\"/var/log/sockeye/alerts.json\""))?;
        let format = keys.word("format", &Format::ALL, Format::word)?.unwrap_or(Format::Json);
        // Less than some hundred alerts would be gone before somebody looks.
        let max_bytes = keys.number("max_bytes", 100_000..=u32::MAX)?.unwrap_or(10_000_000).into();
        let keep = keys.number("keep", 0..=100)?.unwrap_or(5);
        Ok(Self { path, format, rotation: Rotation { max_bytes, keep } })
    }

    pub(super) fn open(&self, name: &str) -> Result<Lines, String> {
        let file = LogFile::open(&self.path, self.rotation).map_err(|why| told(&why))?;
        Ok(Lines { name: name.to_owned(), format: self.format, file })
    }
}

/// The sink.
#[derive(Debug)]
pub(super) struct Lines {
    name: String,
    format: Format,
    file: LogFile,
}

impl Sink for Lines {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver(&mut self, notices: &[Arc<Notice>]) -> Result<(), Undelivered> {
        let lines = notices.iter().map(|notice| self.format.of(notice));
        // Whatever it is, a full disk or a directory that others may write to: it can be mended.
        self.file
            .append(lines)
            .map_err(|wrong| Undelivered { taken: wrong.written, failure: Failure::again(told(&wrong.why)) })
    }
}

/// What cannot be trusted, and why.
pub(super) fn told(untrusted: &Untrusted) -> String {
    format!("{}: {}", text::path(&untrusted.place), untrusted.why)
}

#[cfg(test)]
mod tests {
    use super::super::health::Board;
    use super::super::tests::{notices, spec};
    use super::*;

    #[test]
    fn alerts_are_lines_of_either_form() {
        let dir = tempfile::tempdir().unwrap();
        let notices = notices(1..4);
        for (format, of) in [("json", Format::Json), ("lines", Format::Lines)] {
            let path = dir.path().join(format);
            let text = format!("kind = \"file\"\npath = {path:?}\nformat = {format:?}");
            spec(&text).open(&Board::default()).unwrap().deliver(&notices).unwrap();
            let told = std::fs::read_to_string(&path).unwrap();
            let lines: Vec<_> = notices.iter().map(|notice| of.of(notice)).collect();
            assert_eq!(told.lines().collect::<Vec<_>>(), lines);
        }
    }

    #[test]
    fn what_was_not_written_is_known_and_comes_when_it_can() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("alerts");
        let mut sink = spec(&format!("kind = \"file\"\npath = {path:?}")).open(&Board::default()).unwrap();
        sink.deliver(&notices(1..2)).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let lost = sink.deliver(&notices(2..4)).unwrap_err();
        assert!(lost.taken == 0 && matches!(lost.failure, Failure::Again { .. }), "{lost:?}");
        assert!(lost.to_string().contains("it is not a regular file"), "{lost}");
        std::fs::remove_dir(&path).unwrap();
        sink.deliver(&notices(2..4)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
    }
}
