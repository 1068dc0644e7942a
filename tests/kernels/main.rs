//! Run inside a kernel that `tests/kernels/run` boots: opens a socket of every family that the
//! kernel has, runs sockeye, and compares. On any other machine it does nothing.
//!
//!     kernels SOCKEYE [MISSING-MODULE ...]

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "that is how it fails, and reports")]

mod bluetooth;
mod cases;
mod controllers;
mod expect;
mod in_flight;
mod labels;
#[expect(dead_code, reason = "the privileged tests use the rest")]
mod links;
mod particular;
mod raw;
mod rdma;
mod uses;

use std::process::{Command, ExitCode};

use bluetooth::BLUETOOTH_CASES;
use cases::{CASES, Case, Opened};
use expect::Expected;
use labels::LABELLED;
use particular::PARTICULAR;
use serde_json::Value;
use uses::{IMPOSTOR, USES, Use};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((sockeye, missing)) = arguments.split_first().filter(|(first, _)| first.starts_with('/')) else {
        println!("the kernels are booted by tests/kernels/run");
        return ExitCode::SUCCESS;
    };
    // The process takes on a label, which it may while it has no other thread.
    let cases = std::iter::once(&LABELLED).chain(CASES).chain(PARTICULAR).chain(BLUETOOTH_CASES);
    let opened: Vec<_> = cases.map(|case| (case, (case.open)())).collect();
    let used: Vec<_> = USES.iter().map(|one| (one, one.make())).collect();
    let mut tally = Tally::default();
    // The same sockets through both ways to them, and their owners through both ways to those.
    for (way, owners) in [("netlink", "proc"), ("netlink", "bpf"), ("procfs", "proc")] {
        let options = ["--json", "--owners", owners, "--source", if way == "procfs" { way } else { "auto" }];
        let reading =
            Reading { textual: way == "procfs", way, owners, missing, document: read(sockeye, &options) };
        tally.take(&format!("owners by {owners}"), reading.owners_were_found_so());
        for (case, opened) in &opened {
            match opened {
                Ok(opened) => reading.check(case, opened, &mut tally),
                Err(error) => tally.take(&format!("{}: cannot be opened", case.name), Err(error.to_string())),
            }
        }
        for (one, made) in &used {
            match made {
                Ok(_) => reading.check_use(one, &mut tally),
                Err(error) => tally.take(&format!("{}: cannot be made", one.name), Err(error.to_string())),
            }
        }
    }
    // What is in no table is read for a filter that admits it.
    let document = read(sockeye, &["--json", "family=bluetooth"]);
    for (case, opened) in opened.iter().filter(|(case, _)| case.name.starts_with("l2cap")) {
        for expected in opened.iter().flat_map(|opened| &opened.expected) {
            tally.take(&format!("{} by a filter", case.name), expected.check(&document, true));
        }
    }
    let impostor = IMPOSTOR.make();
    let (way, owners) = ("netlink", "proc");
    let document = read(sockeye, &["--json", "--owners", owners]);
    let reading = Reading { textual: false, way, owners, missing, document };
    match &impostor {
        Ok(_) => reading.check_use(&IMPOSTOR, &mut tally),
        Err(error) => tally.take("an impostor", Err(error.to_string())),
    }
    for (options, of_socket) in [("-tlnZ", false), ("-tlnz", true)] {
        tally.take(&format!("labels with {options}"), labels::in_the_table(sockeye, options, of_socket));
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

impl Tally {
    fn take(&mut self, what: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(why) => {
                self.failed += 1;
                println!("FAILED {what}: {why}");
            }
        }
    }
}

/// One document; what sockeye says on stderr is shown, because it may explain a failure.
fn read(sockeye: &str, options: &[&str]) -> Value {
    let output = Command::new(sockeye).args(options).output().unwrap();
    print!("{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What sockeye said, and how it was asked.
struct Reading<'a> {
    way: &'static str,
    owners: &'static str,
    /// From the text tables alone.
    textual: bool,
    /// The modules that the kernel lacks.
    missing: &'a [String],
    document: Value,
}

impl Reading<'_> {
    fn check(&self, case: &Case, opened: &Opened, tally: &mut Tally) {
        if self.textual && !case.textual {
            return;
        }
        let way = format!("{}, owners by {}", self.way, self.owners);
        let lister = case.lister.filter(|_| !self.textual);
        let told = lister.is_none_or(|module| !self.missing.iter().any(|name| name == module));
        if !(told || case.textual) {
            tally.take(&format!("{} through {way}, unlisted", case.name), self.owns_up(opened));
            return;
        }
        let inodes: Vec<u64> = opened.expected.iter().map(|expected| expected.inode).collect();
        tally.take(&format!("{} through {way}", case.name), self.count(&inodes));
        for (at, expected) in opened.expected.iter().enumerate() {
            let what = format!("{} {at} through {way}", case.name);
            tally.take(&what, expected.check(&self.document, lister.is_none() || !told));
        }
    }

    fn check_use(&self, one: &Use, tally: &mut Tally) {
        let what = format!("the kernel's {} through {}, owners by {}", one.name, self.way, self.owners);
        let listed = one.lister.is_none_or(|module| !self.missing.iter().any(|name| name == module));
        tally.take(&what, one.check(&self.document, listed && (one.textual || !self.textual)));
    }

    /// When a method fails another one takes over, which would find the same.
    fn owners_were_found_so(&self) -> Result<(), String> {
        let method = if self.owners == "bpf" { "bpf" } else { "procfs" };
        let told = &self.document["coverage"]["owners"];
        if told["method"] == method { Ok(()) } else { Err(told.to_string()) }
    }

    /// Sockets that the kernel lists nowhere are found by their descriptors, and the gap is told.
    fn owns_up(&self, opened: &Opened) -> Result<(), String> {
        let tables = self.document["coverage"]["tables"].as_array().ok_or("the document has no tables")?;
        let family = opened.expected.iter().find_map(Expected::family);
        let told = |table: &&Value| Some(&table["family"]) == family && table["status"] == "unlisted";
        tables.iter().find(told).ok_or("no table is said to be unlisted")?;
        opened.expected.iter().try_for_each(|expected| expected.residual().check(&self.document, true))
    }

    /// As many rows as were expected, and no more: some sockets are told several times.
    fn count(&self, inodes: &[u64]) -> Result<(), String> {
        let sockets = self.document["sockets"].as_array().ok_or("the document has no sockets")?;
        let ours = |row: &&Value| row["inode"].as_u64().is_some_and(|inode| inodes.contains(&inode));
        let rows = sockets.iter().filter(ours).count();
        if rows == inodes.len() { Ok(()) } else { Err(format!("{rows} rows, not {}", inodes.len())) }
    }
}
