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

#[test]
fn sockets_stand_under_headings() {
    let first = TcpListener::bind("127.83.4.1:0").unwrap();
    let second = TcpListener::bind("127.83.4.1:0").unwrap();
    let mut session = Session::dashboard();
    session.press("/src 127.83.4.1\rblocal_port\r");
    let heading =
        |listener: &TcpListener| format!("LPORT {}: 1 socket", listener.local_addr().unwrap().port());
    session.wait_for("a heading for each", |screen| {
        screen.contents().contains(&heading(&first)) && screen.contents().contains(&heading(&second))
    });
    session.press("g\r");
    session.wait_for("one folded", |screen| screen.contents().contains("▸ LPORT"));
    session.press("q");
    session.ends_with(0);
}

#[test]
fn what_closed_stays_in_sight_on_wish() {
    let listener = TcpListener::bind("127.83.5.1:0").unwrap();
    let local = listener.local_addr().unwrap().to_string();
    let mut session = Session::dashboard();
    session.press("/src 127.83.5.1\rp");
    session.wait_for("the listener", |screen| heads(screen, &local).contains("tcp"));
    drop(listener);
    session.wait_for("that it closed", |screen| screen.contents().contains("- 1 kept"));
    session.wait_for_row("-", &local);
    // Its mark would have ended after three seconds.
    session.wait_for("that it is there after five", |screen| screen.contents().contains("; closed 5s ago"));
    session.wait_for_row("-", &local);
    session.press("p");
    session.wait_for("that it goes", |screen| !screen.contents().contains(&local));
    session.press("q");
    session.ends_with(0);
}

#[test]
fn what_is_listed_is_written_into_a_new_file() {
    let listener = TcpListener::bind("127.83.6.1:0").unwrap();
    let local = listener.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.csv");
    let mut session = Session::dashboard();
    session.press("/src 127.83.6.1\r");
    session.wait_for("the listener", |screen| heads(screen, &local).contains("tcp"));
    session.press("w");
    session.wait_for("a name", |screen| screen.contents().contains("write to sockeye-listeners-"));
    session.press(&format!("\x15{}\r", path.display()));
    session.wait_for("that it was written", |screen| screen.contents().contains("1 row written to "));
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.lines().nth(1).unwrap().contains(&format!("tcp,{local},loopback,")), "{text}");
    session.press(&format!("w\x15{}\r", path.display()));
    session.wait_for("that it is there already", |screen| screen.contents().contains("is there already"));
    let document = dir.path().join("rows.json");
    session.press(&format!("w\x15{}", document.display()));
    // The last reading for the menu before has them; one that was asked for in between lacks them again.
    let mut is_written = false;
    while !is_written {
        session.wait_for("the details for a document", |screen| {
            screen.contents().contains("everything is at hand")
        });
        session.press("\r");
        session.wait_for("an answer", |screen| {
            let text = screen.contents();
            is_written = text.contains("1 row written to ");
            is_written || text.contains("not written so far")
        });
    }
    let document: serde_json::Value = serde_json::from_slice(&std::fs::read(&document).unwrap()).unwrap();
    assert_eq!(document["sockets"][0]["local_address"], "127.83.6.1");
    session.press("q");
    session.ends_with(0);
}
