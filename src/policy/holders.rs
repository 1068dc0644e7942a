//! What is worth an alert of who holds a listener, looked at by itself: a program without a file, a process that
//! something hides, nobody.

use super::alert::{AlertKind, Severity};
use super::facts::finding;
use super::watch::Finding;
use crate::model::{NoOwner, Process, Socket};
use crate::phrase;
use crate::store::Moment;
use crate::text::{self, Charset};

/// What one look shows.
pub(super) fn findings(socket: &Socket, moment: &Moment) -> impl Iterator<Item = Finding> {
    deleted(socket).into_iter().chain(covered(socket, moment))
}

/// A program whose file has no name any more.
fn deleted(socket: &Socket) -> Option<Finding> {
    let gone = |process: &Process| process.exe.clone().filter(|exe| exe.deleted);
    let set = socket.owners.known()?;
    let (process, exe) = set.shown().find_map(|owner| Some((owner.process, gone(owner.process)?)))?;
    let reason = format!(
        "the file that {} runs was deleted or replaced, or never had a name: {}",
        phrase::process(process, Charset::Unicode),
        text::escape(exe.path.as_bytes()),
    );
    Some(finding(AlertKind::ExecutableDeleted, Severity::Medium, reason))
}

/// A process in front of whose directory in `/proc` something is mounted.
fn covered(socket: &Socket, moment: &Moment) -> Option<Finding> {
    let covered = &moment.coverage.owners.covered;
    let mut owners = socket.owners.known()?.shown();
    let owner = owners.find(|owner| covered.contains(&owner.process.id.pid))?;
    let process = phrase::process(owner.process, Charset::Unicode);
    let reason = format!(
        "something is mounted over {process} in /proc: who looks there sees another process, or none"
    );
    Some(finding(AlertKind::ProcCovered, Severity::High, reason))
}

/// Nobody, where everybody was looked into. It may be between two descriptors, so that one look says little.
pub(super) fn nobody(socket: &Socket) -> Option<Finding> {
    let why = socket.owners.found().err()?;
    matches!(why, NoOwner::Nobody | NoOwner::InFlight).then(|| {
        let reason = format!("whose it is cannot be told: {}", why.reason());
        finding(AlertKind::OwnerUnknown, Severity::Medium, reason)
    })
}
