//! Which packets a rule is about, as far as published ports need it. Pure algebra.

use std::net::IpAddr;

use crate::model::{Family, Incoming, Span};

/// What packets have in common. `None` stands for "any".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) family: Option<Family>,
    pub(super) protocol: Option<u8>,
    pub(super) host: Option<Span<IpAddr>>,
    pub(super) ports: Option<Span<u16>>,
    pub(super) interface: Option<Incoming>,
    /// There are conditions beyond these: not every packet of this kind is meant.
    pub(super) conditional: bool,
}

/// What a condition makes of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Narrowed {
    To(Match),
    /// No packet to an address of this host meets it.
    Never,
}

impl Match {
    /// The same with a condition that is not understood.
    pub(super) fn perhaps(mut self) -> Self {
        self.conditional = true;
        self
    }

    pub(super) fn of_family(self, family: Family) -> Narrowed {
        let Ok(family) = both(self.family, Some(family), |a, b| (a == b).then_some(a)) else {
            return Narrowed::Never;
        };
        Narrowed::To(Self { family, ..self })
    }

    pub(super) fn of_protocol(self, protocol: u8) -> Narrowed {
        let Ok(protocol) = both(self.protocol, Some(protocol), |a, b| (a == b).then_some(a)) else {
            return Narrowed::Never;
        };
        Narrowed::To(Self { protocol, ..self })
    }

    pub(super) fn at_host(self, host: Span<IpAddr>) -> Narrowed {
        let Ok(host) = both(self.host, Some(host), Span::and) else { return Narrowed::Never };
        Narrowed::To(Self { host, ..self })
    }

    pub(super) fn at_ports(self, ports: Span<u16>) -> Narrowed {
        let Ok(ports) = both(self.ports, Some(ports), Span::and) else { return Narrowed::Never };
        Narrowed::To(Self { ports, ..self })
    }

    pub(super) fn through(self, interface: &Incoming) -> Narrowed {
        match meet(self.interface.as_ref(), Some(interface)) {
            Meeting::Apart => Narrowed::Never,
            Meeting::Told(interface) => Narrowed::To(Self { interface, ..self }),
            // One place is not enough for both.
            Meeting::Untold(interface) => Narrowed::To(Self { interface, ..self }.perhaps()),
        }
    }

    /// True when no packet is of both kinds.
    pub(super) fn is_apart(&self, other: &Self) -> bool {
        let same = |a, b| (a == b).then_some(a);
        both(self.ports, other.ports, Span::and).is_err()
            || both(self.protocol, other.protocol, same).is_err()
            || both(self.family, other.family, |a, b| (a == b).then_some(a)).is_err()
            || both(self.host, other.host, Span::and).is_err()
            || matches!(meet(self.interface.as_ref(), other.interface.as_ref()), Meeting::Apart)
    }

    /// True when every packet of the other kind is of this one, beyond doubt.
    pub(super) fn covers(&self, other: &Self) -> bool {
        fn within<T: Copy + Ord>(outer: Option<Span<T>>, inner: Option<Span<T>>) -> bool {
            outer.is_none_or(|outer| inner.is_some_and(|inner| outer.and(inner) == Some(inner)))
        }
        !self.conditional
            && within(self.ports, other.ports)
            && within(self.host, other.host)
            && (self.protocol.is_none() || self.protocol == other.protocol)
            && (self.family.is_none() || self.family == other.family)
            && (self.interface.is_none() || self.interface == other.interface)
    }
}

/// No packet meets both conditions.
#[derive(Debug)]
struct Apart;

/// What meets both conditions.
fn both<T: Copy>(a: Option<T>, b: Option<T>, and: impl Fn(T, T) -> Option<T>) -> Result<Option<T>, Apart> {
    match (a, b) {
        (Some(a), Some(b)) => and(a, b).map(Some).ok_or(Apart),
        (one, None) | (None, one) => Ok(one),
    }
}

enum Meeting {
    Apart,
    Told(Option<Incoming>),
    /// This and more.
    Untold(Option<Incoming>),
}

fn meet(a: Option<&Incoming>, b: Option<&Incoming>) -> Meeting {
    use Incoming::{From, NotFrom};
    match (a, b) {
        (one, None) | (None, one) => Meeting::Told(one.cloned()),
        (Some(a), Some(b)) if a == b => Meeting::Told(Some(a.clone())),
        (Some(From(_)), Some(From(_))) => Meeting::Apart,
        (Some(From(one)), Some(NotFrom(other))) | (Some(NotFrom(other)), Some(From(one))) => {
            if one == other {
                Meeting::Apart
            } else {
                Meeting::Told(Some(From(one.clone())))
            }
        }
        (Some(NotFrom(one)), Some(NotFrom(_))) => Meeting::Untold(Some(NotFrom(one.clone()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(first: u16, last: u16) -> Match {
        Match { ports: Some(Span { first, last }), ..Match::default() }
    }

    fn from(name: &str) -> Match {
        Match { interface: Some(Incoming::From(name.into())), ..Match::default() }
    }

    fn not_from(name: &str) -> Match {
        Match { interface: Some(Incoming::NotFrom(name.into())), ..Match::default() }
    }

    #[test]
    fn what_is_apart_and_what_covers() {
        let tcp = Match { protocol: Some(6), ..Match::default() };
        let udp = Match { protocol: Some(17), ..Match::default() };
        for (what, one, other, apart, covers) in [
            ("anything", Match::default(), ports(80, 80), false, true),
            ("the other way round", ports(80, 80), Match::default(), false, false),
            ("a range", ports(80, 90), ports(85, 90), false, true),
            ("a part of it", ports(80, 90), ports(85, 91), false, false),
            ("other ports", ports(80, 90), ports(91, 91), true, false),
            ("in doubt", ports(80, 90).perhaps(), ports(85, 90), false, false),
            ("in doubt, and other ports", ports(80, 90).perhaps(), ports(91, 91), true, false),
            ("protocols", tcp, udp, true, false),
            ("one interface and any other", from("docker0"), not_from("docker0"), true, false),
            ("two interfaces", from("a"), from("b"), true, false),
            ("one interface", from("a"), from("a"), false, true),
            ("all but one", not_from("a"), from("b"), false, false),
        ] {
            assert_eq!((one.is_apart(&other), one.covers(&other)), (apart, covers), "{what}");
        }
    }

    #[test]
    fn a_condition_that_contradicts_is_never_met() {
        assert_eq!(ports(1, 5).at_ports(Span { first: 4, last: 9 }), Narrowed::To(ports(4, 5)));
        assert_eq!(ports(1, 5).at_ports(Span::one(6)), Narrowed::Never);
        assert_eq!(from("a").through(&Incoming::NotFrom("a".into())), Narrowed::Never);
        assert_eq!(from("a").through(&Incoming::NotFrom("b".into())), Narrowed::To(from("a")));
        let two = not_from("a").through(&Incoming::NotFrom("b".into()));
        assert_eq!(two, Narrowed::To(not_from("a").perhaps()), "one of them has no place");
    }
}
