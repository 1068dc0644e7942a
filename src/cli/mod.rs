//! The command line: arguments in, one command run, an exit code out.
//!
//! Layer 7, the edge: the only place that uses `anyhow`, prints errors and decides exit codes.
//! Commands live in files of their own and hold no logic that another face could need.

mod args;
mod assert;
mod bound;
mod check;
mod choice;
mod claim;
mod claimed;
#[cfg_attr(not(linux), path = "close_elsewhere.rs")]
mod close;
mod completions;
mod config;
mod doctor;
mod ending;
mod events;
mod exit;
mod extras;
mod filter;
#[cfg_attr(not(linux), path = "follow_elsewhere.rs")]
mod follow;
mod habits;
mod holders;
#[cfg_attr(not(linux), path = "kill_elsewhere.rs")]
mod kill;
mod list;
#[cfg_attr(not(linux), path = "live_elsewhere.rs")]
mod live;
mod man;
mod memory;
mod metrics;
mod notice;
mod of_ss;
mod policy;
mod polled;
mod query;
mod question;
mod quiet;
mod reader;
mod resolve;
mod schema;
mod selection;
mod settings;
mod shape;
mod stdout;
mod summary;
#[cfg(test)]
mod tests;
mod top;
mod wait_for;
mod watch;
mod who;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use args::{Args, Command, PolicyCommand};
use exit::Exit;

use crate::config::{Config, Environment};
use crate::policy::Wish;
use crate::sys::rights::{self, Purpose};

/// Runs the program with the arguments of this process.
#[must_use]
pub fn main() -> ExitCode {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let args = match Args::of(&typed) {
        Ok(args) => args,
        Err(error) => return usage(&error, &typed).into(),
    };
    let environment = Environment::read();
    match run(args, environment) {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => Exit::Ok.into(),
        Err(error) => {
            complain(&format!("sockeye: {error:#}"));
            Exit::Error.into()
        }
    }
}

fn run(args: Args, environment: Environment) -> anyhow::Result<Exit> {
    // A policy may have to be written where only root's full rights reach.
    if !policy::writes(args.command.as_ref())
        && let Err(error) = rights::give_up_the_useless(purpose(&args, &environment))
    {
        complain(&format!("sockeye: rights that are of no use here cannot be given up: {error}"));
    }
    match args.command {
        // What is generated needs no configuration, and prints even where one is broken.
        Some(Command::Schema) => schema::run(),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Man) => man::run(),
        Some(Command::Config(args)) => config::run(&args, environment),
        Some(Command::Top(args)) => top::run(&args, &Config::load(environment)?),
        Some(Command::Kill(args)) => kill::run(&args),
        Some(Command::Close(args)) => close::run(args.into()),
        Some(Command::Who(args)) => who::run(&args, &Config::load(environment)?),
        Some(Command::Check(args)) => check::run(&args, &Config::load(environment)?),
        Some(Command::Assert(args)) => assert::run(&args, &Config::load(environment)?),
        Some(Command::WaitFor(args)) => wait_for::run(&args, &Config::load(environment)?),
        Some(Command::Doctor(args)) => doctor::run(&args, &Config::load(environment)?),
        Some(Command::Events(args)) => events::run(&args, &Config::load(environment)?),
        Some(Command::Metrics(args)) => metrics::run(&args, &Config::load(environment)?),
        Some(Command::Watch(args)) => watch::run(&args, &Config::load(environment)?),
        Some(Command::Policy { command: PolicyCommand::Learn(args) }) => {
            policy::learn(&args, &Config::load(environment)?)
        }
        Some(Command::Policy { command: PolicyCommand::Approve(args) }) => {
            policy::change(&args, &Config::load(environment)?, Wish::Approve)
        }
        Some(Command::Policy { command: PolicyCommand::Reject(args) }) => {
            policy::change(&args, &Config::load(environment)?, Wish::Reject)
        }
        Some(Command::Policy { command: PolicyCommand::Show(args) }) => {
            policy::show(&args, &Config::load(environment)?)
        }
        Some(Command::Policy { command: PolicyCommand::Diff(args) }) => {
            policy::diff(&args, &Config::load(environment)?)
        }
        None if args.list.ending.kill => close::run(args.list),
        None if args.list.ending.events => follow::run(args.list, &environment),
        None => {
            let config = Config::load(environment)?;
            match args.list {
                list if list.summary => summary::run(&list, &config),
                list if list::wants_dashboard(&list, &config.environment) => top::run(&list.into(), &config),
                list => list::run(list, &config),
            }
        }
    }
}

/// What rights are needed for.
fn purpose(args: &Args, environment: &Environment) -> Purpose {
    match args.command.as_ref() {
        Some(Command::Kill(args)) if !args.dry_run => Purpose::Signalling,
        Some(Command::Top(args)) if !args.read_only => Purpose::Signalling,
        None if list::wants_dashboard(&args.list, environment) => Purpose::Signalling,
        None if !args.list.ending.kill && !args.list.ending.events => Purpose::Listing,
        command if metrics::writes(command) => Purpose::Writing,
        _ => Purpose::Reading,
    }
}

/// Prints help, the version, or what is wrong with the arguments.
fn usage(error: &clap::Error, typed: &[OsString]) -> Exit {
    if let Some(told) = of_ss::missing(error) {
        complain(&told);
        return Exit::Error;
    }
    let printed = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion if printed.is_ok() => Exit::Ok,
        kind => {
            let refused = match (kind, error.get(ContextKind::InvalidArg)) {
                (ErrorKind::UnknownArgument, Some(ContextValue::String(refused))) => Some(refused),
                _ => None,
            };
            let typed = typed.get(1..).unwrap_or_default();
            if let Some(hint) = refused.and_then(|refused| habits::hint(refused, typed)) {
                complain(&format!("hint: {hint}"));
            }
            Exit::Error
        }
    }
}

/// A reader that has seen enough is no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}

/// Writes a message to stderr. When even that fails there is nobody left to tell.
fn complain(message: &str) {
    drop(writeln!(io::stderr().lock(), "{message}"));
}
