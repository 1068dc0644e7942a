//! Threads, as `-T` tells them: with the table of their process, with one of their own, and without the
//! first thread of their process.

use std::net::TcpListener;
use std::sync::mpsc::channel;

use super::ss;
use crate::harness::{eventually, run, sockeye};
use crate::hidden::Hider;

/// Of this process, which starts threads to read what others print, only this one stays.
const STAYS: &str = "parity";

pub(super) fn threads() {
    let _listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let _apart = ["thread", "zombie", "crowd"].map(Hider::start);
    let (end, ended) = channel::<()>();
    let stays = std::thread::Builder::new()
        .name(STAYS.to_owned())
        .spawn(move || assert!(ended.recv().is_err()))
        .unwrap();
    for options in ["-tlnTH", "-tlnpTH", "-tnTH"] {
        let (ours, theirs) = eventually(|| {
            let before = seats(&ss(&[options]));
            let ours = seats(&run(&mut sockeye(&[options])).ok());
            let after = seats(&ss(&[options]));
            if before == after { Ok((ours, after)) } else { Err(format!("{before:?} {after:?}")) }
        });
        assert_eq!(ours, theirs, "{options}: sockeye, ss");
        let told: Vec<&String> = ours.iter().flatten().filter(|seat| seat.contains(STAYS)).collect();
        assert_eq!(told.len(), usize::from(options.contains('l')), "{options}: {ours:?}");
    }
    drop(end);
    stays.join().unwrap();
}

/// Of every row who holds the socket, in an order of its own.
fn seats(table: &str) -> Vec<Vec<String>> {
    let own = format!(",pid={},", std::process::id());
    let stays = |seat: &&str| !seat.contains(&own) || seat.contains(STAYS);
    let row = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let users = columns.iter().find_map(|column| column.strip_prefix("users:((")).unwrap_or_default();
        let mut row: Vec<String> =
            users.trim_end_matches(')').split("),(").filter(stays).map(str::to_owned).collect();
        row.sort_unstable();
        row.insert(
            0,
            columns
                .iter()
                .take(5)
                .copied()
                .filter(|it| !it.starts_with("users"))
                .collect::<Vec<_>>()
                .join(" "),
        );
        row
    };
    let mut rows: Vec<Vec<String>> = table.lines().map(row).collect();
    rows.sort_unstable();
    rows
}
