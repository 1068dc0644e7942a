//! Fields that somebody chose by name, to be shown or to sort by.

use std::cmp::Ordering;

use crate::model::field::{self, Field};
use crate::model::{Row, Subject};

/// There is no field of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no field {name:?}")]
pub struct NoField {
    pub name: String,
}

/// The fields of a list such as `local,owner`.
pub fn fields(list: &str) -> Result<Vec<&'static Field>, NoField> {
    list.split(',').map(str::trim).map(|name| by_name(name, name)).collect()
}

/// What to sort by, the most important first.
#[derive(Clone, Debug, Default)]
pub struct Sorting(Vec<(&'static Field, bool)>);

impl Sorting {
    /// Reads a list such as `-recv_q,local`; a minus turns the order round.
    pub fn parse(list: &str) -> Result<Self, NoField> {
        let key = |name: &str| match name.trim().strip_prefix('-') {
            Some(rest) => by_name(rest, name).map(|field| (field, true)),
            None => by_name(name.trim().trim_start_matches('+'), name).map(|field| (field, false)),
        };
        list.split(',').map(key).collect::<Result<_, _>>().map(Self)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields that it looks at.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.0.iter().map(|(field, _)| *field)
    }

    /// Sorts rows; equal ones keep their order, and what is not known comes last either way.
    pub fn sort<'a>(&self, rows: &mut [&'a Row], subject: impl Fn(&'a Row) -> Subject<'a>) {
        rows.sort_by(|one, other| {
            let (one, other) = (subject(one), subject(other));
            let orders = self.0.iter().map(|(field, reverse)| {
                let (one, other) = ((field.extract)(&one), (field.extract)(&other));
                let order = one.compare(&other);
                let unknown = [&one, &other].map(|it| matches!(it, crate::model::Value::Null));
                if *reverse && unknown == [false, false] { order.reverse() } else { order }
            });
            orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
    }
}

fn by_name(name: &str, typed: &str) -> Result<&'static Field, NoField> {
    field::by_key(name).ok_or_else(|| NoField { name: typed.to_owned() })
}
