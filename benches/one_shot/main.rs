//! `cargo bench --bench one_shot`: what a listing takes, beside other programs in the same run, on a
//! load of its own. It must not judge: numbers of another machine, or of a busy one, are no failure.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints what it measured")]

mod limit;
#[path = "../load/mod.rs"]
mod load;
mod marks;
mod options;
mod report;
mod run;
mod subjects;
#[path = "../told/mod.rs"]
mod told;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use limit::Caller;
use load::size::Kind;
use load::{Load, network, size};
use options::{Options, Task, USAGE};
use report::{Measured, Report};
use size::Size;
use subjects::Subject;
use told::machine::Machine;

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
        Ok(Task::Hold(holding)) => load::hold(&holding),
        Ok(Task::Calls) => limit::serve(),
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
    let (machine, versions) = (Machine::this()?, subjects::versions(&subjects));
    println!("{}; {}", machine.text(), versions.join(", "));
    for command in &missing {
        println!("not offered or not installed here: {command}");
    }
    let mut reports = Vec::new();
    let mut failed = Ok(());
    for size in &options.sizes {
        let measured = || measure(size, options, &subjects);
        // What a machine does without a load is measured on its own sockets.
        let is_apart = size.processes > 0 || !options.kinds.is_empty();
        match if is_apart { network::apart(measured) } else { measured() } {
            Ok(report) => {
                println!("\n{}\n\n{}", report.title(), report.table());
                report.notes().iter().for_each(|note| println!("{note}"));
                reports.push(report);
            }
            // The other sizes are still worth measuring.
            Err(error) => {
                println!("\n{}: could not be measured: {error:#}", size.name);
                failed = Err(error.context(format!("size {}", size.name)));
            }
        }
    }
    println!("No peak can be told that is below the bench's own, {} kB.", run::own_peak_kib()?);
    let json = || {
        json!({
            "tool": "sockeye",
            "version": machine.version,
            "machine": machine.json(),
            "versions": versions,
            "missing": missing,
            "sizes": reports.iter().map(Report::json).collect::<Vec<_>>(),
        })
    };
    let text = machine.text();
    let chart = || report::chart(&text, &reports);
    options.outputs.write("one_shot", json, chart, || report::summary(&text, &versions, &reports))?;
    failed
}

/// Builds the load and runs the commands by turns, so that whatever disturbs meets all alike.
fn measure(size: &Size, options: &Options, subjects: &[Subject]) -> anyhow::Result<Report> {
    let kinds = &options.kinds;
    eprintln!("{}: {} connections in each of {} processes", size.name, size.connections, size.processes);
    let (mut load, mut caller) = (Load::build(size, kinds)?, Caller::start()?);
    let (sockets, processes) = (tcp_sockets()?, processes()?);
    let mut measured = Vec::new();
    for subject in subjects.iter().filter(|subject| subject.is_for(size, kinds)) {
        let wanted = subject.wanted(size, kinds);
        measured.push((subject, count(subject, wanted, size, options)?));
    }
    for round in 0..options.rounds {
        eprintln!("{}: round {} of {}", size.name, round + 1, options.rounds);
        for (subject, measured) in &mut measured {
            let first = measured.runs.first().map(|run| run.wall);
            let is_done = first.is_some_and(|first| round >= report::rounds(options.rounds, first));
            if measured.ended.is_none() && !is_done {
                once(subject, measured, options.limit, &mut caller)?;
            }
        }
        load.check()?;
    }
    let measured = measured.into_iter().map(|(_, measured)| measured).collect();
    let kinds = kinds.iter().copied().map(Kind::name).collect();
    Ok(Report { size: size.name, kinds, sockets, processes, measured })
}

/// Runs it once, so that it is known what it prints and whether it comes to an end.
fn count(subject: &Subject, wanted: Option<u64>, size: &Size, options: &Options) -> anyhow::Result<Measured> {
    let mut measured = Measured {
        command: subject.command,
        reference: subject.reference,
        limit: subject.limit,
        ..Measured::default()
    };
    if let Some(mut command) = subject.to_command() {
        eprintln!("{}: {}", size.name, subject.command);
        let printed = run::count(&mut command, subject.mark, options.limit)?;
        measured.ended = printed.is_none().then_some(options.limit);
        measured.printed = printed.zip(wanted);
        anyhow::ensure!(
            !subject.is_ours() || !measured.is_short(),
            "{}: not every socket is printed",
            subject.command
        );
    }
    Ok(measured)
}

fn once(
    subject: &Subject,
    measured: &mut Measured,
    limit: Duration,
    caller: &mut Caller,
) -> anyhow::Result<()> {
    let Some(mut command) = subject.to_command() else {
        measured.runs.push(caller.call(subject.command)?);
        return Ok(());
    };
    match run::run(&mut command, limit)? {
        Some((took, status)) => {
            anyhow::ensure!(status.success() || !subject.is_ours(), "{}: {status}", subject.command);
            measured.runs.push(took);
        }
        None => measured.ended = Some(limit),
    }
    Ok(())
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
