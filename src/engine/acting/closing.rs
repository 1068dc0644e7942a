//! Closing sockets where they are.

use std::thread;

use rustix::io::Errno;

use super::{ActError, audit};
use crate::action;
use crate::model::{Closing, NetnsId, Socket};
use crate::source::namespaces::visit;
use crate::sys::{host, rights};

/// Closes these sockets of one network namespace, in a thread that has nothing but the right to do so, and ends.
pub fn close(sockets: &[&Socket]) -> Result<Vec<Closing>, ActError> {
    let closed = closed(sockets);
    match &closed {
        Ok(closed) => sockets.iter().zip(closed).for_each(|(socket, became)| audit::closed(socket, became)),
        Err(error) => refused(sockets, &error.to_string()),
    }
    closed
}

/// Leaves the trace of sockets that somebody wanted closed, and that were not, for this reason.
pub fn refused(sockets: &[&Socket], why: &str) {
    let refused = Closing::Refused(why.to_owned());
    for socket in sockets {
        audit::closed(socket, &refused);
    }
}

fn closed(sockets: &[&Socket]) -> Result<Vec<Closing>, ActError> {
    let work = || rights::keep_only_closing().map(|()| action::close(sockets));
    let Some(first) = sockets.first() else { return Ok(Vec::new()) };
    let closed = match first.key.netns {
        own if is_own(own) => here(work)?,
        other => visit(other, work)?,
    };
    closed.map_err(ActError::Rights)
}

fn is_own(netns: NetnsId) -> bool {
    host::netns().is_ok_and(|own| own == netns)
}

fn here<T: Send>(work: impl FnOnce() -> Result<T, Errno> + Send) -> Result<Result<T, Errno>, ActError> {
    thread::scope(|scope| {
        let closer = thread::Builder::new().name("close".to_owned());
        let thread = closer.spawn_scoped(scope, work).map_err(ActError::Thread)?;
        Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
