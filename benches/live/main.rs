//! `cargo bench --bench live`: what the program takes while it goes on, beside a load that changes: the dashboard in a
//! terminal, and the watch; how soon a key is shown, and how soon an alert tells of a listener. It must not judge:
//! numbers of another machine, or of a busy one, are no failure.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints what it measured")]

mod churn;
mod dashboard;
mod limit;
#[path = "../load/mod.rs"]
mod load;
mod options;
mod report;
#[path = "../told/mod.rs"]
mod told;
mod used;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use churn::Churn;
use dashboard::{Dashboard, SETTLE};
use load::size::Size;
use load::{Load, network, size};
use options::{Options, Task, USAGE};
use report::{Delays, LIMIT, Report, Steady};
use told::machine::Machine;
use watch::Watch;

/// With these no BPF is used, so that what no reading catches is not told.
const POLLING: [&str; 2] = ["--owners", "proc"];
/// How long it is at most from an alert to the next listener: listeners seldom come one upon the other, and the watch
/// does not read again and again for those that do. By polling each takes a part of a second, so there are fewer.
const SPREAD: Duration = Duration::from_millis(500);
const POLLING_SPREAD: Duration = Duration::from_secs(1);
const FEWER: usize = 4;

fn main() -> ExitCode {
    let done = match Task::parse(std::env::args().skip(1)) {
        Err(error) => {
            eprintln!("live: {error}");
            return ExitCode::from(2);
        }
        Ok(Task::Help) => {
            println!("{USAGE}");
            Ok(())
        }
        Ok(Task::Hold(holding)) => load::hold(&holding),
        Ok(Task::Measure(options)) => measure(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("live: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> anyhow::Result<()> {
    let machine = Machine::this()?;
    println!("{}", machine.text());
    if cfg!(debug_assertions) {
        println!("A debug build says nothing about speed: cargo bench --bench live");
    }
    let mut report = Report::default();
    for size in &options.sizes {
        network::apart(|| with(size, options, &mut report))?;
    }
    println!("\n{}\n{}", report.shares(), report.times());
    let json = || {
        json!({
            "tool": "sockeye",
            "version": machine.version,
            "machine": machine.json(),
            "live": report.json(),
        })
    };
    let text = machine.text();
    options.outputs.write("live", json, || report.chart(&text), || report.summary(&text))
}

/// With a load of one size.
fn with(size: &Size, options: &Options, report: &mut Report) -> anyhow::Result<()> {
    eprintln!("{}: {} connections in each of {} processes", size.name, size.connections, size.processes);
    let mut load = Load::build(size, &[])?;
    for changes in &options.changes {
        eprintln!("{}: {changes} changes a second", size.name);
        report.steady.push(steady(size, *changes, options, &mut report.delays)?);
        load.check()?;
    }
    for (what, args, count, spread) in [
        ("from a listener to its alert, with events", &[][..], options.listeners, SPREAD),
        (
            "from a listener to its alert, by polling",
            &POLLING,
            options.listeners.div_ceil(FEWER),
            POLLING_SPREAD,
        ),
    ] {
        eprintln!("{}: {what}", size.name);
        let took = Watch::start(args)?.latencies(count, spread)?;
        report.delays.push(Delays::new(size.name, 0, what, took));
    }
    load.check()
}

/// What everybody uses, one after the other: beside each other they would wait for each other.
fn steady(size: &Size, changes: u32, options: &Options, delays: &mut Vec<Delays>) -> anyhow::Result<Steady> {
    let churn = if changes > 0 { Some(Churn::start(changes)?) } else { None };
    let start = used::now();
    std::thread::sleep(SETTLE.min(options.span));
    let mut everybody = vec![(LIMIT, limit::used(options.span)?)];
    let mut dashboard = Dashboard::start()?;
    everybody.push(("dashboard, listeners", dashboard.watch("1", options.span)?));
    everybody.push(("dashboard, connections", dashboard.watch("2", options.span)?));
    let [moved, typed] = dashboard.keys(options.keys)?;
    delays.push(Delays::new(size.name, changes, "from a key to the selection that moved", moved));
    delays.push(Delays::new(size.name, changes, "from a letter of a filter to the letter", typed));
    drop(dashboard);
    let watch = Watch::start(&[])?;
    std::thread::sleep(SETTLE.min(options.span));
    everybody.push(("watch", watch.used(options.span)?));
    let passed = (used::now() - start).as_secs().max(1);
    let happened = churn.map_or(0, |churn| churn.changes() / passed);
    Ok(Steady { size: size.name, sockets: size.tcp(&[]), changes, changed: happened, used: everybody })
}
