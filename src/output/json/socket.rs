//! One socket: every field of the registry that is not composed for eyes.
//!
//! The keys are the same for all sockets, so they are made once; a socket is values put between them.

use std::sync::LazyLock;

use serde::{Serialize, Serializer, ser};
use serde_json::value::RawValue;

use super::owner::Owners;
use super::value::{hex_twin, push_text, push_value};
use crate::model::field::{FIELDS, Field, OBJECTS};
use crate::model::{Subject, Value};

/// The path is chosen by whoever binds, so its bytes stand beside it. Other texts of a socket come
/// from tables of the administrator; being escaped reversibly is enough for them.
pub(super) const PATH: &str = "path";
pub(super) const PATH_HEX: &str = "path_hex";

/// One socket.
pub(in crate::output) struct SocketView<'a>(pub(in crate::output) Subject<'a>);

/// A field and what stands before its value: `,"key":`.
struct Member {
    lead: String,
    field: &'static Field,
}

/// What a socket consists of.
struct Layout {
    fields: Vec<Member>,
    /// Groups of fields, each with what stands before it.
    objects: Vec<(String, Vec<Member>)>,
    path_hex: String,
}

static LAYOUT: LazyLock<Layout> = LazyLock::new(|| Layout {
    fields: members(FIELDS.iter().filter(|field| !field.composed)),
    objects: OBJECTS.iter().map(|object| (lead(object.key, false), members(object.fields))).collect(),
    path_hex: lead(PATH_HEX, false),
});

fn members(fields: impl IntoIterator<Item = &'static Field>) -> Vec<Member> {
    let fields = fields.into_iter().enumerate();
    fields.map(|(at, field)| Member { lead: lead(field.member, at == 0), field }).collect()
}

fn lead(key: &str, first: bool) -> String {
    format!("{}\"{key}\":", if first { "" } else { "," })
}

impl SocketView<'_> {
    /// Appends the object.
    pub(super) fn push(&self, line: &mut String, owners: &mut Owners) -> serde_json::Result<()> {
        let (subject, names) = (&self.0, self.0.names);
        line.push('{');
        for Member { lead, field } in &LAYOUT.fields {
            let value = (field.extract)(subject);
            line.push_str(lead);
            push_value(line, &value, names, owners)?;
            if field.key == PATH {
                line.push_str(&LAYOUT.path_hex);
                match hex_twin(&value) {
                    Some(hex) => push_text(line, &hex),
                    None => line.push_str("null"),
                }
            }
        }
        for (lead, members) in &LAYOUT.objects {
            line.push_str(lead);
            self.push_object(line, members, owners)?;
        }
        line.push('}');
        Ok(())
    }

    /// A group of fields; null when none of them has a value.
    fn push_object(
        &self,
        line: &mut String,
        members: &[Member],
        owners: &mut Owners,
    ) -> serde_json::Result<()> {
        let value = |member: &Member| (member.field.extract)(&self.0);
        if members.iter().all(|member| matches!(value(member), Value::Null)) {
            line.push_str("null");
            return Ok(());
        }
        line.push('{');
        for member in members {
            line.push_str(&member.lead);
            push_value(line, &value(member), self.0.names, owners)?;
        }
        line.push('}');
        Ok(())
    }
}

/// As part of something larger, such as an alert.
impl Serialize for SocketView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = String::new();
        self.push(&mut line, &mut Owners::default()).map_err(ser::Error::custom)?;
        RawValue::from_string(line).map_err(ser::Error::custom)?.serialize(serializer)
    }
}
