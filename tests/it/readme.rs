//! The README shows what the program does: its pictures and its policy are held against it.

use std::fs;

use sockeye::filter::Vocabulary;
use sockeye::model::PortRange;
use sockeye::notify;
use sockeye::policy::Policy;

/// The first fenced block of that language.
fn block(language: &str) -> String {
    let readme = fs::read_to_string("README.md").unwrap();
    let (_, after) = readme.split_once(&format!("```{language}\n")).unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

/// The first fenced block of TOML below that heading.
fn below(heading: &str) -> String {
    let readme = fs::read_to_string("README.md").unwrap();
    let (_, after) = readme.split_once(&format!("\n### {heading}\n")).unwrap();
    let (_, after) = after.split_once("```toml\n").unwrap();
    after.split_once("```").unwrap().0.to_owned()
}

/// A library test holds the pictures against the dashboard; here are those that the README shows.
#[test]
fn the_pictures_are_there() {
    let readme = fs::read_to_string("README.md").unwrap();
    let pictures: Vec<_> = readme.split("](").skip(1).filter_map(|rest| rest.split_once(')')).collect();
    let pictures = pictures.iter().map(|(path, _)| *path).filter(|path| path.starts_with("assets/pictures/"));
    let drawn =
        pictures.map(|path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}")));
    assert!(drawn.filter(|picture| picture.starts_with("<svg ")).count() > 1);
}

#[test]
fn the_policy_is_valid() {
    let vocabulary = Vocabulary { services: &|_| Vec::new(), ephemeral: &PortRange::default };
    let policy = Policy::parse(&block("toml"), &vocabulary).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((policy.expectations.len(), policy.rules.len()), (1, 1));
}

#[test]
fn the_sinks_are_valid() {
    let sinks = notify::parse(&below("Where alerts go")).unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<_> = sinks.iter().map(|sink| (sink.name.as_str(), sink.kind())).collect();
    assert_eq!(names, [("journald", "journald"), ("file", "file"), ("pager", "webhook")]);
}

/// As it is shipped, and with the # taken away from all that it offers.
#[test]
fn the_example_of_sinks_is_valid_and_has_every_kind() {
    let shipped = fs::read_to_string("assets/sinks.toml").unwrap();
    let kinds = |text: &str| -> Vec<&'static str> {
        let sinks = notify::parse(text).unwrap_or_else(|error| panic!("{error}"));
        sinks.iter().map(notify::SinkSpec::kind).collect()
    };
    assert_eq!(kinds(&shipped), ["journald"]);
    let offers =
        |line: &&str| line.strip_prefix('#').is_some_and(|rest| !rest.is_empty() && !rest.starts_with(' '));
    let whole: Vec<&str> =
        shipped.lines().map(|line| if offers(&line) { &line[1..] } else { line }).collect();
    assert!(whole.len() > shipped.lines().filter(offers).count() + 10);
    assert_eq!(
        kinds(&whole.join("\n")),
        ["journald", "file", "exec", "webhook", "syslog", "textfile", "listen"]
    );
}
