//! Judging where not everything could be seen.
//!
//! A comparison with what is not known does not hold, which is right for a list that people look at. Who
//! must not miss anything has to know the difference between "no" and "cannot be told".

use super::condition::{Condition, OwnerPart};
use super::names::Flag;
use super::{Filter, Needs, Seen};
use crate::model::field::OBJECTS;
use crate::model::{Family, Protocol, Socket, Value};

impl Filter {
    /// Whether the socket passes, where what `unseen` names could not be seen of it, or not all of it;
    /// `None` when that could make the difference.
    #[must_use]
    pub fn judge(&self, seen: &Seen<'_>, unseen: Needs) -> Option<bool> {
        let Some(expr) = &self.expr else { return Some(true) };
        expr.verdict(&|condition| {
            let holds = condition.holds(seen);
            (holds || !could_hold(condition, seen, unseen)).then_some(holds)
        })
    }
}

/// True when the condition, which does not hold, looks at what could not be seen.
fn could_hold(condition: &Condition, seen: &Seen<'_>, unseen: Needs) -> bool {
    let socket = &seen.subject.row.socket;
    let told = match condition {
        // The kernel tells the mark of every internet socket to who may administer the network, 0 too.
        Condition::Mark { .. } if matches!(socket.family, Family::Inet | Family::Inet6) => {
            return socket.details.as_ref().is_none_or(|details| details.mark.is_none());
        }
        // These say what is known of owners, and that is known.
        Condition::Flag(Flag::Unowned | Flag::Orphan) => true,
        Condition::Field(field, _) if field.key == "owner_status" => true,
        // Of a socket without known owner its cgroup may tell them.
        Condition::Owner(OwnerPart::Unit, _) => seen.subject.workload().is_some_and(|it| it.unit.is_some()),
        Condition::Owner(OwnerPart::Container, _) => {
            seen.subject.workload().is_some_and(|it| it.container.is_some())
        }
        Condition::Field(field, _) => !matches!((field.extract)(&seen.subject), Value::Null),
        _ => false,
    };
    let mut looks_at = Needs::default();
    looks_at.add(condition);
    let owners = looks_at.owners && (unseen.owners || (looks_at.facts && unseen.facts));
    let details = looks_at.details && unseen.details && may_have(condition, socket);
    !told && (owners || details)
}

/// False for a field of an object that no socket of that protocol has.
fn may_have(condition: &Condition, socket: &Socket) -> bool {
    let Condition::Field(field, _) = condition else { return true };
    let object = OBJECTS.iter().find(|object| object.fields.iter().any(|one| one.key == field.key));
    match object.map(|object| object.key) {
        Some("timer" | "tcp_info" | "congestion" | "tls" | "subflow" | "mptcp_info") => {
            matches!(socket.protocol, Protocol::Tcp | Protocol::Mptcp | Protocol::Dccp)
        }
        Some("options") => matches!(socket.family, Family::Inet | Family::Inet6),
        Some("unix") => socket.family == Family::Unix,
        Some("packet") => socket.family == Family::Packet,
        Some("netlink") => socket.family == Family::Netlink,
        Some("xdp") => socket.family == Family::Xdp,
        Some("smc") => socket.protocol == Protocol::Smc,
        _ => true,
    }
}
