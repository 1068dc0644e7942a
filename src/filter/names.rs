//! The names that a filter may use: fields, other names for them, and words that stand alone.

use super::Seen;
use super::condition::OwnerPart;
use super::states::States;
use crate::model::field::{self as fields, Kind};
use crate::model::{Family, Field, NoOwner, Protocol, Role, Scope};

/// What a name in front of a comparison means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named {
    Field(&'static Field),
    Owner(OwnerPart),
    /// `owner`: a process by name, or why there is none.
    OwnerOrStatus,
    AnyPort,
    AnyAddress,
    /// `src` and `dst`, and the fields that say the same.
    LocalHost,
    RemoteHost,
    LocalPort,
    RemotePort,
    Device,
    Mark,
    /// A user by name or number.
    User,
    /// A namespace by name or number.
    Netns,
    Age,
    Rate,
}

/// Names that are no keys of fields, or mean more than the field does.
const NAMES: &[(&str, Named)] = &[
    ("src", Named::LocalHost),
    ("local", Named::LocalHost),
    ("dst", Named::RemoteHost),
    ("remote", Named::RemoteHost),
    ("sport", Named::LocalPort),
    ("lport", Named::LocalPort),
    ("dport", Named::RemotePort),
    ("rport", Named::RemotePort),
    ("port", Named::AnyPort),
    ("addr", Named::AnyAddress),
    ("address", Named::AnyAddress),
    ("ip", Named::AnyAddress),
    ("dev", Named::Device),
    ("interface", Named::Device),
    ("fwmark", Named::Mark),
    ("mark", Named::Mark),
    ("user", Named::User),
    ("netns", Named::Netns),
    ("age", Named::Age),
    ("rate", Named::Rate),
    ("proc", Named::Owner(OwnerPart::Name)),
    ("process", Named::Owner(OwnerPart::Name)),
    ("comm", Named::Owner(OwnerPart::Name)),
    ("pid", Named::Owner(OwnerPart::Pid)),
    ("exe", Named::Owner(OwnerPart::Executable)),
    ("cmdline", Named::Owner(OwnerPart::CommandLine)),
    ("unit", Named::Owner(OwnerPart::Unit)),
    ("container", Named::Owner(OwnerPart::Container)),
    ("owner_user", Named::Owner(OwnerPart::User)),
    ("owner", Named::OwnerOrStatus),
];

/// Shorter names of fields.
const SHORT: &[(&str, &str)] = &[
    ("rtt", "rtt_us"),
    ("minrtt", "min_rtt_us"),
    ("rto", "rto_us"),
    ("cwnd", "snd_cwnd"),
    ("proto", "protocol"),
    ("rxq", "recv_q"),
    ("txq", "send_q"),
    ("cc", "congestion_algorithm"),
];

/// What that name means.
pub(super) fn named(name: &str) -> Option<Named> {
    let own = NAMES.iter().find(|(known, _)| *known == name).map(|(_, named)| *named);
    let short = SHORT.iter().find(|(known, _)| *known == name).map(|(_, key)| *key);
    let field = || fields::by_key(short.unwrap_or(name)).filter(|field| is_asked_by_name(field));
    own.or_else(|| field().map(Named::Field))
}

/// True for a field that one comparison can ask for. Of lists and objects the parts are fields.
pub(super) fn is_asked_by_name(field: &Field) -> bool {
    !matches!(field.kind, Kind::Object | Kind::Moment | Kind::Endpoint | Kind::List(_))
}

/// Every name that may stand in front of a comparison.
pub fn names() -> impl Iterator<Item = &'static str> {
    let own = NAMES.iter().map(|(name, _)| *name).chain(SHORT.iter().map(|(name, _)| *name));
    let is_own = |key: &str| NAMES.iter().any(|(name, _)| *name == key);
    let keys = fields::all().filter(|field| is_asked_by_name(field)).map(|field| field.key);
    own.chain(keys.filter(move |key| !is_own(key)))
}

/// A word that says something of a socket by itself.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flag {
    States(States),
    Family(Family),
    Protocol(Protocol),
    Role(Role),
    Scope(Scope),
    /// IPv4 or IPv6.
    Internet,
    /// Waits for others, and can be reached from another machine.
    Exposed,
    /// Opened while somebody watched.
    New,
    /// No owner is known, for whatever reason.
    Unowned,
    /// The executable of an owner has no name left.
    Deleted,
    /// Left to the kernel by its process.
    Orphan,
}

impl Flag {
    /// The flag of that word.
    pub(super) fn named(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let own = FLAGS.iter().find(|(known, _)| *known == word).map(|(_, flag)| *flag);
        let role = || Role::ALL.iter().find(|it| it.word() == word).map(|it| Self::Role(*it));
        let protocol = || Protocol::ALL.iter().find(|it| it.word() == word).map(|it| Self::Protocol(*it));
        let family = || Family::ALL.iter().find(|it| it.word() == word).map(|it| Self::Family(*it));
        let states = || States::named(&word).map(Self::States);
        let found = own.or_else(role).or_else(protocol).or_else(family).or_else(states);
        // These words say nothing by themselves.
        found.filter(|_| !matches!(word.as_str(), "all" | "other" | "unknown" | "any" | "close"))
    }

    pub(super) fn holds(self, seen: &Seen<'_>) -> bool {
        let (row, socket) = (seen.subject.row, &seen.subject.row.socket);
        match self {
            Self::States(states) => states.has(socket.state),
            Self::Family(family) => socket.family == family,
            Self::Protocol(protocol) => socket.protocol == protocol,
            Self::Role(role) => socket.role == role,
            Self::Scope(scope) => socket.scope() == Some(scope),
            Self::Internet => matches!(socket.family, Family::Inet | Family::Inet6),
            Self::Exposed => socket.is_listener() && socket.scope().is_some_and(|it| it > Scope::Loopback),
            Self::New => row.history().opened.is_some(),
            Self::Unowned => socket.owners.known().is_none(),
            Self::Orphan => socket.owners.status() == NoOwner::Orphan.word(),
            Self::Deleted => socket.owners.known().is_some_and(|owners| {
                owners.shown().any(|it| it.process.exe.as_ref().is_some_and(|exe| exe.deleted))
            }),
        }
    }
}

const FLAGS: &[(&str, Flag)] = &[
    ("exposed", Flag::Exposed),
    ("new", Flag::New),
    ("unowned", Flag::Unowned),
    ("orphan", Flag::Orphan),
    ("deleted", Flag::Deleted),
    ("ip", Flag::Internet),
    ("ipv4", Flag::Family(Family::Inet)),
    ("ipv6", Flag::Family(Family::Inet6)),
    ("loopback", Flag::Scope(Scope::Loopback)),
    ("private", Flag::Scope(Scope::Private)),
    ("public", Flag::Scope(Scope::Public)),
    ("link", Flag::Scope(Scope::Link)),
];

/// Every word that may stand alone.
pub fn flags() -> impl Iterator<Item = &'static str> {
    let own = FLAGS.iter().map(|(word, _)| *word);
    let roles = Role::ALL.iter().map(|it| it.word());
    let kinds = Protocol::ALL.iter().map(|it| it.word()).chain(Family::ALL.iter().map(|it| it.word()));
    let all = own.chain(roles).chain(kinds).chain(States::names());
    let mut seen = std::collections::BTreeSet::new();
    all.filter(move |word| Flag::named(word).is_some() && seen.insert(*word))
}
