//! Doing something in a namespace, once: for what is no reading. It decides nothing of what is done.

use super::discover::Discovery;
use super::read;
use crate::model::{NetnsFound, NetnsId};
use crate::source::SourceError;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("the network namespace {0} is there no more")]
    Gone(u64),
    #[error("the network namespace {0} cannot be entered: {1}")]
    Closed(u64, String),
}

/// Does the work in a thread of its own that is in that namespace, and ends with it.
pub fn visit<T: Send>(id: NetnsId, work: impl FnOnce() -> T + Send) -> Result<T, VisitError> {
    let inside = || {
        let all = Discovery::walk().map_err(SourceError::from)?;
        let found = all.at(id).and_then(|at| all.known.get(at)).ok_or(VisitError::Gone(id.0))?;
        if found.how != NetnsFound::Own {
            read::go_into(found).map_err(|why| VisitError::Closed(id.0, why))?;
        }
        Ok(work())
    };
    std::thread::scope(|scope| {
        let name = std::thread::Builder::new().name("visit".to_owned());
        let thread = name.spawn_scoped(scope, inside).map_err(SourceError::Thread)?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
