//! Looking for a text in everything that is said of a socket.

use super::Seen;
use super::pattern::Pattern;
use crate::model::{Container, Ends, Known, UnixName};

/// True when any text of the socket looks so: addresses, names, states, owners and what they are part
/// of.
pub(super) fn any_text(seen: &Seen<'_>, pattern: &Pattern) -> bool {
    let subject = &seen.subject;
    let socket = &subject.row.socket;
    let is = |text: &[u8]| pattern.matches(text);
    let words = [socket.protocol.word(), socket.family.word(), socket.state.word(), socket.role.word()];
    if words.iter().any(|word| is(word.as_bytes())) || any_end(&socket.ends, is) {
        return true;
    }
    let user = socket.uid.and_then(|uid| subject.names.users.get(&uid));
    let namespace = subject.names.namespaces.get(&socket.key.netns);
    let activates = subject.names.activates.get(&socket.key);
    let names = [user, namespace, activates, subject.names.interface(socket)];
    if names.into_iter().flatten().any(|name| is(name.as_bytes())) {
        return true;
    }
    let workload = subject.workload();
    let unit = workload.and_then(|workload| workload.unit.as_ref());
    let container = workload.and_then(|workload| workload.container.as_ref()).map(Container::label);
    if [unit, container].into_iter().flatten().any(|name| is(name.as_bytes())) {
        return true;
    }
    socket.owners.known().into_iter().flat_map(Known::shown).any(|owner| {
        let process = owner.process;
        is(process.comm.as_bytes())
            || is(process.id.pid.0.to_string().as_bytes())
            || process.exe.as_ref().is_some_and(|exe| is(exe.path.as_bytes()))
            || process.cmdline.iter().flat_map(|line| line.iter()).any(|word| is(word.as_bytes()))
    })
}

fn any_end(ends: &Ends, is: impl Fn(&[u8]) -> bool) -> bool {
    match ends {
        Ends::Inet { local, remote } => {
            [Some(*local), *remote].into_iter().flatten().any(|at| is(at.to_string().as_bytes()))
        }
        Ends::Unix { name: Some(UnixName::Path(path)), .. } => is(path.as_bytes()),
        Ends::Unix { name: Some(UnixName::Abstract(name)), .. } => is(&[b"@", name.as_bytes()].concat()),
        Ends::Unix { name: None, .. } => false,
        Ends::Other { local, remote } => [local, remote].into_iter().flatten().any(|name| {
            let port = name.port().map_or(String::new(), |port| format!(":{port}"));
            is(format!("{name}{port}").as_bytes())
        }),
    }
}
