//! The JSON schema: it is current, what is printed keeps to it, and it refuses what does not.

use std::collections::BTreeSet;
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;

use serde_json::{Value, json};

use crate::harness::{run, sockeye};
use crate::validator::{assert_valid, schema, validator};

/// Judges each line by its type; tells which types there were.
fn assert_valid_lines(what: &str, lines: &str) -> BTreeSet<String> {
    let kinds = ["socket", "coverage", "alert", "summary", "who", "counts"];
    let validators = kinds.map(|kind| (kind, validator(&format!("{kind}_line"))));
    let mut seen = BTreeSet::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let kind = line["type"].as_str().unwrap();
        let (_, validator) = validators.iter().find(|(known, _)| *known == kind).unwrap();
        assert_valid(validator, what, &line);
        seen.insert(kind.to_owned());
    }
    seen
}

#[test]
fn the_shipped_schema_is_current() {
    let shipped = fs::read_to_string("assets/schema.json").unwrap();
    let printed = run(&mut sockeye(&["schema"])).ok();
    assert!(shipped == printed, "renew it: cargo run -- schema > assets/schema.json");
}

#[test]
fn the_schema_is_one_and_leaves_nothing_open() {
    let schema = schema();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let mut objects = 0;
    let mut rest = vec![&schema];
    while let Some(value) = rest.pop() {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            let required: BTreeSet<&str> =
                value["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
            assert_eq!(required, properties.keys().map(String::as_str).collect(), "every key is required");
            assert_eq!(value["additionalProperties"], json!(false), "no other key is allowed: {value}");
            objects += 1;
        }
        match value {
            Value::Object(map) => rest.extend(map.values()),
            Value::Array(list) => rest.extend(list),
            _ => {}
        }
    }
    assert!(objects > 30, "{objects}");
}

#[test]
fn every_field_has_its_sentence_and_its_words() {
    let schema = schema();
    let socket = &schema["$defs"]["socket"]["properties"];
    for field in sockeye::model::field::FIELDS.iter().filter(|field| !field.composed) {
        assert_eq!(socket[field.member]["description"], field.help, "{}", field.key);
    }
    assert_eq!(socket["reach"]["enum"], json!(["v4", "v6", "both", null]));
    assert_eq!(socket["family"]["type"], "string", "it is always known");
    assert_eq!(socket["cookie"]["type"], json!(["string", "null"]), "64 bits are more than readers may hold");
    assert_eq!(socket["timer"]["properties"]["name"]["type"], "string");
}

#[test]
fn scripts_are_listed_as_the_schema_says() {
    let documents = validator("document");
    let mut scripts = 0;
    for script in fs::read_dir("tests/scenarios").unwrap() {
        let source = format!("scenario:{}", script.unwrap().path().display());
        let json = run(sockeye(&["--json"]).args(["--source", &source]));
        let document = serde_json::from_slice(&json.stdout).unwrap_or_else(|_| panic!("{}", json.stderr()));
        assert_valid(&documents, &source, &document);
        let lines = run(sockeye(&["--ndjson"]).args(["--source", &source]));
        assert!(assert_valid_lines(&source, lines.stdout()).contains("coverage"));
        scripts += 1;
    }
    assert!(scripts >= 6, "{scripts}");
}

#[test]
fn this_machine_is_listed_as_the_schema_says() {
    let dir = tempfile::tempdir().unwrap();
    let _listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let _server = UdpSocket::bind("[::1]:0").or_else(|_| UdpSocket::bind("127.0.0.1:0")).unwrap();
    let _unix = UnixListener::bind(dir.path().join("odd\nname")).unwrap();
    let document = serde_json::from_str(&run(&mut sockeye(&["--json"])).ok()).unwrap();
    assert_valid(&validator("document"), "this machine", &document);
    let lines = run(&mut sockeye(&["--ndjson"])).ok();
    let kinds = assert_valid_lines("this machine", &lines);
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    let doctor = run(&mut sockeye(&["doctor", "--json"])).ok();
    assert_valid_lines("doctor", &doctor);
}

#[test]
fn alerts_are_told_as_the_schema_says() {
    let dir = tempfile::tempdir().unwrap();
    let policy = dir.path().join("policy.toml");
    fs::write(&policy, "version = 1\n").unwrap();
    let args = ["check", "--json", "--source", "scenario:tests/scenarios/policy.toml", "--policy"];
    let ran = run(sockeye(&args).arg(&policy));
    assert_eq!(ran.code(), 1, "{}", ran.stderr());
    let kinds = assert_valid_lines("check", ran.stdout());
    assert_eq!(kinds.len(), 2, "{kinds:?}");
}

#[test]
fn answers_and_counts_are_told_as_the_schema_says() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let _caller = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let own = format!("pid:{}", std::process::id());
    for (what, args) in [
        ("a port", &["who", "--json", port.as_str()][..]),
        ("a process", &["who", "--json", own.as_str()]),
        ("rules and containers", &["who", "--json", "8080", "--source", "scenario:tests/scenarios/who.toml"]),
        ("numbers", &["--summary", "--json"]),
        ("numbers of a script", &["-s", "--json", "--source", "scenario:tests/scenarios/summary.toml"]),
    ] {
        assert_eq!(assert_valid_lines(what, &run(&mut sockeye(args)).ok()).len(), 1);
    }
}

#[test]
fn settings_are_explained_as_the_schema_says() {
    let mut command = sockeye(&["config", "--explain", "--json"]);
    let ran = run(command.env("SOCKEYE_COLUMNS", "local,pid").env("SOCKEYE_ASCII", "true"));
    assert_valid(&validator("config"), "config", &serde_json::from_str(&ran.ok()).unwrap());
}

/// The same value as another type.
fn of_another_type(value: &Value) -> Value {
    match value {
        Value::Null | Value::Array(_) => json!({ "odd": 1 }),
        Value::Bool(_) | Value::Object(_) => json!("true"),
        Value::Number(number) => json!(number.to_string()),
        Value::String(_) => json!(7),
    }
}

/// The places of all values below this one, each key once however many rows have it.
fn places(value: &Value, at: &str, general: &str, seen: &mut BTreeSet<String>, found: &mut Vec<String>) {
    let mut below = |key: &str, name: &str, value: &Value| {
        let general = format!("{general}/{name}:{}", value.is_null());
        if seen.insert(general.clone()) || !(value.is_null() || value.is_string()) {
            let at = format!("{at}/{key}");
            if name != "*" {
                found.push(at.clone());
            }
            places(value, &at, &general, seen, found);
        }
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key, key, value)),
        Value::Array(list) => {
            list.iter().take(3).enumerate().for_each(|(at, value)| below(&at.to_string(), "*", value));
        }
        _ => {}
    }
}

#[test]
fn a_key_too_many_or_too_few_or_of_another_type_is_refused() {
    let mut document: Value = serde_json::from_str(
        &run(&mut sockeye(&["--json", "--source", "scenario:tests/scenarios/filter.toml"])).ok(),
    )
    .unwrap();
    document["sockets"].as_array_mut().unwrap().truncate(3);
    let validator = validator("document");
    assert!(validator.is_valid(&document));
    let mut found = Vec::new();
    places(&document, "", "", &mut BTreeSet::new(), &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for place in &found {
        let (parent, key) = place.rsplit_once('/').unwrap();
        let mut fewer = document.clone();
        fewer.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key).unwrap();
        assert!(!validator.is_valid(&fewer), "{place} may be missing");
        let mut more = document.clone();
        more.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert("odd".to_owned(), Value::Null);
        assert!(!validator.is_valid(&more), "{parent} may have another key");
        let mut other = document.clone();
        let value = other.pointer_mut(place).unwrap();
        *value = of_another_type(value);
        assert!(!validator.is_valid(&other), "{place} may be {}", other.pointer(place).unwrap());
    }
    let mut word = document.clone();
    word["sockets"][0]["state"] = json!("lissten");
    assert!(!validator.is_valid(&word), "no such state");
}
