//! The JSON schema of a socket, from the field registry. What is written is the business of the views.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json};

use super::owner::{OwnerView, ProcessView};
use super::published::PublishedPortView;
use super::socket::{PATH, PATH_HEX, SocketView};
use super::value::StorageView;
use super::words;
use crate::model::Field;
use crate::model::field::{FIELDS, Item, Kind, OBJECTS, Object, vocabulary};

impl JsonSchema for SocketView<'_> {
    fn schema_name() -> Cow<'static, str> {
        "socket".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut keys = Keys::default();
        for field in FIELDS.iter().filter(|field| !field.composed) {
            keys.add(field.member, member(field, generator));
            if field.key == PATH {
                let bytes = "The bytes of the path in hexadecimal, where they had to be escaped.";
                keys.add(PATH_HEX, json_schema!({ "type": ["string", "null"], "description": bytes }));
            }
        }
        for group in OBJECTS {
            keys.add(group.key, object(group, generator));
        }
        let mut schema = keys.close("object");
        schema.insert("description".to_owned(), "One socket.".into());
        schema
    }
}

/// An object of fields; null where a socket has nothing of the kind.
fn object(object: &Object, generator: &mut SchemaGenerator) -> Schema {
    let mut keys = Keys::default();
    for field in object.fields {
        keys.add(field.member, member(field, generator));
    }
    let mut schema = keys.close(["object", "null"]);
    schema.insert("title".to_owned(), object.title.into());
    schema
}

/// One field, with its sentence.
fn member(field: &Field, generator: &mut SchemaGenerator) -> Schema {
    let mut schema = match vocabulary(field) {
        Some(known) => words::one_of(known),
        None => of_kind(field.kind, generator),
    };
    if !field.certain {
        or_null(&mut schema);
    }
    schema.insert("description".to_owned(), field.help.into());
    schema
}

fn of_kind(kind: Kind, generator: &mut SchemaGenerator) -> Schema {
    match kind {
        Kind::Bool => json_schema!({ "type": "boolean" }),
        Kind::Number => json_schema!({ "type": "integer", "minimum": 0 }),
        Kind::Id => json_schema!({ "type": "string", "pattern": "^[0-9]+$" }),
        Kind::Moment => json_schema!({ "type": "string", "format": "date-time" }),
        // An address may be the name that another family has for its end.
        Kind::Word | Kind::Text | Kind::Address | Kind::Endpoint | Kind::Path | Kind::Object => {
            json_schema!({ "type": "string" })
        }
        Kind::List(item) => {
            let items = of_item(item, generator);
            json_schema!({ "type": "array", "items": items })
        }
    }
}

fn of_item(item: Item, generator: &mut SchemaGenerator) -> Schema {
    match item {
        Item::Number => of_kind(Kind::Number, generator),
        Item::Id => json_schema!({ "type": ["string", "null"], "pattern": "^[0-9]+$" }),
        Item::Text | Item::Address => json_schema!({ "type": "string" }),
        Item::Process => generator.subschema_for::<ProcessView<'_>>(),
        Item::Owner => generator.subschema_for::<OwnerView<'_>>(),
        Item::PublishedPort => generator.subschema_for::<PublishedPortView<'_>>(),
        Item::Storage => generator.subschema_for::<StorageView>(),
    }
}

/// Lets null through, too.
fn or_null(schema: &mut Schema) {
    if let Some(Json::Array(words)) = schema.get_mut("enum") {
        words.push(Json::Null);
    }
    if let Some(kind) = schema.get_mut("type") {
        *kind = Json::Array(vec![kind.take(), "null".into()]);
    }
}

/// The keys of an object, all of which are there.
#[derive(Default)]
struct Keys {
    properties: Map<String, Json>,
    required: Vec<&'static str>,
}

impl Keys {
    fn add(&mut self, key: &'static str, schema: Schema) {
        self.properties.insert(key.to_owned(), schema.to_value());
        self.required.push(key);
    }

    /// The object without any other key.
    fn close(self, kind: impl Into<Json>) -> Schema {
        let Self { properties, required } = self;
        let kind: Json = kind.into();
        json_schema!({
            "type": kind,
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }
}
