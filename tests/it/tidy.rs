//! Rules about the code itself, so that they hold without anybody remembering them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each layer may use. `ARCHITECTURE.md` draws it; a module that is missing here fails.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("text", &[]),
    ("wire", &["model"]),
    ("filter", &["model", "text"]),
    ("phrase", &["model", "text"]),
    ("store", &["model"]),
    ("diagnosis", &["model", "text", "phrase"]),
    ("policy", &["model", "text", "filter", "phrase", "store", "diagnosis"]),
    ("sys", &["model", "wire"]),
    ("source", &["model", "text", "wire", "sys"]),
    ("owner", &["model", "wire", "sys"]),
    ("event", &["model", "wire", "sys"]),
    ("action", &["model", "wire", "sys"]),
    ("output", &["model", "text", "phrase", "store", "policy", "diagnosis"]),
    ("notify", &["model", "text", "filter", "policy", "sys", "output"]),
    (
        "engine",
        &["model", "text", "wire", "phrase", "store", "policy", "sys", "source", "owner", "event", "action"],
    ),
    ("tui", &["model", "text", "filter", "phrase", "store", "policy", "diagnosis", "output", "engine"]),
    ("config", &["model", "text", "filter", "sys", "tui"]),
    (
        "cli",
        &[
            "model", "text", "filter", "phrase", "store", "policy", "sys", "source", "owner", "event",
            "action", "output", "notify", "engine", "tui", "config",
        ],
    ),
];

/// More lines than this ask for a new noun; tests do not count.
const LONGEST: usize = 600;

struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The text without its unit tests, which may reach across layers.
    fn code(&self) -> &str {
        self.text.find("\n#[cfg(test)]\nmod tests {").map_or(&self.text, |at| &self.text[..at])
    }

    fn layer(&self) -> Option<&str> {
        let mut parts = self.path.strip_prefix("src").ok()?.iter();
        let first = parts.next()?.to_str()?;
        parts.next().map(|_| first)
    }

    fn is_test(&self) -> bool {
        self.path.file_stem().is_some_and(|stem| stem == "tests")
            || self.path.iter().any(|part| part == "tests")
    }
}

fn sources(below: &str) -> Vec<Source> {
    let mut found = Vec::new();
    let mut dirs = vec![PathBuf::from(below)];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push(Source { path, text });
            }
        }
    }
    assert!(!found.is_empty(), "nothing found below {below}: the test runs in the wrong place");
    found
}

/// The layers named in `use crate::…` and in paths such as `crate::text::escape`.
fn used_layers(code: &str) -> BTreeSet<&str> {
    let code_lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let after = code_lines.flat_map(|line| line.split("crate::").skip(1));
    let word = |text: &'_ str| text.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(text.len());
    after.map(|text| &text[..word(text)]).filter(|layer| !layer.is_empty()).collect()
}

#[test]
fn layers_point_one_way() {
    let mut wrong = Vec::new();
    for source in sources("src").iter().filter(|source| !source.is_test()) {
        let Some(layer) = source.layer() else { continue };
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            wrong.push(format!("{}: the layer {layer} is not in the table", source.path.display()));
            continue;
        };
        for used in used_layers(source.code()) {
            if used != layer && !allowed.contains(&used) {
                wrong.push(format!("{}: {layer} may not use {used}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_layer_table_is_acyclic() {
    for (at, (layer, allowed)) in LAYERS.iter().enumerate() {
        for used in *allowed {
            assert!(
                LAYERS[..at].iter().any(|(name, _)| name == used),
                "{layer} uses {used}, which stands below it"
            );
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() {
    for source in ["src", "tests", "benches"].iter().flat_map(|below| sources(below)) {
        let path = source.path.display();
        assert!(source.text.starts_with("//! "), "{path} does not open with a module doc");
        if !source.is_test() {
            let lines = source.code().lines().count();
            assert!(lines <= LONGEST, "{path} has {lines} lines; {LONGEST} are the most");
        }
    }
}

#[test]
fn module_docs_of_layers_say_what_they_must_not_do() {
    for (layer, _) in LAYERS {
        let path = Path::new("src").join(layer).join("mod.rs");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let doc: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        assert!(doc.contains("Layer "), "{layer} does not say which layer it is");
        let refuses = ["never", "no ", "not ", "nothing", "Nothing", "neither", "Neither", "only"];
        assert!(refuses.iter().any(|word| doc.contains(word)), "{layer} does not say what it must not do");
    }
}

#[test]
fn unsafe_lives_in_sys_alone() {
    for source in sources("src") {
        let inside = source.path.starts_with("src/sys");
        let code = source.text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let unsafe_code = code.clone().any(|line| {
            line.contains("unsafe {") || line.contains("unsafe fn") || line.contains("unsafe impl")
        });
        assert!(inside || !unsafe_code, "{} holds unsafe code", source.path.display());
        let allows = code.clone().any(|line| line.contains("(unsafe_code"));
        assert!(inside || !allows, "{} opts out of the lint", source.path.display());
    }
}

#[test]
fn anyhow_lives_in_cli_alone() {
    for source in sources("src").iter().filter(|source| source.layer() != Some("cli")) {
        assert!(
            !source.code().contains("anyhow"),
            "{} uses anyhow; below cli errors are typed",
            source.path.display()
        );
    }
}

#[test]
fn no_test_file_is_forgotten() {
    let main = fs::read_to_string("tests/it/main.rs").unwrap();
    for source in sources("tests/it") {
        let name = source.path.file_stem().unwrap().to_str().unwrap();
        let top = source.path.parent() == Some(Path::new("tests/it"));
        if top && name != "main" {
            assert!(main.contains(&format!("mod {name};")), "tests/it/{name}.rs is never compiled");
        }
    }
}

#[test]
fn names_that_say_nothing_are_refused() {
    for source in sources("src") {
        let stem = source.path.file_stem().unwrap().to_str().unwrap();
        let vague = ["utils", "util", "helpers", "helper", "common", "misc", "manager"];
        assert!(!vague.contains(&stem), "{}: name it after what it is", source.path.display());
    }
}
