//! `sockeye policy approve` and `reject`: what is written to the file, and what is not.

use crate::policy::Policy;
use crate::session::Session;

const SCENARIO: &str = concat!("scenario:", env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/policy.toml");

const SSH: &str = "# What may listen here.\nversion = 1\n\n# from everywhere\n[[expect]]   # odd\nprotocol = 'tcp'\n\
    port = 22\nscope = \"loopback\" # for now\nexe = '/usr/sbin/sshd'\n\n[[expect]] # the name server\n\
    protocol = 'udp'\nport = 53\nscope = 'private'\n";

fn run(policy: &Policy, args: &[&str]) -> crate::harness::Ran {
    policy.run(&[&["policy"], args, &["--source", SCENARIO]].concat())
}

fn check(policy: &Policy) -> String {
    policy.run(&["check", "--source", SCENARIO]).stdout().to_owned()
}

#[test]
fn an_approved_listener_is_expected_and_all_that_people_wrote_stays() {
    let policy = Policy::with(SSH);
    let ran = run(&policy, &["approve", "--yes", "22", "8080"]);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert_eq!(ran.stdout(), format!("{}: 2 listeners approved\n", policy.path.display()));
    let twin = "tcp [::]:22  sshd 700 /usr/sbin/sshd (root): it is expected already, by the entry of line 5";
    assert!(ran.stderr().contains(twin), "{}", ran.stderr());
    let new = "\n[[expect]]\nprotocol = \"tcp\"\nport = 8080\nscope = \"loopback\"\n\
        exe = ['/opt/caf\\xe9 \"bar\"/web', \"/usr/sbin/sshd\"]\nuser = \"root\"\nnote = \"approved 2026-11-20\"\n";
    assert_eq!(policy.text(), SSH.replace("\"loopback\"", "\"any\"") + new);
    assert!(check(&policy).starts_with("0 unexpected, 4 as expected"), "{}", check(&policy));
    let written = policy.text();
    let again = run(&policy, &["approve", "--yes", "22", "8080"]);
    assert_eq!((again.code(), again.stdout(), policy.text()), (0, "", written));
}

#[test]
fn an_alert_is_approved_by_its_id() {
    let policy = Policy::with(SSH);
    let told = policy.run(&["check", "--json", "--source", SCENARIO]);
    let line = told.stdout().lines().find(|line| line.contains("\"local_port\":8080")).expect("an alert");
    let alert: serde_json::Value = serde_json::from_str(line).unwrap();
    let id = alert["id"].as_str().unwrap();
    assert_eq!(run(&policy, &["approve", "--yes", id]).code(), 0);
    assert!(policy.text().starts_with(SSH) && policy.text().contains("port = 8080"), "{}", policy.text());
    let gone = run(&policy, &["approve", "--yes", id]);
    assert_eq!(gone.code(), 2);
    assert!(gone.stderr().contains(&format!("has the id {id}")), "{}", gone.stderr());
}

#[test]
fn a_rejected_listener_takes_its_entry_along() {
    let policy = Policy::with(&SSH.replace("\"loopback\"", "\"any\""));
    let ran = run(&policy, &["reject", "--yes", "port = 22"]);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    let (head, tail) = SSH.split_once("\n# from").unwrap();
    let name_server = &tail[tail.find("\n[[expect]] # the").unwrap()..];
    assert_eq!(policy.text(), format!("{head}{name_server}"));
    assert!(check(&policy).contains("3 unexpected, 1 as expected"), "{}", check(&policy));
    let nothing = run(&policy, &["reject", "--yes", "8080"]);
    assert_eq!(nothing.code(), 0);
    assert!(nothing.stderr().contains("no entry expects it"), "{}", nothing.stderr());
}

#[test]
fn nothing_is_written_that_nobody_wished_for() {
    let range = SSH.replace("port = 53", "port = \"50-60\"");
    for (text, args, code, says) in [
        (
            SSH,
            &["approve", "8080"][..],
            2,
            "approve asks before it writes, and there is no terminal to ask on",
        ),
        (SSH, &["approve", "--yes", "9"], 1, "no listener that a policy judges is meant"),
        (SSH, &["approve", "--yes", "dst 192.168.1.3"], 1, "no listener that a policy judges is meant"),
        (
            &range,
            &["reject", "--yes", "53"],
            2,
            "the ports 50 to 60; to reject it, leave 53 out of its ports",
        ),
        ("version = 2\n", &["approve", "--yes", "8080"], 2, "is not valid"),
    ] {
        let policy = Policy::with(text);
        let ran = run(&policy, args);
        assert_eq!((ran.code(), policy.text().as_str()), (code, text), "{args:?}: {}", ran.stderr());
        assert!(ran.stderr().contains(says), "{args:?}: {}", ran.stderr());
    }
}

#[test]
fn a_dry_run_shows_what_would_be_written() {
    let policy = Policy::with(SSH);
    let shown = run(&policy, &["approve", "--dry-run", "0.0.0.0:22"]).ok();
    let path = policy.path.display();
    assert_eq!(
        shown,
        format!(
            "approve tcp 0.0.0.0:22  sshd 700 /usr/sbin/sshd (root)\n\
             {path}:8: the entry of line 5 accepts any, before loopback\n\
             \x20 - scope = \"loopback\" # for now\n  + scope = \"any\" # for now\n\
             expected then, too: tcp [::]:22  sshd 700 /usr/sbin/sshd (root)\n"
        )
    );
    assert_eq!(policy.text(), SSH);
}

#[test]
fn a_file_that_is_not_there_is_made_and_one_behind_a_link_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("of/sockeye/policy.toml");
    let link = dir.path().join("link.toml");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let approve = |path: &std::path::Path| {
        let path = path.to_str().unwrap();
        let args = ["policy", "approve", "--yes", "8080", "--source", SCENARIO, "--policy", path];
        crate::harness::run(&mut crate::harness::sockeye(&args))
    };
    assert_eq!(approve(&path).code(), 0);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# What may listen on this machine.") && text.contains("port = 8080"), "{text}");
    std::fs::write(&path, "version = 1\n").unwrap();
    let ran = approve(&link);
    assert_eq!((ran.code(), std::fs::read_to_string(&path).unwrap().as_str()), (2, "version = 1\n"));
    assert!(ran.stderr().contains("it is a link"), "{}", ran.stderr());
}

#[test]
fn on_a_terminal_only_a_yes_writes() {
    let policy = Policy::with(SSH);
    let path = policy.path.to_str().unwrap().to_owned();
    let ask = || {
        let args = ["policy", "approve", "8080", "--source", SCENARIO, "--policy", &path];
        let session = Session::start(env!("CARGO_BIN_EXE_sockeye"), &args);
        session.wait_for("the question", |screen| {
            screen.contents().contains("+ port = 8080") && screen.contents().contains("[y/N]")
        });
        session
    };
    let mut session = ask();
    session.press("\r");
    session.wait_for("the answer", |screen| screen.contents().contains("nothing was written"));
    assert_eq!(policy.text(), SSH);
    let mut session = ask();
    session.press("y\r");
    session.wait_for("that it is done", |screen| screen.contents().contains("1 listener approved"));
    assert!(policy.text().contains("port = 8080"));
}
