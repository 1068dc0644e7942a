//! Signals for who holds sockets, and what became of those.

use std::thread;
use std::time::Duration;

use super::{ActError, audit, fates};
use crate::action::{self, Found, Hold, Meant};
use crate::model::{Owner, Row, Signal, Signalling};
use crate::store::{Aftermath, Holder, Table};
use crate::sys::rights;

/// How often, and with which pauses, the tables are read to see whether somebody comes after those that ended: half
/// a second in all. systemd waits for a tenth of it unless told otherwise (`RestartSec=`, systemd.service(5)).
const LOOKS: usize = 5;
const PAUSE: Duration = Duration::from_millis(100);

/// What would become of it if it got a signal.
#[must_use]
pub fn plan(holder: &Holder<'_>) -> Signalling {
    action::find(&meant(holder)).map_or_else(|why| why, |_| Signalling::Planned)
}

/// Finds all of them, sends, and waits for their ends where they are to end. The right to signal others' processes is
/// gone for the calling thread afterwards.
pub fn send(all: &[Holder<'_>], signal: Signal, wait: Duration) -> Result<Vec<Signalling>, ActError> {
    let mut became = vec![Signalling::Planned; all.len()];
    let sent = send_and_wait(all, signal, wait, &mut became);
    if let Err(error) = &sent {
        let unsent = became.iter_mut().filter(|became| **became == Signalling::Planned);
        unsent.for_each(|became| *became = Signalling::Refused(error.to_string()));
    }
    for (holder, became) in all.iter().zip(&became) {
        audit::signalled(holder, signal, became);
    }
    sent.map(|()| became)
}

/// Says of each what became of it, as far as it came.
fn send_and_wait(
    all: &[Holder<'_>],
    signal: Signal,
    wait: Duration,
    became: &mut Vec<Signalling>,
) -> Result<(), ActError> {
    let found: Vec<Result<Found, Signalling>> =
        all.iter().map(|holder| action::find(&meant(holder))).collect();
    let send = |found: &Result<Found, Signalling>| match found {
        Ok(found) => found.send(signal),
        Err(why) => why.clone(),
    };
    rights::with_signalling(|| *became = found.iter().map(send).collect()).map_err(ActError::Signalling)?;
    if !signal.is_to_end() {
        return Ok(());
    }
    let got: Vec<usize> = (0..all.len()).filter(|at| became[*at] == Signalling::Sent).collect();
    let handles: Vec<&Found> = got.iter().filter_map(|at| found[*at].as_ref().ok()).collect();
    let ended = action::wait(&handles, wait).map_err(ActError::Waiting)?;
    for (at, ended) in got.into_iter().zip(ended) {
        became[at] = if ended { Signalling::Ended } else { Signalling::Running };
    }
    Ok(())
}

/// Reads again, until every place is taken anew or half a second has passed. Who holds a socket still may be about
/// to let it go.
pub fn settle<E>(
    look: &mut dyn FnMut() -> Result<Table, E>,
    all: &[Holder<'_>],
    before: &Table,
) -> Result<Table, E> {
    for _ in 1..LOOKS {
        let after = look()?;
        if fates(all, before, &after).iter().all(|(_, fate)| matches!(fate, Aftermath::Again(_))) {
            return Ok(after);
        }
        thread::sleep(PAUSE);
    }
    look()
}

/// Who is meant, as it was read. What a ring holds is at no descriptor, so that its identity is enough.
fn meant(holder: &Holder<'_>) -> Meant {
    let through_ring = holder.sockets.iter().any(|(_, owner)| owner.ring);
    let hold = |(row, owner): &(&Row, Owner<'_>)| {
        Some(Hold { thread: owner.thread, fd: *owner.fds.first()?, socket: row.socket.inode? })
    };
    let holds = holder.sockets.iter().filter(|_| !through_ring).filter_map(hold).collect();
    Meant { process: holder.process.id, holds }
}
