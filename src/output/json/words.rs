//! Vocabularies for the JSON schema: which words a key may have. Nothing else is said of them here.

use schemars::{Schema, SchemaGenerator, json_schema};

use crate::model::{
    Closing, Ending, Family, NetnsFound, NoOwner, Protocol, Runtime, Scope, Signal, Signalling, SliceStatus,
    State, Stopping,
};
use crate::output::SCHEMA;
use crate::policy::{AlertKind, Seen, Severity};
use crate::store::Aftermath;

/// A text that is one of these words.
pub(super) fn one_of(words: impl IntoIterator<Item = &'static str>) -> Schema {
    let words: Vec<&str> = words.into_iter().collect();
    json_schema!({ "type": "string", "enum": words })
}

/// The same, or null.
pub(super) fn one_of_or_null(words: impl IntoIterator<Item = &'static str>) -> Schema {
    let words: Vec<Option<&str>> = words.into_iter().map(Some).chain([None]).collect();
    json_schema!({ "type": ["string", "null"], "enum": words })
}

/// The version of the documents.
pub(in crate::output) fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "const": SCHEMA })
}

pub(super) fn family(_: &mut SchemaGenerator) -> Schema {
    one_of(Family::ALL.iter().map(|it| it.word()))
}

pub(super) fn family_or_null(_: &mut SchemaGenerator) -> Schema {
    one_of_or_null(Family::ALL.iter().map(|it| it.word()))
}

pub(in crate::output) fn protocol(_: &mut SchemaGenerator) -> Schema {
    one_of(Protocol::ALL.iter().map(|it| it.word()))
}

pub(in crate::output) fn scope(_: &mut SchemaGenerator) -> Schema {
    one_of(Scope::ALL.iter().map(|it| it.word()))
}

pub(in crate::output) fn closing(_: &mut SchemaGenerator) -> Schema {
    one_of(Closing::WORDS)
}

pub(in crate::output) fn signal(_: &mut SchemaGenerator) -> Schema {
    one_of(Signal::ALL.iter().map(|it| it.word()))
}

pub(in crate::output) fn signalling(_: &mut SchemaGenerator) -> Schema {
    one_of(Signalling::WORDS)
}

pub(in crate::output) fn stopping(_: &mut SchemaGenerator) -> Schema {
    one_of(Stopping::WORDS)
}

pub(in crate::output) fn aftermath(_: &mut SchemaGenerator) -> Schema {
    one_of(Aftermath::WORDS)
}

pub(in crate::output) fn state_or_null(_: &mut SchemaGenerator) -> Schema {
    one_of_or_null(State::ALL.iter().map(|it| it.word()))
}

pub(in crate::output) fn ending_or_null(_: &mut SchemaGenerator) -> Schema {
    one_of_or_null(Ending::ALL.iter().map(|it| it.word()))
}

pub(super) fn read_status(_: &mut SchemaGenerator) -> Schema {
    one_of(SliceStatus::WORDS)
}

pub(super) fn no_owner(_: &mut SchemaGenerator) -> Schema {
    one_of(NoOwner::ALL.into_iter().map(NoOwner::word))
}

pub(super) fn found(_: &mut SchemaGenerator) -> Schema {
    one_of(NetnsFound::ALL.iter().map(|it| it.word()))
}

pub(super) fn runtime(_: &mut SchemaGenerator) -> Schema {
    one_of(Runtime::ALL.iter().map(|it| it.word()))
}

pub(in crate::output) fn alert(_: &mut SchemaGenerator) -> Schema {
    one_of(AlertKind::ALL.into_iter().map(AlertKind::word))
}

pub(in crate::output) fn seen(_: &mut SchemaGenerator) -> Schema {
    one_of(Seen::ALL.into_iter().map(Seen::word))
}

pub(in crate::output) fn severity(_: &mut SchemaGenerator) -> Schema {
    one_of(Severity::ALL.into_iter().map(Severity::word))
}
