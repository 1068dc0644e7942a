//! What comes and goes between two readings of the dashboard: the kernel tells its end.

use std::net::TcpListener;

use rustix::net::sockopt::set_socket_linger;

use crate::session::Session;

/// Without lingering the connection is reset: nothing of it is left for the next reading.
fn brief(listener: &TcpListener) -> String {
    let caller = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let local = caller.local_addr().unwrap().to_string();
    let (server, _) = listener.accept().unwrap();
    set_socket_linger(&caller, Some(std::time::Duration::ZERO)).unwrap();
    drop(caller);
    drop(server);
    local
}

#[test]
fn a_connection_shorter_than_the_interval_is_among_the_events() {
    let listener = TcpListener::bind("127.83.1.1:0").unwrap();
    let program = env!("CARGO_BIN_EXE_sockeye");
    let mut session = Session::start(program, &["top", "--interval", "2s", "port = 1 or src 127.83.1.1"]);
    session.wait_for("the first snapshot", |screen| screen.contents().contains("● live"));
    session.press("6");
    session.wait_for("the events", |screen| screen.contents().contains("WHEN"));
    // Each is gone at once; a reading may fall upon one of them.
    let locals: Vec<String> = (0..5).map(|_| brief(&listener)).collect();
    let mut told = String::new();
    session.wait_for("their ends", |screen| {
        told = screen.contents();
        locals.iter().all(|local| told.lines().any(|line| line.contains(local) && line.contains("closed")))
    });
    let opened = locals
        .iter()
        .filter(|local| told.lines().any(|line| line.contains(local.as_str()) && line.contains("opened")));
    assert!(opened.count() < locals.len(), "none was in a reading, or few:\n{told}");
    session.press("q");
    session.ends_with(0);
}
