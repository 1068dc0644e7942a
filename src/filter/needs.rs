//! What must be known of sockets before a filter can judge them.

use super::Filter;
use super::condition::{Condition, OwnerPart};
use super::names::Flag;
use crate::model::{Ask, Field};

/// What must be known of sockets before a filter can judge them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing to be read, or not")]
pub struct Needs {
    /// More than addresses and states.
    pub details: bool,
    /// Who holds them.
    pub owners: bool,
    /// What their owners run, and names of users, units and containers.
    pub facts: bool,
    /// What happened to them while they were watched.
    pub history: bool,
    /// Whether others may bind to their addresses, which the way to owners tells that is not always taken.
    pub reuse: bool,
    /// States, so that nothing else should choose among them.
    pub states: bool,
}

impl Needs {
    /// What this condition looks at, too.
    pub(super) fn add(&mut self, condition: &Condition) {
        match condition {
            Condition::States(_) | Condition::Flag(Flag::States(_) | Flag::Role(_) | Flag::Exposed) => {
                self.states = true;
            }
            Condition::Flag(Flag::New) | Condition::Age(_) => self.history = true,
            Condition::Flag(Flag::Deleted)
            | Condition::Owner(OwnerPart::Executable | OwnerPart::CommandLine | OwnerPart::User, _) => {
                (self.owners, self.facts) = (true, true);
            }
            Condition::Owner(OwnerPart::Unit | OwnerPart::Container, _) => {
                (self.owners, self.facts, self.details) = (true, true, true);
            }
            Condition::Flag(Flag::Unowned | Flag::Orphan) | Condition::Owner(..) => self.owners = true,
            Condition::Rate(_) => (self.history, self.details) = (true, true),
            Condition::Mark { .. } => self.details = true,
            Condition::Text(_) => (self.owners, self.facts, self.details) = (true, true, true),
            Condition::Field(field, _) => self.add_field(field),
            Condition::Flag(_)
            | Condition::Host(..)
            | Condition::Port(..)
            | Condition::AnyPort(_)
            | Condition::AnyAddress(_)
            | Condition::Device(_)
            | Condition::Autobound(_) => {}
        }
    }

    /// What these fields look at.
    #[must_use]
    pub fn of<'a>(fields: impl IntoIterator<Item = &'a Field>) -> Self {
        let mut needs = Self::default();
        fields.into_iter().for_each(|field| needs.add_field(field));
        Self { states: false, ..needs }
    }

    /// What a reading must be asked for, so that this field has a value where there is one.
    #[must_use]
    pub fn asked_by(field: &Field) -> Ask {
        match field.key {
            "bpf_storages" => Ask { storages: true, ..DETAILS },
            key if OF_RATES.contains(&key) => RATES,
            "dnat" => Ask { published: true, ..DETAILS },
            key if REUSE.contains(&key) => Ask { reuse: true, ..Ask::NOTHING },
            _ if !Self::of([field]).details => Ask::NOTHING,
            key if OF_CGROUPS.contains(&key) => CGROUPS,
            _ => DETAILS,
        }
    }

    /// What either looks at.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            details: self.details || other.details,
            owners: self.owners || other.owners,
            facts: self.facts || other.facts,
            history: self.history || other.history,
            reuse: self.reuse || other.reuse,
            states: self.states || other.states,
        }
    }

    fn add_field(&mut self, field: &Field) {
        match field.key {
            "state" | "role" | "role_reason" => self.states = true,
            "owner_status" | "owner_count" | "owner" | "owners" | "pid" | "comm" | "peer_owners"
            | "owner_candidates" => self.owners = true,
            key if REUSE.contains(&key) => (self.owners, self.reuse) = (true, true),
            "exe" | "kernel_use" => (self.owners, self.facts) = (true, true),
            "user" => self.facts = true,
            "unit" | "container" | "activates" => {
                (self.owners, self.facts, self.details) = (true, true, true);
            }
            "send_rate_bytes_per_s" | "receive_rate_bytes_per_s" => {
                (self.history, self.details) = (true, true);
            }
            "opened_at" => self.history = true,
            "cgroup" => (self.facts, self.details) = (true, true),
            key if OF_EVERY_ROW.contains(&key) => {}
            // Marks, tcp_info, memory: all that is asked for by name.
            _ => self.details = true,
        }
    }
}

/// All that a filter can ask of a socket by itself. What the packet filter publishes and what BPF stores
/// are lists, which no condition looks at.
const DETAILS: Ask = Ask { info: true, memory: true, rest: true, cgroups: true, ..Ask::NOTHING };
/// How fast bytes go through, and how well.
const RATES: Ask = Ask { rates: true, ..Ask::NOTHING };
/// Fields that look at no detail but those.
const OF_RATES: &[&str] = &["send_rate_bytes_per_s", "receive_rate_bytes_per_s", "rtt_us", "total_retrans"];
/// The cgroup alone, which tells the unit where no owner does.
const CGROUPS: Ask = Ask { cgroups: true, ..Ask::NOTHING };

impl Filter {
    /// What a reading must be asked for, so that this can be judged.
    #[must_use]
    pub fn ask(&self) -> Ask {
        self.asked(|_| true)
    }

    /// The same without what texts are looked for in: those can be looked for at once, in what is known.
    #[must_use]
    pub fn waits_for(&self) -> Ask {
        self.asked(|condition| !matches!(condition, Condition::Text(_)))
    }

    fn asked(&self, of: impl Fn(&Condition) -> bool) -> Ask {
        let mut ask = Ask::NOTHING;
        if let Some(expr) = &self.expr {
            expr.conditions(&mut |condition| {
                let mut needs = Needs::default();
                needs.add(condition);
                ask.reuse |= needs.reuse;
                if needs.details && of(condition) {
                    ask = ask.or(match condition {
                        _ if is_of_cgroup(condition) => CGROUPS,
                        _ if is_of_rates(condition) => RATES,
                        _ => DETAILS,
                    });
                }
            });
        }
        ask
    }
}

/// True when the only details that it looks at are the few numbers of connections that lists are made from.
fn is_of_rates(condition: &Condition) -> bool {
    match condition {
        Condition::Rate(_) => true,
        Condition::Field(field, _) => OF_RATES.contains(&field.key),
        _ => false,
    }
}

/// True when the only detail that it looks at is the cgroup.
fn is_of_cgroup(condition: &Condition) -> bool {
    match condition {
        Condition::Text(_) | Condition::Owner(OwnerPart::Unit | OwnerPart::Container, _) => true,
        Condition::Field(field, _) => OF_CGROUPS.contains(&field.key),
        _ => false,
    }
}

/// Fields of which only BPF tells.
const REUSE: &[&str] = &["reuse_address", "reuse_port"];
/// Fields that look at no detail but the cgroup.
const OF_CGROUPS: &[&str] = &["unit", "container", "activates", "cgroup"];

/// Fields that are told without being asked for.
const OF_EVERY_ROW: &[&str] = &[
    "cookie",
    "netns",
    "netns_name",
    "inode",
    "family",
    "protocol",
    "type",
    "local",
    "remote",
    "peer_cookie",
    "local_address",
    "local_port",
    "remote_address",
    "remote_port",
    "path",
    "peer_inode",
    "interface_index",
    "uid",
    "recv_q",
    "send_q",
    "accept_queue",
    "backlog",
    "listener_cookie",
    "scope",
    "reach",
    "mptcp",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::field;

    #[test]
    fn a_field_is_asked_for_as_a_filter_on_it_is() {
        for (key, expected) in [
            ("local_port", Ask::NOTHING),
            ("user", Ask::NOTHING),
            ("unit", CGROUPS),
            ("rtt_us", RATES),
            ("min_rtt_us", DETAILS),
            ("send_rate_bytes_per_s", Ask { rates: true, ..Ask::NOTHING }),
            ("opened_at", Ask::NOTHING),
            ("bpf_storages", Ask { storages: true, ..DETAILS }),
            ("dnat", Ask { published: true, ..DETAILS }),
        ] {
            assert_eq!(field::by_key(key).map(Needs::asked_by), Some(expected), "{key}");
        }
    }
}
