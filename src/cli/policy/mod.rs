//! `sockeye policy learn`, and finding, reading and writing the policy file.

mod change;
mod show;
mod window;
mod writer;

pub(super) use change::change;
pub(super) use show::{diff, show};
pub(super) use writer::writer;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::args::{Command, LearnArgs, PolicyCommand, SourceChoice};
use super::exit::Exit;
use super::filter::Machine;
use super::reader::Request;
use super::settings::Reading;
use super::{complain, notice, reader};
use crate::config::{Audience, Config, Environment};
use crate::model::Ask;
use crate::policy::{self, Learnt, Policy, PolicyError};
use crate::sys::file::{self, FileError};
use crate::sys::{host, rights};
use crate::text::{self, counted};
use crate::tui::PolicyFile;

/// True for a command that changes the policy file.
pub(super) fn writes(command: Option<&Command>) -> bool {
    match command {
        Some(Command::Policy { command }) => {
            !matches!(command, PolicyCommand::Show(_) | PolicyCommand::Diff(_))
        }
        _ => false,
    }
}

/// A policy and where it came from.
pub(super) struct Loaded {
    pub(super) policy: Policy,
    pub(super) path: PathBuf,
}

/// A policy file as it was found.
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// `None` where there is none yet.
    pub(super) text: Option<String>,
}

/// Finds the policy that was named, or the one at the usual place; where there is none, the place for one.
pub(super) fn find(named: Option<PathBuf>, environment: &Environment) -> anyhow::Result<Found> {
    let mut paths = places(named, environment);
    for path in &paths {
        if let Some(text) = read(path, environment)? {
            return Ok(Found { path: path.clone(), text: Some(text) });
        }
    }
    anyhow::ensure!(!paths.is_empty(), "there is no place for a policy file; name one with --policy FILE");
    Ok(Found { path: paths.swap_remove(0), text: None })
}

fn places(named: Option<PathBuf>, environment: &Environment) -> Vec<PathBuf> {
    named.map_or_else(|| environment.policy_paths(host::is_root()), |path| vec![path])
}

/// Reads the policy that was named, or the one at the usual place.
pub(super) fn load(named: Option<PathBuf>, environment: &Environment) -> anyhow::Result<Loaded> {
    if let Found { path, text: Some(text) } = find(named.clone(), environment)? {
        return Ok(Loaded { policy: parse(&text, &path)?, path });
    }
    let places = places(named, environment);
    let tried: Vec<_> = places.iter().map(|path| text::path(path)).collect();
    anyhow::bail!(
        "there is no policy file at {}\nwrite one from what listens now: sockeye policy learn",
        tried.join(" or ")
    )
}

/// The text of a policy file; `None` when there is none.
fn read(path: &Path, environment: &Environment) -> anyhow::Result<Option<String>> {
    read_file(path, environment).map_err(|error| {
        let path = text::path(path);
        anyhow::anyhow!("cannot read the policy {path}: {error}\nanother can be named: --policy FILE")
    })
}

/// Read with no more rights than the user has: a message shows the line that it complains of.
pub(super) fn read_file(path: &Path, environment: &Environment) -> Result<Option<String>, FileError> {
    let read = rights::with_those_of_the_caller(|| file::read_trusted(path, environment.sudo_uid));
    match read.map_err(io::Error::from)? {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Understands the text of a policy as this machine does.
pub(super) fn understand(text: &str) -> Result<Policy, PolicyError> {
    let policy = Machine::default().with(|vocabulary| Policy::parse(text, vocabulary));
    policy.map(|policy| policy.here(file::locate))
}

/// The policy for the dashboard. What is wrong with it is told there; `None` where there is no place for one.
pub(super) fn watched(
    named: Option<PathBuf>,
    reading: &Reading,
    environment: &Environment,
) -> Option<PolicyFile> {
    let places = places(named, environment);
    let read =
        places.iter().map(|path| (path, read_file(path, environment).map_err(|error| error.to_string())));
    let found = read.into_iter().find(|(_, text)| !matches!(text, Ok(None)));
    let (path, text) = found.or_else(|| places.first().map(|path| (path, Ok(None))))?;
    let is_for_a_scenario = matches!(reading.source, SourceChoice::Scenario(_));
    let (path, parse, reading) = (path.clone(), Box::new(understand), reading.arguments());
    Some(PolicyFile { path, text, parse, is_for_a_scenario, reading })
}

fn parse(text: &str, path: &Path) -> anyhow::Result<Policy> {
    understand(text).map_err(|error| anyhow::anyhow!("the policy {} is not valid\n{error}", text::path(path)))
}

/// Appends to the policy file what it does not cover yet.
pub(super) fn learn(args: &LearnArgs, config: &Config) -> anyhow::Result<Exit> {
    let environment = &config.environment;
    let settings = config.settings(Audience::Program);
    let path = places(args.policy.resolve(&settings), environment).into_iter().next();
    let path = path.context("there is no place for a policy file; name one with --policy FILE")?;
    let before = read(&path, environment)?;
    let known = parse(before.as_deref().unwrap_or(policy::HEADER), &path)?;
    let reading = args.reading.resolve(&settings);
    let (learnt, moment) = match args.window {
        None => {
            let (table, moment) =
                reader::read_once(&reading, Request::all(reader::judged_tables(), Ask::NOTHING), None)?;
            (policy::learn(&known, &table, &moment), moment)
        }
        Some(window) => {
            let (seen, moment) = window::seen(&reading, window)?;
            (policy::learn_from(&known, seen.iter(), &moment), moment)
        }
    };
    if notice::tell(&moment.coverage, true) {
        anyhow::bail!("nothing was learnt: a policy from half a reading would be wrong");
    }
    if args.dry_run {
        io::stdout().lock().write_all(learnt.entries.as_bytes())?;
        return Ok(Exit::Ok);
    }
    if learnt.added > 0 || before.is_none() {
        let text = before.as_deref().unwrap_or(policy::HEADER).to_owned() + &learnt.entries;
        write(&path, before.as_deref(), &text, environment)
            .with_context(|| format!("cannot write the policy {}", text::path(&path)))?;
    }
    tell(&learnt, &path)?;
    Ok(Exit::Ok)
}

/// Writes what a policy file says from now on. `before` is what was read; where there was none, its directory is made.
pub(super) fn write(
    path: &Path,
    before: Option<&str>,
    text: &str,
    environment: &Environment,
) -> Result<(), FileError> {
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        std::fs::create_dir_all(dir)?;
    }
    file::amend(path, before, text, environment.sudo_uid)
}

fn tell(learnt: &Learnt, path: &Path) -> io::Result<()> {
    let entries = counted(learnt.added, "entry", "entries");
    let covered = counted(learnt.covered, "listener was", "listeners were");
    writeln!(io::stdout().lock(), "{}: {entries} added; {covered} covered before", text::path(path))?;
    if learnt.unseen > 0 {
        let without = counted(learnt.unseen, "entry names", "entries name");
        complain(&format!(
            "sockeye: {without} no executable, because it could not be seen; run as root to learn it"
        ));
    }
    Ok(())
}
