//! What sockeye says beside what `ss` says about the same sockets: every value by its name, and the
//! plain tables row by row. They read the same kernel by different code; where they differ on
//! purpose, the place that allows it says why.

mod expected;
mod filters;
mod moving;
mod options;
mod printed;
mod stock;
mod summary;
mod table;
mod tcp;
mod text;
mod threads;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use self::stock::Stock;
use self::text::Line;
use crate::Case;
use crate::harness::{document, eventually, run};
use crate::namespaces::in_namespace;
use crate::stock::{cookie, inode};

pub(crate) const CASES: &[Case] = &[
    ("ss_parity::every_value_is_that_of_ss", || in_namespace(values)),
    ("ss_parity::every_option_tells_what_it_tells_in_ss", || in_namespace(options::options)),
    ("ss_parity::every_table_is_that_of_ss", || in_namespace(table::tables)),
    ("ss_parity::every_thread_is_that_of_ss", || in_namespace(threads::threads)),
    ("ss_parity::the_summary_is_that_of_ss", || in_namespace(summary::summary)),
    ("ss_parity::every_filter_selects_what_it_selects_in_ss", || in_namespace(filters::filters)),
    ("ss_parity::what_the_kernel_judges_changes_no_answer", || in_namespace(filters::kernel_agrees)),
];

/// Why there is no `ss` to compare with. What other versions print differs in details.
pub(crate) fn missing() -> Option<&'static str> {
    match Command::new("ss").arg("-V").output() {
        Err(_) => Some("not run: ss is missing"),
        Ok(ran) if String::from_utf8_lossy(&ran.stdout).contains("iproute2-6.1.") => None,
        Ok(_) => Some("not run: ss is not that of iproute2 6.1"),
    }
}

/// What `ss` prints, for these options.
fn ss(options: &[&str]) -> String {
    let mut command = Command::new("ss");
    command
        .args(options)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .envs(std::env::vars_os().find(|(name, _)| name == "PATH"));
    run(&mut command).ok()
}

fn values() {
    let stock = stock::open();
    let asked = || {
        let everything = ["-OHna", "-emiob", "--tos", "--cgroup", "--inet-sockopt"];
        // The one thing that ss prints out of turn: keys, before everything else.
        text::parse(
            &ss(&[&everything[..], &["-A", "tcp,udp,raw,unix,packet,netlink"]].concat())
                .replace(stock::SECRET, ""),
        )
    };
    let (before, told, table, after) = eventually(|| {
        let before = asked();
        let told = document(&["--json", "--owners", "none"]);
        let table = printed::table();
        let after = asked();
        // Probes and repeated segments take their time.
        for fact in ["backoff", "retrans"] {
            before.values().find(|line| line.facts.contains_key(fact)).ok_or("nothing was repeated yet")?;
        }
        still(&before, &after).map(|()| (before, told, table, after))
    });
    let ours: BTreeMap<String, Line> = told
        .sockets
        .iter()
        .filter_map(expected::line)
        .filter(|line| !text::passing(&line.netid, &line.local))
        .map(|line| (line.key(), line))
        .collect();
    agree("JSON", &ours, &before, &after);
    agree("table", &printed::lines(&table, &stock, &before), &before, &after);
    complete(&stock, &before);
}

/// Every socket of `ss` is among ours, and the other way round, with the same values.
fn agree(
    form: &str,
    ours: &BTreeMap<String, Line>,
    before: &BTreeMap<String, Line>,
    after: &BTreeMap<String, Line>,
) {
    let mut wrong = Vec::new();
    let keys: BTreeSet<&String> = before.keys().chain(ours.keys()).filter(|key| !asks(key)).collect();
    for key in &keys {
        match (before.get(*key), after.get(*key), ours.get(*key)) {
            (Some(before), Some(after), Some(ours)) => compare(&mut wrong, ours, before, after),
            (_, _, None) => wrong.push(format!("{key}: only ss has it: {:?}", before.get(*key))),
            _ => wrong.push(format!("{key}: only sockeye has it: {:?}", ours.get(*key))),
        }
    }
    assert!(wrong.is_empty(), "{form}: {} differences:\n{}", wrong.len(), wrong.join("\n"));
    notices(ours, before, after);
}

/// The comparison itself is tried: a column or a fact that is off, or not there, is noticed.
fn notices(ours: &BTreeMap<String, Line>, before: &BTreeMap<String, Line>, after: &BTreeMap<String, Line>) {
    let differs = |key: &str, ours: &Line| {
        let mut wrong = Vec::new();
        compare(&mut wrong, ours, &before[key], &after[key]);
        !wrong.is_empty()
    };
    for (key, line) in ours.iter().filter(|(key, _)| !asks(key) && !answers(key)) {
        let columns: [fn(&mut Line) -> &mut String; 6] = [
            |line| &mut line.netid,
            |line| &mut line.state,
            |line| &mut line.queues[0],
            |line| &mut line.queues[1],
            |line| &mut line.local,
            |line| &mut line.peer,
        ];
        for column in columns {
            let mut line = line.clone();
            column(&mut line).push('0');
            assert!(differs(key, &line), "{key}: a column that is off goes unnoticed");
        }
        for (name, value) in &line.facts {
            let mut line = line.clone();
            line.facts.insert(name.clone(), moving::spoilt(name, value));
            assert!(differs(key, &line), "{key}: {name} that is off goes unnoticed");
        }
    }
}

/// Whether it is a socket through which a program asks the kernel: it comes and goes with it.
fn asks(key: &str) -> bool {
    key.starts_with("nl 4:") && !answers(key)
}

/// Whether it is the socket through which the kernel answers, and which holds the answer to each of
/// the two programs at that moment.
fn answers(key: &str) -> bool {
    key.starts_with("nl 4:0 ")
}

/// What must not move did not move.
fn still(before: &BTreeMap<String, Line>, after: &BTreeMap<String, Line>) -> Result<(), String> {
    for (key, line) in before.iter().filter(|(key, _)| !asks(key) && !answers(key)) {
        let quiet = |line: &Line| {
            let mut line = line.clone();
            line.facts.retain(|name, _| !moving::moves(name));
            line
        };
        let after = after.get(key).ok_or_else(|| format!("{key} is gone"))?;
        if quiet(line) != quiet(after) {
            return Err(format!("not quiet:\n{line:?}\n{after:?}"));
        }
    }
    Ok(())
}

fn compare(wrong: &mut Vec<String>, ours: &Line, before: &Line, after: &Line) {
    let key = ours.key();
    let columns = |line: &Line| {
        let Line { netid, state, queues: [recv, send], local, peer, .. } = line.clone();
        [netid, state, recv, send, local, peer]
    };
    if columns(ours) != columns(before) && !answers(&key) {
        wrong.push(format!("{key}: columns: sockeye {:?}, ss {:?}", columns(ours), columns(before)));
    }
    let names: BTreeSet<&String> = ours.facts.keys().chain(before.facts.keys()).collect();
    for name in names {
        let [ours, before, after] =
            [ours, before, after].map(|line| line.facts.get(name).map(String::as_str));
        let agrees =
            if moving::moves(name) { moving::between(name, ours, before, after) } else { ours == before };
        let answer = answers(&key) && name == "skmem";
        if !agrees && !answer {
            wrong.push(format!("{key}: {name}: sockeye {ours:?}, ss {before:?}, then {after:?}"));
        }
    }
}

/// What at least one socket of the stock must have, so that it is compared at all.
const FACTS: &[&str] = &[
    "timer",
    "uid",
    "fwmark",
    "v6only",
    "shutdown",
    "tos",
    "tclass",
    "class_id",
    "inet-sockopt",
    "skmem",
    "cgroup",
    "md5keys",
    "+reno",
    "+ts",
    "+sack",
    "wscale",
    "rto",
    "rtt",
    "ato",
    "mss",
    "pmtu",
    "cwnd",
    "bytes_sent",
    "bytes_acked",
    "bytes_received",
    "segs_in",
    "segs_out",
    "send",
    "pacing_rate",
    "delivery_rate",
    "lastsnd",
    "lastrcv",
    "lastack",
    "+app_limited",
    "busy",
    "rwnd_limited",
    "notsent",
    "minrtt",
    "snd_wnd",
    "backoff",
    "peers",
    "dev",
    "ver",
    "cpy_thresh",
    "flags",
    "bpf",
    "ring_rx",
    "fanout",
    "groups",
    "retrans",
];
const STATES: &[&str] = &["LISTEN", "ESTAB", "SYN-SENT", "FIN-WAIT-2", "CLOSE-WAIT", "TIME-WAIT", "UNCONN"];

/// Every socket that was opened was compared, and every fact that the stock was opened for is there.
fn complete(stock: &Stock, compared: &BTreeMap<String, Line>) {
    let unlisted = stock.held.iter().filter(|fd| {
        let keys = [format!("sk {:x}", cookie(fd)), format!("unix {}", inode(fd))];
        !keys.iter().any(|key| compared.contains_key(key))
    });
    let others =
        ["nl 0:7001 *", "nl 16:7002 *", "nl 15:-2147476645 *", "raw 0.0.0.0:1 0.0.0.0:*", "raw *:58 *:*"];
    let others = others.iter().filter(|key| compared.contains_key(**key)).count();
    assert_eq!(unlisted.count(), 1 + others, "all but the bound TCP socket: {compared:#?}");
    let facts: BTreeSet<&str> =
        compared.values().flat_map(|line| line.facts.keys()).map(String::as_str).collect();
    for name in FACTS {
        assert!(facts.contains(name), "no socket has {name}");
    }
    let states: BTreeSet<&str> = compared.values().map(|line| line.state.as_str()).collect();
    for state in STATES {
        assert!(states.contains(state), "no socket is in {state}");
    }
}
