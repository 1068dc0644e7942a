//! Judges what is printed by the schema that the program prints itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::harness::{run, sockeye};

pub(crate) fn schema() -> Value {
    serde_json::from_str(&run(&mut sockeye(&["schema"])).ok()).unwrap()
}

/// Judges one kind alone, so that nothing passes for something else.
pub(crate) fn validator(kind: &str) -> Validator {
    let mut schema = schema();
    schema.as_object_mut().unwrap().remove("oneOf");
    schema["$ref"] = json!(format!("#/$defs/{kind}"));
    jsonschema::draft202012::new(&schema).unwrap()
}

pub(crate) fn assert_valid(validator: &Validator, what: &str, value: &Value) {
    let wrong: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{what}: {}", wrong.join("\n"));
}
