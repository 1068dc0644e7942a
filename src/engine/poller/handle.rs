//! The other end of the poller: what it is asked for, from the thread that shows. It never waits but for the end.

use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

use crate::engine::Snapshot;
use crate::model::{Ask, Closely};

/// What the poller is asked for.
#[derive(Debug)]
pub(super) enum Asked {
    Of(Ask),
    Closely(Option<Closely>),
    /// Nothing: this is no longer shown.
    Nothing(Snapshot),
}

/// The running poller. Dropping it asks the thread to end and waits for it.
#[derive(Debug)]
pub struct PollerHandle {
    asks: Option<Sender<Asked>>,
    thread: Option<JoinHandle<()>>,
}

impl PollerHandle {
    pub(super) fn new(asks: Sender<Asked>, thread: JoinHandle<()>) -> Self {
        Self { asks: Some(asks), thread: Some(thread) }
    }

    /// Asks for other details from now on; the next poll is taken at once.
    pub fn ask(&self, ask: Ask) {
        self.tell(Asked::Of(ask));
    }

    /// Asks for more about one socket from now on; the next poll is taken soon.
    pub fn look_closely(&self, closely: Option<Closely>) {
        self.tell(Asked::Closely(closely));
    }

    /// Takes a snapshot back that is no longer shown: to free a large table takes as long as to show it, and the
    /// poller has the time.
    pub fn give_back(&self, snapshot: Snapshot) {
        self.tell(Asked::Nothing(snapshot));
    }

    fn tell(&self, asked: Asked) {
        // A poller that has ended has told so itself.
        let told = self.asks.as_ref().map(|asks| asks.send(asked));
        debug_assert!(told.is_some(), "it is taken on drop alone");
    }
}

impl Drop for PollerHandle {
    fn drop(&mut self) {
        drop(self.asks.take());
        if let Some(thread) = self.thread.take() {
            // A poller that panicked has nothing left to tell; the hook has told the panic.
            drop(thread.join());
        }
    }
}
