//! The README shows what the program does: its pictures and its policy are held against it.

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
