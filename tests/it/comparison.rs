//! `sockeye policy show` and `diff`: the policy as it is understood, alone and beside what listens.

use serde_json::Value;

use crate::harness::Ran;
use crate::policy::Policy;
use crate::validator::{assert_valid, validator};

const SCENARIO: &str = concat!("scenario:", env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/policy.toml");

/// One listener as expected, one wider, one of somebody else, one entry of nobody, and a rule.
const POLICY: &str = "version = 1\n[[expect]]\nprotocol = 'tcp'\nport = 22\nscope = \"loopback\"\n\
    exe = '/usr/sbin/sshd'\nnote = \"from \\u001b[31m here\"\n\n[[expect]]\nprotocol = 'udp'\nport = 53\n\
    scope = 'private'\nuser = ['unbound', '7']\n\n[[expect]]\nprotocol = 'tcp'\nport = \"3000-3010\"\nscope = 'any'\n\
    comm = 'dev'\n\n[[rule]]\nname = \"plain\"\nwhen = \"listening and port in {21,23}\"\nnote = \"old \u{e4}\"\n";

fn diff(policy: &Policy, args: &[&str]) -> Ran {
    policy.run(&[&["policy", "diff"], args].concat())
}

/// What was printed, without the place of the file.
fn told(ran: &Ran, policy: &Policy) -> String {
    ran.stdout().replace(policy.path.to_str().unwrap(), "POLICY").replace(SCENARIO, "SCENARIO")
}

#[test]
fn a_policy_is_shown_as_it_is_understood() {
    let policy = Policy::with(POLICY);
    let shown = policy.run(&["policy", "show"]);
    assert_eq!(shown.code(), 0, "{}", shown.stderr());
    insta::assert_snapshot!("shown", told(&shown, &policy));
    let ascii = policy.run(&["policy", "show", "--ascii"]);
    assert!(ascii.stdout().is_ascii() && ascii.stdout().contains("# old \\u{e4}"), "{}", ascii.stdout());
    let json: Value = serde_json::from_str(&policy.run(&["policy", "show", "--json"]).ok()).unwrap();
    assert_valid(&validator("policy"), "show", &json);
    let of = |place: &str| json.pointer(place).unwrap().clone();
    assert_eq!(of("/expectations/1/user"), serde_json::json!(["unbound", "7"]));
    assert_eq!(
        (of("/expectations/2/first_port"), of("/expectations/2/last_port")),
        (3000.into(), 3010.into())
    );
    assert_eq!(
        (of("/rules/0/when"), of("/rules/0/line")),
        ("listening and port in {21,23}".into(), 21.into())
    );
    for (text, says) in [
        (POLICY.replace("port in", "prt in"), "prt in"),
        (POLICY.replace("'udp'", "'upd'"), "expected one of tcp, udp"),
    ] {
        let ran = Policy::with(&text).run(&["policy", "show"]);
        assert_eq!((ran.code(), ran.stdout()), (2, ""));
        assert!(ran.stderr().contains(says), "{}", ran.stderr());
    }
}

#[test]
fn a_policy_is_compared_with_what_listens() {
    let policy = Policy::with(POLICY);
    let ran = diff(&policy, &["--source", SCENARIO]);
    assert_eq!(ran.code(), 1, "{}", ran.stderr());
    insta::assert_snapshot!("compared", told(&ran, &policy));
    let json = diff(&policy, &["--json", "--source", SCENARIO]);
    assert_eq!(json.code(), 1);
    let mut lines: Vec<Value> =
        json.stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap();
    assert_valid(&validator("comparison_summary_line"), "summary", &summary);
    let validator = validator("comparison_line");
    for line in &lines {
        assert_valid(&validator, "diff", line);
    }
    for word in ["expected", "gone", "different", "unexpected", "unseen"] {
        let count = lines.iter().filter(|line| line["result"] == *word).count();
        assert_eq!(summary[word], count, "{word}");
    }
    let coloured = diff(&policy, &["--color", "always", "--ascii", "--source", SCENARIO]);
    assert!(coloured.stdout().contains("\x1b[31mx unexpected\x1b[0m tcp"), "{}", coloured.stdout());
}

/// What it prints is typed, until nothing is left to take in.
#[test]
fn the_commands_that_it_prints_take_listeners_in() {
    let policy = Policy::with("version = 1\n");
    // Two listeners at one place, which are taken in one by one.
    let script = policy.path.with_file_name("script.toml");
    let twin = "[socket.twin]\ncookie = 9\nprotocol = \"udp\"\nstate = \"unconnected\"\nlocal = \"127.0.0.1:8080\"\n\
        inode = 109\nuid = 0\nowners = [\"sshd:8\"]\n\n[[sample]]";
    let text = std::fs::read_to_string("tests/scenarios/policy.toml").unwrap();
    let text = text.replace("[[sample]]", twin).replace("\"query\"]", "\"query\", \"twin\"]");
    std::fs::write(&script, text).unwrap();
    let source = format!("scenario:{}", script.display());
    for left in (0..4).rev() {
        let ran = diff(&policy, &["--source", &source]);
        assert_eq!(ran.code(), 1, "{}", ran.stderr());
        let command = ran.stdout().lines().find_map(|line| line.trim_start().strip_prefix("sockeye policy "));
        let words = command.unwrap().replace('\'', "");
        let words: Vec<&str> = words.split(' ').filter(|word| *word != "--policy").collect();
        let words: Vec<&str> =
            words.into_iter().filter(|word| *word != policy.path.to_str().unwrap()).collect();
        let typed = policy.run(&[&["policy"], &words[..], &["--yes"]].concat());
        assert_eq!(typed.stdout(), format!("{}: 1 listener approved\n", policy.path.display()), "{left}");
    }
    let ran = diff(&policy, &["--source", &source]);
    assert_eq!((ran.code(), ran.stdout().lines().count()), (0, 6), "{}", ran.stdout());
}

#[test]
fn exit_codes_are_exact() {
    let ssh = "version = 1\n[[expect]]\nprotocol = \"tcp\"\nport = 22\nscope = \"any\"\n";
    let blind = concat!("scenario:", env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/blind.toml");
    for (text, code, says) in [
        (ssh.to_owned(), 0, "1 as expected, 0 gone, 0 different, 0 unexpected.\n"),
        (ssh.to_owned() + "exe = \"/usr/sbin/sshd\"\n", 3, "1 that cannot be told"),
        (ssh.replace("\"any\"", "\"loopback\""), 1, "0 as expected, 0 gone, 1 different, 0 unexpected.\n"),
        (ssh.replace("22", "23"), 1, "0 as expected, 1 gone, 0 different, 1 unexpected.\n"),
        (
            ssh.to_owned() + &ssh[12..].replace("22", "23"),
            1,
            "1 as expected, 1 gone, 0 different, 0 unexpected.\n",
        ),
        (ssh.replace("version = 1", "version = 2"), 2, ""),
    ] {
        let ran = diff(&Policy::with(&text), &["--source", blind]);
        assert_eq!(ran.code(), code, "{text}{}", ran.stderr());
        assert!(ran.stdout().contains(says), "{text}{}", ran.stdout());
        let approves = ran.stdout().contains("sockeye policy approve");
        assert_eq!(
            approves,
            says.contains("1 different") || says.contains("1 unexpected"),
            "{}",
            ran.stdout()
        );
    }
}
