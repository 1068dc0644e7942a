//! `cargo bench --bench dashboard`: what the dashboard takes with many sockets, in memory, piece by piece; as a
//! program in a terminal it is measured by the bench `live`. It must not judge: numbers of another machine, or of a busy one, are no failure.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints what it measured")]

mod made;
mod options;
mod rehearse;

use std::process::ExitCode;
use std::time::Duration;

use options::{Options, Task, USAGE};

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
    println!("{} sockets in memory, {} changes a reading\n", options.rows, options.changes);
    println!("{:>9} {:>9} {:>9}  ms", "median", "p99", "most");
    let tell = |measured: rehearse::Measured| tell(&measured.what, measured.took);
    rehearse::measure(options.rows, options.changes, options.rounds, tell)
}

fn tell(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let last = took.len().saturating_sub(1);
    let at = |hundredths: usize| {
        took.get(last * hundredths / 100).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!("{:>9.2} {:>9.2} {:>9.2}  {what}", at(50), at(99), at(100));
}
