//! Completions, asked of real shells. A shell that is missing fails under CI, where all are installed.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::harness::{is_installed, run, sockeye};
use crate::session::Session;

/// What is typed before the tabulator, and what stands there then.
const TYPED: [(&str, &str); 10] = [
    ("sockeye --js", "--json"),
    ("sockeye doc", "doctor"),
    ("sockeye completions zs", "zsh"),
    ("sockeye expo", "exposed"),
    ("sockeye tcp unown", "unowned"),
    ("sockeye --columns listener_c", "listener_cookie"),
    ("sockeye --sort role_r", "role_reason"),
    ("sockeye --columns local,listener_c", "local,listener_cookie"),
    ("sockeye --columns local,owner,role_r", "local,owner,role_reason"),
    ("sockeye --sort local,-role_r", "local,-role_reason"),
];

#[test]
fn the_shipped_completions_are_current() {
    for (shell, file) in [("bash", "sockeye.bash"), ("zsh", "_sockeye"), ("fish", "sockeye.fish")] {
        let path = format!("assets/completions/{file}");
        let shipped = fs::read_to_string(&path).unwrap();
        let printed = run(&mut sockeye(&["completions", shell])).ok();
        assert!(shipped == printed, "renew it: cargo run -- completions {shell} > {path}");
    }
}

/// Where a filter stands already, zsh offers no options, the others do.
const BEHIND: (&str, &str) = ("sockeye -t listening --nd", "--ndjson");

/// Types each line in that shell, which was told where to look.
fn typed_in(shell: &str, args: &[&str], setup: &str, lines: &[(&str, &str)]) {
    let mut session = Session::start(shell, args);
    session.press(&format!("PS1='re''ady> '; {setup}\r"));
    session.wait_for("the prompt", |screen| screen.contents().contains("ready> "));
    for (typed, completed) in lines {
        session.press(&format!("{typed}\t"));
        let (before, _) = typed.rsplit_once(' ').unwrap();
        let line = format!("ready> {before} {completed}");
        session.wait_for(&line, |screen| screen.contents().contains(&line));
        session.press("\x15"); // Ctrl-U takes the line away
    }
    session.press("exit\r");
}

fn with_options() -> Vec<(&'static str, &'static str)> {
    TYPED.into_iter().chain([BEHIND]).collect()
}

#[test]
fn bash_completes() {
    if is_installed("bash") {
        typed_in(
            "bash",
            &["--norc", "--noprofile"],
            "source assets/completions/sockeye.bash",
            &with_options(),
        );
    }
}

#[test]
fn zsh_completes() {
    if is_installed("zsh") {
        let setup = "fpath=(assets/completions $fpath); autoload -U compinit; compinit -uD";
        typed_in("zsh", &["-f"], setup, &TYPED);
    }
}

#[test]
fn fish_completes() {
    if !is_installed("fish") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    for (typed, completed) in with_options() {
        let script = format!("source assets/completions/sockeye.fish; complete -C '{typed}'");
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "-c", &script]).env("HOME", home.path());
        let told = run(&mut fish).ok();
        let first = told.lines().next().unwrap_or_default();
        assert_eq!(first.split('\t').next(), Some(completed), "{typed}: {told}");
    }
}

#[test]
fn every_word_of_filters_is_offered_everywhere() {
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&mut sockeye(&["completions", shell])).ok();
        let offered: BTreeSet<&str> = script.split([' ', '"', '(', ')', '\n']).collect();
        for word in sockeye::filter::flags().chain(sockeye::filter::names()) {
            assert!(offered.contains(word), "{shell}: {word}");
        }
    }
}
