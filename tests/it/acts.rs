//! What the dashboard does to who holds sockets, in a real terminal, on children of the test.
//!
//! Each test has a loopback address of its own and filters for it.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::Command;

use crate::harness::Holder;
use crate::session::Session;

/// A child that alone holds a listener at an address of the test's own, and where.
fn listening(address: &str) -> (Holder, String) {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let local = listener.local_addr().unwrap().to_string();
    (Holder::spawn(Command::new("cat").stdout(OwnedFd::from(listener))), local)
}

fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    !stat.rsplit(')').next().unwrap().starts_with(" Z")
}

/// The dashboard with this listener alone, held by this process.
fn dashboard(args: &[&str], local: &str, pid: u32) -> Session {
    let filter = format!("src = {local}");
    let args = [&["top", "--interval", "200ms"], args, &[&filter]].concat();
    let session = Session::start(env!("CARGO_BIN_EXE_sockeye"), &args);
    let holder = format!("cat {pid}");
    session.wait_for("the listener and who holds it", |screen| {
        screen.rows(0, 200).any(|row| row.contains(local) && row.contains(&holder))
    });
    session
}

#[test]
fn who_holds_a_port_is_found_and_ended_with_what_the_screen_offers() {
    let (holder, local) = listening("127.83.1.1");
    let mut session = dashboard(&[], &local, holder.pid());
    session.wait_for("the way to end it", |screen| screen.contents().contains("K end holder"));
    session.press("K");
    let question = format!("Send TERM to cat {}?", holder.pid());
    session.wait_for("the question and its answers", |screen| {
        let text = screen.contents();
        text.contains(&question) && text.contains("y yes") && text.contains(&format!("tcp {local} listen"))
    });
    assert!(lives(holder.pid()));
    session.press("n");
    // Of a picture that comes in two parts the first may take the question away and leave its answers.
    session.wait_for("no question", |screen| {
        let text = screen.contents();
        !text.contains(&question) && !text.contains("y yes")
    });
    session.press("K");
    session.wait_for("the question again", |screen| screen.contents().contains("y yes"));
    session.press("y");
    session.wait_for("that it ended, and that its place is free", |screen| {
        let text = screen.contents();
        text.contains(&format!("ended    cat {}", holder.pid())) && text.contains("Its place is free.")
    });
    assert!(!lives(holder.pid()));
    TcpListener::bind(&local).unwrap();
    session.wait_for("that it can be closed", |screen| screen.contents().contains("Enter close"));
    session.press("\r");
    session.wait_for("the list", |screen| !screen.contents().contains("Its place is free."));
    session.press("q");
    session.ends_with(0);
}

#[test]
fn who_does_not_end_is_told_as_it_is_and_gets_another_signal() {
    let (holder, local) = listening("127.83.2.1");
    let mut session = dashboard(&[], &local, holder.pid());
    session.press("K");
    session.wait_for("the question", |screen| screen.contents().contains("y yes"));
    session.press("jjjjjjjjjjk"); // from the last, CONT, one back
    session.wait_for("another signal", |screen| screen.contents().contains("Send STOP to cat"));
    session.press("k");
    session.wait_for("another signal", |screen| screen.contents().contains("Send USR2 to cat"));
    session.press("j");
    session.wait_for("another signal", |screen| screen.contents().contains("Send STOP to cat"));
    session.press("\r");
    session.wait_for("that it was sent", |screen| screen.contents().contains(": got STOP"));
    crate::harness::eventually(|| {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", holder.pid())).unwrap();
        let state = stat.rsplit(')').next().unwrap().trim_start().to_owned();
        if state.starts_with('T') { Ok(()) } else { Err(state) }
    });
    session.press("q");
    session.ends_with(0);
}

#[test]
fn for_reading_alone_no_key_does_anything() {
    let (holder, local) = listening("127.83.3.1");
    let mut session = dashboard(&["--read-only"], &local, holder.pid());
    session.press("KyxyXy");
    session.press(":signal");
    session.wait_for("that nothing is called so", |screen| {
        screen.contents().contains("nothing that can be done now is called so")
    });
    session.press("\x1b");
    session.wait_for("the list", |screen| screen.contents().contains("? help"));
    let holder_pid = holder.pid();
    session.wait_for("no word of it", |screen| {
        let text = screen.contents();
        !text.contains("end holder")
            && !text.contains("K ends")
            && text.contains(&format!("cat {holder_pid}"))
    });
    assert!(lives(holder_pid));
    session.press("q");
    session.ends_with(0);
}

#[test]
fn what_is_of_a_scenario_is_refused_in_words() {
    let mut session = Session::start(
        env!("CARGO_BIN_EXE_sockeye"),
        &["top", "--source", "scenario:tests/scenarios/dashboard.toml"],
    );
    session.wait_for("the listeners", |screen| screen.contents().contains("sshd 812"));
    session.press("K");
    session.wait_for("why not", |screen| {
        screen
            .contents()
            .contains("nothing to do: the sockets and processes of a scenario are not of this machine")
    });
    session.press("q");
    session.ends_with(0);
}
