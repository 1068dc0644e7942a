//! Being asked to stop: `SIGTERM` and `SIGINT`, so that what is under way can be brought to an end. It ends nothing
//! itself until it is told to.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::emulate_default_handler;

/// Whether somebody asked.
#[derive(Debug)]
pub struct Stop(Arc<AtomicUsize>);

/// The signal by which somebody asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(i32);

impl Stop {
    /// From now on these signals ask, and end nothing. A second one ends the process at once.
    pub fn on_request() -> io::Result<Self> {
        let asked = Arc::new(AtomicUsize::new(0));
        let again = Arc::new(std::sync::atomic::AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            flag::register_conditional_default(signal, Arc::clone(&again))?;
            flag::register_usize(signal, Arc::clone(&asked), usize::try_from(signal).unwrap_or_default())?;
            flag::register(signal, Arc::clone(&again))?;
        }
        Ok(Self(asked))
    }

    /// The signal that came, if one did.
    #[must_use]
    pub fn signal(&self) -> Option<Signal> {
        let signal = self.0.load(Ordering::Acquire);
        i32::try_from(signal).ok().filter(|signal| *signal != 0).map(Signal)
    }
}

impl Signal {
    /// Ends the process as the signal does where nobody listens for it, so that whoever waits for it sees why.
    pub fn end_as_asked(self) -> io::Result<()> {
        emulate_default_handler(self.0)
    }
}
