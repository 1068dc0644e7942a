//! What `ss` prints, taken apart: its columns, and the facts behind them by the name that `ss` gives
//! each. A word that is none of its known shapes becomes a fact of its own, so nothing is overlooked.

use std::collections::BTreeMap;

/// One socket in the words of `ss`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    pub(super) netid: String,
    pub(super) state: String,
    pub(super) queues: [String; 2],
    pub(super) local: String,
    pub(super) peer: String,
    pub(super) facts: BTreeMap<String, String>,
}

impl Line {
    /// What tells the socket from all others: its cookie, or what stands for it where `ss` has none.
    pub(super) fn key(&self) -> String {
        match (self.netid.as_str(), self.facts.get("sk")) {
            ("u_str" | "u_dgr" | "u_seq", _) => format!("unix {}", self.local.rsplit(' ').next().unwrap()),
            ("nl", _) | (_, None) => format!("{} {} {}", self.netid, self.local, self.peer),
            (_, Some(cookie)) => format!("sk {cookie}"),
        }
    }
}

/// Every socket of the output of `ss -OHn`. A row that the kernel repeated is there once.
pub(super) fn parse(text: &str) -> BTreeMap<String, Line> {
    text.lines()
        .map(line)
        .filter(|line| !passing(&line.netid, &line.local))
        .map(|line| (line.key(), line))
        .collect()
}

/// Starting a program takes a pair of sockets, of which one may still be there when it runs. The
/// stock has none of that kind without a name.
pub(super) fn passing(netid: &str, local: &str) -> bool {
    netid == "u_seq" && local.starts_with('*')
}

pub(super) fn line(text: &str) -> Line {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [netid, state, recv, send, rest @ ..] = words.as_slice() else { panic!("a short line: {text}") };
    let ([local, peer], rest) = match *netid {
        // A name and an inode for each end.
        "u_str" | "u_dgr" | "u_seq" => {
            ([format!("{} {}", rest[0], rest[1]), format!("{} {}", rest[2], rest[3])], &rest[4..])
        }
        _ => ([rest[0].to_owned(), rest[1].to_owned()], &rest[2..]),
    };
    Line {
        netid: (*netid).to_owned(),
        state: (*state).to_owned(),
        queues: [(*recv).to_owned(), (*send).to_owned()],
        local,
        peer,
        facts: facts(rest),
    }
}

/// Words that belong together because a bracket is open, as one.
fn whole(words: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in words {
        let opened = |text: &str| text.matches('(').count() > text.matches(')').count();
        match all.last_mut().filter(|last| opened(last)) {
            Some(last) => *last = format!("{last} {word}"),
            None => all.push((*word).to_owned()),
        }
    }
    all
}

/// The facts that these words tell.
pub(super) fn facts(words: &[&str]) -> BTreeMap<String, String> {
    let words = whole(words);
    let mut facts = BTreeMap::new();
    let mut words = words.iter().map(String::as_str).peekable();
    while let Some(word) = words.next() {
        let (name, value) = match word {
            "<->" | "-->" | "<--" | "---" => ("shutdown", word.to_owned()),
            "send" | "pacing_rate" | "delivery_rate" => (word, words.next().unwrap().to_owned()),
            "inet-sockopt:" => ("inet-sockopt", options(words.next().unwrap())),
            // The kernel's list of numbers, to the end of the line.
            "peers:" => ("peers", words.by_ref().collect::<Vec<_>>().join(" ")),
            "bpf" => {
                let heads: Vec<_> = words.by_ref().take(2).collect(); // "filter (2):"
                let mut steps = Vec::new();
                while let Some(step) = words.next_if(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
                    steps.push(step);
                }
                ("bpf", format!("{} {}", heads[1], steps.join(" ")))
            }
            _ => match word.split_once(['(', ':', '=']) {
                // The limits say how much of the busy time, too.
                Some((name @ ("rwnd_limited" | "sndbuf_limited"), value)) => {
                    let (time, share) = value.split_once('(').unwrap();
                    facts.insert(format!("{name}_share"), share.trim_end_matches("%)").to_owned());
                    (name, time.to_owned())
                }
                Some((name, value)) if !name.is_empty() => (name, value.to_owned()),
                // A word alone, kept apart from facts of that name: bbr is the algorithm, and tells more.
                _ => {
                    facts.insert(format!("+{word}"), String::new());
                    continue;
                }
            },
        };
        let before = facts.insert(name.to_owned(), value.clone());
        // The cgroup is printed once for -e and once for --cgroup.
        assert!(before.is_none_or(|before| before == value), "{name} is told twice: {word}");
    }
    facts
}

fn options(text: &str) -> String {
    let mut names: Vec<&str> = text.trim_matches(['(', ')']).split_whitespace().collect();
    names.sort_unstable();
    names.join(" ")
}
