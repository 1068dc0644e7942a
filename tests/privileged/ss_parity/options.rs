//! Which option tells what, and on which line: each alone, and several together.

use std::collections::BTreeMap;

use super::printed::{in_words_of_ss, unescaped};
use super::stock::{self, Stock};
use super::{moving, ss, text};
use crate::harness::{eventually, run, sockeye};

const OPTIONS: &[&[&str]] = &[
    &["-tuane"],
    &["-tuano"],
    &["-tuanm"],
    &["-tuani"],
    &["-tuanb"],
    &["-tuaie"],
    &["-tuani", "-o"],
    &["-tuanmo"],
    &["-utaoemi"],
    &["-utnaoemi", "--oneline"],
    &["-tuan", "--tos"],
    &["-tuan", "--cgroup"],
    &["-tuani", "--inet-sockopt"],
    &["-tuan", "--extended", "--options", "--memory", "--info", "--bpf"],
    &["-0ane"],
    &["-0anm"],
    &["-0anb"],
    &["-0anemb"],
    &["-0anembO"],
    &["-xane"],
    &["-xanm"],
    &["-xaneimo"],
];

pub(super) fn options() {
    let stock = stock::open();
    for options in OPTIONS {
        let asked = [options, &["-H"][..]].concat();
        // Probes and repeated segments may come between two answers of ss that are the same: what is
        // wrong stays wrong.
        let ours = eventually(|| {
            let theirs = told(&ss(&asked), &stock, |_, value| value.to_owned());
            let ours = unescaped(&run(&mut sockeye(&asked)).ok());
            let ours = told(&ours, &stock, in_words_of_ss);
            let differs = ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
            match differs {
                None if ours.len() == theirs.len() => Ok(ours),
                _ => Err(format!("{options:?}: sockeye, ss: {differs:#?}")),
            }
        });
        let sockets = ours.len();
        assert!(sockets > 5, "{options:?}: {sockets}");
    }
}

type Facts = BTreeMap<String, String>;

/// Of every socket its ends, what is told on its line, and what below.
fn told(table: &str, stock: &Stock, word: fn(&str, &str) -> String) -> Vec<(String, Facts, Facts)> {
    let table = table.replace(stock::SECRET, "");
    let mut sockets: Vec<(String, Facts, Facts)> = Vec::new();
    let still = |facts: Facts| -> Facts {
        // What moves is compared elsewhere; that there is a timer is not forgotten.
        let value = |name: &str, value: &str| if name == "timer" { String::new() } else { word(name, value) };
        let stays = facts.into_iter().filter(|(name, _)| name == "timer" || !moving::moves(name));
        stays.map(|(name, told)| (name.clone(), value(&name, &told))).collect()
    };
    for text in table.lines() {
        if let Some(below) = text.strip_prefix('\t') {
            let words: Vec<&str> = below.split_whitespace().collect();
            // Of a socket without facts ss prints an empty line.
            if let Some(last) = sockets.last_mut() {
                last.2.extend(still(text::facts(&words)));
            }
            continue;
        }
        let line = text::line(text);
        let ends = format!("{} {} {} {}", line.netid, line.state, line.local, line.peer);
        sockets.push((ends, still(line.facts), Facts::new()));
    }
    sockets.retain(|(ends, ..)| !ends.contains(&stock.bound) && !ends.starts_with("u_seq ESTAB *"));
    sockets.sort_unstable();
    sockets
}
