//! Rules of a policy, end to end: on sockets that the test opens, and on scenarios for exact words.

use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;

use crate::policy::{Policy, Watch};

const SCENARIO: &str = concat!("scenario:", env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/policy.toml");

/// Every listener of internet protocols is expected and no fact is wanted, so that rules alone speak.
const ALL_EXPECTED: &str = "version = 1\n\
    ignore = [\"second-owner\", \"more-specific-bind\", \"reuse-group-joined\", \"executable-deleted\", \
    \"executable-changed\", \"owner-unknown\", \"proc-covered\", \"plaintext-exposed\", \
    \"accept-queue-overflow\", \"syn-flood\", \"ports-exhausted\", \"raw-socket-opened\"]\n\
    [[expect]]\nprotocol = \"tcp\"\nport = \"any\"\nscope = \"any\"\n\
    [[expect]]\nprotocol = \"udp\"\nport = \"any\"\nscope = \"any\"\n";

fn with(rules: &str) -> Policy {
    Policy::with(&format!("{ALL_EXPECTED}{rules}"))
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().unwrap().port()
}

#[test]
fn a_check_finds_own_sockets_of_any_kind() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rule.sock");
    let _unix = UnixListener::bind(&path).unwrap();
    let (port, from) = (port(&listener), client.local_addr().unwrap().port());
    let pid = std::process::id();
    let policy = with(&format!(
        "[[rule]]\nname = \"mine\"\nwhen = \"pid = {pid} and sport = {port} and listening\"\nseverity = \"low\"\n\
         [[rule]]\nname = \"talks\"\nwhen = \"established and sport = {from} and rto > 1us\"\nseverity = \"critical\"\n\
         [[rule]]\nname = \"unix\"\nwhen = 'src unix:{}'\n",
        path.display()
    ));
    let (ran, alerts) = policy.check();
    assert_eq!(ran.code(), 1, "{}", ran.stderr());
    let told: Vec<_> = alerts
        .iter()
        .map(|one| (one.rule.as_deref().unwrap(), &*one.alert, &*one.severity, one.socket.local_port))
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for expected in [
        ("mine", "rule-matched", "low", Some(port.into())),
        ("talks", "rule-matched", "critical", Some(from.into())), // of a TCP detail that is asked for
        ("unix", "rule-matched", "high", None),
    ] {
        assert!(told.contains(&expected), "{expected:?} is not in {told:?}");
    }
    let text = policy.run(&["check"]).stdout().to_owned();
    let line = text.lines().find(|line| line.contains("rule unix holds")).unwrap();
    assert!(line.starts_with(&format!("✗ high     unix {}  ", path.display())), "{line}");
    assert!(line.contains(&format!(" rule unix holds ({}:19); ", policy.path.display())), "{line}");
    let line = text.lines().find(|line| line.contains("rule talks holds")).unwrap();
    assert!(line.starts_with(&format!("✗ critical tcp 127.0.0.1:{from} → 127.0.0.1:{port}  ")), "{line}");
    assert!(text.contains("0 unexpected, 3 matched by rules, "), "{text}");
}

#[test]
fn exit_codes_of_a_check_with_rules_are_exact() {
    let blind = concat!("scenario:", env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/blind.toml");
    for (when, source, code, summary) in [
        ("port = 23", SCENARIO, 0, "0 unexpected, 0 matched by rules, 4 as expected. All"),
        ("port = 53", SCENARIO, 1, "0 unexpected, 1 matched by rules, 4 as expected. All"),
        ("proc = evil", blind, 3, "0 unexpected, 0 matched by rules, 1 not judged by rules, 1 as expected."),
        ("proc = evil and port = 23", blind, 0, "0 unexpected, 0 matched by rules, 1 as expected."),
    ] {
        let policy = with(&format!("[[rule]]\nname = \"r\"\nwhen = \"{when}\"\n"));
        let ran = policy.run(&["check", "--source", source]);
        assert_eq!(ran.code(), code, "{when}: {ran:?}");
        assert!(ran.stdout().contains(summary), "{when}: {}", ran.stdout());
    }
}

#[test]
fn what_a_check_cannot_ask_is_refused_and_mistakes_are_pointed_at() {
    for (when, says) in [
        ("age < 5m", "policy.toml:11: the rule r asks for ages, rates or what is new"),
        (
            "listening and nwe = 1",
            "  13 | when = \"listening and nwe = 1\"\n     |                       ^^^ there is no such",
        ),
        ("port = htp", "^^^ \"htp\" is neither a port nor the name of a service"),
    ] {
        let policy = with(&format!("[[rule]]\nname = \"r\"\nwhen = \"{when}\"\n"));
        let ran = policy.run(&["check", "--source", SCENARIO]);
        assert_eq!((ran.code(), ran.stdout()), (2, ""), "{when}: {ran:?}");
        assert!(ran.stderr().contains(says), "{when}: {}", ran.stderr());
    }
}

#[test]
fn learning_leaves_rules_and_comments_as_they_are() {
    let written = "version = 1 # first\n\n# why\n[[rule]]   # \u{e9}\nname = \"r\"\nwhen = '''\n  listening and\n  \
        port = 23'''\non = [ \"opened\" ] # odd  layout\n\n[[expect]]\nprotocol = \"udp\"\nport = 53\nscope = \"any\"\n\n\
        [[rule]]\nname = \"s\"\nwhen = \"unix\"\n# the end";
    let policy = Policy::with(&format!("{written}\n"));
    policy.run(&["policy", "learn", "--source", SCENARIO]).ok();
    let text = policy.text();
    let added = text.strip_prefix(written).expect("what people wrote comes first");
    assert_eq!(added.matches("[[expect]]").count(), 2, "{added}");
    policy.run(&["policy", "learn", "--source", SCENARIO]).ok();
    assert_eq!(policy.text(), text, "and once is enough");
    assert_eq!(policy.run(&["check", "--source", SCENARIO]).code(), 0, "{text}");
}

#[test]
fn a_watch_speaks_once_of_each_socket_and_rule() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rule.sock");
    let pid = std::process::id();
    // All listeners are expected but those of loopback addresses that this test alone uses.
    let policy = Policy::with(&format!(
        "version = 1\n[[rule]]\nname = \"port\"\nwhen = \"listening and src 127.82.0.0/16 and pid = {pid}\"\n\
         on = [\"opened\", \"changed\"]\nseverity = \"low\"\n\
         [[rule]]\nname = \"closed\"\nwhen = \"new and src 127.82.0.0/16\"\non = [\"closed\"]\n\
         [[rule]]\nname = \"wider\"\nwhen = \"proc = it or pid = {pid}\"\non = [\"widened\"]\n\
         [[rule]]\nname = \"unix\"\nwhen = 'src unix:{}'\n",
        path.display()
    ));
    let watch = Watch::start(&policy.path);
    let rules_of = |port: Option<u32>| -> Vec<String> {
        let alerts = watch.alerts.lock().unwrap();
        let by_rule = alerts.iter().filter(|one| one.socket.local_port == port);
        by_rule.filter_map(|one| one.rule.clone()).collect()
    };
    let until = |port: Option<u32>, rules: &[&str]| {
        crate::harness::eventually(|| {
            let mut told = rules_of(port);
            told.sort_unstable();
            if told == rules { Ok(()) } else { Err(format!("{port:?}: {told:?} and not {rules:?}")) }
        });
    };
    let near = TcpListener::bind("127.82.1.1:0").unwrap();
    let number = port(&near);
    let unix = UnixListener::bind(&path).unwrap();
    until(Some(number.into()), &["port"]);
    until(None, &["unix"]);
    watch.pass_time();
    until(Some(number.into()), &["port"]);
    drop(near);
    until(Some(number.into()), &["closed", "port"]);
    // It starts again and is bound wider. A process that another test forks may keep the port an instant.
    let mut wide = None;
    crate::harness::eventually(|| {
        wide = TcpListener::bind(("0.0.0.0", number)).ok();
        if wide.is_some() { Ok(()) } else { Err("the port is taken".to_owned()) }
    });
    until(Some(number.into()), &["closed", "port", "wider"]);
    until(None, &["unix"]);
    drop((wide, unix));
}
