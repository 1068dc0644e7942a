//! Sockets of which the kernel's list tells too little, and which are asked themselves: those of Bluetooth, whose
//! list has neither state nor address. Each is duplicated for an instant and asked for its names. Nothing that a
//! list tells is taken back, and what may not be asked stays unknown.

use crate::model::{Ends, Family, PortRange, Role, Socket, State};
use crate::sys::donor::Donor;
use crate::sys::netns::Task;
use crate::wire::bluetooth_name::Answers;

/// Asks the sockets whose holder is known.
pub fn ask(sockets: &mut [Socket]) {
    let too_little =
        |socket: &&mut Socket| socket.family == Family::Bluetooth && socket.state == State::Unknown;
    for socket in sockets.iter_mut().filter(too_little) {
        if let Some(answers) = answers(socket) {
            take(socket, &answers);
        }
    }
}

/// Through the first descriptor of the first owner, if that is still this socket.
fn answers(socket: &Socket) -> Option<Answers> {
    let owner = socket.owners.known()?.shown().find(|owner| !owner.ring)?;
    let pid = owner.process.id.pid;
    let donor = Donor::open(Task { pid, tid: owner.thread.unwrap_or(pid) }).ok()?;
    donor.ask_bluetooth(*owner.fds.first()?, socket.inode?, socket.protocol).ok()
}

fn take(socket: &mut Socket, answers: &Answers) {
    socket.state = answers.state(socket.protocol);
    let (local, remote) = socket.ends.names();
    let local = answers.local(socket.protocol).or(local);
    let remote = answers.remote(socket.protocol).or(remote);
    socket.ends = Ends::Other { local, remote };
    socket.kind = answers.kind().unwrap_or(socket.kind);
    socket.role = Role::of(socket.protocol, socket.state, &socket.ends, &PortRange::default());
}
