//! One socket: every field of the registry that is not composed for eyes.
//!
//! The keys are the same for all sockets, so they are made once; a socket is values put between them.

use std::sync::LazyLock;

use serde::{Serialize, Serializer, ser};
use serde_json::value::RawValue;

use super::owner::Owners;
use super::value::{hex_twin, push_text, push_value};
use crate::model::field::{FIELDS, Field, OBJECTS, Object};
use crate::model::{Subject, Value};

/// The path is chosen by whoever binds, so its bytes stand beside it. Other texts of a socket come
/// from tables of the administrator; being escaped reversibly is enough for them.
pub(super) const PATH: &str = "path";
pub(super) const PATH_HEX: &str = "path_hex";

/// One socket.
pub(in crate::output) struct SocketView<'a>(pub(in crate::output) Subject<'a>);

/// Fields that follow each other. What most values are is made once, too, and stands side by side for all
/// fields: so that a run of equal values is one piece.
struct Members {
    each: Vec<Member>,
    nulls: Pieces,
    zeros: Pieces,
    noes: Pieces,
}

/// A field.
struct Member {
    field: &'static Field,
    /// What stands before its value: `,"key":`.
    lead: String,
    /// What stands before its bytes, where it has a twin for them.
    twin: Option<String>,
}

/// Texts side by side.
struct Pieces {
    text: String,
    /// Where each begins, and where the last ends.
    bounds: Vec<usize>,
}

/// A group of fields.
struct Group {
    object: &'static Object,
    lead: String,
    null: String,
    members: Members,
}

/// What a socket consists of.
struct Layout {
    fields: Members,
    groups: Vec<Group>,
}

static LAYOUT: LazyLock<Layout> = LazyLock::new(|| Layout {
    fields: Members::new(FIELDS.iter().filter(|field| !field.composed)),
    groups: OBJECTS.iter().map(Group::new).collect(),
});

impl Members {
    fn new(fields: impl IntoIterator<Item = &'static Field>) -> Self {
        let member = |(at, field): (usize, &'static Field)| {
            let twin = (field.key == PATH).then(|| lead(PATH_HEX, false));
            Member { field, lead: lead(field.member, at == 0), twin }
        };
        let each: Vec<_> = fields.into_iter().enumerate().map(member).collect();
        let [nulls, zeros, noes] = ["null", "0", "false"].map(|value| Pieces::new(&each, value));
        Self { each, nulls, zeros, noes }
    }

    /// The keys with a value that is made once; `None` for any other value.
    fn pieces(&self, value: &Value<'_>) -> Option<&Pieces> {
        match value {
            Value::Null => Some(&self.nulls),
            Value::Number(0) => Some(&self.zeros),
            Value::Bool(false) => Some(&self.noes),
            _ => None,
        }
    }
}

impl Pieces {
    /// Every field with this value; the twin of a field without bytes is null.
    fn new(members: &[Member], value: &str) -> Self {
        let (mut text, mut bounds) = (String::new(), vec![0]);
        for member in members {
            text.push_str(&member.lead);
            text.push_str(value);
            if let Some(twin) = &member.twin {
                text.push_str(twin);
                text.push_str("null");
            }
            bounds.push(text.len());
        }
        Self { text, bounds }
    }

    /// Those of the fields from one place to before another.
    fn between(&self, from: usize, to: usize) -> &str {
        &self.text[self.bounds[from]..self.bounds[to]]
    }
}

impl Group {
    fn new(object: &'static Object) -> Self {
        let lead = lead(object.key, false);
        Self { object, null: format!("{lead}null"), lead, members: Members::new(object.fields) }
    }
}

fn lead(key: &str, first: bool) -> String {
    format!("{}\"{key}\":", if first { "" } else { "," })
}

impl SocketView<'_> {
    /// Appends the object.
    pub(super) fn push(&self, line: &mut String, owners: &mut Owners) -> serde_json::Result<()> {
        line.push('{');
        self.push_members(line, &LAYOUT.fields, owners)?;
        for group in &LAYOUT.groups {
            self.push_group(line, group, owners)?;
        }
        line.push('}');
        Ok(())
    }

    fn push_members(
        &self,
        line: &mut String,
        members: &Members,
        owners: &mut Owners,
    ) -> serde_json::Result<()> {
        // Equal values that are yet to be written, and where the first of them stands.
        let mut run: Option<(&Pieces, usize)> = None;
        for (at, member) in members.each.iter().enumerate() {
            let value = (member.field.extract)(&self.0);
            let pieces = members.pieces(&value);
            match (run, pieces) {
                (Some((now, _)), Some(next)) if std::ptr::eq(now, next) => continue,
                (Some((now, from)), _) => line.push_str(now.between(from, at)),
                (None, _) => {}
            }
            run = pieces.map(|pieces| (pieces, at));
            if run.is_none() {
                self.push_member(line, member, &value, owners)?;
            }
        }
        if let Some((pieces, from)) = run {
            line.push_str(pieces.between(from, members.each.len()));
        }
        Ok(())
    }

    /// A value that is not made already.
    fn push_member(
        &self,
        line: &mut String,
        member: &Member,
        value: &Value<'_>,
        owners: &mut Owners,
    ) -> serde_json::Result<()> {
        line.push_str(&member.lead);
        push_value(line, value, self.0.names, owners)?;
        if let Some(twin) = &member.twin {
            line.push_str(twin);
            match hex_twin(value) {
                Some(hex) => push_text(line, &hex),
                None => line.push_str("null"),
            }
        }
        Ok(())
    }

    /// A group of fields; null when none of them has a value.
    fn push_group(&self, line: &mut String, group: &Group, owners: &mut Owners) -> serde_json::Result<()> {
        let null = |field: &Field| matches!((field.extract)(&self.0), Value::Null);
        if !(group.object.applies)(&self.0) || group.object.fields.iter().all(null) {
            line.push_str(&group.null);
            return Ok(());
        }
        line.push_str(&group.lead);
        line.push('{');
        self.push_members(line, &group.members, owners)?;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{
        Basics, Cookie, Details, Endpoint, Ends, Family, Identity, Inode, Names, NetnsId, Options, PortRange,
        Protocol, Row, Socket, SocketKey, SocketType, State, SystemBytes, TcpInfo, UnixName,
    };

    fn row(family: Family, protocol: Protocol, ends: Ends, details: Option<Details>) -> Row {
        let key = SocketKey { netns: NetnsId(1), id: Identity::Cookie(Cookie(1)) };
        let (kind, inode) = (SocketType::Stream, Inode::new(7));
        let basics = Basics { key, family, protocol, kind, state: State::Established, ends, inode };
        let details = details.map(Arc::new);
        Row::found(Socket { details, ..Socket::new(basics, &PortRange::default()) })
    }

    /// The members one by one, with nothing made before.
    fn plainly<'f>(subject: &Subject<'_>, fields: impl Iterator<Item = &'f Field>) -> String {
        let mut members = Vec::new();
        for field in fields {
            let value = (field.extract)(subject);
            let mut text = String::new();
            push_value(&mut text, &value, subject.names, &mut Owners::default()).unwrap();
            members.push(format!("\"{}\":{text}", field.member));
            if field.key == PATH {
                let hex = hex_twin(&value).map_or("null".to_owned(), |hex| format!("\"{hex}\""));
                members.push(format!("\"path_hex\":{hex}"));
            }
        }
        members.join(",")
    }

    /// Runs of equal values leave no field out, and write none twice.
    #[test]
    fn a_socket_is_its_fields_one_after_the_other() {
        let end = |port| Endpoint::new([127, 0, 0, 1].into(), port);
        let inet = Ends::Inet { local: end(80), remote: Some(end(5)) };
        let path =
            |name: &[u8]| Ends::Unix { name: Some(UnixName::Path(SystemBytes::from(name))), peer: None };
        // Zeros, then nulls: the struct ends early, and only some of its first half are set.
        let info: Vec<u8> = (0..100).map(|at| u8::from(at % 12 == 0 && at < 60)).collect();
        let details = Details {
            tcp_info: Some(TcpInfo::from(&info[..])),
            options: Some(Options(Options::MC_LOOP | Options::DEFER_CONNECT)),
            ..Details::default()
        };
        let rows = [
            row(Family::Inet, Protocol::Tcp, inet.clone(), Some(details)),
            row(Family::Inet, Protocol::Tcp, inet, None),
            row(Family::Unix, Protocol::Unix, path(b"/run/x"), None),
            row(Family::Unix, Protocol::Unix, path(b"/run/\x1b\""), Some(Details::default())),
        ];
        let names = Names::default();
        for row in &rows {
            let subject = Subject { row, names: &names, candidates: &[], peer: None };
            let mut expected =
                format!("{{{}", plainly(&subject, FIELDS.iter().filter(|field| !field.composed)));
            for object in OBJECTS {
                let told = object.fields.iter().any(|one| !matches!((one.extract)(&subject), Value::Null));
                let members = || format!("{{{}}}", plainly(&subject, object.fields.iter()));
                let object =
                    format!(",\"{}\":{}", object.key, if told { members() } else { "null".to_owned() });
                expected.push_str(&object);
            }
            let mut line = String::new();
            SocketView(subject).push(&mut line, &mut Owners::default()).unwrap();
            assert_eq!(line, format!("{expected}}}"));
        }
    }
}
