//! Listeners approved and rejected in the dashboard, in a real terminal, on sockets of the test.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use crate::policy::Policy;
use crate::session::Session;

const WRITTEN: &str = "# What may listen here.\nversion = 1\n\n# the name server\n[[expect]]   # odd\n\
    protocol = 'udp'\nport = 53 # as ever\nscope = 'private'\n# the end\n";

/// The dashboard with the listeners of this address alone.
fn dashboard(policy: &Policy, address: &str, args: &[&str]) -> Session {
    let filter = format!("src = {address} and listening");
    let file = policy.path.to_str().unwrap();
    let args = [&["top", "--interval", "200ms", "--policy", file], args, &[&filter]].concat();
    let session = Session::start(env!("CARGO_BIN_EXE_sockeye"), &args);
    session.wait_for("the first snapshot", |screen| screen.contents().contains("● live"));
    session
}

fn wait_for_row(session: &Session, local: &str, says: &str) {
    session.wait_for(&format!("{local} with {says:?}"), |screen| {
        screen.rows(0, 200).any(|row| row.contains(local) && row.contains(says))
    });
}

#[test]
fn a_new_listener_is_approved_and_rejected_again_and_every_comment_stays() {
    let policy = Policy::with(WRITTEN);
    std::fs::set_permissions(&policy.path, PermissionsExt::from_mode(0o640)).unwrap();
    let mut session = dashboard(&policy, "127.84.1.1", &[]);
    let listener = TcpListener::bind("127.84.1.1:0").unwrap();
    let local = listener.local_addr().unwrap();
    wait_for_row(&session, &local.to_string(), "✗ nobody expects it");
    session.press("a");
    let entry = format!("+ port = {}", local.port());
    session.wait_for("the question", |screen| {
        let text = screen.contents();
        text.contains(&entry) && text.contains("an entry is added") && text.contains("y yes")
    });
    assert_eq!(policy.text(), WRITTEN, "not before a yes");
    session.press("y");
    wait_for_row(&session, &local.to_string(), "✓ yes");
    let added = policy.text();
    let added = added.strip_prefix(WRITTEN).unwrap();
    let begin = format!("\n[[expect]]\nprotocol = \"tcp\"\nport = {}\nscope = \"loopback\"\n", local.port());
    assert!(added.starts_with(&begin), "{added}");
    let mode = std::fs::metadata(&policy.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o640);
    session.press("A");
    session.wait_for("the question", |screen| {
        let text = screen.contents();
        text.contains("- [[expect]]") && text.contains("y yes")
    });
    session.press("y");
    wait_for_row(&session, &local.to_string(), "✗ nobody expects it");
    assert_eq!(policy.text(), WRITTEN);
    session.press("q");
    session.ends_with(0);
}

#[test]
fn a_policy_that_an_editor_changed_meanwhile_is_not_overwritten() {
    let policy = Policy::with(WRITTEN);
    let listener = TcpListener::bind("127.84.2.1:0").unwrap();
    let local = listener.local_addr().unwrap();
    let mut session = dashboard(&policy, "127.84.2.1", &[]);
    wait_for_row(&session, &local.to_string(), "✗ nobody expects it");
    let edited = WRITTEN.replace("53 # as ever", "5353");
    std::fs::write(&policy.path, &edited).unwrap();
    session.press("a");
    session.wait_for("the question", |screen| screen.contents().contains("y yes"));
    session.press("y");
    session.wait_for("why not", |screen| screen.contents().contains("it was read anew just now"));
    assert_eq!(policy.text(), edited);
    session.wait_for("that it can be closed", |screen| screen.contents().contains("Enter close"));
    session.press("\r");
    session.wait_for("the list", |screen| !screen.contents().contains("read anew"));
    session.press("a");
    session.wait_for("the question", |screen| screen.contents().contains("y yes"));
    session.press("y");
    wait_for_row(&session, &local.to_string(), "✓ yes");
    assert!(policy.text().starts_with(&edited), "{}", policy.text());
    session.press("q");
    session.ends_with(0);
}

#[test]
fn a_first_policy_is_begun_where_there_is_none() {
    let mut policy = Policy::with("");
    std::fs::remove_file(&policy.path).unwrap();
    policy.path = policy.path.with_file_name("sub").join("policy.toml");
    let listener = TcpListener::bind("127.84.3.1:0").unwrap();
    let mut session = dashboard(&policy, "127.84.3.1", &[]);
    let local = listener.local_addr().unwrap().to_string();
    wait_for_row(&session, &local, "tcp");
    session.press("a");
    session.wait_for("that it is new", |screen| {
        let text = screen.contents();
        text.contains("The file is new") && text.contains("y yes")
    });
    session.press("y");
    wait_for_row(&session, &local, "✓ yes");
    let port = listener.local_addr().unwrap().port();
    assert!(
        policy.text().contains(&format!("version = 1\n\n[[expect]]\nprotocol = \"tcp\"\nport = {port}\n"))
    );
    session.press("q");
    session.ends_with(0);
}

#[test]
fn for_reading_alone_no_policy_is_written() {
    let policy = Policy::with(WRITTEN);
    let listener = TcpListener::bind("127.84.4.1:0").unwrap();
    let mut session = dashboard(&policy, "127.84.4.1", &["--read-only"]);
    let local = listener.local_addr().unwrap().to_string();
    wait_for_row(&session, &local, "✗ nobody expects it");
    session.press("ayA:appro");
    session.wait_for("that nothing is called so", |screen| {
        screen.contents().contains("nothing that can be done now is called so")
    });
    assert_eq!(policy.text(), WRITTEN);
    session.press("\x1b");
    session.wait_for("the list", |screen| screen.contents().contains("? help"));
    session.press("q");
    session.ends_with(0);
}

#[test]
fn where_the_user_may_not_write_the_command_is_told() {
    let policy = Policy::with(WRITTEN);
    let listener = TcpListener::bind("127.84.5.1:0").unwrap();
    let local = listener.local_addr().unwrap().to_string();
    let dir = policy.path.parent().unwrap();
    std::fs::set_permissions(dir, PermissionsExt::from_mode(0o555)).unwrap();
    let mut session = dashboard(&policy, "127.84.5.1", &[]);
    wait_for_row(&session, &local, "✗ nobody expects it");
    session.press("a");
    session.wait_for("the question", |screen| screen.contents().contains("y yes"));
    session.press("y");
    session.wait_for("what does it", |screen| {
        let text = screen.contents();
        text.contains("Nothing was written")
            && text.contains("ermission denied")
            && text.contains(&format!("sockeye policy approve '{local}'"))
    });
    assert_eq!(policy.text(), WRITTEN);
    session.press("q");
    session.ends_with(0);
    std::fs::set_permissions(dir, PermissionsExt::from_mode(0o755)).unwrap();
}
