//! Looking for a text in everything that is said of a socket, and finding it again in what is shown.

use std::ops::Range;

use super::condition::Condition;
use super::expr::Expr;
use super::pattern::Pattern;
use super::{Filter, Seen};
use crate::model::{Container, Ends, Known, NoOwner, Owner, Reach, Scope, Socket, UnixName, Workload};
use crate::text::escape;

impl Filter {
    /// Where a shown text has what is looked for: of every text that must be there the first place.
    #[must_use]
    pub fn found_in(&self, shown: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if let Some(expr) = &self.expr {
            expr.wanted_texts(&mut |pattern| found.extend(pattern.find(shown)));
        }
        found
    }
}

impl Expr {
    /// Every text that may make it hold, and none that must not be there.
    fn wanted_texts<'a>(&'a self, each: &mut dyn FnMut(&'a Pattern)) {
        match self {
            Self::All(exprs) | Self::Any(exprs) => exprs.iter().for_each(|expr| expr.wanted_texts(each)),
            Self::Is(Condition::Text(pattern)) => each(pattern),
            Self::Not(_) | Self::Is(_) => {}
        }
    }
}

/// True when any text of the socket looks so: addresses, names, states, owners and what they are part
/// of, as they are or as they are shown.
pub(super) fn any_text(seen: &Seen<'_>, pattern: &Pattern) -> bool {
    let subject = &seen.subject;
    let socket = &subject.row.socket;
    let is = |text: &[u8]| pattern.matches(text);
    // What is shown of a name is what somebody can type.
    let is_name = |name: &[u8]| is(name) || (!is_plain(name) && is(escape(name).as_bytes()));
    if words(socket).into_iter().flatten().any(|word| is(word.as_bytes())) {
        return true;
    }
    // To write an address takes longer than all the rest.
    let is_inet = matches!(socket.ends, Ends::Inet { .. });
    if (!is_inet || pattern.can_be_of(ADDRESS)) && any_end(&socket.ends, is_name) {
        return true;
    }
    let user = socket.uid.and_then(|uid| subject.names.users.get(&uid));
    let unnamed = socket.uid.filter(|_| user.is_none());
    let namespace = subject.names.namespaces.get(&socket.key.netns);
    let activates = subject.names.activates.get(&socket.key);
    let names = [user, namespace, activates, subject.names.interface(socket), subject.kernel_use()];
    if names.into_iter().flatten().any(|name| is_name(name.as_bytes()))
        || unnamed.is_some_and(|uid| is(uid.0.to_string().as_bytes()))
        || subject.workload().is_some_and(|workload| any_workload(workload, is_name))
    {
        return true;
    }
    let is_pid = |pid: u32| pattern.can_be_of(DIGITS) && is(pid.to_string().as_bytes());
    socket.owners.known().into_iter().flat_map(Known::shown).any(|owner| any_owner(owner, is_name, is_pid))
}

/// What an internet address and its port are written with.
const ADDRESS: &[u8] = b"0123456789abcdef.:[]";
const DIGITS: &[u8] = b"0123456789";

/// What a socket is, in words.
fn words(socket: &Socket) -> [Option<&'static str>; 8] {
    let reach = socket.reach();
    [
        Some(socket.protocol.word()),
        Some(socket.family.word()),
        Some(socket.state.word()),
        Some(socket.role.word()),
        socket.scope().map(Scope::word),
        reach.map(Reach::word),
        (reach == Some(Reach::Both)).then_some("v4+v6"),
        socket.owners.found().err().map(NoOwner::word),
    ]
}

fn any_owner(owner: Owner<'_>, is_name: impl Fn(&[u8]) -> bool + Copy, is_pid: impl Fn(u32) -> bool) -> bool {
    let process = owner.process;
    is_name(process.comm.as_bytes())
        || is_pid(process.id.pid.0)
        || process
            .exe
            .as_ref()
            .is_some_and(|exe| is_name(exe.path.as_bytes()) || (exe.deleted && is_name(b"(deleted)")))
        || process.cmdline.iter().flat_map(|line| line.iter()).any(|word| is_name(word.as_bytes()))
        || process.workload.as_ref().is_some_and(|workload| any_workload(workload, is_name))
}

/// What it is part of, and what that is called.
fn any_workload(workload: &Workload, is_name: impl Fn(&[u8]) -> bool + Copy) -> bool {
    let Workload { unit, user_unit, session, container, pod, user: _ } = workload;
    let pod_names = pod.iter().flat_map(|pod| [pod.namespace.as_ref(), pod.name.as_ref(), Some(&pod.uid)]);
    let names = [unit.as_ref(), user_unit.as_ref(), session.as_ref()].into_iter().chain(pod_names);
    let kinds = [("session", session.is_some()), ("pod", pod.is_some()), ("container", container.is_some())];
    let of_container = |one: &Container| {
        let names = [one.name.as_ref(), one.image.as_ref(), Some(one.label())];
        is_name(one.runtime.word().as_bytes()) || names.into_iter().flatten().any(|it| is_name(it.as_bytes()))
    };
    names.flatten().any(|name| is_name(name.as_bytes()))
        || kinds.into_iter().any(|(kind, is_one)| is_one && is_name(kind.as_bytes()))
        || container.as_ref().is_some_and(of_container)
}

/// True for bytes that are shown as they are, whatever else is true of them.
fn is_plain(name: &[u8]) -> bool {
    name.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'\\')
}

fn any_end(ends: &Ends, is: impl Fn(&[u8]) -> bool) -> bool {
    match ends {
        Ends::Inet { local, remote } => {
            [Some(*local), *remote].into_iter().flatten().any(|at| is(at.to_string().as_bytes()))
        }
        Ends::Unix { name, peer } => {
            // The inode of the other end is all that the kernel tells of it.
            peer.is_some_and(|peer| is(peer.get().to_string().as_bytes()))
                || match name {
                    Some(UnixName::Path(path)) => is(path.as_bytes()),
                    Some(UnixName::Abstract(name)) => is(&[b"@", name.as_bytes()].concat()),
                    None => false,
                }
        }
        Ends::Other { local, remote } => [local, remote].into_iter().flatten().any(|name| {
            let port = name.port().map_or(String::new(), |port| format!(":{port}"));
            is(format!("{name}{port}").as_bytes())
        }),
    }
}
