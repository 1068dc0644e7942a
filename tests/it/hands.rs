//! What hands do in the dashboard, in a real terminal, on sockets of this process: columns, jumps, cells.
//!
//! Each test has loopback addresses of its own and filters for them.

use std::net::{TcpListener, TcpStream};

use base64::Engine as _;
use vt100::Screen;

use crate::session::Session;

fn heads(screen: &Screen, with: &str) -> String {
    screen.rows(0, 200).find(|row| row.contains(with) && !row.contains("sorted by")).unwrap_or_default()
}

#[test]
fn a_column_is_chosen_and_rows_are_ordered_by_it() {
    let small = TcpListener::bind("127.83.1.1:0").unwrap();
    let large = TcpListener::bind("127.83.1.1:0").unwrap();
    let mut session = Session::dashboard();
    session.press("/src 127.83.1.1\rCinode\r");
    session.wait_for("the choice and the column behind it", |screen| {
        screen.contents().contains("[x] INODE") && heads(screen, "PROTO").contains("INODE")
    });
    session.press("\x13"); // Ctrl-S
    session.wait_for("the order", |screen| screen.contents().contains("sorted by INODE"));
    session.press("\x1b");
    session.wait_for("both listeners in that order", |screen| {
        let place = |listener: &TcpListener| {
            let local = listener.local_addr().unwrap().to_string();
            screen.rows(0, 200).position(|row| row.contains(&local))
        };
        !screen.contents().contains("[x]") && place(&small).zip(place(&large)).is_some_and(|(a, b)| a != b)
    });
    session.press("q");
    session.ends_with(0);
}

#[test]
fn from_a_listener_to_a_connection_to_its_other_end_and_back() {
    let listener = TcpListener::bind("127.83.2.1:0").unwrap();
    let local = listener.local_addr().unwrap();
    let client = TcpStream::connect(local).unwrap();
    let (_server, _) = listener.accept().unwrap();
    let (near, far) = (local.to_string(), client.local_addr().unwrap().to_string());
    let mut session = Session::dashboard();
    session.press("/src 127.83.2.1\r");
    session.wait_for("the listener", |screen| heads(screen, &near).contains("tcp"));
    session.press("i");
    let filter = format!("filter tcp src = 127.83.2.1 sport = {}", local.port());
    session.wait_for("its connection", |screen| {
        screen.contents().contains(&filter) && heads(screen, "established").contains(&far)
    });
    session.press("e");
    session.wait_for("the other end, whatever the filter was", |screen| {
        !screen.contents().contains(&filter)
            && screen.rows(0, 200).any(|row| row.find(&far) < row.find(&near) && row.contains(&far))
    });
    session.press("\x7f\x7f"); // Backspace
    session.wait_for("the listener again", |screen| {
        screen.contents().contains("filter src 127.83.2.1") && heads(screen, "PROTO").contains("QUEUE")
    });
    session.press("q");
    session.ends_with(0);
}

#[test]
fn one_cell_is_copied() {
    let listener = TcpListener::bind("127.83.3.1:0").unwrap();
    let local = listener.local_addr().unwrap().to_string();
    let mut session = Session::dashboard();
    session.press("/src 127.83.3.1\r");
    session.wait_for("the listener", |screen| heads(screen, &local).contains("tcp"));
    session.press("\x19local"); // Ctrl-Y
    session.wait_for("the cell", |screen| screen.contents().contains("copy local"));
    session.press("\r");
    let copied = base64::engine::general_purpose::STANDARD.decode(session.copied()).unwrap();
    assert_eq!(String::from_utf8(copied).unwrap(), local);
    session.press("q");
    session.ends_with(0);
}
