//! Being told to read one's files again: `SIGHUP`, as daemons take it. It reads nothing itself.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGHUP;
use signal_hook::flag;

/// Whether somebody asked.
#[derive(Debug)]
pub struct Reload(Arc<AtomicBool>);

impl Reload {
    /// From now on `SIGHUP` asks, and ends nothing.
    pub fn on_hangup() -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        flag::register(SIGHUP, Arc::clone(&asked))?;
        Ok(Self(asked))
    }

    /// True once for all who asked since the last time.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}
