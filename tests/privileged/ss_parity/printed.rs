//! What the table prints behind its columns, in the words of `ss`.

use std::collections::BTreeMap;

use super::stock::Stock;
use super::text::{self, Line};
use crate::harness::{run, sockeye};

/// The table with everything that `ss` can tell.
pub(super) fn table() -> String {
    let options = ["-OHnaeiomb", "--tos", "--cgroup", "--inet-sockopt", "-tuxw0", "--netlink"];
    run(&mut sockeye(&options)).ok()
}

/// Its lines, with what is there on purpose in other words put into those of `ss`.
pub(super) fn lines(table: &str, stock: &Stock, theirs: &BTreeMap<String, Line>) -> BTreeMap<String, Line> {
    let mut lines = text::parse(&unescaped(table));
    assert!(lines.values().any(|line| line.facts.contains_key("more_groups")), "one hears group 34");
    lines.retain(|_, line| !is_bound(line, stock));
    for (key, line) in &mut lines {
        match line.netid.as_str() {
            // A raw socket is raw, of whatever protocol; and of its table more is told than columns.
            "raw" => {
                line.netid = theirs.get(key).map_or("raw", |line| &line.netid).to_owned();
                if !line.facts.contains_key("sk") {
                    line.facts.clear();
                }
            }
            // ss leaves it 0; sockeye says what is on its way.
            "p_raw" | "p_dgr" => line.queues[1] = "0".to_owned(),
            // Places in the kernel's memory, which ss prints as 0, and groups beyond its 32 bits.
            "nl" => {
                // The port has no sign.
                let (protocol, port) = line.local.split_once(':').unwrap();
                line.local = format!("{protocol}:{}", port.parse::<u32>().unwrap().cast_signed());
                line.facts.remove("more_groups");
                line.facts.extend(["sk", "cb"].map(|name| (name.to_owned(), "0".to_owned())));
            }
            _ => {}
        }
        line.facts.iter_mut().for_each(|(name, value)| *value = in_words_of_ss(name, value));
    }
    lines.into_values().map(|line| (line.key(), line)).collect()
}

/// A name as it is: sockeye escapes what a terminal would obey, ss prints it.
pub(super) fn unescaped(table: &str) -> String {
    table.replace(r"\x1b", "\x1b")
}

/// Whether it is the TCP socket that is bound and no more, which ss 6.1 does not ask for.
pub(super) fn is_bound(line: &Line, stock: &Stock) -> bool {
    (line.netid.as_str(), &line.local) == ("tcp", &stock.bound)
}

/// The value as ss would print it.
pub(super) fn in_words_of_ss(name: &str, value: &str) -> String {
    match name {
        // Of keys sockeye tells only whose they are.
        "md5keys" => value.split(',').map(|key| format!("{key}=")).collect::<Vec<_>>().join(","),
        // ss takes the kernel's number apart as if it were that of stat(2).
        "dev" => {
            let (major, minor) = value.split_once('/').unwrap();
            let [major, minor]: [u64; 2] = [major, minor].map(|part| part.parse().unwrap());
            let kernel = major << 20 | minor;
            format!("{}/{}", rustix::fs::major(kernel), rustix::fs::minor(kernel))
        }
        _ => value.to_owned(),
    }
}
