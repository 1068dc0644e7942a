//! Every example that README and manual page show is run, as it is written but for what `AS_RUN` says.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{is_installed, program, run, sockeye};

/// What is written differently when it is run: names that another machine has, and ends to what has none.
const AS_RUN: &[(&str, &str)] = &[
    ("sudo ", ""),
    ("-N web", "-N $$"),
    ("--for 10s", "--for 50ms"),
    ("events listening", "events listening --for 50ms"),
    ("sockeye -E", "sockeye --for 50ms -E"),
    // Whoever holds it on this machine lives on.
    ("sockeye kill 8080", "sockeye kill --dry-run 8080"),
    ("sockeye kill --stop", "sockeye kill --dry-run --stop"),
    // Nobody may listen there on this machine.
    ("--timeout 30s", "--timeout 50ms"),
    ("--timeout 1m", "--timeout 50ms"),
    // There is no terminal here; events take the same filters.
    ("sockeye top --read-only", "sockeye events --for 50ms"),
    ("sockeye top --view connections", "sockeye events --for 50ms"),
    ("sockeye top", "sockeye events --for 50ms"),
    ("/var/lib/node_exporter/textfile_collector/", ""),
    ("/var/lib/sockeye/", ""),
    ("${STATE_DIRECTORY}/", ""),
];

/// What the service runs.
fn of_unit() -> String {
    let unit = fs::read_to_string("assets/sockeye-watch.service").unwrap();
    let runs = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/")).unwrap();
    runs.to_owned()
}

/// The commands in the blocks of the README that are for a shell, without what builds sockeye.
fn of_readme() -> Vec<String> {
    let readme = fs::read_to_string("README.md").unwrap();
    let blocks = readme.split("```sh\n").skip(1).map(|rest| rest.split_once("```").unwrap().0);
    let lines = blocks.flat_map(str::lines).filter(|line| !line.is_empty() && !line.starts_with("cargo "));
    lines.map(str::to_owned).collect()
}

/// Those that the manual page shows as examples, as `man` would show them.
fn of_manual() -> Vec<String> {
    let page = run(&mut sockeye(&["man"])).ok();
    let (_, section) = page.split_once(".SH EXAMPLES").unwrap();
    let section = section.split(".SH").next().unwrap();
    let blocks = section.split(".nf\n").skip(1).map(|rest| rest.split_once("\n.fi").unwrap().0);
    blocks.map(|text| text.replace(r"\-", "-").replace(r"\*(Aq", "'").replace(r"\&", "")).collect()
}

/// A shell in a home of its own, in which sockeye is this one.
fn shell(home: &Path, line: &str) -> Command {
    let mut command = program(Path::new("/bin/sh"), &["-c", line]);
    let own = Path::new(env!("CARGO_BIN_EXE_sockeye")).parent().unwrap().to_str().unwrap();
    command.env("PATH", format!("{own}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
    command.env("HOME", home).env("SOCKEYE_POLICY", home.join("policy.toml")).current_dir(home);
    command
}

/// The codes with which it may end. What others open meanwhile may be held by somebody, or unexpected.
fn codes(line: &str) -> &'static [i32] {
    match () {
        () if line.starts_with("sockeye who") => &[0, 1],
        () if line.starts_with("sockeye check") || line.starts_with("sockeye policy diff") => &[0, 1, 3],
        () if line.starts_with("sockeye wait-for") || line.starts_with("sockeye assert") => &[0, 1, 3],
        // It does nothing that it could not ask for on a terminal.
        () if line.starts_with("sockeye -K") => &[2],
        () if line.starts_with("sockeye policy approve") || line.starts_with("sockeye policy reject") => &[2],
        // Nothing but what would be: of nobody, of somebody, of what may not get one.
        () if line.starts_with("sockeye kill --dry-run") => &[0, 1, 2],
        () => &[0],
    }
}

fn try_out(home: &Path, written: &str) {
    let mut line = written.to_owned();
    for (there, here) in AS_RUN {
        line = line.replace(there, here);
    }
    // What reads the output may be missing where nobody needs it but this test.
    for reader in ["jq", "man"] {
        if let Some((before, after)) = line.split_once(&format!("| {reader} "))
            && (after == "-l -" || !is_installed(reader))
        {
            line = before.to_owned();
        }
    }
    if line.starts_with("sockeye watch") {
        return watches(home, &line);
    }
    let ran = run(&mut shell(home, &line));
    assert!(codes(&line).contains(&ran.code()), "{line}: {} {}", ran.code(), ran.stderr());
    let silent = ["sockeye wait-for", "sockeye assert"].iter().any(|silent| line.starts_with(silent));
    let quiet = ["mkdir", "sockeye events", "sockeye policy", "sockeye --for", "sockeye -K", "sockeye kill"]
        .iter()
        .any(|quiet| line.starts_with(quiet));
    let elsewhere = quiet || silent || line.contains(" > ") || line.contains("--output");
    // A table has its header even where nothing is listed.
    assert!(elsewhere || !ran.stdout.is_empty(), "{line} says nothing");
}

/// It has no end: that it begins is told.
fn watches(home: &Path, line: &str) {
    let mut command = shell(home, &format!("exec {line}"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let told = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .find(|line| line.as_ref().is_ok_and(|line| line.contains("watching")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(told.is_some(), "{line} ended");
}

#[test]
fn every_example_works() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join(".local/share/bash-completion/completions")).unwrap();
    let (readme, manual) = (of_readme(), of_manual());
    assert!(readme.len() > 25 && manual.len() > 8, "{readme:?} {manual:?}");
    for line in readme.iter().chain(&manual).chain(&[of_unit()]) {
        try_out(home.path(), line);
    }
}
