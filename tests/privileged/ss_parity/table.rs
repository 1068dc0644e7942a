//! The plain tables: the same rows with the same words in the same columns. The order of rows is
//! sockeye's own.

use super::text::passing;
use super::{ss, stock};
use crate::harness::{eventually, run, sockeye};

const OPTIONS: &[&str] = &[
    "-tan",
    "-uan",
    "-xan",
    "-tulpn",
    "-tnr",
    "-uanr",
    "-0an",
    "-wan",
    "-tn",
    "-un",
    "-xln",
    "-4tan",
    "-6tuan",
    "-0a",
    "-tuxw0an",
    "-anAunix_stream",
    "-anApacket", // of p_dgr ss 6.1 lists the raw ones, too
    "-anAinet",
    "-anAu_str,packet,udp",
    "-anAinet,unix,!raw,!u_dgr",
    "-anfinet6",
    "-anfunix",
    "-anflink",
    "-tanfinet",
];

pub(super) fn tables() {
    let stock = stock::open();
    let mut seen = 0;
    for options in OPTIONS {
        // Between two answers of ss that are the same nothing moved: probes of a closed window pass
        // the packet sockets.
        let (ours, theirs) = eventually(|| {
            let before = ss(&[options]);
            let ours = run(&mut sockeye(&[options])).ok();
            let after = ss(&[options]);
            if rows(&before) == rows(&after) { Ok((ours, after)) } else { Err(before + &after) }
        });
        let head = |table: &str| table.lines().next().unwrap().replace(' ', "");
        assert_eq!(head(&ours), head(&theirs), "{options}: the header, of which ss 6.1 glues words together");
        let mut ours = rows(&ours);
        // On purpose: ss 6.1 does not list TCP sockets that are bound and neither listen nor connect,
        // nor do kernels before 6.8.
        let all = ours.len();
        ours.retain(|row| !(row.contains(&"UNCONN".to_owned()) && row.contains(&stock.bound)));
        let bound = options.contains(['a', 'l']) && options.contains('t') && !options.contains('6');
        assert!(all - ours.len() <= usize::from(bound), "{options}");
        let theirs = rows(&theirs);
        assert_eq!(ours, theirs, "{options}: sockeye, ss");
        seen += ours.len();
    }
    assert!(seen > 100, "{seen} rows");
}

/// The rows below the header in an order of their own, each as its columns.
fn rows(table: &str) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> =
        table.lines().skip(1).map(|line| line.split_whitespace().map(column).collect()).collect();
    rows.retain(|row| row.len() < 5 || !passing(&row[0], &row[4]));
    rows.sort_unstable();
    rows
}

fn column(text: &str) -> String {
    // On purpose: a raw socket is raw, of whatever protocol.
    if ["???", "icmp6"].contains(&text) {
        return "raw".to_owned();
    }
    let Some(users) = text.strip_prefix("users:(").and_then(|users| users.strip_suffix(')')) else {
        // On purpose: sockeye writes what a terminal would obey as an escape, ss as it is.
        return text.replace('\x1b', r"\x1b");
    };
    let mut users: Vec<&str> = users.trim_matches(['(', ')']).split("),(").collect();
    users.sort_unstable();
    users.join(" ")
}
