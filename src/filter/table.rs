//! What a filter says of a whole table before that is read: whether any of its sockets can pass.

use super::Filter;
use super::condition::{Condition, Test};
use super::expr::Expr;
use super::host::Host;
use super::names::Flag;
use crate::model::{Family, Protocol};

impl Filter {
    /// False when no socket of that family and protocol can pass, whatever else it is.
    #[must_use]
    pub fn may_pass(&self, family: Family, protocol: Protocol) -> bool {
        let Some(expr) = &self.expr else { return true };
        expr.verdict(&|condition| of_table(condition, family, protocol)) != Some(false)
    }

    /// True when it matters to a condition in which of these tables a socket is.
    #[must_use]
    pub fn tells_apart(&self, one: (Family, Protocol), other: (Family, Protocol)) -> bool {
        let mut does = false;
        if let Some(expr) = &self.expr {
            expr.conditions(&mut |condition| {
                let of = |(family, protocol)| of_table(condition, family, protocol);
                does |= of(one) != of(other);
            });
        }
        does
    }
}

impl Expr {
    /// Whether it holds, by what is known of its conditions; `None` where that does not tell.
    pub(super) fn verdict(&self, of: &dyn Fn(&Condition) -> Option<bool>) -> Option<bool> {
        match self {
            Self::All(all) => joined(all, of, false),
            Self::Any(any) => joined(any, of, true),
            Self::Not(expr) => expr.verdict(of).map(|holds| !holds),
            Self::Is(condition) => of(condition),
        }
    }
}

/// One that is so decides; otherwise all must be known.
fn joined(exprs: &[Expr], of: &dyn Fn(&Condition) -> Option<bool>, decides: bool) -> Option<bool> {
    let verdicts: Vec<Option<bool>> = exprs.iter().map(|expr| expr.verdict(of)).collect();
    if verdicts.contains(&Some(decides)) {
        return Some(decides);
    }
    (!verdicts.contains(&None)).then_some(!decides)
}

/// What holds of every socket of a table.
fn of_table(condition: &Condition, family: Family, protocol: Protocol) -> Option<bool> {
    let internet = matches!(family, Family::Inet | Family::Inet6);
    let only_internet = || if internet { None } else { Some(false) };
    match condition {
        Condition::Flag(Flag::Family(asked)) => Some(*asked == family),
        Condition::Flag(Flag::Protocol(asked)) => Some(*asked == protocol),
        Condition::Flag(Flag::Internet) => Some(internet),
        Condition::Host(_, Host::Inet { family: Some(asked), .. }) if *asked != family => Some(false),
        Condition::Host(_, Host::Inet { .. })
        | Condition::Flag(Flag::Scope(_) | Flag::Exposed)
        | Condition::AnyAddress(_) => only_internet(),
        Condition::Host(_, Host::Unix(_)) => (family != Family::Unix).then_some(false),
        Condition::Host(_, Host::Other { family: asked, .. }) => (*asked != family).then_some(false),
        Condition::Port(..) | Condition::AnyPort(_) => {
            matches!(family, Family::Unix | Family::Packet | Family::Other).then_some(false)
        }
        Condition::Field(field, Test::Words(words)) => match field.key {
            "family" => Some(words.contains(&family.word())),
            "protocol" => Some(words.contains(&protocol.word())),
            _ => None,
        },
        _ => None,
    }
}
