//! Alerts, and how the watch does, in numbers in a file for the textfile collector of `node_exporter`, which is replaced as a whole.
//!
//! Its directory is often the collector's own, so it need not be root's: the file is made under a name that nobody
//! can foresee, and what is found in its place is never written into.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::health::Board;
use super::settings::{Keys, Wrong};
use super::tally::Tally;
use super::{Failure, Notice, Sink, Undelivered};
use crate::sys::file::publish;
use crate::text;

/// How old the numbers may become. Who scrapes comes every ten seconds or seldom.
const FRESH: Duration = Duration::from_secs(5);

/// What the file of sinks says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Textfile {
    path: PathBuf,
}

impl Textfile {
    pub(super) fn read(keys: &mut Keys<'_>) -> Result<Self, Wrong> {
        const SUCH_AS: &str = "\"/var/lib/node_exporter/textfile_collector/sockeye.prom\"";
        let path = keys.path("path")?.ok_or_else(|| keys.missing("path", SUCH_AS))?;
        if path.extension().is_none_or(|extension| extension != "prom") {
            return Err(keys.wrong("path", "the collector reads files alone whose names end in .prom"));
        }
        Ok(Self { path })
    }

    pub(super) fn open(&self, name: &str, board: &Board) -> Result<Numbers, String> {
        let (name, path, board) = (name.to_owned(), self.path.clone(), board.clone());
        let numbers = Numbers { name, path, board, tally: Tally::new() };
        numbers.write(&numbers.tally)?;
        Ok(numbers)
    }
}

/// The sink.
#[derive(Debug)]
pub(super) struct Numbers {
    name: String,
    path: PathBuf,
    board: Board,
    /// What the file says of alerts.
    tally: Tally,
}

impl Numbers {
    fn write(&self, tally: &Tally) -> Result<(), String> {
        let text = tally.text() + &self.board.text();
        publish(&self.path, &text).map_err(|why| format!("{}: {why}", text::path(&self.path)))
    }
}

impl Drop for Numbers {
    /// Where it is no sink any more: the collector would go on to tell what nobody counts. A watch that ends leaves its
    /// last numbers, as it does not wait for its sinks to be dropped.
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path)); // somebody may have taken it away
    }
}

impl Sink for Numbers {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver(&mut self, notices: &[Arc<Notice>]) -> Result<(), Undelivered> {
        let mut tally = self.tally.clone();
        for notice in notices {
            tally.count(notice);
        }
        // What could not be written will be given again, and counts then.
        self.write(&tally).map_err(|why| Undelivered { taken: 0, failure: Failure::again(why) })?;
        self.tally = tally;
        Ok(())
    }

    fn renews_after(&self) -> Option<Duration> {
        Some(FRESH)
    }

    fn renew(&mut self) -> Result<(), String> {
        self.write(&self.tally)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::tests::{notices, spec};
    use super::*;

    #[test]
    fn the_file_has_all_counts_and_none_twice() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sockeye.prom");
        let mut sink =
            spec(&format!("kind = \"textfile\"\npath = {path:?}")).open(&Board::default()).unwrap();
        let count = || {
            let text = fs::read_to_string(&path).unwrap();
            let line =
                text.lines().find(|line| line.contains("unexpected-listener\",severity=\"high\"")).unwrap();
            line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()
        };
        assert_eq!(count(), 0, "it is there before the first alert");
        sink.deliver(&notices(1..4)).unwrap();
        assert_eq!(count(), 3);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let lost = sink.deliver(&notices(4..6)).unwrap_err();
        assert!(lost.taken == 0 && matches!(lost.failure, Failure::Again { .. }), "{lost:?}");
        fs::remove_dir(&path).unwrap();
        sink.deliver(&notices(4..6)).unwrap();
        assert_eq!(count(), 5);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o644,
            "the collector may read it"
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
