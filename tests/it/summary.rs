//! The summary: what it counts, on a scenario, and what it refuses.

use serde_json::{Value, json};

use crate::harness::{assert_harmless, run, sockeye};

const SCENARIO: &str = "scenario:tests/scenarios/summary.toml";

fn summary(options: &[&str]) -> String {
    let mut command = sockeye(&[&["-s", "--source", SCENARIO], options].concat());
    let ran = run(command.current_dir(env!("CARGO_MANIFEST_DIR")));
    assert_harmless(&format!("{options:?}"), &ran.stdout);
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn it_counts_protocols_states_scopes_owners_and_full_queues() {
    insta::assert_snapshot!("summary", summary(&[]));
}

#[test]
fn json_is_one_object_with_the_same_numbers() {
    let text = summary(&["--json"]);
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert_eq!((&told["schema"], &told["type"]), (&json!(1), &json!("counts")));
    assert_eq!(told["kernel"], Value::Null, "a scenario has no kernel");
    assert_eq!(told["sockets"], json!(4));
    assert_eq!(told["protocols"], json!({"tcp": {"listen": 2, "established": 1}, "udp": {"unconnected": 1}}));
    assert_eq!(told["listeners"], json!({"any": 2, "loopback": 1}));
    assert_eq!(told["units"], json!([{"name": "nginx.service", "sockets": 3}]));
    assert_eq!(
        told["full_accept_queues"],
        json!([{"cookie": "1", "place": "tcp 0.0.0.0:80", "waiting": 12, "backlog": 11}]),
        "as many as may wait is not full"
    );
    assert_eq!(told["coverage"]["owners"]["resolved"], json!(3));
}

#[test]
fn here_the_kernel_counts_too() {
    let ran = run(&mut sockeye(&["-sn", "--json"]));
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert!(told["kernel"]["used"].as_u64().unwrap() > 0, "{}", told["kernel"]);
}

#[test]
fn what_it_cannot_do_is_said() {
    for options in [&["-st"][..], &["-sa"], &["-sp"], &["-si"], &["-s", "port", "22"], &["-s", "--csv"]] {
        let ran = run(&mut sockeye(options));
        let error = String::from_utf8(ran.stderr.clone()).unwrap();
        assert!(error.starts_with("sockeye: --summary "), "{options:?}: {error}");
        assert_eq!(ran.code(), 2, "{options:?}");
    }
}

#[test]
fn what_could_not_be_read_is_told() {
    let mut command = sockeye(&["-s", "--source", "scenario:tests/scenarios/blind.toml"]);
    let ran = run(command.current_dir(env!("CARGO_MANIFEST_DIR")));
    let told = String::from_utf8(ran.stdout).unwrap();
    assert!(told.ends_with("\ndenied      descriptors of 1 process may not be read\n"), "{told}");
}
