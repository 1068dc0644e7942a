//! The field registry: every field of a socket, declared once.
//!
//! Columns, sort keys, JSON keys and their order, and the tests over them all come from [`FIELDS`].
//! It says what a field is, not how it looks: formatting belongs to the faces.

mod objects;
mod socket;
mod tcp;
mod value;
mod vocabulary;

pub use objects::{OBJECTS, Object};
pub use socket::FIELDS;
pub use value::Value;
pub use vocabulary::vocabulary;

use std::sync::Arc;

use super::{Details, Names, Process, Row, Socket, SystemBytes, Workload};

/// What an extractor looks at: a row, the names for its numbers, and the row at the other end.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub row: &'a Row,
    pub names: &'a Names,
    /// Through whom sockets that are on their way may go.
    pub candidates: &'a [Arc<Process>],
    /// The other end of its connection; `None` also where nobody looked for it.
    pub peer: Option<&'a Row>,
}

impl<'a> Subject<'a> {
    /// The same with the other end.
    #[must_use]
    pub fn facing(self, peer: Option<&'a Row>) -> Self {
        Self { peer, ..self }
    }

    /// What the kernel opened the socket for, by evidence.
    #[must_use]
    pub fn kernel_use(&self) -> Option<&'a SystemBytes> {
        self.names.kernel_uses.get(&self.row.socket.key)
    }

    fn socket(&self) -> &'a Socket {
        &self.row.socket
    }

    fn details(&self) -> Option<&'a Details> {
        self.row.socket.details.as_deref()
    }

    /// What the first owner is part of; where no owner is known, what the cgroup of the socket's
    /// creator is for, which the kernel tells to everybody.
    #[must_use]
    pub fn workload(&self) -> Option<&'a Workload> {
        let owner = self.row.socket.owners.first().and_then(|owner| owner.process.workload.as_deref());
        owner.or_else(|| self.names.workloads.get(&self.details()?.cgroup?).map(AsRef::as_ref))
    }
}

/// The type of a field's values; it never changes from row to row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Number,
    Id,
    Word,
    Text,
    Address,
    Endpoint,
    Path,
    Moment,
    Object,
    List(Item),
}

/// The type of what a list holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Number,
    /// An id, or nothing where the source has none.
    Id,
    Text,
    Address,
    /// A process by its name.
    Process,
    /// A process with all that is known of it.
    Owner,
    PublishedPort,
    Storage,
}

/// Where a column leans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// How a field finds its value.
pub type Extract = for<'a> fn(&Subject<'a>) -> Value<'a>;

/// One field of a socket.
#[derive(Debug)]
pub struct Field {
    /// The name in filters and on the command line, unique among all fields.
    pub key: &'static str,
    /// The name in JSON, within its object.
    pub member: &'static str,
    /// The head of its column.
    pub title: &'static str,
    pub kind: Kind,
    pub align: Align,
    /// Terminal cells that its usual values need.
    pub width: u16,
    /// One sentence for people: what it says, and its unit.
    pub help: &'static str,
    /// Composed for eyes from other fields, therefore not in JSON.
    pub composed: bool,
    /// It is never null; within an object: not where the object is there.
    pub certain: bool,
    pub extract: Extract,
}

/// A field that machines get too.
const fn field(
    (key, title): (&'static str, &'static str),
    kind: Kind,
    width: u16,
    help: &'static str,
    extract: Extract,
) -> Field {
    let align = match kind {
        Kind::Number | Kind::Id => Align::Right,
        _ => Align::Left,
    };
    Field { key, member: key, title, kind, align, width, help, composed: false, certain: false, extract }
}

/// A field for eyes alone.
#[expect(clippy::needless_pass_by_value, reason = "a constant is built from a constant")]
const fn composed(base: Field) -> Field {
    Field { composed: true, ..base }
}

impl Field {
    /// The same field under another name in JSON, where its object says the rest.
    const fn named(self, member: &'static str) -> Self {
        Self { member, ..self }
    }

    /// The same field, of which there is always something to tell.
    const fn certain(self) -> Self {
        Self { certain: true, ..self }
    }
}

// Fields of objects: their key is head enough for a column.
const fn number(key: &'static str, help: &'static str, extract: Extract) -> Field {
    field((key, key), Kind::Number, 10, help, extract)
}
const fn flag(key: &'static str, help: &'static str, extract: Extract) -> Field {
    field((key, key), Kind::Bool, 5, help, extract)
}
const fn word(key: &'static str, help: &'static str, extract: Extract) -> Field {
    field((key, key), Kind::Word, 10, help, extract)
}
const fn text(key: &'static str, help: &'static str, extract: Extract) -> Field {
    field((key, key), Kind::Text, 12, help, extract)
}
const fn list(key: &'static str, item: Item, help: &'static str, extract: Extract) -> Field {
    field((key, key), Kind::List(item), 20, help, extract)
}

impl Value<'_> {
    /// This value, or another when it is null.
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        if matches!(self, Value::Null) { other() } else { self }
    }
}

/// Every field, those of objects included.
pub fn all() -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().chain(OBJECTS.iter().flat_map(|object| object.fields))
}

/// The field of that name.
#[must_use]
pub fn by_key(key: &str) -> Option<&'static Field> {
    all().find(|field| field.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_unique_kebab_free_and_explained() {
        let mut keys: Vec<_> = FIELDS.iter().map(|field| field.key).collect();
        keys.sort_unstable();
        let all = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), all, "a key is declared twice");
        for field in FIELDS {
            assert!(
                field.key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{}",
                field.key
            );
            assert!(field.help.ends_with('.'), "{}: help is a sentence", field.key);
            assert!(usize::from(field.width) >= 5, "{}", field.key);
            assert!(by_key(field.key).is_some());
        }
    }
}
