//! `cargo bench --bench dashboard`: what the dashboard takes with many sockets, in memory piece by piece, and as a
//! program in a terminal. It must not judge: numbers of another machine, or of a busy one, are no failure.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints what it measured")]

mod live;
#[path = "../load/mod.rs"]
mod load;
mod made;
mod options;
mod rehearse;

use std::process::ExitCode;
use std::time::Duration;

use live::{Churn, Dashboard};
use load::size::Size;
use load::{Load, network};
use options::{Options, Task, USAGE};
use rehearse::VIEWS;

fn main() -> ExitCode {
    let done = match Task::parse(std::env::args().skip(1)) {
        Err(error) => {
            eprintln!("dashboard: {error}");
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
            eprintln!("dashboard: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> anyhow::Result<()> {
    if options.rows > 0 {
        println!("{} sockets in memory, {} changes a reading\n", options.rows, options.changes);
        println!("{:>9} {:>9} {:>9}  ms", "median", "p99", "most");
        let tell = |measured: rehearse::Measured| tell(&measured.what, measured.took);
        rehearse::measure(options.rows, options.changes, options.rounds, tell)?;
    }
    for size in &options.sizes {
        network::apart(|| show(size, options))?;
    }
    Ok(())
}

/// The program with a load, in a network of its own.
fn show(size: &Size, options: &Options) -> anyhow::Result<()> {
    let mut load = Load::build(size, &[])?;
    println!("\n{}: {} TCP sockets in {} processes", size.name, size.tcp(&[]), size.processes);
    for changes in [0, 1_000] {
        let _churn = if changes > 0 { Some(Churn::start(changes)?) } else { None };
        let mut dashboard = Dashboard::start()?;
        println!("\n{changes} changes a second\n");
        for (key, view, _) in VIEWS {
            let used = dashboard.watch(key, Duration::from_secs(options.seconds))?;
            println!("{:>6.1} % of a core {:>5} MiB  {view}", used.share * 100.0, used.resident_mib);
        }
        let used = dashboard.watch("2\r", Duration::from_secs(options.seconds))?;
        println!("{:>6.1} % of a core {:>5} MiB  details", used.share * 100.0, used.resident_mib);
        // Together they would be Alt-2.
        dashboard.watch("\x1b", Duration::ZERO)?;
        dashboard.watch("2", Duration::ZERO)?;
        println!("\n{:>9} {:>9} {:>9}  ms", "median", "p99", "most");
        let [moved, typed] = dashboard.keys(options.keys)?;
        tell("from a key to the selection that moved", moved);
        tell("from a letter of a filter to the letter", typed);
        load.check()?;
    }
    Ok(())
}

fn tell(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let last = took.len().saturating_sub(1);
    let at = |hundredths: usize| {
        took.get(last * hundredths / 100).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!("{:>9.2} {:>9.2} {:>9.2}  {what}", at(50), at(99), at(100));
}
