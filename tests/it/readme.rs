//! The README shows what the program does: its screen and its examples are held against it.

use std::fs;

use sockeye::filter::Vocabulary;
use sockeye::model::PortRange;
use sockeye::policy::Policy;

/// The first fenced block of that language.
fn block(language: &str) -> String {
    let readme = fs::read_to_string("README.md").unwrap();
    let (_, after) = readme.split_once(&format!("```{language}\n")).unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

/// The screen is the snapshot of the dashboard, without its empty lines.
#[test]
fn the_screen_is_current() {
    let path = "src/tui/tests/snapshots/sockeye__tui__tests__screens__listeners_140x40.snap";
    let snapshot = fs::read_to_string(path).unwrap();
    let screen = snapshot.splitn(3, "---\n").nth(2).unwrap();
    let lines: Vec<_> = screen.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    assert_eq!(block("text").lines().map(str::trim_end).collect::<Vec<_>>(), lines, "copy it from {path}");
}

#[test]
fn the_policy_is_valid() {
    let vocabulary = Vocabulary { services: &|_| Vec::new(), ephemeral: &PortRange::default };
    let policy = Policy::parse(&block("toml"), &vocabulary).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((policy.expectations.len(), policy.rules.len()), (1, 1));
}
