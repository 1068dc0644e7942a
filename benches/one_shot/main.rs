//! `cargo bench --bench one_shot`: what a listing takes, beside other programs in the same run, on a
//! load of its own. It must not judge: numbers of another machine, or of a busy one, are no failure.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints what it measured")]

mod load;
mod network;
mod options;
mod report;
mod run;
mod subjects;

use std::collections::BTreeSet;
use std::fs;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use load::Load;
use options::{Options, Size, Task, USAGE};
use report::{Measured, Report};
use subjects::Subject;

fn main() -> ExitCode {
    let done = match Task::parse(std::env::args().skip(1)) {
        Err(error) => {
            eprintln!("one_shot: {error}");
            return ExitCode::from(2);
        }
        Ok(Task::Help) => {
            println!("{USAGE}");
            Ok(())
        }
        Ok(Task::HoldLoad(address, connections)) => load::hold(address, connections),
        Ok(Task::Bare(name)) => subjects::bare(&name),
        // A single round says nothing either: it shows that everything runs.
        Ok(Task::Measure(options)) if cfg!(debug_assertions) && options.rounds > 1 => {
            eprintln!("one_shot: a debug build says nothing about speed: cargo bench --bench one_shot");
            return ExitCode::from(2);
        }
        Ok(Task::Measure(options)) => measure_all(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("one_shot: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure_all(options: &Options) -> anyhow::Result<()> {
    let (subjects, missing) = subjects::all(&options.only)?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned();
    let cpus = std::thread::available_parallelism()?;
    let root = rustix::process::geteuid().is_root();
    let as_root = if root { "as root" } else { "without root, so owners of others' sockets are missing" };
    println!("sockeye {} on Linux {kernel}, {cpus} CPUs, {as_root}", env!("CARGO_PKG_VERSION"));
    for command in &missing {
        println!("not offered or not installed here: {command}");
    }
    let mut reports = Vec::new();
    let mut failed = Ok(());
    for size in &options.sizes {
        let measured = || measure(size, options.rounds, &subjects);
        // What a machine does without a load is measured on its own sockets.
        match if size.processes == 0 { measured() } else { network::apart(measured) } {
            Ok(report) => {
                println!(
                    "\n{}: {} TCP sockets over IPv4, {} processes\n\n{}",
                    report.size,
                    report.sockets,
                    report.processes,
                    report.table()
                );
                reports.push(report.json());
            }
            // The other sizes are still worth measuring.
            Err(error) => {
                println!("\n{}: could not be measured: {error:#}", size.name);
                failed = Err(error.context(format!("size {}", size.name)));
            }
        }
    }
    println!("No peak can be told that is below the bench's own, {} kB.", run::own_peak_kib()?);
    if let Some(path) = &options.json {
        let document = json!({
            "tool": "sockeye",
            "version": env!("CARGO_PKG_VERSION"),
            "kernel": kernel,
            "cpus": cpus,
            "root": root,
            "missing": missing,
            "sizes": reports,
        });
        fs::write(path, format!("{document:#}\n")).with_context(|| path.display().to_string())?;
    }
    failed
}

/// Builds the load and runs the commands by turns, so that whatever disturbs meets all alike.
fn measure(size: &Size, rounds: usize, subjects: &[Subject]) -> anyhow::Result<Report> {
    eprintln!(
        "{}: opening {} connections in each of {} processes",
        size.name, size.connections, size.processes
    );
    let mut load = Load::build(size)?;
    let subjects: Vec<_> = subjects.iter().filter(|subject| subject.is_for(size.name)).collect();
    let empty = |subject: &&Subject| Measured {
        command: subject.command,
        reference: subject.reference,
        runs: vec![],
    };
    let (sockets, processes) = (tcp_sockets()?, processes()?);
    let mut report =
        Report { size: size.name, sockets, processes, measured: subjects.iter().map(empty).collect() };
    let mut refused = BTreeSet::new();
    for round in 0..rounds {
        eprintln!("{}: round {} of {rounds}", size.name, round + 1);
        for (subject, measured) in subjects.iter().zip(&mut report.measured) {
            if measured.runs.first().is_some_and(|first| round >= report::rounds(rounds, first.wall)) {
                continue;
            }
            let (took, status) = run::run(&mut subject.to_command())?;
            anyhow::ensure!(status.success() || !subject.is_ours, "{}: {status}", subject.command);
            if !status.success() && refused.insert(subject.command) {
                println!("{}: {}: {status}", size.name, subject.command);
            }
            measured.runs.push(took);
        }
        load.check()?;
    }
    Ok(report)
}

/// How many TCP sockets over IPv4 the kernel counts in this namespace, without TIME-WAIT.
fn tcp_sockets() -> anyhow::Result<u64> {
    let counts = fs::read_to_string("/proc/thread-self/net/sockstat")?;
    let of_tcp =
        counts.lines().find_map(|line| line.strip_prefix("TCP: inuse ")).context("no TCP counted")?;
    Ok(of_tcp.split(' ').next().unwrap_or_default().parse()?)
}

fn processes() -> anyhow::Result<usize> {
    let is_process = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    let entries = fs::read_dir("/proc")?.flatten();
    Ok(entries.filter(|entry| entry.file_name().to_str().is_some_and(is_process)).count())
}
