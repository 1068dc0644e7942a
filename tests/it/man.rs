//! The manual page: current, without a warning, and every example of it works.

use std::fs;
use std::process::Command;

use crate::filter::words;
use crate::harness::{is_installed, run, sockeye};

const PAGE: &str = "assets/sockeye.1";

#[test]
fn the_shipped_page_is_current() {
    let printed = run(&mut sockeye(&["man"])).ok();
    assert!(fs::read_to_string(PAGE).unwrap() == printed, "renew it: cargo run -- man > {PAGE}");
}

#[test]
fn groff_has_nothing_to_say() {
    if is_installed("groff") {
        let ran = run(Command::new("groff").args(["-man", "-Tutf8", "-P-cbu", "-wall", "-ww", PAGE]));
        assert_eq!((ran.code(), ran.stderr()), (0, ""));
        let page = ran.stdout();
        for head in ["NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "FILTER", "EXIT STATUS", "FILES", "EXAMPLES"]
        {
            assert!(page.contains(head), "{head}");
        }
    }
}

#[test]
fn every_option_and_command_is_told() {
    let page = fs::read_to_string(PAGE).unwrap().replace('\\', "");
    let help = run(&mut sockeye(&["--help"])).ok();
    let options = help.split([' ', ',', '\n']).filter(|word| word.starts_with("--") && word.len() > 2);
    let options: Vec<&str> = options.map(|word| word.trim_end_matches([';', '.', ')'])).collect();
    assert!(options.len() > 30, "{options:?}");
    for option in options {
        assert!(page.contains(option), "{option}");
    }
    for command in [
        "top",
        "check",
        "watch",
        "metrics",
        "wait-for",
        "assert",
        "doctor",
        "policy learn",
        "policy approve",
        "policy reject",
        "schema",
        "completions",
        "man",
        "config",
    ] {
        assert!(page.contains(&format!("sockeye {command}")), "{command}");
    }
}

#[test]
fn every_example_of_the_page_works() {
    let page = fs::read_to_string(PAGE).unwrap();
    let plain = page.replace("\\-", "-").replace("\\*(Aq", "'");
    let (_, examples) = plain.split_once(".SH EXAMPLES\n").unwrap();
    let (examples, _) = examples.split_once(".SH").unwrap();
    let examples: Vec<&str> =
        examples.split(".nf\n").skip(1).map(|after| after.lines().next().unwrap()).collect();
    assert!(examples.len() >= 10, "{examples:?}");
    let home = tempfile::tempdir().unwrap();
    for example in examples {
        let words = words(example);
        assert_eq!(words[0], "sockeye", "{example}");
        let args: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let mut command = sockeye(&args);
        command.args(["--source", "scenario:tests/scenarios/filter.toml"]).env("HOME", home.path());
        let ran = run(&mut command);
        assert_eq!(ran.code(), 0, "{example}\n{}", ran.stderr());
        assert!(!ran.stdout.is_empty(), "{example} says nothing");
    }
}
